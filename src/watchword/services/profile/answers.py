"""What resolvers answer with beside records: typed errors, health."""

from __future__ import annotations

from dataclasses import dataclass


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
