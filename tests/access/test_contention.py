"""Two deployments that take the live token from each other are told from those that do not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from watchword.access.contention import WINDOW, Contention, Issue, Place, find_contention

NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
PLACES = {
    "A": Place("192.0.2.1", "python-httpx/1.0"),
    "B": Place("192.0.2.2", "python-httpx/1.0"),
    "C": Place("192.0.2.1", "node"),
    "D": Place("192.0.2.4", "curl/8.0"),
}
MINUTE = timedelta(minutes=1)


def issues(letters: str, step: timedelta = MINUTE) -> list[Issue]:
    return [Issue(NOON + number * step, PLACES[letter]) for number, letter in enumerate(letters)]


def find(listed: list[Issue]) -> Contention | None:
    return find_contention(listed, NOON)


def test_two_places_that_both_take_back_are_told_with_their_counts_and_times() -> None:
    found = find(issues("ABAB"))

    assert found is not None
    last, first = found.contenders
    assert (last.place, last.tokens, last.taken_back) == (PLACES["B"], 2, 1)
    assert (first.place, first.tokens, first.taken_back) == (PLACES["A"], 2, 1)
    assert last.last_at == NOON + 3 * MINUTE
    assert (found.since, found.until) == (NOON, NOON + 3 * MINUTE)


def test_two_programs_at_one_address_are_two_places() -> None:
    assert find(issues("ACAC")) is not None


def test_all_of_three_that_fight_are_told() -> None:
    found = find(issues("ABCABC"))

    assert found is not None
    assert len(found.contenders) == 3


def test_one_who_takes_it_back_once_is_no_contention() -> None:
    """A new release that is tried, and taken back: nobody fights."""
    for letters in ("", "A", "AAAA", "AB", "AABB", "ABA", "ABAA", "AABBAA", "ABCA"):
        assert find(issues(letters)) is None, letters


def test_what_takes_longer_than_the_window_is_no_contention() -> None:
    assert find(issues("ABAB", WINDOW / 3)) is not None
    assert find(issues("ABAB", WINDOW / 3 + MINUTE)) is None


def test_an_old_contention_is_found_behind_a_quiet_time() -> None:
    later = [Issue(NOON + timedelta(hours=3), PLACES["A"])]

    found = find([*issues("ABAB"), *later])

    assert found is not None
    assert found.until == NOON + 3 * MINUTE


def test_others_that_are_issued_a_token_before_and_since_make_it_no_longer() -> None:
    found = find(issues("CABABD"))

    assert found is not None
    assert (found.since, found.until) == (NOON + MINUTE, NOON + 4 * MINUTE)


def test_it_is_over_when_nobody_has_taken_back_for_the_window() -> None:
    last = NOON + 3 * MINUTE
    going_on = find_contention(issues("ABAB"), last + WINDOW)
    over = find_contention(issues("ABAB"), last + WINDOW + timedelta(seconds=1))

    assert going_on is not None
    assert over is not None
    assert (going_on.is_over, over.is_over) == (False, True)


_LETTERS = st.lists(st.sampled_from("ABC"), max_size=30)


@given(_LETTERS, st.randoms())
def test_the_order_of_the_issues_changes_nothing(letters: list[str], random: object) -> None:
    listed = issues("".join(letters))
    shuffled = list(listed)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert find(shuffled) == find(listed)


@given(st.lists(st.integers(0, 40), max_size=40))
def test_one_place_never_fights_with_itself(minutes: list[int]) -> None:
    assert find([Issue(NOON + minute * MINUTE, PLACES["A"]) for minute in minutes]) is None


@given(_LETTERS, st.integers(0, 240))
def test_what_is_told_happened_within_the_window_and_adds_up(
    letters: list[str], seconds: int
) -> None:
    listed = issues("".join(letters), timedelta(seconds=seconds))

    found = find(listed)

    if found is None:
        return
    assert found.until - found.since <= WINDOW
    assert len(found.contenders) >= 2
    within = [issue for issue in listed if found.since <= issue.at <= found.until]
    for contender in found.contenders:
        assert 0 < contender.taken_back < contender.tokens
        assert found.since <= contender.last_at <= found.until
        if seconds:
            mine = [issue for issue in within if issue.place == contender.place]
            assert contender.tokens == len(mine)
