"""Pages: walking them in either direction yields every item once; nonsense is refused in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from services.asking import Asker

PEOPLE = """
query ($page: PageInfoInput, $words: String!) {
  page: personKeywordSearch(filter: {searchKeyword: $words}, pageInfo: $page) {
    items { id }
    pageInfoResponse {
      totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}
"""
SEATS = """
query ($page: PageInfoInput, $words: String!) {
  page: rolesCommittee(filter: {titleContains: $words}, pageInfo: $page) {
    items { id }
    pageInfoResponse {
      totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}
"""
OF_ONE = """
query ($page: PageInfoInput) {
  organizationIdSearch(id: "1-org-2") { ... on Organization {
    page: rolesEmployment(pageInfo: $page) {
      items { id }
      pageInfoResponse {
        totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }
  } }
}
"""
LISTS = [
    pytest.param(PEOPLE, "john", id="people"),
    pytest.param(SEATS, "vice", id="roles"),
    pytest.param(OF_ONE, "", id="roles of one"),
]
# The database is only read, so that one fixture may serve every example.
PROPERTY = settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def get(ask: Asker, query: str, words: str, page: dict[str, Any] | None) -> dict[str, Any]:
    answer = ask(query, page=page, words=words) if "$words" in query else ask(query, page=page)
    found: dict[str, Any] = (answer.get("organizationIdSearch") or answer)["page"]
    return found


def ids(page: dict[str, Any]) -> list[str]:
    return [item["id"] for item in page["items"]]


def everything(ask: Asker, query: str, words: str) -> list[str]:
    found: list[str] = []
    while True:
        cursor = f"altptr{len(found)}" if found else None
        page = get(ask, query, words, {"first": 100, "after": cursor})
        found += ids(page)
        if not page["pageInfoResponse"]["pageInfo"]["hasNextPage"]:
            return found


def around(page: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = page["pageInfoResponse"]["pageInfo"]
    return found


@pytest.mark.parametrize(("query", "words"), LISTS)
@PROPERTY
@given(size=st.integers(1, 100))
def test_walking_forwards_yields_every_item_once(
    congress: Asker, query: str, words: str, size: int
) -> None:
    walked: list[str] = []
    after = None
    while True:
        page = get(congress, query, words, {"first": size, "after": after})
        walked += ids(page)
        assert (around(page)["startCursor"] is None) is (after is None)
        assert around(page)["hasPreviousPage"] is (after is not None)
        assert page["pageInfoResponse"]["totalCount"] >= len(walked)
        if not around(page)["hasNextPage"]:
            break
        after = around(page)["endCursor"]

    assert walked == everything(congress, query, words)
    assert len(walked) == len(set(walked)) == page["pageInfoResponse"]["totalCount"]


@pytest.mark.parametrize("last", ["altptr{}", "the endCursor of the last page"])
@pytest.mark.parametrize(("query", "words"), LISTS)
@PROPERTY
@given(size=st.integers(1, 100))
def test_walking_backwards_yields_what_walking_forwards_does(
    congress: Asker, query: str, words: str, last: str, size: int
) -> None:
    expected = everything(congress, query, words)
    walked = [expected[-1]]
    before: str | None = last.format(len(expected) - 1)
    if not last.startswith("altptr"):
        page = get(congress, query, words, {"after": f"altptr{len(expected) - 1}"})
        walked, before = [], around(page)["endCursor"]
    while before is not None:
        page = get(congress, query, words, {"last": size, "before": before})
        walked = ids(page) + walked
        assert around(page)["hasPreviousPage"] is (around(page)["startCursor"] is not None)
        assert around(page)["hasNextPage"] is (len(walked) > len(ids(page)))
        before = around(page)["startCursor"]

    assert walked == expected


@pytest.mark.parametrize(("query", "words"), LISTS)
@PROPERTY
@given(start=st.integers(0, 40), size=st.integers(1, 40))
def test_both_ends_of_a_page_can_be_passed_as_after_and_as_before(
    congress: Asker, query: str, words: str, start: int, size: int
) -> None:
    listed = everything(congress, query, words)
    after = f"altptr{start}" if start else None
    page = get(congress, query, words, {"first": size, "after": after})
    if not page["items"]:
        return
    end = start + len(page["items"])

    behind = get(congress, query, words, {"first": 7, "after": around(page)["endCursor"]})
    until = get(congress, query, words, {"last": 7, "before": around(page)["endCursor"]})

    assert ids(behind) == listed[end : end + 7]
    assert ids(until) == listed[max(0, end - 7) : end]
    assert around(behind)["hasPreviousPage"]
    assert around(until)["hasNextPage"] is (end < len(listed))
    if start:
        again = get(congress, query, words, {"first": 7, "after": around(page)["startCursor"]})
        before = get(congress, query, words, {"last": 7, "before": around(page)["startCursor"]})
        assert ids(again) == listed[start : start + 7]
        assert ids(before) == listed[max(0, start - 7) : start]
        assert around(before)["hasNextPage"]


def test_the_first_page_has_ten_items_and_cursors_of_the_documented_form(congress: Asker) -> None:
    first = get(congress, PEOPLE, "john", None)
    second = get(congress, PEOPLE, "john", {"first": 10, "after": "altptr10"})

    assert len(first["items"]) == len(second["items"]) == 10
    assert around(first)["startCursor"] is None
    assert around(first)["endCursor"].startswith("altptr10.a.")
    assert around(second)["startCursor"].startswith("altptr10.b.")
    assert around(second)["endCursor"].startswith("altptr20.a.")


@pytest.mark.parametrize("field", ["after", "before"])
def test_a_cursor_of_another_list_is_refused(congress: Asker, field: str) -> None:
    cursor = around(get(congress, SEATS, "vice", None))["endCursor"]

    message = congress.refusal(PEOPLE, words="john", page={field: cursor})

    assert message == (
        f"'{field}' is a cursor of another list; "
        "pass a startCursor or endCursor of this one @ persons"
    )


def test_the_list_ends_where_it_ends_even_on_a_full_page(congress: Asker) -> None:
    length = len(everything(congress, SEATS, "vice"))

    page = get(congress, SEATS, "vice", {"first": length})

    assert len(page["items"]) == length
    assert around(page)["hasNextPage"] is False


@pytest.mark.parametrize(("query", "words"), LISTS)
def test_a_page_behind_the_end_is_empty_and_knows_the_total(
    congress: Asker, query: str, words: str
) -> None:
    page = get(congress, query, words, {"after": "altptr999999999999999"})

    assert page["items"] == []
    assert page["pageInfoResponse"] == {
        "totalCount": len(everything(congress, query, words)),
        "pageInfo": {
            "hasNextPage": False,
            "hasPreviousPage": True,
            "startCursor": None,
            "endCursor": None,
        },
    }


def test_an_empty_list_has_no_pages_around(congress: Asker) -> None:
    page = get(congress, PEOPLE, "nobody-is-called-this", None)

    assert page == {
        "items": [],
        "pageInfoResponse": {
            "totalCount": 0,
            "pageInfo": {
                "hasNextPage": False,
                "hasPreviousPage": False,
                "startCursor": None,
                "endCursor": None,
            },
        },
    }


def test_before_alone_is_the_page_of_ten_before_it(congress: Asker) -> None:
    page = get(congress, PEOPLE, "john", {"before": "altptr15"})

    assert ids(page) == ids(get(congress, PEOPLE, "john", {"first": 10, "after": "altptr5"}))


@pytest.mark.parametrize(
    ("query", "noun"), [(PEOPLE, "persons"), (SEATS, "roles"), (OF_ONE, "roles")]
)
def test_last_without_before_names_the_missing_field_and_the_list(
    congress: Asker, query: str, noun: str
) -> None:
    words = {"words": "a"} if "$words" in query else {}

    message = congress.refusal(query, page={"last": 10}, **words)

    assert message == f"missing mandatory field 'before' @ {noun}"


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ({"first": 0}, "'first' must be from 1 to 100, not 0 @ persons"),
        ({"first": -1}, "'first' must be from 1 to 100, not -1 @ persons"),
        ({"first": 101}, "'first' must be from 1 to 100, not 101 @ persons"),
        ({"first": 2147483647}, "'first' must be from 1 to 100, not 2147483647 @ persons"),
        ({"last": 0, "before": "altptr5"}, "'last' must be from 1 to 100, not 0 @ persons"),
        ({"last": 101, "before": "altptr5"}, "'last' must be from 1 to 100, not 101 @ persons"),
        ({"last": 5, "after": "altptr5"}, "missing mandatory field 'before' @ persons"),
        ({"first": 5, "last": 5}, "missing mandatory field 'before' @ persons"),
        (
            {"first": 5, "before": "altptr5"},
            "'before' goes with 'last' only, not with 'first' or 'after' @ persons",
        ),
        (
            {"after": "altptr1", "before": "altptr5"},
            "'before' goes with 'last' only, not with 'first' or 'after' @ persons",
        ),
    ],
)
def test_a_page_that_makes_no_sense_is_refused(
    congress: Asker, page: dict[str, Any], expected: str
) -> None:
    assert congress.refusal(PEOPLE, words="john", page=page) == expected


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "altptr",
        "altptr0",
        "altptr-1",
        "altptr+1",
        "altptr1.5",
        "altptr 1",
        "altptr1\n",
        "altptr01",
        "ALTPTR1",
        "10",
        "altptr٣",
        "altptr9223372036854775807",
        "altptr9223372036854775808",
        "altptr" + "9" * 5000,
        "altptr1; DROP TABLE person",
        "altptr10.a",
        "altptr10.a.pk",
        "altptr10.a.pk.",
        "altptr10.c.pk.0.1",
        "altptr10.a.pk.0",
        "altptr10.a.pk.0.0",
        "altptr10.a.pk.00.1",
        "altptr10.a.pk.0.01",
        "altptr10.a.pk.0.1.1",
        "altptr10.a.pk.2019-01-03.1",
        "altptr0.a.pk.0.1",
        "altptr10.a.pk.0." + "9" * 30,
        "\ud800",
    ],
)
@pytest.mark.parametrize("field", ["after", "before"])
def test_what_is_no_cursor_is_refused(congress: Asker, field: str, cursor: str) -> None:
    message = congress.refusal(PEOPLE, words="john", page={field: cursor})

    assert message == (
        f"'{field}' is not a cursor of this service; pass a startCursor or endCursor @ persons"
    )
