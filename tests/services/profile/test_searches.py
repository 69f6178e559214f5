"""Searches by criteria find who meets all of them, and their counts agree with what they find."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import apsw
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from services import made
from services.asking import Asker
from support.fakes import StoppedClock
from watchword.services.profile import ProfileService
from watchword.services.records.dates import PartialDate, find_age
from watchword.services.records.details import Address
from watchword.services.records.folding import fold
from watchword.services.records.leads import type_condition

if TYPE_CHECKING:
    from pathlib import Path

TODAY = date(2026, 11, 23)
PEOPLE = """
query ($filter: PersonSearchFilter, $page: PageInfoInput) {
  found: personSearch(filter: $filter, pageInfo: $page) {
    items { id } pageInfoResponse { totalCount pageInfo { hasNextPage endCursor } }
  }
  count: personSearchCount(filter: $filter) { totalCount }
}
"""
ORGANIZATIONS = PEOPLE.replace("PersonSearch", "OrganizationSearch").replace(
    "personSearch", "organizationSearch"
)
PROPERTY = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Held(NamedTuple):
    """A role, as the table has it."""

    organization: str
    title: str
    end: str | None
    types: frozenset[str]

    @property
    def status(self) -> str:
        return "CURRENT" if self.end is None or self.end > TODAY.isoformat() else "PRIOR"


class Known(NamedTuple):
    """A person, as the table has them."""

    first_name: str
    last_name: str
    gender: str | None
    born: PartialDate | None
    roles: list[Held]


@pytest.fixture(scope="session")
def everybody(congress_database: Path) -> dict[str, Known]:
    connection = apsw.Connection(str(congress_database))
    roles: dict[int, list[Held]] = defaultdict(list)
    for person, organization, title, end, *flags in connection.execute(
        "SELECT person_id, organization_id, title, end_date, "
        "is_board, is_committee, is_employment, is_government FROM role"
    ):
        names = ("BOARD", "COMMITTEE", "EMPLOYMENT", "GOVERNMENT")
        types = frozenset(name for name, flag in zip(names, flags, strict=True) if flag)
        roles[person].append(Held(f"1-org-{organization}", title, end, types))
    rows: Any = connection.execute(
        "SELECT id, first_name, last_name, gender, date_of_birth FROM person ORDER BY id"
    )
    return {
        f"1-per-{number}": Known(first, last, gender, born, roles[number])
        for number, first, last, gender, born in rows
    }


def begins(text: str, words: str) -> bool:
    tokens = re.findall(r"[^\W_]+", fold(text))
    return all(any(token.startswith(fold(word)) for token in tokens) for word in words.split())


def meets(person: Known, asked: dict[str, Any]) -> bool:
    age = find_age(person.born, TODAY)
    return (
        ("firstName" not in asked or begins(person.first_name, asked["firstName"]))
        and ("lastName" not in asked or begins(person.last_name, asked["lastName"]))
        and ("gender" not in asked or person.gender == asked["gender"].upper())
        and ("ageFrom" not in asked or (age is not None and age >= asked["ageFrom"]))
        and ("ageTo" not in asked or (age is not None and age <= asked["ageTo"]))
        and (
            not asked.keys() & {"organizationIds", "roleTitle", "roleTypes", "roleStatus"}
            or any(fits(role, asked) for role in person.roles)
        )
    )


def fits(role: Held, asked: dict[str, Any]) -> bool:
    title = fold(role.title)
    return (
        ("organizationIds" not in asked or role.organization in asked["organizationIds"])
        and ("roleTitle" not in asked or all(w in title for w in fold(asked["roleTitle"]).split()))
        and ("roleTypes" not in asked or bool(role.types & set(asked["roleTypes"])))
        and ("roleStatus" not in asked or role.status == asked["roleStatus"])
    )


def is_forwards(asked: dict[str, Any]) -> bool:
    """Tell whether the ages that are asked for do not run backwards."""
    return bool(asked.get("ageFrom", 0) <= asked.get("ageTo", 150))


criteria: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "firstName": st.sampled_from(["j", "Jo", "maria", "MARK", "a", "r", "zoë", "john m"]),
        "lastName": st.sampled_from(["s", "smi", "VELAZQUEZ", "johnson", "mc", "van", "b"]),
        "gender": st.sampled_from(["F", "M", "f"]),
        "organizationIds": st.lists(
            st.integers(1, 240).map(lambda number: f"1-org-{number}"), max_size=8
        ),
        "roleTitle": st.sampled_from(
            ["senator", "chair", "Representative", "vice CHAIR", "member", "texas", "of the for"]
        ),
        "roleTypes": st.lists(
            st.sampled_from(["BOARD", "COMMITTEE", "EMPLOYMENT", "GOVERNMENT"]), max_size=2
        ),
        "roleStatus": st.sampled_from(["CURRENT", "PRIOR"]),
        "ageFrom": st.integers(0, 110),
        "ageTo": st.integers(0, 110),
    },
).filter(is_forwards)


def walk(ask: Asker, query: str, asked: dict[str, Any], size: int) -> list[str]:
    """Return the ids of all pages; every count on the way must be their number."""
    walked: list[str] = []
    totals: set[int] = set()
    after = None
    while True:
        answer = ask(query, filter=asked, page={"first": size, "after": after})
        response = answer["found"]["pageInfoResponse"]
        totals |= {response["totalCount"], answer["count"]["totalCount"]}
        walked += [item["id"] for item in answer["found"]["items"]]
        if not response["pageInfo"]["hasNextPage"]:
            break
        after = response["pageInfo"]["endCursor"]
    assert totals == {len(walked)}
    return walked


@PROPERTY
@given(asked=criteria, size=st.integers(20, 100))
def test_a_search_finds_exactly_who_meets_every_criterion_and_its_counts_agree(
    congress: Asker, everybody: dict[str, Known], asked: dict[str, Any], size: int
) -> None:
    walked = walk(congress, PEOPLE, asked, size)

    assert walked == [id_ for id_, person in everybody.items() if meets(person, asked)]


@PROPERTY
@given(first=criteria, second=criteria)
def test_criteria_that_do_not_share_a_role_find_together_whom_both_find(
    congress: Asker, first: dict[str, Any], second: dict[str, Any]
) -> None:
    # Conditions on roles hold for one and the same role: those stay with the first.
    of_people = {"firstName", "lastName", "gender", "ageFrom", "ageTo"}
    second = {name: value for name, value in second.items() if name in of_people - first.keys()}
    assume(is_forwards({**first, **second}))

    both = walk(congress, PEOPLE, {**first, **second}, 100)

    in_first = walk(congress, PEOPLE, first, 100)
    in_second = set(walk(congress, PEOPLE, second, 100))
    assert both == [id_ for id_ in in_first if id_ in in_second]


def test_conditions_on_roles_hold_for_one_and_the_same_role(congress: Asker) -> None:
    # Cantwell was a Representative and is a Senator; no role of hers is both.
    asked: dict[str, Any] = {"ids": ["1-per-1"], "roleTitle": "representative"}

    assert walk(congress, PEOPLE, {**asked, "roleStatus": "PRIOR"}, 10) == ["1-per-1"]
    assert walk(congress, PEOPLE, {**asked, "roleStatus": "CURRENT"}, 10) == []


@pytest.mark.parametrize("empty", ["ids", "organizationIds", "roleTypes"])
def test_an_empty_list_matches_nobody(congress: Asker, empty: str) -> None:
    assert walk(congress, PEOPLE, {empty: []}, 10) == []


def test_the_counts_are_those_of_the_source(congress: Asker) -> None:
    answer = congress("""{
      people: personSearchCount { totalCount }
      organizations: organizationSearchCount(filter: {organizationTypes: [
        "Legislative chamber", "Executive office", "Committee", "Subcommittee"
      ]}) { totalCount }
      parties: organizationSearchCount(filter: {organizationTypes: ["Political party"]}) {
        totalCount
      }
      employment: rolesEmployment { pageInfoResponse { totalCount } }
      board: rolesBoard { pageInfoResponse { totalCount } }
      committee: rolesCommittee { pageInfoResponse { totalCount } }
    }""")

    counts = [answer[name]["totalCount"] for name in ("people", "organizations", "parties")]
    roles = [
        answer[name]["pageInfoResponse"]["totalCount"]
        for name in ("employment", "board", "committee")
    ]
    assert counts == [617, 234, 7]
    assert sum(roles) == 6929


def test_without_criteria_everybody_is_found(congress: Asker, everybody: dict[str, Known]) -> None:
    assert walk(congress, PEOPLE, {}, 100) == list(everybody)


def test_organizations_are_found_by_words_of_their_name_and_by_their_type(
    congress: Asker, congress_database: Path
) -> None:
    connection = apsw.Connection(str(congress_database))
    rows: Any = connection.execute("SELECT id, name, type FROM organization ORDER BY id").fetchall()

    for name in ("agric", "House COMMITTEE", "senate", "nothing-at-all"):
        for types in (["committee"], ["Committee", "Subcommittee"], [], None):
            asked: dict[str, Any] = {"organizationName": name}
            if types is not None:
                asked["organizationTypes"] = types
            assert walk(congress, ORGANIZATIONS, asked, 50) == [
                f"1-org-{number}"
                for number, full, type_ in rows
                if begins(full, name.replace("-", " "))
                and (types is None or type_.lower() in map(str.lower, types))
            ]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"ids": ["x"]}, "'ids' holds 'x', which is no id of a person; one reads 1-per-1, "),
        ({"ids": ["y" * 51]}, f"'ids' holds '{'y' * 50}', which is no id of a person; "),
        ({"ids": ["\ud800"]}, "'ids' holds '\\ud800', which is no id"),
        (
            {"organizationIds": ["1-per-1"]},
            "'organizationIds' holds '1-per-1', which is no id of an organization; ",
        ),
        ({"ids": ["1-per-1"] * 101}, "'ids' may hold 100 ids at most @ persons"),
        ({"firstName": "*"}, "'firstName' needs at least one letter or digit @ persons"),
        ({"lastName": "x" * 201}, "'lastName' may have 200 characters at most @ persons"),
        ({"roleTitle": " "}, "'roleTitle' needs at least one word @ persons"),
        ({"gender": "\ud800"}, "'gender' must be text of 1 to 200 characters @ persons"),
        ({"nationality": ""}, "'nationality' must be text of 1 to 200 characters @ persons"),
        ({"ageFrom": 40, "ageTo": 39}, "'ageFrom' must not be above 'ageTo' @ persons"),
        ({"ageFrom": -1}, "'ageFrom' must be from 0 to 150, not -1 @ persons"),
        ({"ageTo": 151}, "'ageTo' must be from 0 to 150, not 151 @ persons"),
    ],
)
def test_a_criterion_that_makes_no_sense_is_refused(
    congress: Asker, asked: dict[str, Any], expected: str
) -> None:
    result = congress.result(PEOPLE, filter=asked)

    assert result.errors is not None
    assert {error.message.startswith(expected) for error in result.errors} == {True}
    assert {str(error.extensions) for error in result.errors} == {"{'code': 'BAD_USER_INPUT'}"}


def test_sorts_of_roles_may_be_named_again_and_again(congress: Asker) -> None:
    once = congress.result(PEOPLE, filter={"roleTypes": ["BOARD", "EMPLOYMENT"]})
    often = congress.result(PEOPLE, filter={"roleTypes": ["EMPLOYMENT", "BOARD"] * 500})

    assert often.errors is None
    assert often.data == once.data


def test_the_same_sorts_of_roles_are_one_text_of_sql() -> None:
    assert type_condition(["EMPLOYMENT", "BOARD", "BOARD"]) == "is_board OR is_employment"
    assert type_condition([]) == "false"


@PROPERTY
@given(
    text=st.text(max_size=60),
    field=st.sampled_from(["firstName", "lastName", "gender", "nationality", "roleTitle"]),
)
def test_no_text_whatever_is_a_fault_of_the_service(congress: Asker, text: str, field: str) -> None:
    for error in congress.result(PEOPLE, filter={field: text}).errors or []:
        assert error.extensions == {"code": "BAD_USER_INPUT"}


@pytest.mark.parametrize(
    ("born", "found"),
    [("1965-11-23", False), ("1965-11-24", True), ("1966-11-23", True), ("1966-11-24", False)],
)
def test_a_year_of_age_begins_on_the_birthday_and_ends_on_the_day_before_the_next(
    tmp_path: Path, born: str, *, found: bool
) -> None:
    made.load(tmp_path / "p.db", made.person("a", date_of_birth=PartialDate(born)))
    ask = Asker(ProfileService(tmp_path / "p.db", clock=StoppedClock(), version="1"))

    answer = ask("{ personSearch(filter: {ageFrom: 60, ageTo: 60}) { items { age } } }")

    assert answer["personSearch"]["items"] == ([{"age": 60}] if found else [])


@pytest.mark.parametrize(
    "asked",
    [
        'country: "österreich"',
        'country: "OSTERREICH"',
        'ticker: "øre"',
        'sectors: ["ÉNERGIE", "none"]',
        'industries: ["öl"]',
        'organizationTypes: ["straße", "none"]',
        'organizationTypes: ["STRASSE"]',
    ],
)
def test_accents_and_capitals_of_every_script_make_no_difference(
    tmp_path: Path, asked: str
) -> None:
    facts = {"ticker": "ØRE", "sector": "Énergie", "industry": "Öl", "type": "Straße"}
    where = Address(country="Österreich")
    made.load(
        tmp_path / "p.db",
        made.organization("o", address=where, **facts),
        made.organization("other", address=Address(country="Oman")),
    )
    ask = Asker(ProfileService(tmp_path / "p.db", clock=StoppedClock(), version="1"))

    answer = ask(
        f"{{ organizationSearch(filter: {{{asked}}}) {{ items {{ organizationName }} }} }}"
    )

    assert answer["organizationSearch"]["items"] == [{"organizationName": "The o"}]


def test_nationalities_and_genders_are_compared_without_capitals(tmp_path: Path) -> None:
    made.load(
        tmp_path / "p.db", made.person("a", nationality="Ökonian", gender="Ä"), made.person("b")
    )
    ask = Asker(ProfileService(tmp_path / "p.db", clock=StoppedClock(), version="1"))

    answer = ask('{ personSearch(filter: {nationality: "öKONIAN", gender: "ä"}) { items { id } } }')

    assert answer["personSearch"]["items"] == [{"id": "1-per-1"}]


def test_a_word_that_folds_to_nothing_is_no_word(congress: Asker) -> None:
    lone = '{ personSearch(filter: {roleTitle: " \u0301 "}) { items { id } } }'

    refusal = congress.refusal(lone)

    assert refusal == "'roleTitle' needs at least one word @ persons"
    alone = congress(PEOPLE, filter={"roleTitle": "senator"})["count"]
    assert congress(PEOPLE, filter={"roleTitle": "senator \u0301"})["count"] == alone


def test_a_ticker_and_a_name_may_be_asked_for_together(congress: Asker) -> None:
    query = """{ organizationSearch(filter: {ticker: "x", organizationName: "house"}) {
      items { id } pageInfoResponse { totalCount } } }"""

    assert congress(query)["organizationSearch"]["items"] == []
