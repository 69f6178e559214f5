"""What resolvers answer with beside records: typed errors, health, amounts, counts."""

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
