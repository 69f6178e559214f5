"""Makes plainly invented people, for a demonstration without real data.

The same seed makes the same people, on every machine and in every version of Python. No invented
fact is ever attached to a real person: the import refuses a database that holds real ones.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, TypeVar

from watchword.services.profile.dates import PartialDate
from watchword.services.profile.errors import ImportRefused
from watchword.services.profile.importing import PATIENCE, ImportReport, unwatched, write
from watchword.services.profile.invented_words import (
    ADJECTIVES,
    BOARD_SEATS,
    COMMITTEE_SEATS,
    EMPLOYMENTS,
    FIRST_NAMES,
    FORMS,
    GOODS,
    LAST_NAMES,
    MIDDLE_NAMES,
)
from watchword.services.profile.records import (
    Address,
    Dataset,
    OrganizationRecord,
    PersonRecord,
    RoleRecord,
    RoleType,
    SourceKey,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta
    from pathlib import Path

    from watchword.access.ports import Clock
    from watchword.services.profile.importing import Progress

    _Sort = tuple[Sequence[str], frozenset[RoleType]]

_Option = TypeVar("_Option")

SOURCE: Final = "invented"
DEFAULT_PEOPLE: Final = 60
MOST_PEOPLE: Final = 10_000
_ORGANIZATIONS: Final = 15
# The first person's, so that every set holds one of just this many.
_SAMPLE_ROLES: Final = 5
_MOST_ROLES: Final = 7
_EMPLOYMENT: Final[_Sort] = (EMPLOYMENTS, frozenset({RoleType.EMPLOYMENT}))
_BOTH: Final[_Sort] = (("Managing Director",), frozenset({RoleType.EMPLOYMENT, RoleType.BOARD}))
_BOARD: Final[_Sort] = (BOARD_SEATS, frozenset({RoleType.BOARD}))
_COMMITTEE: Final[_Sort] = (COMMITTEE_SEATS, frozenset({RoleType.COMMITTEE}))
_SORTS: Final = (_EMPLOYMENT, _EMPLOYMENT, _BOARD, _COMMITTEE, _BOTH)


def import_invented(
    database: Path,
    *,
    seed: int = 1,
    people: int = DEFAULT_PEOPLE,
    clock: Clock,
    progress: Progress = unwatched,
    patience: timedelta = PATIENCE,
) -> ImportReport:
    """Replace the people of `database` by invented ones.

    Args:
        database: The Profile database; made where there is none.
        seed: Which people; the same seed makes the same ones.
        people: How many, 1 to 10,000.
        clock: Tells when the import took place.
        progress: Told every few hundred records.
        patience: How long to wait for another import to end.

    Raises:
        ImportRefused: If the number is out of range, the database holds real people, or it cannot
            be written. Nothing was changed.
    """
    if not 1 <= people <= MOST_PEOPLE:
        raise ImportRefused(f"The number of people must be from 1 to {MOST_PEOPLE}, not {people}.")
    dataset = invent(seed, people)
    return write(database, dataset, clock=clock, progress=progress, patience=patience)


def invent(seed: int, people: int) -> Dataset:
    """Return invented people, the organizations they serve and their roles."""
    organizations = [
        _organization(_Dice(seed, f"organization {n}"), n) for n in range(_ORGANIZATIONS)
    ]
    persons = [_person(_Dice(seed, f"person {n}"), n) for n in range(people)]
    roles = [
        role
        for n, person in enumerate(persons)
        for role in _roles(_Dice(seed, f"roles of {n}"), n, person, organizations)
    ]
    return Dataset(
        SOURCE, is_invented=True, people=persons, organizations=organizations, roles=roles
    )


class _Dice:
    """Numbers that depend on the seed and the subject only, not on what was drawn before."""

    def __init__(self, seed: int, subject: str) -> None:
        self._prefix = f"{seed}/{subject}/"

    def between(self, question: str, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both included."""
        digest = hashlib.sha256((self._prefix + question).encode()).digest()
        return low + int.from_bytes(digest[:8], "big") % (high - low + 1)

    def pick(self, question: str, options: Sequence[_Option]) -> _Option:
        """Return one of `options`."""
        return options[self.between(question, 0, len(options) - 1)]

    def date(self, question: str, low: int, high: int) -> PartialDate:
        """Return a date from year `low` to `high`; one in five not to the day."""
        year, month = self.between(f"{question} year", low, high), self.between(question, 1, 12)
        match self.between(f"{question} precision", 1, 10):
            case 1:
                return PartialDate(f"{year}")
            case 2:
                return PartialDate(f"{year}-{month:02}")
            case _:
                return PartialDate(f"{year}-{month:02}-{self.between(f'{question} day', 1, 28):02}")


def _organization(dice: _Dice, n: int) -> OrganizationRecord:
    # Goods and adjectives go round at different lengths, so that no two names are alike.
    form, type_ = dice.pick("form", FORMS)
    name = f"{ADJECTIVES[n % len(ADJECTIVES)]} {GOODS[n % len(GOODS)]} {form}"
    return OrganizationRecord(
        key=SourceKey(f"organization:{n + 1}"),
        name=name,
        type=type_,
        # `.example` is reserved: the address leads nowhere, for ever (RFC 2606).
        website=f"https://{name.lower().replace(' ', '-')}.example",
        address=Address(
            f"{dice.between('number', 1, 99)} Nowhere Street",
            dice.pick("city", ("Inventon", "Placeholder Bay", "Sampleford")),
            country="Examplia",
        ),
    )


def _person(dice: _Dice, n: int) -> PersonRecord:
    first, last = dice.pick("first", FIRST_NAMES), dice.pick("last", LAST_NAMES)
    middle = dice.pick("middle", MIDDLE_NAMES)
    return PersonRecord(
        key=SourceKey(f"person:{n + 1}"),
        first_name=first,
        middle_name=middle,
        last_name=last,
        name=" ".join(part for part in (first, middle, last) if part),
        gender=dice.pick("gender", ("F", "M")),
        date_of_birth=dice.date("born", 1940, 1995),
    )


def _roles(
    dice: _Dice, n: int, person: PersonRecord, organizations: Sequence[OrganizationRecord]
) -> list[RoleRecord]:
    count = _SAMPLE_ROLES if n == 0 else dice.between("count", 1, _MOST_ROLES)
    return [_role(dice, i, person, organizations) for i in range(count)]


def _role(
    dice: _Dice, i: int, person: PersonRecord, organizations: Sequence[OrganizationRecord]
) -> RoleRecord:
    # Everybody's first role is an employment.
    titles, types = _EMPLOYMENT if i == 0 else dice.pick(f"sort {i}", _SORTS)
    start = dice.date(f"start {i}", 2012, 2019)
    has_ended = dice.between(f"ended {i}", 0, 1)
    return RoleRecord(
        key=SourceKey(f"{person.key}/role:{i + 1}"),
        person=person.key,
        organization=dice.pick(f"organization {i}", organizations).key,
        title=dice.pick(f"title {i}", titles),
        types=types,
        start_date=start,
        end_date=dice.date(f"end {i}", 2020, 2024) if has_ended else None,
    )
