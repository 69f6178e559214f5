"""A cursor keeps its place beside its record: whatever comes and goes, nobody who stays is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.asking import Asker
from support.fakes import StoppedClock
from watchword.services.profile import ProfileService
from watchword.services.records.cursors import (
    Boundary,
    NoCursor,
    OtherList,
    cursor_after,
    cursor_before,
    parse_cursor,
)
from watchword.services.records.orders import ByNumber, ByRank, NewestFirst
from watchword.services.records.tables import connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

numbers = st.integers(1, 10**18 - 1)
days = st.one_of(
    st.just(""),
    st.dates().map(lambda day: day.isoformat()),
    st.dates().map(lambda day: day.isoformat()[:7]),
    st.dates().map(lambda day: day.isoformat()[:4]),
)
keys = st.one_of(
    st.tuples(st.just(ByNumber()), st.tuples(numbers)),
    st.tuples(st.just(NewestFirst("start_date")), st.tuples(days, numbers)),
    st.tuples(st.just(ByRank()), st.tuples(st.integers(0, 9), numbers)),
)


@given(position=st.integers(1, 10**15 - 1), kind=keys, is_after=st.booleans())
def test_a_cursor_is_read_as_it_was_made(position: int, kind: Any, is_after: bool) -> None:
    order, key = kind

    text = (cursor_after if is_after else cursor_before)(position, "xy", key)

    assert parse_cursor(text, "xy", order) == Boundary(position, key, is_after)
    with pytest.raises(OtherList):
        parse_cursor(text, "xz", order)


@given(text=st.text() | st.from_regex(r"altptr[0-9.ab a-z-]{0,40}", fullmatch=True))
def test_what_is_no_cursor_is_told(text: str) -> None:
    for order in (ByNumber(), NewestFirst("start_date"), ByRank()):
        try:
            boundary = parse_cursor(text, "xy", order)
        except (NoCursor, OtherList):
            continue
        assert boundary.position >= 1


PAGE = """
  items { id } pageInfoResponse {
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
"""
LISTS = {
    "roles": f"query ($page: PageInfoInput) {{ page: rolesBoard(pageInfo: $page) {{ {PAGE} }} }}",
    "roles of one": f"""query ($page: PageInfoInput) {{
      one: personIdSearch(id: "1-per-1") {{ ... on Person {{
        page: rolesBoard(pageInfo: $page) {{ {PAGE} }}
      }} }}
    }}""",
    "people": f"""query ($page: PageInfoInput) {{
      page: personSearch(pageInfo: $page) {{ {PAGE} }}
    }}""",
    "matches": f"""query ($page: PageInfoInput) {{
      page: personKeywordSearch(filter: {{searchKeyword: "an"}}, pageInfo: $page) {{ {PAGE} }}
    }}""",
}
NAMES = ("An", "Anna", "Otto")


class Changing:
    """A database whose roles and people come and go, beside a service over it."""

    def __init__(self, folder: Path) -> None:
        database = folder / "changing.db"
        self.connection = connect(database, timedelta(seconds=5))
        self.service = ProfileService(database, clock=StoppedClock(), version="1")
        self.ask = Asker(self.service)

    def set(self, present: dict[int, int]) -> None:
        """Let there be these records, by number; the value tells its date and its name."""
        run: Callable[..., object] = self.connection.execute
        run("BEGIN")
        run("DELETE FROM role")
        run("DELETE FROM person")
        for words in ("person_name_keyword", "person_keyword"):
            run(f"INSERT INTO {words} ({words}) VALUES ('delete-all')")  # noqa: S608 - our own names
        for number, kind in {1: 0, **present}.items():
            date = f"200{kind % 4}" if kind % 4 else ""
            run(
                "INSERT INTO role VALUES (?, 1, 1, 'Director', ?, NULL, 1, 0, 0, 0, '', NULL, "
                "'test', NULL)",
                (number, date),
            )
            name = NAMES[kind % 3]
            run(
                "INSERT INTO person (id, first_name, last_name, name, source) "
                "VALUES (?, ?, 'X', ?, 'test')",
                (number, name, name),
            )
            run(
                "INSERT INTO person_name_keyword (rowid, first_name, last_name, name) "
                "VALUES (?, ?, 'X', ?)",
                (number, name, name),
            )
            run(
                "INSERT INTO person_keyword (rowid, words) VALUES (?, ? || ' X Anonymous')",
                (number, name),
            )
        run("COMMIT")

    def page(self, query: str, asked: dict[str, Any]) -> tuple[list[int], dict[str, Any]]:
        answer = self.ask(query, page=asked)
        page = answer.get("one", answer)["page"]
        found = [int(item["id"].rpartition("-")[2]) for item in page["items"]]
        return found, page["pageInfoResponse"]["pageInfo"]

    def close(self) -> None:
        self.service.close()
        self.connection.close()


@pytest.fixture(scope="module")
def changing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Changing]:
    made = Changing(tmp_path_factory.mktemp("changing"))
    yield made
    made.close()


@pytest.mark.parametrize("query", LISTS.values(), ids=LISTS)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    staying=st.dictionaries(st.integers(2, 60), st.integers(0, 11), min_size=1, max_size=25),
    coming=st.lists(
        st.dictionaries(st.integers(61, 90) | st.integers(2, 60), st.integers(0, 11), max_size=12),
        min_size=1,
        max_size=6,
    ),
    size=st.integers(1, 8),
    is_forwards=st.booleans(),
)
def test_nobody_who_stays_is_missed_or_seen_twice(
    changing: Changing,
    query: str,
    staying: dict[int, int],
    coming: list[dict[int, int]],
    size: int,
    is_forwards: bool,
) -> None:
    def change(turn: int) -> None:
        changing.set({**coming[turn % len(coming)], **staying})

    walked: list[int] = []
    change(0)
    cursor = None
    if not is_forwards:
        everybody, around = changing.page(query, {"first": 100})
        cursor = around["endCursor"]
        assert set(staying) <= set(everybody)
    for turn in range(1, 200):
        if is_forwards:
            found, around = changing.page(query, {"first": size, "after": cursor})
            walked += found
            assert around["hasPreviousPage"] is (
                bool(changing.page(query, {"last": 1, "before": cursor})[0]) if cursor else False
            )
            is_more, cursor = around["hasNextPage"], around["endCursor"] or cursor
        else:
            found, around = changing.page(query, {"last": size, "before": cursor})
            walked = found + walked
            is_more, cursor = around["hasPreviousPage"], around["startCursor"] or cursor
        if not is_more:
            break
        change(turn)
    else:
        raise AssertionError("the walk does not end")

    seen = [number for number in walked if number in staying]
    assert sorted(seen) == sorted({*staying})
    changing.set(staying)
    assert seen == [number for number in changing.page(query, {"first": 100})[0] if number != 1]


def test_a_position_far_behind_the_end_is_an_empty_page(changing: Changing) -> None:
    changing.set({2: 1})

    found, around = changing.page(LISTS["roles"], {"after": "altptr1000000"})

    assert found == []
    assert around == {
        "hasNextPage": False,
        "hasPreviousPage": True,
        "startCursor": None,
        "endCursor": None,
    }


def test_pages_behind_the_first_are_found_by_an_index(changing: Changing) -> None:
    changing.set({number: number for number in range(2, 60)})
    _, around = changing.page(LISTS["roles"], {"first": 5})
    texts: list[str] = []
    plans: list[str] = []

    def note(_cursor: apsw.Cursor, sql: str, _bindings: object) -> bool:
        texts.append(sql)
        return True

    apsw.connection_hooks.append(lambda connection: connection.set_exec_trace(note))
    try:
        changing.service.close()
        changing.page(LISTS["roles"], {"first": 5, "after": around["endCursor"]})
    finally:
        apsw.connection_hooks.pop()
        changing.service.close()
    for text in texts:
        if "key_date" in text and "LIMIT" in text:
            rows = changing.connection.execute(
                f"EXPLAIN QUERY PLAN {text}",
                {"key_date": "", "key_number": 1, "size": 1, "start": 0, "today": ""},
            )
            plans += [str(row[3]) for row in rows]

    assert any("SEARCH role USING INDEX board_by_date (start_date<?)" in plan for plan in plans)
    assert not any("TEMP B-TREE" in plan for plan in plans)
