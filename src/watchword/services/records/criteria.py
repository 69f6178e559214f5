"""What callers may ask of lists, as they gave it; and the refusals of what makes no sense."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from watchword.services.records.folding import fold
from watchword.services.records.ids import NOUNS, Kind, find_number
from watchword.services.records.paging import bad_input
from watchword.services.records.statements import as_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from watchword.services.records.nodes import RoleStatus

MOST_IDS: Final = 100
LONGEST_TEXT: Final = 200
_MOST_QUOTED: Final = 50


@dataclass(frozen=True, slots=True)
class RoleFilter:
    """What a caller asks of roles, unchecked."""

    person_ids: Sequence[str] | None = None
    organization_ids: Sequence[str] | None = None
    status: RoleStatus | None = None
    title_contains: str | None = None


@dataclass(frozen=True, slots=True)
class MembershipFilter:
    """What a caller asks of memberships, unchecked."""

    person_ids: Sequence[str] | None = None
    organization_ids: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class DonationFilter:
    """What a caller asks of donations, unchecked."""

    donor_person_ids: Sequence[str] | None = None
    donor_organization_ids: Sequence[str] | None = None
    recipient_organization_ids: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class WealthAssetFilter:
    """What a caller asks of assets, unchecked."""

    owner_person_ids: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class PersonSearchFilter:
    """What a caller asks of people, unchecked."""

    ids: Sequence[str] | None = None
    first_name: str | None = None
    last_name: str | None = None
    gender: str | None = None
    nationality: str | None = None
    organization_ids: Sequence[str] | None = None
    role_title: str | None = None
    role_types: Sequence[str] | None = None
    role_status: RoleStatus | None = None
    age_from: int | None = None
    age_to: int | None = None


@dataclass(frozen=True, slots=True)
class OrganizationSearchFilter:
    """What a caller asks of organizations, unchecked."""

    ids: Sequence[str] | None = None
    organization_name: str | None = None
    organization_types: Sequence[str] | None = None
    sectors: Sequence[str] | None = None
    industries: Sequence[str] | None = None
    ticker: str | None = None
    country: str | None = None


def read_numbers(name: str, kind: Kind, ids: Sequence[str], noun: str) -> list[int]:
    """Return the numbers of the records that ids name.

    Raises:
        GraphQLError: If there are too many, or one is no id.
    """
    if len(ids) > MOST_IDS:
        raise bad_input(f"'{name}' may hold {MOST_IDS} ids at most @ {noun}")
    numbers: list[int] = []
    for text in ids:
        number = find_number(kind, text)
        if number is None:
            # As Python writes it, with nothing in it that an answer could not hold.
            raise bad_input(
                f"'{name}' holds {text[:_MOST_QUOTED]!r}, which is no id of {NOUNS[kind]}; "
                f"one reads 1-{kind}-1, for example @ {noun}"
            )
        numbers.append(number)
    return numbers


def read_text(name: str, text: str, noun: str) -> str:
    """Return a text that can be looked for.

    Raises:
        GraphQLError: If it is empty, too long, or no text.
    """
    if not text or len(text) > LONGEST_TEXT or not _is_storable(text):
        raise bad_input(f"'{name}' must be text of 1 to {LONGEST_TEXT} characters @ {noun}")
    return text


def read_words(name: str, text: str, noun: str) -> list[str]:
    """Return the words of a text, each once.

    Raises:
        GraphQLError: If it is too long, no text, or has no words.
    """
    # What folds to nothing, as a lone accent does, would be in every text.
    words = [word for word in dict.fromkeys(read_text(name, text, noun).split()) if fold(word)]
    if not words:
        raise bad_input(f"'{name}' needs at least one word @ {noun}")
    return words


class Conditions:
    """Conditions of a list in SQL, all of which hold, and the values they name.

    Args:
        noun: Names the list in refusals.
    """

    def __init__(self, noun: str) -> None:
        self.noun = noun
        self.texts: list[str] = []
        self.bindings: dict[str, str | int | None] = {}

    def add(self, text: str, **bindings: str | int) -> None:
        """Add a condition."""
        self.texts.append(text)
        self.bindings |= bindings

    def add_ids(self, name: str, kind: Kind, ids: Sequence[str] | None, template: str) -> None:
        """Add a condition on ids, where any are given.

        Args:
            name: The caller's.
            kind: What they name.
            ids: The caller's.
            template: The condition, with `{}` where the list of numbers stands.
        """
        if ids is not None:
            numbers = read_numbers(name, kind, ids, self.noun)
            self.add(
                template.format(f"(SELECT value FROM json_each(:{name}))"),  # noqa: S608 - text of this program
                **{name: as_json(numbers)},
            )


def _is_storable(text: str) -> bool:
    # JSON can carry half of a surrogate pair, which has no UTF-8.
    return not any("\ud800" <= char <= "\udfff" for char in text)
