"""What resolvers answer with beside records: typed errors, health, amounts, counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from watchword.services.records.errors import QueryTooSlow, RecordsUnavailable


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


@dataclass(frozen=True, slots=True)
class Debug:
    """Fields that fail softly on purpose."""

    deprecated_example: str = "This text is answered as before, beside the entry in errors."


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in US dollars, from and to; one of the two may be unknown."""

    usd_min: float | None
    usd_max: float | None


@dataclass(frozen=True, slots=True)
class SearchCount:
    """How much a search would find."""

    total_count: int


def amount(usd_min: float | None, usd_max: float | None) -> Amount | None:
    """Return an amount, or None where nothing of it is known."""
    return None if usd_min is None and usd_max is None else Amount(usd_min, usd_max)


def malformed_id(reads: str, correlation_id: str) -> TypedError:
    """Return the error of an id that is none.

    Args:
        reads: What an id is like: `ids read 1-per-1`.
        correlation_id: The request's.
    """
    message = f"Malformed id; {reads}, for example."
    return TypedError("ValidationError", message, correlation_id, "MALFORMED_ID")


def not_found(what: str, public_id: str, correlation_id: str) -> TypedError:
    """Return the error of an id that nobody carries.

    Args:
        what: What it would name.
        public_id: The id.
        correlation_id: The request's.
    """
    message = f"There is no {what} {public_id}."
    return TypedError("EntityNotFoundError", message, correlation_id, "ENTITY_NOT_FOUND")


def unread(failure: RecordsUnavailable | QueryTooSlow, correlation_id: str) -> TypedError:
    """Return the error that stands where records could not be read."""
    return TypedError("GenericError", failure.public, correlation_id, failure.code)
