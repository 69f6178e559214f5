"""Chosen passwords are compared slowly, off the event loop, and never more than can be borne."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher, Type
from argon2.exceptions import VerificationError
from hypothesis import given, settings
from hypothesis import strategies as st

from watchword.access.errors import Malformed, Overloaded, SlowDown
from watchword.passwords import Argon2Passwords

if TYPE_CHECKING:
    from collections.abc import Generator

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "correct horse battery"
KEPT = CHEAP.hash(PASSWORD, salt=b"salt of the tests")
SALT, HASH = "c29tZXNhbHRzb21lc2FsdA", "A" * 43
PHC = "$argon2id$v=19$m={m},t={t},p={p}${salt}${hash}"


def phc(*, m: int = 65_536, t: int = 3, p: int = 4, salt: str = SALT, hash_: str = HASH) -> str:
    return PHC.format(m=m, t=t, p=p, salt=salt, hash=hash_)


class Counting(Argon2Passwords):
    """Counts the comparisons, and holds them up while it is told to."""

    def __init__(self, most_of_caller: int | None = None) -> None:
        super().__init__(most_of_caller)
        self.compared = 0
        self._may_go = threading.Event()
        self._may_go.set()

    @contextmanager
    def held_up(self) -> Generator[None]:
        self._may_go.clear()
        try:
            yield
        finally:
            self._may_go.set()

    def _compare(self, password: str, kept: tuple[str, ...]) -> bool:
        self._may_go.wait(30)
        self.compared += 1
        return super()._compare(password, kept)


async def turn() -> None:
    """Let every task that can go on do so."""
    for _ in range(5):
        await asyncio.sleep(0)


def test_a_chosen_password_is_kept_as_argon2id_with_the_parameters_of_rfc_9106() -> None:
    passwords = Argon2Passwords()

    kept = asyncio.run(passwords.keep(PASSWORD))

    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert PASSWORD not in kept
    assert asyncio.run(passwords.is_match("svc", PASSWORD, [kept]))
    assert not asyncio.run(passwords.is_match("svc", PASSWORD + "!", [kept]))


def test_the_same_password_is_kept_differently_each_time() -> None:
    passwords = Argon2Passwords()

    assert asyncio.run(passwords.keep(PASSWORD)) != asyncio.run(passwords.keep(PASSWORD))


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("", "12 to 1024"),
        ("elevenchars", "12 to 1024"),
        ("x" * 1_025, "12 to 1024"),
        ("with a + in between", "without"),
        ("with 100% certainty", "without"),
        ("with a tab\tin between", "without"),
        ("with a line\nin between", "without"),
        ("with an umlaut: ä ö ü", "without"),
        ("with a half \ud800 of a pair", "without"),
        ("$2b$12$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234", "looks like the hash"),
        (KEPT, "looks like the hash"),
    ],
    ids=count(),
)
def test_what_cannot_be_a_password_is_refused(password: str, said: str) -> None:
    with pytest.raises(Malformed, match=said) as refused:
        asyncio.run(Argon2Passwords().keep(password))

    assert not password or password not in str(refused.value)


def test_a_hash_from_elsewhere_is_taken_as_it_is_and_matches_its_password() -> None:
    passwords = Argon2Passwords()

    assert passwords.take(KEPT) == KEPT
    assert asyncio.run(passwords.is_match("svc", PASSWORD, [KEPT]))


@pytest.mark.parametrize(
    "hash_",
    [
        "", PASSWORD, "$argon2id$", "$2b$12$abcdefghijklmnopqrstuu", phc() + "$", "x" + phc(),
        phc() + "\n", phc().replace("argon2id", "argon2i"), phc().replace("argon2id", "argon2d"),
        phc().replace("v=19", "v=18"), phc().replace("v=19$", ""), phc().replace("m=", "t=", 1),
        phc(salt=""), phc(hash_=""), phc(salt="c2hvcnQ"), phc(hash_="A" * 21), phc(salt=SALT + "="),
        phc(salt="A" * 21 + "B"), phc(hash_="A" * 42 + "B"), phc(hash_="A" * 41),
        phc(salt="A!" * 9),
        phc(hash_="A" * 2_000), phc(m=0), phc(t=0), phc(p=0), phc(m=-8),
        KEPT.replace("m=8", "m=08"), KEPT.replace("argon2id", "argon2i"),
        PasswordHasher(type=Type.I).hash(PASSWORD), PasswordHasher(type=Type.D).hash(PASSWORD),
    ],
    ids=count(),  # a hash has a salt by chance, and every worker of the tests names it alike
)  # fmt: skip
def test_what_is_no_hash_of_argon2id_is_refused(hash_: str) -> None:
    with pytest.raises(Malformed, match="no hash of Argon2id") as refused:
        Argon2Passwords().take(hash_)

    assert len(hash_) < 20 or hash_ not in str(refused.value)


@pytest.mark.parametrize(
    "hash_", [phc(m=262_145), phc(m=10**9), phc(t=11), phc(p=17), phc(m=262_144, p=32_768)]
)
def test_a_hash_that_would_hold_up_the_others_is_refused(hash_: str) -> None:
    with pytest.raises(Malformed, match="hold up the others"):
        Argon2Passwords().take(hash_)


def test_a_hash_that_argon2_itself_refuses_is_refused() -> None:
    with pytest.raises(Malformed, match="too few"):
        Argon2Passwords().take(phc(m=127, p=16))


@given(
    m=st.integers(8, 512), t=st.integers(1, 3), p=st.integers(1, 4),
    salt=st.integers(8, 64), length=st.integers(16, 64), wrong=st.booleans(),
)  # fmt: skip
@settings(max_examples=50, deadline=None)
def test_every_hash_that_is_taken_tells_right_from_wrong(
    m: int, t: int, p: int, salt: int, length: int, *, wrong: bool
) -> None:
    m = max(m, 8 * p)
    maker = PasswordHasher(
        time_cost=t, memory_cost=m, parallelism=p, salt_len=salt, hash_len=length
    )
    passwords = Argon2Passwords()

    kept = passwords.take(maker.hash(PASSWORD))

    presented = PASSWORD + "!" if wrong else PASSWORD
    assert asyncio.run(passwords.is_match("svc", presented, [kept])) is not wrong


def test_either_of_two_passwords_of_a_rotation_matches() -> None:
    passwords = Argon2Passwords()
    kept = [KEPT, CHEAP.hash("another long password")]

    for password, is_match in (
        (PASSWORD, True), ("another long password", True), ("a third long password", False),
    ):  # fmt: skip
        assert asyncio.run(passwords.is_match("svc", password, kept)) is is_match


def test_the_decoy_and_a_hash_that_was_broken_match_nothing() -> None:
    passwords = Argon2Passwords()

    for kept in ([passwords.decoy], ["$argon2id$broken"], [""], []):
        assert not asyncio.run(passwords.is_match("svc", PASSWORD, kept))
    assert passwords.take(passwords.decoy) == passwords.decoy


def test_a_comparison_for_which_there_is_no_memory_is_no_wrong_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> bool:
        raise VerificationError("Memory allocation error")

    monkeypatch.setattr("argon2.PasswordHasher.verify", fail)

    with pytest.raises(Overloaded):
        asyncio.run(Argon2Passwords().is_match("svc", PASSWORD, [KEPT]))


def test_the_event_loop_goes_on_while_a_password_is_compared() -> None:
    passwords = Counting()

    async def ask() -> bool:
        with passwords.held_up():
            comparing = asyncio.create_task(passwords.is_match("svc", PASSWORD, [KEPT]))
            await turn()
            assert not comparing.done()
        return await comparing

    assert asyncio.run(ask())


def test_the_same_password_presented_many_times_at_once_is_compared_once() -> None:
    passwords = Counting()

    async def ask() -> list[bool]:
        with passwords.held_up():
            asking = [
                asyncio.create_task(passwords.is_match("svc", PASSWORD, [KEPT])) for _ in range(200)
            ]
            await turn()
        return await asyncio.gather(*asking)

    assert asyncio.run(ask()) == [True] * 200
    assert passwords.compared == 1


def test_more_than_can_wait_are_told_so_at_once_and_the_others_are_answered() -> None:
    passwords = Counting()

    async def ask() -> list[bool | BaseException]:
        with passwords.held_up():
            asking = [
                asyncio.create_task(passwords.is_match("svc", f"guess number {n}", [KEPT]))
                for n in range(40)
            ]
            await turn()
            refused = [task.exception() for task in asking if task.done()]
            assert [type(error) for error in refused] == [Overloaded] * 8
        return await asyncio.gather(*asking, return_exceptions=True)

    answers = asyncio.run(ask())

    assert answers[:32] == [False] * 32
    assert passwords.compared == 32


def test_what_was_refused_as_too_much_can_be_asked_again() -> None:
    passwords = Counting()

    async def ask() -> bool:
        with passwords.held_up():
            asking = [
                asyncio.create_task(passwords.is_match("svc", f"guess number {n}", [KEPT]))
                for n in range(32)
            ]
            await turn()
            with pytest.raises(Overloaded):
                await passwords.is_match("svc", PASSWORD, [KEPT])
        await asyncio.gather(*asking)
        return await passwords.is_match("svc", PASSWORD, [KEPT])

    assert asyncio.run(ask())


def test_a_caller_that_goes_away_takes_the_comparison_from_nobody() -> None:
    passwords = Counting()

    async def ask() -> bool:
        with passwords.held_up():
            gone = asyncio.create_task(passwords.is_match("svc", PASSWORD, [KEPT]))
            stays = asyncio.create_task(passwords.is_match("svc", PASSWORD, [KEPT]))
            await turn()
            gone.cancel()
            await turn()
            assert gone.cancelled()
        return await stays

    assert asyncio.run(ask())
    assert passwords.compared == 1


def test_a_caller_waits_for_so_many_comparisons_and_makes_no_room_by_going_away() -> None:
    passwords = Counting(most_of_caller=2)

    async def ask(number: int, caller: str) -> bool:
        return await passwords.is_match("svc", f"guess {number}", [KEPT], caller=caller)

    async def come_and_go() -> None:
        with passwords.held_up():
            coming = [asyncio.create_task(ask(number, "here")) for number in range(2)]
            await turn()
            for task in coming:
                task.cancel()
            await turn()
            with pytest.raises(SlowDown):
                await ask(2, "here")
            elsewhere = asyncio.create_task(ask(3, "there"))
            await turn()
            assert not elsewhere.done()
        assert not await elsewhere
        assert not await ask(4, "here")

    asyncio.run(come_and_go())
    assert passwords.compared == 4


def test_a_password_that_matched_is_recalled_and_a_wrong_one_never_is() -> None:
    passwords = Counting()
    assert not passwords.recall(PASSWORD, [KEPT])

    assert asyncio.run(passwords.is_match("svc", PASSWORD, [KEPT]))
    assert not asyncio.run(passwords.is_match("svc", "a wrong long password", [KEPT]))

    assert passwords.recall(PASSWORD, [KEPT])
    assert not passwords.recall("a wrong long password", [KEPT])


def test_a_comparison_is_made_whatever_is_recalled() -> None:
    passwords = Counting()

    for _ in range(3):
        assert asyncio.run(passwords.is_match("svc", PASSWORD, [KEPT]))

    assert passwords.compared == 3


def test_what_matched_is_not_recalled_when_what_is_kept_changes() -> None:
    passwords = Counting()
    assert asyncio.run(passwords.is_match("svc", PASSWORD, [KEPT]))

    assert not passwords.recall(PASSWORD, [CHEAP.hash("another long password")])
    assert not passwords.recall(PASSWORD, [])


def test_two_names_never_share_a_comparison() -> None:
    passwords = Counting()

    async def ask() -> None:
        await asyncio.gather(
            *(passwords.is_match(name, "a guess", [passwords.decoy]) for name in ("one", "two"))
        )

    asyncio.run(ask())

    assert passwords.compared == 2


def test_a_password_that_names_a_hash_is_not_taken_for_a_match_with_it() -> None:
    passwords = Counting()
    other = CHEAP.hash("another long password")
    assert asyncio.run(passwords.is_match("svc", PASSWORD, [other, KEPT]))

    assert not asyncio.run(passwords.is_match("svc", f"{KEPT}\0{PASSWORD}", [other]))


def test_no_more_than_a_bound_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watchword.passwords._REMEMBERED", 2)
    passwords = Counting()
    kept = [CHEAP.hash(f"a long password {n}") for n in range(3)]

    for n in range(3):
        assert asyncio.run(passwords.is_match("svc", f"a long password {n}", [kept[n]]))

    assert len(passwords._matched) == 2
