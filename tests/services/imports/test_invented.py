"""Invented people: plainly invented, as many as wanted, and the same for the same seed."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.imports.tables import select
from support.fakes import StoppedClock
from watchword.services.imports import generate_json_lines, import_invented
from watchword.services.imports.invented import invent
from watchword.services.imports.invented_dice import Dice, Ranking
from watchword.services.imports.invented_words import FIRST_NAMES, LAST_NAMES
from watchword.services.records import ImportRefused
from watchword.services.records.dataset import (
    AnyRecord,
    OrganizationRecord,
    PersonRecord,
    RoleRecord,
    RoleType,
)
from watchword.services.records.dates import parse_partial_date, precision

if TYPE_CHECKING:
    from pathlib import Path

_Kind = TypeVar("_Kind", bound=AnyRecord)

PRINTED = [
    "Obsidian Notareal",
    "Twizzilina Pumice Wobbelidale",
    "Jorberoko Quartz Trimbunicroft",
]
LINES_OF_60 = "ca710403cb54176c"


def records(seed: int, people: int) -> list[AnyRecord]:
    return [record for record, _ in invent(seed, people).records]


def of_kind(kind: type[_Kind], found: list[AnyRecord]) -> list[_Kind]:
    return [record for record in found if isinstance(record, kind)]


def test_the_same_seed_makes_the_same_people() -> None:
    assert records(1, 60) == records(1, 60)
    assert records(1, 60) != records(2, 60)


def test_the_same_seed_makes_the_same_bytes_on_every_machine() -> None:
    assert sha256(b"".join(generate_json_lines(1, 60))).hexdigest()[:16] == LINES_OF_60


def test_more_people_leave_the_first_ones_who_they_were() -> None:
    few, many = of_kind(PersonRecord, records(1, 60)), of_kind(PersonRecord, records(1, 900))

    assert [(p.name, p.date_of_birth) for p in many[:60]] == [
        (p.name, p.date_of_birth) for p in few
    ]


def test_the_first_people_of_seed_1_stay_who_they_are() -> None:
    # A change here changes the ids and answers of every printed demonstration.
    assert [person.name for person in of_kind(PersonRecord, records(1, 3))] == PRINTED


def test_every_name_is_plainly_invented() -> None:
    found = records(1, 500)

    _, *people = of_kind(PersonRecord, found)
    assert {person.first_name for person in people} <= set(FIRST_NAMES)
    assert {person.last_name for person in people} <= set(LAST_NAMES)
    for organization in of_kind(OrganizationRecord, found):
        *words, _ = organization.name.split()
        assert set(words) <= set(LAST_NAMES)
        assert organization.website is not None
        assert organization.website.endswith(".example")


def test_there_are_thousands_of_names_and_none_twice() -> None:
    assert len(set(FIRST_NAMES)) == len(FIRST_NAMES) > 3_000
    assert len(set(LAST_NAMES)) == len(LAST_NAMES) == 20_000


def test_the_commonest_last_name_is_held_by_about_one_in_a_hundred_and_most_are_rare() -> None:
    ranking, dice = Ranking(len(LAST_NAMES), 15), Dice(1, "names")

    held = Counter(ranking.place(dice) for _ in range(50_000))

    assert 350 < held[0] < 650
    assert held.most_common(1)[0][0] < 5
    assert sum(1 for count in held.values() if count <= 5) > len(held) / 2


@pytest.mark.parametrize(("people", "organizations"), [(1, 15), (60, 15), (900, 41), (9_000, 392)])
def test_there_is_about_one_organization_for_twenty_people_each_of_its_own_name(
    people: int, organizations: int
) -> None:
    names = [organization.name for organization in of_kind(OrganizationRecord, records(1, people))]

    assert len(names) == len(set(names)) == organizations


def test_no_word_of_an_organization_but_its_form_finds_more_than_a_few_people() -> None:
    found = records(1, 9_000)
    names = {o.key: o.name.split()[:-1] for o in of_kind(OrganizationRecord, found)}
    words = {
        (role.person, w) for role in of_kind(RoleRecord, found) for w in names[role.organization]
    }

    ((_, held),) = Counter(word for _, word in words).most_common(1)

    assert held < 9_000 * 0.05


@pytest.mark.parametrize("seed", [0, 1, 2, -5, 2**70])
@pytest.mark.parametrize("people", [1, 60])
def test_the_first_person_has_exactly_five_roles_and_everybody_an_employment(
    seed: int, people: int
) -> None:
    found = records(seed, people)
    persons, roles = of_kind(PersonRecord, found), of_kind(RoleRecord, found)

    first = [role for role in roles if role.person == persons[0].key]
    employed = {role.person for role in roles if RoleType.EMPLOYMENT in role.types}
    assert len(first) == 5
    assert employed == {person.key for person in persons}


def test_the_first_person_has_something_of_every_sort() -> None:
    kinds = {type(record).__name__ for record in records(7, 1)}

    assert len(kinds) == 7


def test_there_are_roles_of_all_sorts_and_dates_of_all_precisions() -> None:
    roles = of_kind(RoleRecord, records(1, 60))

    assert {type_ for role in roles for type_ in role.types} == {
        RoleType.BOARD,
        RoleType.COMMITTEE,
        RoleType.EMPLOYMENT,
    }
    starts = [role.start_date for role in roles if role.start_date is not None]
    assert len(starts) == len(roles)
    assert {precision(start) for start in starts} == {"DAY", "MONTH", "YEAR"}


def test_nobody_has_a_role_before_they_are_twenty_or_after_its_end() -> None:
    found = records(3, 300)
    born = {person.key: person.date_of_birth for person in of_kind(PersonRecord, found)}

    for role in of_kind(RoleRecord, found):
        assert role.start_date is not None
        assert parse_partial_date(role.start_date) == role.start_date
        birth = born[role.person]
        assert birth is not None
        assert int(role.start_date[:4]) - int(birth[:4]) > 20
        if role.end_date is not None:
            assert parse_partial_date(role.end_date) == role.end_date
            assert role.start_date < role.end_date


def test_a_set_is_made_as_it_is_read() -> None:
    assert len(list(islice(invent(1, 10_000_000).records, 5))) == 5


def test_importing_invented_people_twice_is_importing_them_once(tmp_path: Path) -> None:
    first = import_invented(tmp_path / "p.db", seed=1, people=20, clock=StoppedClock())
    second = import_invented(tmp_path / "p.db", seed=1, people=20, clock=StoppedClock())

    assert first == second
    assert (first.people, first.organizations, first.sources) == (20, 15, ("invented",))
    assert select(tmp_path / "p.db", "SELECT count(*) FROM person_identity") == [20]


@pytest.mark.parametrize("people", [0, -1, 10_000_001])
def test_a_number_of_people_out_of_range_is_refused(tmp_path: Path, people: int) -> None:
    with pytest.raises(ImportRefused, match="must be from 1 to 10,000,000"):
        import_invented(tmp_path / "p.db", seed=1, people=people, clock=StoppedClock())

    assert not (tmp_path / "p.db").exists()


@given(low=st.integers(0, 10**6), width=st.integers(0, 10**6), subject=st.text())
def test_draws_stay_between_their_bounds(low: int, width: int, subject: str) -> None:
    dice = Dice(1, subject)

    drawn = [dice.between(low, low + width) for _ in range(300)]

    assert low <= min(drawn)
    assert max(drawn) <= low + width
