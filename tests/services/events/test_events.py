"""Events are the starts and ends of the very roles that the Profile service tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from graphql import GraphQLObjectType, GraphQLUnionType

from services.asking import Asker, Statements
from support.fakes import StoppedClock
from watchword.services.events import EventsService
from watchword.services.profile import ProfileService

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EVENTS = """
query ($id: String!, $filter: EventFilterType, $page: PageInfoInput) {
  events(altrataId: $id, filterType: $filter, pageInfo: $page) {
    __typename
    ... on EventsResponse {
      events {
        eventId eventDateInfo { date datePrecision displayDate } eventType eventText
        personMentions { personId personName }
        organizationMentions { organizationId organizationName organizationType }
        eventPublishedDate announcementDateInfo { date } startRoleTitle endRoleTitle
      }
      pageInfoResponse {
        totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }
    ... on Error { errorMessage correlationId }
    ... on GenericError { genericErrorCode }
    ... on ValidationError { validationErrorCode }
    ... on EntityNotFoundError { entityNotFoundErrorCode }
  }
}
"""
BATCH = """
query ($ids: [String!]!, $first: Int) {
  eventsBatch(altrataIds: $ids, pageInfo: {first: $first}) {
    __typename
    ... on EventsResponse {
      events { eventId eventText personMentions { personName } }
      pageInfoResponse { totalCount pageInfo { hasNextPage } }
    }
  }
}
"""
ROLES = """
query ($id: String!) { personIdSearch(id: $id) { ... on Person {
  rolesEmployment(pageInfo: {first: 100}) {
    items { id title startDate { date } endDate { date } } } } } }
"""
ORGANIZATIONS = """
{ organizationSearch(filter: {organizationTypes: ["Legislative chamber"]}) { items { id } } }
"""


@pytest.fixture
def events(congress_database: Path) -> Iterator[Asker]:
    service = EventsService(congress_database, clock=StoppedClock(), version="1.2.3")
    yield Asker(service)
    service.close()


@pytest.fixture
def profile(congress_database: Path) -> Iterator[Asker]:
    service = ProfileService(congress_database, clock=StoppedClock(), version="1.2.3")
    yield Asker(service)
    service.close()


@pytest.fixture
def senator(profile: Asker) -> str:
    found = profile(
        '{ personKeywordSearch(filter: {searchKeyword: "Maria Cantwell"}) { items { id } } }'
    )
    person: str = found["personKeywordSearch"]["items"][0]["id"]
    return person


def pages(ask: Asker, owner: str, size: int, filter_: str | None = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    page: dict[str, Any] = {"first": size}
    while True:
        answer = ask(EVENTS, id=owner, filter=filter_, page=page)["events"]
        found += answer["events"]
        around = answer["pageInfoResponse"]["pageInfo"]
        if not around["hasNextPage"]:
            assert answer["pageInfoResponse"]["totalCount"] == len(found)
            return found
        page = {"first": size, "after": around["endCursor"]}


def test_each_role_begins_and_ends_once(events: Asker, profile: Asker, senator: str) -> None:
    roles = profile(ROLES, id=senator)["personIdSearch"]["rolesEmployment"]["items"]
    expected = {
        (role["endDate" if is_end else "startDate"]["date"], role["title"], is_end)
        for role in roles
        for is_end in (False, True)
        if role["endDate" if is_end else "startDate"]
    }

    found = pages(events, senator, 3)

    told = {
        (
            event["eventDateInfo"]["date"],
            event["startRoleTitle"] or event["endRoleTitle"],
            event["startRoleTitle"] is None,
        )
        for event in found
    }
    assert told == expected
    assert len(found) == len(expected) == len({event["eventId"] for event in found})


def test_events_are_told_newest_first_and_those_to_come_before_all(
    events: Asker, senator: str
) -> None:
    found = pages(events, senator, 100)

    dates = [event["eventDateInfo"]["date"] for event in found]
    assert dates == sorted(dates, reverse=True)
    today = StoppedClock().now().date().isoformat()
    upcoming = pages(events, senator, 100, "UPCOMING")
    assert upcoming == [event for event in found if event["eventDateInfo"]["date"] > today]
    assert upcoming
    assert all(" is to leave " in event["eventText"] for event in upcoming)


def test_a_filter_takes_one_half_or_the_other(events: Asker, senator: str) -> None:
    starts = pages(events, senator, 100, "ROLE_STARTS")
    ends = pages(events, senator, 100, "ROLE_ENDS")

    assert {event["eventType"] for event in starts} == {"Role Start Announcement"}
    assert {event["eventType"] for event in ends} == {"Role End Announcement"}
    assert len(starts) + len(ends) == len(pages(events, senator, 100, "ANNOUNCEMENTS"))


def test_pages_backwards_are_the_pages_forwards(events: Asker, senator: str) -> None:
    forwards = pages(events, senator, 100)
    last = events(EVENTS, id=senator, page={"first": 100})["events"]
    before = last["pageInfoResponse"]["pageInfo"]["endCursor"]

    backwards: list[dict[str, Any]] = []
    while before is not None:
        answer = events(EVENTS, id=senator, page={"last": 2, "before": before})["events"]
        backwards = answer["events"] + backwards
        before = answer["pageInfoResponse"]["pageInfo"]["startCursor"]

    assert backwards == forwards


def test_an_organization_has_the_events_of_all_its_roles(events: Asker, profile: Asker) -> None:
    for organization in profile(ORGANIZATIONS)["organizationSearch"]["items"]:
        answer = events(EVENTS, id=organization["id"], page={"first": 5})["events"]

        assert answer["pageInfoResponse"]["totalCount"] > 500
        for event in answer["events"]:
            assert [m["organizationId"] for m in event["organizationMentions"]] == [
                organization["id"]
            ]


@pytest.mark.parametrize(
    ("asked", "type_", "member", "code"),
    [
        ("1-per-999999", "EntityNotFoundError", "entityNotFoundErrorCode", "ENTITY_NOT_FOUND"),
        ("1-org-999999", "EntityNotFoundError", "entityNotFoundErrorCode", "ENTITY_NOT_FOUND"),
        ("1-rol-1", "ValidationError", "validationErrorCode", "MALFORMED_ID"),
        ("", "ValidationError", "validationErrorCode", "MALFORMED_ID"),
    ],
)
def test_an_id_that_names_nobody_is_a_typed_error(
    events: Asker, asked: str, type_: str, member: str, code: str
) -> None:
    answer = events(EVENTS, id=asked)["events"]

    assert answer["__typename"] == type_
    assert answer[member] == code
    assert answer["correlationId"] == "the-correlation-id"


def test_a_database_that_cannot_be_read_is_a_typed_error(tmp_path: Path) -> None:
    service = EventsService(tmp_path / "none.db", clock=StoppedClock(), version="1")

    answer = Asker(service)(EVENTS, id="1-per-1")["events"]

    assert answer["__typename"] == "GenericError"
    assert answer["genericErrorCode"] == "SERVICE_UNAVAILABLE"


def test_a_batch_answers_each_id_in_the_order_asked(events: Asker, senator: str) -> None:
    ids = ["1-org-1", senator, "1-per-999999", "nobody", senator]

    results = events(BATCH, ids=ids, first=2)["eventsBatch"]

    assert [result["__typename"] for result in results] == [
        "EventsResponse",
        "EventsResponse",
        "EntityNotFoundError",
        "ValidationError",
        "EventsResponse",
    ]
    assert results[1] == results[4]
    alone = events(BATCH, ids=[senator], first=2)["eventsBatch"]
    assert results[1] == alone[0]


def test_a_batch_of_more_than_a_hundred_is_refused(events: Asker) -> None:
    refusal = events.refusal(BATCH, ids=["1-per-1"] * 101, first=1)

    assert refusal == "'altrataIds' may hold 100 ids at most @ events"


@pytest.mark.parametrize("size", [1, 20, 100])
def test_a_batch_takes_the_same_statements_whatever_its_size(
    congress_database: Path, statements: Statements, size: int
) -> None:
    service = EventsService(congress_database, clock=StoppedClock(), version="1")
    ask = Asker(service)
    ids = [f"1-{kind}-{n}" for n in range(1, size + 1) for kind in ("per", "org")][:size]
    ids[0] = "1-org-1"
    ask(BATCH, ids=[*ids[:-1], "1-per-1"], first=5)
    statements.take()

    ask(BATCH, ids=[*ids[:-1], "1-per-1"], first=5)

    sides = 1 if size == 1 else 2
    # who is known, their events, how many; for all: the people and organizations of the texts,
    # the people who are mentioned
    assert len(statements.take()) <= 3 * sides + 3
    service.close()


def test_deprecated_dates_answer_and_say_so(events: Asker, senator: str) -> None:
    query = """query ($id: String!) { events(altrataId: $id) {
      ... on EventsResponse { events { eventDate announcementDate } } } }"""

    result = events.result(query, id=senator)

    assert result.data is not None
    assert all(event["eventDate"] for event in result.data["events"]["events"])
    assert result.errors is not None
    assert len(result.errors) == 2


def test_everything_is_described() -> None:
    schema = EventsService.__new__(EventsService)._load_schema()

    for name, type_ in schema.type_map.items():
        if name.startswith("__") or name in {"String", "Int", "Boolean", "Float", "ID"}:
            continue
        assert type_.description, name
        if isinstance(type_, GraphQLObjectType):
            for field_name, field in type_.fields.items():
                assert field.description, f"{name}.{field_name}"
                for argument_name, argument in field.args.items():
                    assert argument.description, f"{name}.{field_name}({argument_name})"
        elif not isinstance(type_, GraphQLUnionType) and hasattr(type_, "fields"):
            assert all(field.description for field in type_.fields.values())
