"""People get into the console by name, password and code together, and by nothing less."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.fakes import CountedDice, StoppedClock
from watchword.access.audit import By, Chain, Source
from watchword.access.console import ConsoleRole, require_may_change
from watchword.access.console_door import FACTOR_PURPOSE, ConsoleDoor, PresentedPerson
from watchword.access.console_users import ConsoleRegistry
from watchword.access.errors import (
    AlreadyExists,
    Malformed,
    NotAllowed,
    NotPermitted,
    SignInRefused,
    SlowDown,
    Unknown,
)
from watchword.access.limiter import Buckets, FailureLimit, FailureLimits, to_bucket
from watchword.access.sealing import Sealing
from watchword.access.second_factor import NO_FACTOR, find_step, to_base32
from watchword.access.sessions import SessionKeeper, SessionKind
from watchword.passwords import Argon2Passwords
from watchword.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator
    from pathlib import Path

    from watchword.access.console import ConsoleUser
    from watchword.access.console_users import NewConsoleUser
    from watchword.access.ledger import Asked, Found, Verdict

    Judge = Callable[[Found], Verdict[ConsoleUser]]

T = TypeVar("T")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HALF_MINUTE = timedelta(seconds=30)
pytestmark = pytest.mark.usefixtures("quick_argon2")
LIMIT = FailureLimit(burst=8, refill=timedelta(seconds=20))


class House:
    """The registry and the door over one real store."""

    def __init__(self, path: Path) -> None:
        self._runner = asyncio.Runner()
        self.clock = StoppedClock(NOW)
        self.store = SqliteStore(path, path.with_name("usage.db"), Chain(b"s" * 32))
        self.run(self.store.open(may_make=True))
        dice, chosen = CountedDice(), Argon2Passwords(most_of_caller=2)
        sealing = Sealing(b"s" * 32, FACTOR_PURPOSE)
        self.registry = ConsoleRegistry(
            self.store,
            chosen=chosen,
            sealing=sealing,
            issuer="watchword",
            clock=self.clock,
            randomness=dice,
            by=By("cli:tester"),
        )
        self.door = ConsoleDoor(
            self.store,
            chosen=chosen,
            sealing=sealing,
            limits=FailureLimits(by_name=LIMIT, by_address=LIMIT),
            clock=self.clock,
        )
        self.sessions = SessionKeeper(self.store, clock=self.clock, randomness=dice)

    def run(self, awaitable: Awaitable[T]) -> T:
        async def wait() -> T:
            return await awaitable

        return self._runner.run(wait())

    def code(self, made: NewConsoleUser, shift: timedelta = timedelta()) -> str:
        return pyotp.TOTP(made.factor).at(self.clock.now() + shift)

    def admit(
        self,
        made: NewConsoleUser,
        *,
        name: str = "alice",
        password: str | None = None,
        code: str | None = None,
        address: str = "192.0.2.1",
    ) -> str:
        presented = PresentedPerson(
            name,
            password or made.password or "",
            self.code(made) if code is None else code,
            Source(address),
        )
        return self.run(self.door.admit(presented)).name

    def records(self) -> list[dict[str, str]]:
        return [json.loads(record.text) for record in self.run(self.store.read_audit(0, 100))]

    def close(self) -> None:
        self.run(self.store.close())
        self._runner.close()


@pytest.fixture
def house(tmp_path: Path) -> Generator[House]:
    made = House(tmp_path / "watchword.db")
    yield made
    made.close()


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that were compared."""
    seen: list[str] = []
    compare = Argon2Passwords._compare

    def note(passwords: Argon2Passwords, password: str, kept: tuple[str, ...]) -> bool:
        seen.append(password)
        return compare(passwords, password, kept)

    monkeypatch.setattr(Argon2Passwords, "_compare", note)
    return seen


@pytest.fixture
def alice(house: House) -> NewConsoleUser:
    return house.run(house.registry.add_user("alice", ConsoleRole.ADMIN))


def test_name_password_and_code_together_open(house: House, alice: NewConsoleUser) -> None:
    assert house.admit(alice) == "alice"


