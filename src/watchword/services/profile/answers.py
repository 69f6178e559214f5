"""What resolvers share and what they answer with beside records: context, typed errors, health."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from watchword.services.profile.reading import Reader


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


@dataclass(frozen=True, slots=True)
class TypedError:
    """A member of a result union that says why there is no result."""

    typename: str
    error_message: str
    correlation_id: str
    code: str


@dataclass(frozen=True, slots=True)
class Health:
    """What the service says about itself."""

    name: str
    version: str
    status: str
