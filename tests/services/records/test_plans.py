"""What is often asked is found by an index, and never by a walk through all roles or people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from graphql import GraphQLObjectType

from services.asking import Asker
from services.made import load, organization, person, role
from support.fakes import StoppedClock
from watchword.services.engine.binding import find_resolver
from watchword.services.events import EventsService
from watchword.services.events.schema import executable_schema as events_schema
from watchword.services.profile import ProfileService
from watchword.services.profile.schema import executable_schema as profile_schema
from watchword.services.records.dataset import RoleType

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from graphql import GraphQLSchema

ROLES = """rolesEmployment { items { person { name } } pageInfoResponse { totalCount
  pageInfo { hasPreviousPage hasNextPage } } } rolesBoard(filter: {status: CURRENT}) {
  items { organization { organizationName } } }"""
SEARCHED = [
    f'{{ personIdSearch(id: "1-per-1") {{ ... on Person {{ {ROLES} }} }} }}',
    f'{{ organizationIdSearch(id: "1-org-1") {{ ... on Organization {{ {ROLES} }} }} }}',
    '{ personBulkIdSearch(filter: {ids: ["1-per-1", "1-per-2"]}) { items { name } } }',
    f'{{ personKeywordSearch(filter: {{searchKeyword: "quartz"}}) {{ items {{ {ROLES} }} }} }}',
    '{ rolesBoard(filter: {personIds: ["1-per-1"]}) { items { id } } }',
    '{ rolesCommittee(filter: {organizationIds: ["1-org-1"]}) { items { id } } }',
    '{ rolesBoard(filter: {titleContains: "chair"}) { items { id } } }',
    '{ personSearch(filter: {roleTitle: "chief"}) { items { name } } }',
    '{ personSearch(filter: {organizationIds: ["1-org-1"]}) { items { name } } }',
    '{ organizationSearch(filter: {ticker: "abc"}) { items { id } } }',
]
EVENTS = """query ($filter: EventFilterType, $after: String) {
  events(altrataId: "1-per-1", filterType: $filter, pageInfo: {first: 3, after: $after}) {
    ... on EventsResponse { events { eventText eventPublishedDate } pageInfoResponse {
      totalCount pageInfo { hasPreviousPage hasNextPage } } } } }"""
LISTED = {
    "rolesEmployment": "employment_by_date",
    "rolesBoard": "board_by_date",
    "rolesCommittee": "committee_by_date",
}


WALK = re.compile("SCAN (role|person|organization)( |$)")


class Plans:
    """What SQLite does for each statement of the connections that are opened."""

    def __init__(self, database: Path) -> None:
        self.steps: list[str] = []
        self._connection = apsw.Connection(str(database))

    def watch(self, connection: apsw.Connection) -> None:
        def note(_cursor: apsw.Cursor, sql: str, bindings: Any) -> bool:
            if sql not in {"BEGIN", "COMMIT"}:
                found = self._connection.execute(f"EXPLAIN QUERY PLAN {sql}", bindings)
                self.steps += [str(row[3]) for row in found]
            return True

        connection.set_exec_trace(note)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    load(
        tmp_path / "p.db",
        organization("o", ticker="ABC"),
        *(person(key) for key in "ab"),
        role("1", "a", "o", title="Chief officer", types=frozenset({RoleType.EMPLOYMENT})),
        role("2", "b", "o", title="Chair"),
    )
    return tmp_path / "p.db"


@pytest.fixture
def plans(database: Path) -> Iterator[Plans]:
    plans = Plans(database)
    apsw.connection_hooks.append(plans.watch)
    yield plans
    apsw.connection_hooks.remove(plans.watch)


@pytest.mark.parametrize("query", SEARCHED)
def test_records_that_are_named_are_sought(database: Path, plans: Plans, query: str) -> None:
    Asker(ProfileService(database, clock=StoppedClock(), version="1"))(query)

    assert plans.steps
    assert [step for step in plans.steps if WALK.match(step)] == []


@pytest.mark.parametrize("filter_", ["ANNOUNCEMENTS", "ROLE_STARTS", "ROLE_ENDS", "UPCOMING"])
@pytest.mark.parametrize("after", [None, "altptr1.a.ep.2001.5"])
def test_events_are_sought(database: Path, plans: Plans, filter_: str, after: str | None) -> None:
    ask = Asker(EventsService(database, clock=StoppedClock(), version="1"))

    ask(EVENTS, filter=filter_, after=after)

    assert any("end_of_person" in step or "role_of_person" in step for step in plans.steps)
    assert [step for step in plans.steps if WALK.match(step)] == []


@pytest.mark.parametrize(("field", "index"), LISTED.items())
def test_the_roles_of_a_sort_are_listed_and_counted_by_an_index_of_their_own(
    database: Path, plans: Plans, field: str, index: str
) -> None:
    ask = Asker(ProfileService(database, clock=StoppedClock(), version="1"))

    ask(f"{{ {field} {{ items {{ id }} pageInfoResponse {{ totalCount }} }} }}")
    ask(f'{{ {field}(pageInfo: {{after: "altptr5000"}}) {{ items {{ id }} }} }}')

    walks = [step for step in plans.steps if WALK.match(step)]
    assert walks
    assert all(index in step for step in walks)


def test_a_position_behind_the_end_is_answered_without_a_walk_to_it(
    database: Path, plans: Plans
) -> None:
    ask = Asker(ProfileService(database, clock=StoppedClock(), version="1"))
    query = '{ rolesEmployment(pageInfo: {after: "altptr999999999999999"}) { items { id } } }'
    ask(query)
    plans.steps.clear()

    answer = ask(query)

    assert answer["rolesEmployment"]["items"] == []
    assert [step for step in plans.steps if "role" in step] == []


def test_a_title_that_none_of_a_list_has_is_looked_for_once(database: Path, plans: Plans) -> None:
    ask = Asker(ProfileService(database, clock=StoppedClock(), version="1"))
    query = '{ rolesBoard(filter: {titleContains: "officer"}) { items { id } } }'
    ask(query)
    plans.steps.clear()

    answer = ask(query)

    assert answer["rolesBoard"]["items"] == []
    # Of the page nothing is left to do but what SQLite plans for any table.
    assert not any("role_of_title" in step for step in plans.steps)


def test_people_in_government_are_found_by_an_index(database: Path, plans: Plans) -> None:
    ask = Asker(ProfileService(database, clock=StoppedClock(), version="1"))

    answer = ask("{ personSearch(filter: {roleTypes: [GOVERNMENT]}) { items { id } } }")

    assert answer["personSearch"]["items"] == []
    assert any("role_in_government" in step for step in plans.steps)
    assert not any(step.startswith("SCAN person") for step in plans.steps)


def test_what_an_organization_with_many_roles_may_take_long_over_lets_others_be_served() -> None:
    profile, events = profile_schema(), events_schema()

    def is_slow(schema: GraphQLSchema, type_: str, field: str) -> bool:
        owner = schema.type_map[type_]
        assert isinstance(owner, GraphQLObjectType)
        resolver = find_resolver(owner.fields[field])
        assert resolver is not None
        return resolver.is_slow

    assert is_slow(events, "Query", "events")
    assert all(is_slow(profile, "Organization", field) for field in LISTED)
    assert not any(is_slow(profile, "Person", field) for field in LISTED)