def test_a_code_works_once(house: House, alice: NewConsoleUser) -> None:
    house.admit(alice)

    with pytest.raises(SignInRefused):
        house.admit(alice)

    house.clock.advance(HALF_MINUTE)
    assert house.admit(alice) == "alice"


def test_two_browsers_at_once_with_one_code_get_one_in(house: House, alice: NewConsoleUser) -> None:
    presented = PresentedPerson("alice", alice.password or "", house.code(alice))

    async def both() -> list[object]:
        return await asyncio.gather(
            *(house.door.admit(presented) for _ in range(2)), return_exceptions=True
        )

    answers = house.run(both())

    assert sum(isinstance(answer, SignInRefused) for answer in answers) == 1


def test_every_refusal_reads_the_same(house: House, alice: NewConsoleUser) -> None:
    house.run(house.registry.add_user("bob", ConsoleRole.ADMIN, "a chosen password"))
    house.run(house.registry.set_enabled("bob", is_enabled=False))
    texts: set[tuple[str, str]] = set()
    for name, password, code in (
        ("alice", "wrong password", None),
        ("alice", None, "000000"),
        ("alice", None, ""),
        ("alice", None, house.code(alice, timedelta(minutes=2))),
        ("nobody", None, None),
        ("", "", ""),
        ("bob", "a chosen password", None),
    ):
        with pytest.raises(SignInRefused) as refused:
            house.admit(alice, name=name, password=password, code=code, address=f"{name}{code}")
        texts.add((refused.value.public, refused.value.code))

    assert len(texts) == 1


def test_a_wrong_password_does_not_use_up_the_code(house: House, alice: NewConsoleUser) -> None:
    with pytest.raises(SignInRefused):
        house.admit(alice, password="wrong password")

    assert house.admit(alice) == "alice"


def test_a_refusal_is_recorded_with_its_reason_and_no_unknown_name(
    house: House, alice: NewConsoleUser
) -> None:
    for name, password in (("alice", "wrong password"), ("my-secret", None)):
        with pytest.raises(SignInRefused):
            house.admit(alice, name=name, password=password)

    refused = [
        (record["actor"], record["reason"], record["address"])
        for record in house.records()
        if record["event"] == "console.refused"
    ]
    assert refused == [
        ("console:alice", "the password is wrong", "192.0.2.1"),
        ("console:unknown", "the name is unknown", "192.0.2.1"),
    ]


def test_too_many_failures_at_an_address_lock_out_that_address_alone(
    house: House, alice: NewConsoleUser
) -> None:
    for _ in range(LIMIT.burst):
        with pytest.raises(SignInRefused):
            house.admit(alice, password="wrong password")

    with pytest.raises(SlowDown):
        house.admit(alice)
    assert house.admit(alice, address="192.0.2.2") == "alice"


def fail_with_codes(house: House, made: NewConsoleUser) -> None:
    """Guess at codes, from as many addresses, until none is good any more."""
    for number in range(5):
        with pytest.raises(SignInRefused):
            house.admit(made, code="000000", address=f"192.0.2.{number}")


def test_codes_cannot_be_guessed_with_the_password_from_many_addresses(
    house: House, alice: NewConsoleUser
) -> None:
    fail_with_codes(house, alice)

    with pytest.raises(SignInRefused, match="somebody has it"):
        house.admit(alice, address="192.0.2.99")

    house.clock.advance(timedelta(minutes=10))
    assert house.admit(alice, address="192.0.2.99") == "alice"


def test_a_reset_lets_in_who_was_kept_out_by_wrong_codes(
    house: House, alice: NewConsoleUser
) -> None:
    fail_with_codes(house, alice)
    house.clock.advance(HALF_MINUTE)

    again = house.run(house.registry.reset_user("alice"))

    assert house.admit(again) == "alice"


