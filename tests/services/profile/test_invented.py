"""Invented people: plainly invented, and the same for the same seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.fakes import StoppedClock
from watchword.services.profile import ImportRefused, ImportReport, import_invented
from watchword.services.profile.dates import parse_partial_date, precision
from watchword.services.profile.invented import invent
from watchword.services.profile.invented_words import ADJECTIVES, FIRST_NAMES, LAST_NAMES
from watchword.services.profile.records import RoleType

if TYPE_CHECKING:
    from pathlib import Path

    from services.profile.asking import Asker

PRINTED = ["Obsidian Notareal", "Burdock Flint Stubbington-Test", "Samphire Flint Samplewright"]


def test_the_same_seed_makes_the_same_people() -> None:
    assert invent(1, 60) == invent(1, 60)
    assert invent(1, 60) != invent(2, 60)


def test_more_people_leave_the_first_ones_as_they_were() -> None:
    assert list(invent(1, 90).people)[:60] == list(invent(1, 60).people)


def test_the_first_people_of_seed_1_stay_who_they_are() -> None:
    # A change here changes the ids and answers of every printed demonstration.
    assert [person.name for person in list(invent(1, 60).people)[:3]] == PRINTED


def test_every_name_is_plainly_invented() -> None:
    dataset = invent(1, 500)

    assert {person.first_name for person in dataset.people} <= set(FIRST_NAMES)
    assert {person.last_name for person in dataset.people} <= set(LAST_NAMES)
    for organization in dataset.organizations:
        assert organization.name.startswith(ADJECTIVES)
        assert organization.website is not None
        assert organization.website.endswith(".example")


def test_organizations_have_different_names() -> None:
    names = [organization.name for organization in invent(1, 60).organizations]

    assert len(names) == len(set(names)) == 15


@pytest.mark.parametrize("seed", [0, 1, 2, -5, 2**70])
@pytest.mark.parametrize("people", [1, 60])
def test_the_first_person_has_exactly_five_roles_and_everybody_an_employment(
    seed: int, people: int
) -> None:
    dataset = invent(seed, people)

    first = [role for role in dataset.roles if role.person == dataset.people[0].key]
    employed = {role.person for role in dataset.roles if RoleType.EMPLOYMENT in role.types}
    assert len(first) == 5
    assert employed == {person.key for person in dataset.people}


def test_there_are_roles_of_all_sorts_and_dates_of_all_precisions() -> None:
    roles = invent(1, 60).roles

    assert {type_ for role in roles for type_ in role.types} == {
        RoleType.BOARD,
        RoleType.COMMITTEE,
        RoleType.EMPLOYMENT,
    }
    starts = [role.start_date for role in roles if role.start_date is not None]
    assert len(starts) == len(roles)
    assert {precision(start) for start in starts} == {"DAY", "MONTH", "YEAR"}


def test_every_date_exists_and_no_role_ends_before_it_starts() -> None:
    for role in invent(3, 300).roles:
        assert role.start_date is not None
        assert parse_partial_date(role.start_date) == role.start_date
        if role.end_date is not None:
            assert parse_partial_date(role.end_date) == role.end_date
            assert role.start_date < role.end_date


def test_importing_invented_people_twice_is_importing_them_once(tmp_path: Path) -> None:
    first = import_invented(tmp_path / "p.db", seed=1, people=20, clock=StoppedClock())
    second = import_invented(tmp_path / "p.db", seed=1, people=20, clock=StoppedClock())

    assert first == second
    assert first == ImportReport(20, 15, first.roles, "invented")


@pytest.mark.parametrize("people", [0, -1, 10_001])
def test_a_number_of_people_out_of_range_is_refused(tmp_path: Path, people: int) -> None:
    with pytest.raises(ImportRefused, match="must be from 1 to 10000"):
        import_invented(tmp_path / "p.db", seed=1, people=people, clock=StoppedClock())

    assert not (tmp_path / "p.db").exists()


def test_invented_people_are_served(invented: Asker) -> None:
    answer = invented("""{
      personIdSearch(id: "1-per-1") { ... on Person {
        name
        rolesEmployment { items { title organization { headOfficeAddress { country } } } }
        rolesBoard { items { type } }
        rolesCommittee { items { title } }
      } }
    }""")["personIdSearch"]

    assert answer["name"] == PRINTED[0]
    assert answer["rolesEmployment"]["items"][0]["organization"] == {
        "headOfficeAddress": {"country": "Examplia"}
    }
