"""What the resolvers of one request share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from watchword.services.records.reading import Reader


@dataclass(frozen=True, slots=True)
class RequestContext:
    """What the resolvers of one request share.

    Attributes:
        today: The day of the request, in UTC. It stays the same to the request's end.
        version: The program's.
    """

    correlation_id: str
    today: date
    version: str
    reader: Reader
