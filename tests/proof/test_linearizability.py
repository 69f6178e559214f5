"""The checker of histories, by hand-made histories, by a model, and by brute force."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proof.extent import REPEATS, make_dice
from proof.history import FOREVER, Answer, Kind, Operation, pack, read_history
from proof.linearizability import check, weigh

if TYPE_CHECKING:
    import random
    from pathlib import Path

ISSUE, CALL, REVOKE = Kind
DONE, SUPERSEDED, REVOKED, UNAVAILABLE, UNANSWERED, UNEXPECTED = Answer


def issue(generation: int, start: int, end: int) -> Operation:
    return Operation(0, ISSUE, DONE, generation, start, end)


def admitted(generation: int, start: int, end: int) -> Operation:
    return Operation(0, CALL, DONE, generation, start, end)


def superseded(generation: int, start: int, end: int) -> Operation:
    return Operation(0, CALL, SUPERSEDED, generation, start, end)


def revoked(generation: int, start: int, end: int) -> Operation:
    return Operation(0, CALL, REVOKED, generation, start, end)


def unanswered(start: int, end: int) -> Operation:
    return Operation(0, ISSUE, UNANSWERED, 0, start, end)


def revocation(generation: int, start: int, end: int) -> Operation:
    return Operation(0, REVOKE, DONE, generation, start, end)


FIRST, SECOND = issue(1, 0, 10), issue(2, 20, 30)

GOOD = {
    "one token after another": [FIRST, admitted(1, 11, 12), SECOND, superseded(1, 31, 32)],
    "the newest is admitted": [FIRST, SECOND, admitted(2, 31, 40)],
    "a call during an issue may be admitted": [FIRST, SECOND, admitted(1, 25, 29)],
    "a call during an issue may be refused": [FIRST, SECOND, superseded(1, 21, 22)],
    "what was refused stays refused": [
        FIRST,
        SECOND,
        admitted(1, 21, 23),
        superseded(1, 22, 24),
        superseded(1, 25, 26),
    ],
    "concurrent issues in the other order of their answers": [issue(2, 0, 5), issue(1, 1, 9)],
    "a broken request may have raised the generation": [
        FIRST,
        unanswered(12, 15),
        superseded(1, 13, 14),
        issue(3, 16, 20),
    ],
    "a broken request may have done nothing": [FIRST, unanswered(12, 15), admitted(1, 16, 17)],
    "a request that was given up may act at any time": [
        FIRST,
        unanswered(12, FOREVER),
        superseded(1, 50, 60),
    ],
    "a revoked token is refused": [FIRST, revocation(1, 12, 14), revoked(1, 15, 16)],
    "revoking a dead token does nothing": [
        FIRST,
        SECOND,
        revocation(1, 31, 32),
        admitted(2, 33, 34),
    ],
    "a revocation raises the generation": [FIRST, revocation(1, 12, 14), issue(3, 15, 16)],
    "an unavailable server says nothing": [FIRST, Operation(0, CALL, UNAVAILABLE, 1, 11, 12)],
}

BAD = {
    "a stale token is admitted after the newer one was received": [
        FIRST,
        SECOND,
        admitted(1, 31, 32),
    ],
    "the newest token is refused": [FIRST, superseded(1, 11, 12)],
    "the newest token is refused before the next issue began": [
        FIRST,
        superseded(1, 11, 12),
        SECOND,
    ],
    "a token comes back": [FIRST, SECOND, superseded(1, 21, 22), admitted(1, 23, 24)],
    "the newer token was admitted before, the older one after": [
        FIRST,
        issue(2, 20, 90),
        admitted(2, 30, 31),
        admitted(1, 32, 33),
    ],
    "a generation is given twice": [FIRST, issue(1, 20, 30)],
    "a later issue gets a lower generation": [issue(2, 0, 10), issue(1, 20, 30)],
    "a generation is skipped": [FIRST, issue(3, 20, 30)],
    "a token is lost": [FIRST, revoked(1, 11, 12)],
    "a token is lost before anybody revoked": [FIRST, revoked(1, 11, 12), revocation(1, 13, 14)],
    "a revoked token is admitted": [FIRST, revocation(1, 12, 14), admitted(1, 15, 16)],
    "revoking a dead token ends the live one": [
        FIRST,
        SECOND,
        revocation(1, 31, 32),
        revoked(2, 33, 34),
    ],
    "a broken request acts after it broke": [
        FIRST,
        unanswered(12, 15),
        admitted(1, 16, 17),
        superseded(1, 18, 19),
    ],
    "one broken request raises twice": [FIRST, unanswered(12, 15), issue(4, 16, 20)],
    "a request answered by 503 raises": [
        FIRST,
        Operation(0, ISSUE, UNAVAILABLE, 0, 12, 15),
        superseded(1, 16, 17),
    ],
    "an answer that the rule does not know": [Operation(0, CALL, UNEXPECTED, 1, 0, 1)],
}


@pytest.mark.parametrize("history", GOOD.values(), ids=GOOD)
def test_a_history_that_obeys_the_rule_passes(history: list[Operation]) -> None:
    assert check(history) == []


@pytest.mark.parametrize("history", BAD.values(), ids=BAD)
def test_a_history_that_breaks_the_rule_is_reported(history: list[Operation]) -> None:
    assert check(history) != []


def test_a_report_names_the_operations_that_contradict_each_other() -> None:
    stale = admitted(1, 31, 32)

    (violation,) = check([FIRST, SECOND, stale])

    assert violation.evidence == (SECOND, stale)
    assert str(stale) in str(violation)


def test_service_users_have_registers_of_their_own() -> None:
    of_another = Operation(1, CALL, DONE, 1, 31, 32)

    assert check([FIRST, SECOND, Operation(1, ISSUE, DONE, 1, 0, 5), of_another]) == []


def test_a_history_outlives_its_files(tmp_path: Path) -> None:
    operations = [FIRST, Operation(7, CALL, SUPERSEDED, 2**40, 2**62, FOREVER, 2**32 - 1)]
    file = tmp_path / "history"

    file.write_bytes(b"".join(map(pack, operations)))

    assert read_history([file]) == operations


def test_the_weight_of_a_history_counts_the_calls_that_had_no_choice() -> None:
    history = [
        FIRST,
        SECOND,
        admitted(1, 11, 12),
        admitted(1, 15, 25),
        superseded(1, 31, 32),
        superseded(1, 33, 34),
    ]

    assert weigh(history) == {"issues": 2, "admissions": 1, "open": 1, "refusals": 2}


def play(dice: random.Random, steps: int, stretch: int = 60) -> list[Operation]:
    """Play operations one after another on a register, then stretch them so that they overlap."""
    register = 0
    history: list[Operation] = []
    for step in range(steps):
        start = step * 10 - dice.randrange(stretch)
        end = step * 10 + dice.randrange(stretch)
        chance = dice.random()
        if register == 0 or chance < 0.25:
            register += 1
            history.append(issue(register, start, end))
        elif chance < 0.3:
            register += dice.randrange(2)
            history.append(unanswered(start, end))
        else:
            given = dice.randint(max(1, register - 2), register)
            is_live = given == register
            if chance < 0.4:
                history.append(revocation(given, start, end))
                register += is_live
            else:
                history.append((admitted if is_live else superseded)(given, start, end))
    dice.shuffle(history)
    return history


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 80))
def test_every_history_that_a_register_can_make_passes(seed: int, steps: int) -> None:
    assert check(play(make_dice(seed), steps)) == []


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(10, 80))
def test_one_stale_admission_in_a_good_history_is_found(seed: int, steps: int) -> None:
    dice = make_dice(seed)
    history = play(dice, steps)
    newest = max(history, key=lambda one: (one.kind is ISSUE, one.generation))
    moment = newest.end + dice.randint(1, 100)
    stale = admitted(dice.randint(1, newest.generation) - 1, moment, moment + 5)

    found = check([*history, stale])

    assert any(stale in violation.evidence for violation in found)


@st.composite
def small_histories(draw: st.DrawFn) -> list[Operation]:
    observations = [(ISSUE, DONE), (ISSUE, UNANSWERED), (CALL, DONE), (CALL, SUPERSEDED)]

    def draw_operation() -> Operation:
        kind, answer = draw(st.sampled_from([*observations, (ISSUE, DONE), (REVOKE, DONE)]))
        generation = 0 if answer is UNANSWERED else draw(st.integers(1, 3))
        start = draw(st.integers(0, 12))
        return Operation(0, kind, answer, generation, start, start + draw(st.integers(0, 6)))

    return [draw_operation() for _ in range(draw(st.integers(1, 6)))]


def can_be_ordered(register: int, left: tuple[Operation, ...]) -> bool:
    """Try every order that the times allow, as the definition says."""
    if all(one.answer is UNANSWERED for one in left):
        return True
    first_end = min(one.end for one in left)
    for position, one in enumerate(left):
        if one.start > first_end:
            continue
        rest = left[:position] + left[position + 1 :]
        if any(can_be_ordered(value, rest) for value in _step(register, one)):
            return True
    return False


def _step(register: int, operation: Operation) -> set[int]:
    """Return what the register may hold after an operation; nothing when it cannot be next."""
    generation = operation.generation
    match operation.kind, operation.answer:
        case Kind.ISSUE, Answer.UNANSWERED:
            return {register, register + 1}
        case Kind.ISSUE, _:
            return {generation} if generation == register + 1 else set()
        case Kind.REVOKE, _:
            return {max(register, generation + 1)} if generation <= register else set()
        case _, Answer.DONE:
            return {register} if generation == register else set()
        case _:
            return {register} if generation < register else set()


def compare(history: list[Operation]) -> None:
    """Hold the verdict against the definition."""
    is_obeying = check(history) == []
    is_orderable = can_be_ordered(0, tuple(history))
    is_mixture = {(REVOKE, DONE), (ISSUE, UNANSWERED)} <= {one[1:3] for one in history}
    if is_mixture:
        assert is_obeying or not is_orderable, "a contradiction was invented"
    else:
        assert is_obeying is is_orderable


@settings(max_examples=500 * REPEATS, deadline=None)
@given(small_histories())
def test_the_verdict_is_that_of_trying_every_order(history: list[Operation]) -> None:
    compare(history)


@settings(max_examples=500 * REPEATS, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 7))
def test_the_verdict_on_a_history_with_one_thing_changed_is_that_of_every_order(
    seed: int, steps: int
) -> None:
    dice = make_dice(seed)
    history = play(dice, steps, stretch=25)
    position = dice.randrange(steps)
    old = history[position]
    generation = 0 if old.answer is UNANSWERED else dice.randint(1, 3)
    changed = [
        old._replace(generation=generation),
        old._replace(start=-30),
        old._replace(end=200),
        old._replace(start=0, end=0),
    ]

    history[position] = dice.choice(changed)

    compare(history)
