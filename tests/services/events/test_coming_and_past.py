"""Profile and Events agree on what is past and what is to come, however little of it is known."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.asking import Asker
from services.made import load, organization, person, role
from support.fakes import StoppedClock
from watchword.services.events import EventsService
from watchword.services.events.timelines import Timeline, Wanted
from watchword.services.profile import ProfileService
from watchword.services.records.cursors import Boundary
from watchword.services.records.dates import PartialDate
from watchword.services.records.paging import PageInfoInput
from watchword.services.records.reading import Counts, Reader
from watchword.services.records.roles import Side

if TYPE_CHECKING:
    from pathlib import Path

NOW = StoppedClock().now()
TODAY = NOW.date().isoformat()
STATUS = """{ rolesBoard { items { roleCurrentPriorStatus } }
  current: rolesBoard(filter: {status: CURRENT}) { items { id } }
  prior: rolesBoard(filter: {status: PRIOR}) { items { id } } }"""
EVENTS = """query ($filter: EventFilterType, $page: PageInfoInput) {
  events(altrataId: "1-per-1", filterType: $filter, pageInfo: $page) { ... on EventsResponse {
    events { eventId eventText eventPublishedDate }
    pageInfoResponse { totalCount pageInfo { hasNextPage hasPreviousPage endCursor } }
  } } }"""
BATCH = """query ($ids: [String!]!, $after: String) {
  eventsBatch(altrataIds: $ids, pageInfo: {after: $after}) {
    __typename
    ... on ValidationError { errorMessage validationErrorCode }
    ... on EventsResponse { pageInfoResponse { pageInfo { endCursor } } }
  } }"""

dates = st.sampled_from(
    ["2025", "2026", "2027", "2026-10", "2026-11", "2026-12", "2026-11-22", TODAY, "2026-11-24"]
)


def serve(kind: type[ProfileService | EventsService], database: Path) -> Asker:
    return Asker(kind(database, clock=StoppedClock(), version="1"))


def dated(key: str, start: str | None, end: str | None) -> Any:
    return role(key, "a", "o", start=start, end_date=None if end is None else PartialDate(end))


@pytest.mark.parametrize(
    ("start", "end", "status", "texts"),
    [
        (None, None, "CURRENT", []),
        ("2026", None, "CURRENT", ["took up"]),
        ("2026-11", None, "CURRENT", ["took up"]),
        (TODAY, None, "CURRENT", ["took up"]),
        ("2026-11-24", None, None, ["is to take up"]),
        ("2026-12", "2027", None, ["is to leave", "is to take up"]),
        ("2001", "2026", "CURRENT", ["is to leave", "took up"]),
        ("2001", "2026-11", "CURRENT", ["is to leave", "took up"]),
        ("2001", "2026-11-24", "CURRENT", ["is to leave", "took up"]),
        ("2001", TODAY, "PRIOR", ["left", "took up"]),
        ("2001", "2026-10", "PRIOR", ["left", "took up"]),
        ("2001", "2025", "PRIOR", ["left", "took up"]),
    ],
)
def test_a_role_and_its_events_are_told_by_one_rule(
    tmp_path: Path, start: str | None, end: str | None, status: str | None, texts: list[str]
) -> None:
    load(tmp_path / "p.db", person("a"), organization("o"), dated("r", start, end))

    told = serve(ProfileService, tmp_path / "p.db")(STATUS)
    ask = serve(EventsService, tmp_path / "p.db")
    events = ask(EVENTS)["events"]["events"]
    upcoming = ask(EVENTS, filter="UPCOMING")["events"]["events"]

    assert told["rolesBoard"]["items"] == [{"roleCurrentPriorStatus": status}]
    assert len(told["current"]["items"]) == (status == "CURRENT")
    assert len(told["prior"]["items"]) == (status == "PRIOR")
    assert len(events) == len(texts)
    for event, text in zip(events, texts, strict=True):
        assert f"Samplewright a {text} the role" in event["eventText"]
    assert upcoming == [event for event in events if " is to " in event["eventText"]]


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people with roles of many dates at two organizations."""
    database = tmp_path_factory.mktemp("crowd") / "p.db"
    known = [None, "2001", "2001-05", "2001-05-07", "2026", "2026-11", TODAY, "2026-12", "2027"]
    roles = [
        role(
            f"{start} {end}",
            "ab"[n % 2],
            "op"[n // 2 % 2],
            start=start,
            end_date=None if end is None else PartialDate(end),
        )
        for n, (start, end) in enumerate(
            (start, end)
            for start in known
            for end in known
            if start is None or end is None or end[: len(start)] >= start[: len(end)]
        )
    ]
    load(database, person("a"), person("b"), organization("o"), organization("p"), *roles)
    return database


@settings(deadline=None, max_examples=60)
@given(
    side=st.sampled_from(list(Side)),
    wanted=st.sampled_from(list(Wanted)),
    size=st.integers(1, 7),
    is_forwards=st.booleans(),
)
def test_walking_a_timeline_either_way_yields_each_event_once(
    crowd: Path, side: Side, wanted: Wanted, size: int, *, is_forwards: bool
) -> None:
    reader = Reader(crowd, StoppedClock(), Counts())
    timeline = Timeline(side, wanted, TODAY)
    whole = timeline.pages(reader, PageInfoInput(first=100), [1, 2])

    for owner in (1, 2):
        walked: list[int] = []
        end = whole[owner].end_cursor
        page = PageInfoInput(first=size) if is_forwards else PageInfoInput(last=size, before=end)
        while True:
            found = timeline.pages(reader, page, [1, 2])[owner]
            numbers = [event.number for event in found.items]
            walked = walked + numbers if is_forwards else numbers + walked
            if not (found.has_next if is_forwards else found.has_previous):
                break
            edge = timeline.order.key_of(found.items[-1 if is_forwards else 0])
            date, number = edge
            text = f"altptr1.{'a' if is_forwards else 'b'}.{timeline.tag}.{date}.{number}"
            page = (
                PageInfoInput(first=size, after=text)
                if is_forwards
                else PageInfoInput(last=size, before=text)
            )

        expected = [event.number for event in whole[owner].items]
        assert walked == expected
        assert timeline.count(reader, [owner]) == {owner: len(expected)}
        first = timeline.order.key_of(whole[owner].items[0])
        beside = Boundary(1, first)
        assert timeline.is_any_after(reader, beside, [owner]) == {owner: len(expected) > 1}
        assert timeline.is_any_before(reader, beside, [owner]) == {owner: True}
        before = Boundary(1, first, is_after=False)
        assert timeline.is_any_before(reader, before, [owner]) == {owner: False}
    reader.close()


def test_an_event_keeps_the_day_on_which_it_first_came(tmp_path: Path) -> None:
    records = (person("a"), organization("o"))
    load(tmp_path / "p.db", *records, dated("r", "2001", None))

    load(tmp_path / "p.db", *records, dated("r", "2002", "2026-11"), moment=NOW + timedelta(days=1))
    load(tmp_path / "p.db", *records, dated("r", "2002", "2027"), moment=NOW + timedelta(days=2))

    events = serve(EventsService, tmp_path / "p.db")(EVENTS)["events"]["events"]
    assert {event["eventId"]: event["eventPublishedDate"] for event in events} == {
        "1-evt-1-start": TODAY,
        "1-evt-1-end": "2026-11-24",
    }


def test_a_cursor_of_people_is_refused_for_the_organizations_of_a_batch_alone(
    crowd: Path,
) -> None:
    ask = serve(EventsService, crowd)
    (alone,) = ask(BATCH, ids=["1-per-1"])["eventsBatch"]
    after = alone["pageInfoResponse"]["pageInfo"]["endCursor"]

    of_person, of_organization = ask(BATCH, ids=["1-per-1", "1-org-1"], after=after)["eventsBatch"]

    assert of_person["__typename"] == "EventsResponse"
    assert of_organization["validationErrorCode"] == "CURSOR_OF_OTHER_LIST"
    assert "cursor of another list" in of_organization["errorMessage"]
    assert "cursor of another list" in ask.refusal(BATCH, ids=["1-org-1"], after=after)