def test_who_guesses_is_answered_the_same_with_the_right_password_as_with_a_wrong_one(
    house: House, alice: NewConsoleUser
) -> None:
    def guess(password: str | None, address: str) -> list[tuple[str, str]]:
        answers: list[tuple[str, str]] = []
        for _ in range(LIMIT.burst + 2):
            with pytest.raises((SignInRefused, SlowDown)) as refused:
                house.admit(alice, password=password, code="000000", address=address)
            answers.append((type(refused.value).__name__, refused.value.public))
        return answers

    def rows() -> int:
        return len(house.run(house.store.read_audit(0, 1_000)))

    before = rows()
    right = guess(None, "192.0.2.1")
    between = rows()
    wrong = guess("wrong password", "192.0.2.2")

    assert right == wrong
    assert [name for name, _ in right] == ["SignInRefused"] * LIMIT.burst + ["SlowDown"] * 2
    assert between - before == rows() - between


def test_a_refusal_writes_as_much_whatever_is_wrong(house: House, alice: NewConsoleUser) -> None:
    written: list[int] = []
    settle = SqliteStore.settle

    async def note(store: SqliteStore, asked: Asked, judge: Judge) -> Verdict[ConsoleUser]:
        verdict = await settle(store, asked, judge)
        written.append(len(verdict.failures))
        return verdict

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqliteStore, "settle", note)
        fail_with_codes(house, alice)
        for name, password in (("alice", None), ("alice", "wrong"), ("nobody", None)):
            with pytest.raises(SignInRefused):
                house.admit(alice, name=name, password=password, code="1", address="192.0.2.9")

    assert set(written) == {3}


def test_failures_of_a_service_user_called_like_a_bucket_of_codes_fill_another(
    alice: NewConsoleUser,
) -> None:
    name = f"console code alice {alice.user.changed_at.isoformat()}"

    of_user = Buckets.of(None, name)

    codes = to_bucket("console code", name.removeprefix("console code "))
    assert codes not in {of_user.name, of_user.address}


def test_one_address_has_two_sign_ins_compared_at_once_and_the_others_wait_for_nobody(
    house: House, alice: NewConsoleUser, compared: list[str]
) -> None:
    def attempt(password: str, address: str) -> Awaitable[ConsoleUser]:
        source = Source(address)
        return house.door.admit(PresentedPerson("alice", password, house.code(alice), source))

    async def flood() -> list[object]:
        return await asyncio.gather(
            *(attempt(f"wrong password {number}", "2001:db8::1") for number in range(30)),
            *(attempt(f"wrong password {number}", "2001:db8::2") for number in range(30, 60)),
            attempt(alice.password or "", "192.0.2.1"),
            return_exceptions=True,
        )

    answers = [type(answer).__name__ for answer in house.run(flood())]

    assert Counter(answers) == {"SlowDown": 58, "SignInRefused": 2, "ConsoleUser": 1}
    assert len(compared) == 3


def test_who_is_reset_has_other_credentials_and_no_session(
    house: House, alice: NewConsoleUser
) -> None:
    new = house.run(house.sessions.begin(SessionKind.CONSOLE, "alice", Source()))
    assert house.run(house.door.find_user(new.session)) == alice.user
    house.clock.advance(HALF_MINUTE)

    again = house.run(house.registry.reset_user("alice"))

    assert house.run(house.sessions.find(SessionKind.CONSOLE, new.secret)) is None
    assert house.run(house.door.find_user(new.session)) is None
    with pytest.raises(SignInRefused):
        house.admit(alice)
    assert house.admit(again) == "alice"


def test_who_is_disabled_is_out_at_once_and_old_sessions_stay_ended(
    house: House, alice: NewConsoleUser
) -> None:
    new = house.run(house.sessions.begin(SessionKind.CONSOLE, "alice", Source()))

    house.run(house.registry.set_enabled("alice", is_enabled=False))

    assert house.run(house.door.find_user(new.session)) is None
    assert house.run(house.registry.set_enabled("alice", is_enabled=True)) == alice.user
    assert house.run(house.sessions.find(SessionKind.CONSOLE, new.secret)) is None


def test_a_session_of_a_service_user_with_the_name_is_no_session_here(
    house: House, alice: NewConsoleUser
) -> None:
    del alice
    new = house.run(house.sessions.begin(SessionKind.USER, "alice", Source()))

    assert house.run(house.sessions.find(SessionKind.CONSOLE, new.secret)) is None


