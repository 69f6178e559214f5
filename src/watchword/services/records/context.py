"""What the resolvers of one request share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date

    from watchword.services.records.reading import Reader


@dataclass(frozen=True, slots=True)
class RequestContext:
    """What the resolvers of one request share.

    Attributes:
        today: The day of the request, in UTC. It stays the same to the request's end.
        version: The program's.
        found: Records that were read, by kind and number: what many roles name is read once.
        expected: Numbers of records that are likely to be asked for, by kind.
        roles: Roles of people, by all whose roles were read at once; None where those were too
            many.
    """

    correlation_id: str
    today: date
    version: str
    reader: Reader
    found: dict[object, dict[int, Any]] = field(default_factory=dict[object, dict[int, Any]])
    expected: dict[object, set[int]] = field(default_factory=dict[object, set[int]])
    roles: dict[tuple[int, ...], Any] = field(default_factory=dict[tuple[int, ...], Any])
