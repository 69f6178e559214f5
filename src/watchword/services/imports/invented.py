"""Makes sets of plainly invented people, from a handful to millions.

The same seed makes the same people, on every machine and in every version of Python. No invented
fact is ever attached to a real person: the import refuses a database that holds real ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.services.imports.importing import PATIENCE, ImportReport, unwatched, write
from watchword.services.imports.invented_dice import Dice
from watchword.services.imports.invented_organizations import SOURCE, Organizations
from watchword.services.imports.invented_people import People, person_key
from watchword.services.imports.invented_words import (
    ASSETS,
    BOARD_SEATS,
    BOTH,
    COMMITTEE_SEATS,
    EMPLOYMENTS,
)
from watchword.services.records.dataset import (
    CharitableDonationRecord,
    Dataset,
    MembershipRecord,
    PoliticalDonationRecord,
    RoleRecord,
    RoleType,
    WealthAssetRecord,
)
from watchword.services.records.details import MoneyRange, RoleDetail, SourceKey, TitleCategory
from watchword.services.records.errors import ImportRefused

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import timedelta
    from pathlib import Path

    from watchword.access.ports import Clock
    from watchword.services.imports.importing import Progress
    from watchword.services.records.dataset import AnyRecord, Place

    _Sort = tuple[Sequence[tuple[str, str, str]], frozenset[RoleType]]

DEFAULT_PEOPLE: Final = 60
MOST_PEOPLE: Final = 10_000_000
_BETWEEN_LOOKS: Final = 500
# The first person's, so that every set holds one of just this many.
_SAMPLE_ROLES: Final = 5
_ROLES: Final = (1, 1, 2, 2, 3, 3, 4, 5, 6, 7)
_EMPLOYMENT: Final[_Sort] = (EMPLOYMENTS, frozenset({RoleType.EMPLOYMENT}))
_BOTH: Final[_Sort] = (BOTH, frozenset({RoleType.EMPLOYMENT, RoleType.BOARD}))
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
        database: The records' database; made where there is none.
        seed: Which people; the same seed makes the same ones.
        people: How many.
        clock: Tells when the import took place.
        progress: Told as the import goes on.
        patience: How long to wait for another import to end.

    Raises:
        ImportRefused: If the number is out of range, the database holds real people, or it cannot
            be written. Nothing was changed.
    """
    dataset = invent(seed, people, progress)
    return write(database, dataset, clock=clock, progress=progress, patience=patience)


def invent(seed: int, people: int, progress: Progress = unwatched) -> Dataset:
    """Return invented people, the organizations they serve and all that is known of them.

    Raises:
        ImportRefused: If the number of people is out of range.
    """
    if not 1 <= people <= MOST_PEOPLE:
        raise ImportRefused(
            f"The number of people must be from 1 to {MOST_PEOPLE:,}, not {people:,}."
        )
    return Dataset(is_invented=True, records=_records(seed, people, progress))


def _records(
    seed: int, people: int, progress: Progress
) -> Iterator[tuple[AnyRecord, Place | None]]:
    organizations = Organizations(seed, people)
    for n in range(organizations.count):
        yield organizations.record(n), None
    persons = People(seed, organizations)
    for n in range(people):
        if n % _BETWEEN_LOOKS == 0:
            progress("Inventing people", n, people)
        yield persons.record(n), None
        dice = Dice(seed, f"doings of {n}")
        for record in _doings(dice, n, person_key(n), organizations):
            yield record, None
    progress("Inventing people", people, people)


def _doings(
    dice: Dice, n: int, person: SourceKey, organizations: Organizations
) -> Iterator[AnyRecord]:
    for i in range(_SAMPLE_ROLES if n == 0 else dice.pick(_ROLES)):
        yield _role(dice, i, person, organizations)
    # The first person has one of everything.
    if n == 0 or dice.is_one_in(5):
        yield _membership(dice, person, organizations)
    if n == 0 or dice.is_one_in(10):
        yield _charitable_donation(dice, person, organizations)
    if n == 0 or dice.is_one_in(20):
        yield _political_donation(dice, person, organizations)
    if n == 0 or dice.is_one_in(6):
        yield _wealth_asset(dice, person, organizations)


def _role(dice: Dice, i: int, person: SourceKey, organizations: Organizations) -> RoleRecord:
    # Everybody's first role is an employment.
    titles, types = _EMPLOYMENT if i == 0 else dice.pick(_SORTS)
    title, category, group = dice.pick(titles)
    is_board = RoleType.BOARD in types
    is_employment = RoleType.EMPLOYMENT in types
    return RoleRecord(
        source=SOURCE,
        key=SourceKey(f"{person}/role:{i + 1}"),
        person=person,
        organization=organizations.charity(dice)
        if title == "Trustee"
        else organizations.company(dice),
        title=title,
        types=types,
        start_date=dice.date(1995, 2019),
        end_date=dice.date(2020, 2024) if dice.is_one_in(2) else None,
        detail=RoleDetail(
            title_categories=(TitleCategory(name=category, role_groups=(group,)),),
            is_executive_director=(is_board and is_employment) or None,
            is_non_executive_director=(is_board and not is_employment) or None,
            is_part_of_leadership_team=group == "Senior management" or None,
            is_other_employee=group == "Staff" or None,
        ),
    )


def _membership(dice: Dice, person: SourceKey, organizations: Organizations) -> MembershipRecord:
    return MembershipRecord(
        source=SOURCE,
        key=SourceKey(f"{person}/membership:1"),
        person=person,
        organization=organizations.club(dice),
        title="Member",
        start_date=dice.date(1990, 2019),
    )


def _charitable_donation(
    dice: Dice, person: SourceKey, organizations: Organizations
) -> CharitableDonationRecord:
    return CharitableDonationRecord(
        source=SOURCE,
        key=SourceKey(f"{person}/charitable-donation:1"),
        donors=frozenset({person}),
        recipient_organization=organizations.charity(dice),
        amount=_amount(dice, 1_000),
        measurement_date=dice.day(2015, 2024),
    )


def _political_donation(
    dice: Dice, person: SourceKey, organizations: Organizations
) -> PoliticalDonationRecord:
    party = organizations.party(dice)
    return PoliticalDonationRecord(
        source=SOURCE,
        key=SourceKey(f"{person}/political-donation:1"),
        donors=frozenset({person}),
        recipient_organization=party,
        party=party,
        amount=_amount(dice, 100),
        measurement_date=dice.day(2015, 2024),
    )


def _wealth_asset(dice: Dice, person: SourceKey, organizations: Organizations) -> WealthAssetRecord:
    classification, name, liquidity = dice.pick(ASSETS)
    is_holding = name == "Stake in a company"
    value = _amount(dice, 10_000)
    return WealthAssetRecord(
        source=SOURCE,
        key=SourceKey(f"{person}/asset:1"),
        owner=person,
        name=name,
        classification=classification,
        type=name,
        liquidity_type=liquidity,
        value=value,
        ownership_percentage=float(dice.between(1, 100)) if is_holding else None,
        ownership_value=value if is_holding else None,
        organization=organizations.company(dice) if is_holding else None,
        purchase_date=dice.day(2000, 2019),
    )


def _amount(dice: Dice, unit: int) -> MoneyRange:
    lowest = float(dice.between(1, 50) * unit)
    return MoneyRange(lowest, lowest * 2)