def test_nothing_secret_is_kept_in_clear_or_shown_by_accident(
    house: House, alice: NewConsoleUser, tmp_path: Path
) -> None:
    kept = house.run(house.store.find_console_credentials("alice"))
    house.run(house.store.close())
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())

    assert kept is not None
    for secret in (alice.password or "", alice.factor):
        assert secret.encode() not in stored
        assert secret not in repr(alice)
    assert repr(kept) == "ConsoleCredentials()"


def test_a_factor_opens_under_its_own_secret_and_name_alone() -> None:
    dice = CountedDice()
    sealed = Sealing(b"s" * 32, FACTOR_PURPOSE).seal(b"factor", "alice", dice)

    assert Sealing(b"s" * 32, FACTOR_PURPOSE).unseal(sealed, "alice") == b"factor"
    for secret, purpose, name in (
        (b"t" * 32, FACTOR_PURPOSE, "alice"),
        (b"s" * 32, FACTOR_PURPOSE, "bob"),
        (b"s" * 32, "signing key", "alice"),
    ):
        with pytest.raises(NotAllowed, match="sealed under another secret"):
            Sealing(secret, purpose).unseal(sealed, name)


def test_a_name_is_a_slug_and_given_once(house: House, alice: NewConsoleUser) -> None:
    del alice
    with pytest.raises(AlreadyExists):
        house.run(house.registry.add_user("alice", ConsoleRole.VIEWER))
    with pytest.raises(Malformed, match="cannot be a name in the console"):
        house.run(house.registry.add_user("Alice Example", ConsoleRole.VIEWER))
    with pytest.raises(Malformed, match="12 to"):
        house.run(house.registry.add_user("bob", ConsoleRole.VIEWER, "short"))
    with pytest.raises(Unknown):
        house.run(house.registry.reset_user("nobody"))


def test_a_viewer_may_change_nothing(house: House, alice: NewConsoleUser) -> None:
    viewer = house.run(house.registry.add_user("vera", ConsoleRole.VIEWER))

    require_may_change(alice.user)
    with pytest.raises(NotPermitted, match="viewer"):
        require_may_change(viewer.user)


@given(
    factor=st.binary(min_size=20, max_size=20),
    seconds=st.integers(0, 4_000_000_000),
    shift=st.integers(-4, 4),
)
def test_a_code_is_good_for_its_half_minute_and_the_one_on_either_side(
    factor: bytes, seconds: int, shift: int
) -> None:
    now = datetime.fromtimestamp(seconds + 1_000, UTC)
    step = (seconds + 1_000) // 30
    code = pyotp.TOTP(to_base32(factor)).generate_otp(step + shift)

    found = find_step(factor, f" {code[:3]} {code[3:]}", now)

    # Two half minutes may happen to have one code.
    assert (found is not None) or abs(shift) > 1
    if abs(shift) > 1 and found is not None:
        assert pyotp.TOTP(to_base32(factor)).generate_otp(found) == code


# RFC 6238 appendix B, SHA-1: the last six of its eight digits. (Before its first there is no time.)
RFC_6238_FACTOR = b"12345678901234567890"
RFC_6238 = [
    (1_111_111_109, "081804"),
    (1_111_111_111, "050471"),
    (1_234_567_890, "005924"),
    (2_000_000_000, "279037"),
    (20_000_000_000, "353130"),
]


@pytest.mark.parametrize(("seconds", "code"), RFC_6238)
@pytest.mark.parametrize("away", [-3, -2, -1, 0, 1, 2, 3])
def test_a_code_of_the_rfc_opens_one_step_away_and_no_further(
    seconds: int, code: str, away: int
) -> None:
    now = datetime.fromtimestamp(seconds, UTC) + away * HALF_MINUTE

    assert find_step(RFC_6238_FACTOR, code, now) == (seconds // 30 if abs(away) <= 1 else None)


@given(st.text())
def test_no_text_is_a_code_of_nobody_by_crashing(code: str) -> None:
    find_step(NO_FACTOR, code, NOW)
