"""Records by their ids: in the caller's order, without those unknown, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from services.asking import Asker

BULK = """
query ($ids: [String!]!, $page: PageInfoInput) {
  page: %sBulkIdSearch(filter: {ids: $ids}, pageInfo: $page) {
    items { id }
    pageInfoResponse { totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }
  }
}
"""
PEOPLE = BULK.replace("%s", "person")
ORGANIZATIONS = BULK.replace("%s", "organization")


def get(
    ask: Asker, ids: list[str], page: dict[str, Any] | None = None, query: str = PEOPLE
) -> tuple[list[str], int, dict[str, Any]]:
    found = ask(query, ids=ids, page=page)["page"]
    response = found["pageInfoResponse"]
    return [item["id"] for item in found["items"]], response["totalCount"], response["pageInfo"]


def test_people_come_in_the_order_asked_for_once_and_without_the_unknown(congress: Asker) -> None:
    asked = ["1-per-30", "1-per-999999", "1-per-2", "1-per-30", "1-per-17"]

    found, total, around = get(congress, asked)

    assert found == ["1-per-30", "1-per-2", "1-per-17"]
    assert total == 3
    assert around["hasNextPage"] is around["hasPreviousPage"] is False


def test_organizations_come_in_the_order_asked_for(congress: Asker) -> None:
    found, total, _ = get(congress, ["1-org-7", "1-org-1"], query=ORGANIZATIONS)

    assert (found, total) == (["1-org-7", "1-org-1"], 2)


def test_a_hundred_are_answered_at_once_and_more_are_refused(congress: Asker) -> None:
    ids = [f"1-per-{number}" for number in range(1, 101)]

    assert get(congress, ids)[0] == ids
    assert congress.refusal(PEOPLE, ids=[*ids, "1-per-101"]) == (
        "'ids' may hold 100 ids at most @ persons"
    )


@pytest.mark.parametrize("wrong", ["x", "1-org-1", ""])
def test_what_is_no_id_is_refused(congress: Asker, wrong: str) -> None:
    message = congress.refusal(PEOPLE, ids=["1-per-1", wrong])

    assert message == (
        f"'ids' holds '{wrong}', which is no id of a person; "
        "one reads 1-per-1, for example @ persons"
    )


def test_nobody_asked_for_is_an_empty_page(congress: Asker) -> None:
    found, total, around = get(congress, [])

    assert (found, total) == ([], 0)
    assert around["endCursor"] is None


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    numbers=st.lists(st.integers(600, 640), max_size=30),
    size=st.integers(1, 12),
    is_forwards=st.booleans(),
)
def test_walking_either_way_yields_every_known_record_once(
    congress: Asker, numbers: list[int], size: int, is_forwards: bool
) -> None:
    ids = [f"1-per-{number}" for number in numbers]
    expected, total, around = get(congress, ids)
    walked: list[str] = []
    cursor = None if is_forwards else around["endCursor"]

    while is_forwards or cursor is not None:
        page = {"first": size, "after": cursor} if is_forwards else {"last": size, "before": cursor}
        found, counted, around = get(congress, ids, page)
        assert counted == total == len(expected)
        walked = walked + found if is_forwards else found + walked
        cursor = around["endCursor" if is_forwards else "startCursor"]
        if not around["hasNextPage" if is_forwards else "hasPreviousPage"]:
            break

    assert walked == expected
