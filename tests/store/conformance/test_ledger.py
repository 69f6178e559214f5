"""What every store guarantees of the ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from watchword.access.credentials import NO_KEY
from watchword.access.errors import Unknown
from watchword.access.issuing import MintedToken
from watchword.access.model import (
    Account,
    AccountId,
    ApiKey,
    Digest,
    Generation,
    KeyId,
    Plan,
    PlanName,
    ServiceEntry,
    ServiceName,
    ServiceUser,
    Username,
)

if TYPE_CHECKING:
    from support.stores import Harness

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
USER = Username("svc")
ACCOUNT = AccountId("acme")
KEY = Digest(b"k" * 32)
PASSWORD = Digest(b"p" * 32)


def mint(generation: Generation) -> MintedToken:
    return MintedToken(
        token=f"token {generation}",
        jti=f"jti {generation}",
        generation=generation,
        issued_at=NOW,
        expires_at=NOW + timedelta(hours=8),
    )


@pytest.fixture
def registered(harness: Harness) -> Harness:
    store = harness.store
    profile = ServiceName("profile")
    harness.run(store.add_service(ServiceEntry(profile, "Profile", "")))
    harness.run(store.add_plan(Plan(PlanName("preview"), {})))
    harness.run(store.add_account(Account(ACCOUNT, "Acme", (profile,), NOW)))
    harness.run(store.add_service_user(ServiceUser(USER, ACCOUNT, NOW), PASSWORD))
    key = ApiKey(KeyId("key_1"), ACCOUNT, PlanName("preview"), "", "kkkk", NOW)
    harness.run(store.add_api_key(key, KEY))
    return harness


def test_the_first_issue_makes_generation_one(registered: Harness) -> None:
    assert registered.run(registered.store.issue(USER, mint)).generation == 1


def test_every_issue_raises_the_generation_by_one(registered: Harness) -> None:
    issued = [registered.run(registered.store.issue(USER, mint)) for _ in range(5)]

    assert [token.generation for token in issued] == [1, 2, 3, 4, 5]


def test_concurrent_issues_get_a_generation_each(registered: Harness) -> None:
    issued = registered.gather(*(registered.store.issue(USER, mint) for _ in range(64)))

    generations = [token.generation for token in issued if isinstance(token, MintedToken)]
    assert sorted(generations) == list(range(1, 65))


def test_two_workers_never_share_a_generation(registered: Harness) -> None:
    first, second = registered.store, registered.another()

    issued = registered.gather(
        *(store.issue(USER, mint) for _ in range(32) for store in (first, second))
    )

    generations = [token.generation for token in issued if isinstance(token, MintedToken)]
    assert sorted(generations) == list(range(1, 65))


def test_another_worker_sees_an_issue_at_once(registered: Harness) -> None:
    other = registered.another()
    for generation in range(1, 20):
        registered.run(registered.store.issue(USER, mint))

        standing = registered.run(other.find_standing(USER, KEY))

        assert standing is not None
        assert standing.live is not None
        assert standing.live.generation == generation
        assert standing.live.jti == f"jti {generation}"


def test_a_failing_mint_writes_nothing_and_fails_alone(registered: Harness) -> None:
    def fail(_: Generation) -> MintedToken:
        raise ArithmeticError("the signature failed")

    registered.run(registered.store.issue(USER, mint))
    outcomes = registered.gather(
        registered.store.issue(USER, mint),
        registered.store.issue(USER, fail),
        registered.store.issue(USER, mint),
    )

    assert [type(outcome) for outcome in outcomes] == [MintedToken, ArithmeticError, MintedToken]
    standing = registered.run(registered.store.find_standing(USER, KEY))
    assert standing is not None
    assert standing.live is not None
    assert standing.live.generation == 3


def test_an_issue_for_nobody_fails_alone(registered: Harness) -> None:
    outcomes = registered.gather(
        registered.store.issue(USER, mint),
        registered.store.issue(Username("nobody"), mint),
        registered.store.issue(USER, mint),
    )

    assert isinstance(outcomes[1], Unknown)
    assert [type(outcomes[index]) for index in (0, 2)] == [MintedToken, MintedToken]


def test_a_revocation_raises_the_generation_without_a_token(registered: Harness) -> None:
    registered.run(registered.store.issue(USER, mint))

    generation = registered.run(registered.store.revoke(USER, NOW))

    standing = registered.run(registered.store.find_standing(USER, KEY))
    assert generation == 2
    assert standing is not None
    assert standing.live is not None
    assert (standing.live.generation, standing.live.jti) == (2, None)


def test_revoking_before_the_first_token_is_remembered(registered: Harness) -> None:
    assert registered.run(registered.store.revoke(USER, NOW)) == 1
    assert registered.run(registered.store.issue(USER, mint)).generation == 2


def test_revoking_nobodys_token_is_unknown(registered: Harness) -> None:
    with pytest.raises(Unknown):
        registered.run(registered.store.revoke(Username("nobody"), NOW))


def test_the_ledger_survives_a_restart(registered: Harness) -> None:
    registered.run(registered.store.issue(USER, mint))
    registered.run(registered.store.close())

    reopened = registered.another()

    assert registered.run(reopened.issue(USER, mint)).generation == 2


def test_a_standing_tells_all_that_the_guard_asks(registered: Harness) -> None:
    registered.run(registered.store.issue(USER, mint))

    standing = registered.run(registered.store.find_standing(USER, KEY))

    assert standing is not None
    assert (standing.username, standing.account) == (USER, ACCOUNT)
    assert standing.services == {"profile"}
    assert not standing.is_disabled
    assert standing.live is not None
    assert standing.live.changed_at == NOW
    assert standing.key is not None
    assert (standing.key.id, standing.key.plan) == ("key_1", "preview")
    assert standing.key.is_usable(ACCOUNT, NOW)


def test_a_stranger_has_no_standing(registered: Harness) -> None:
    assert registered.run(registered.store.find_standing(Username("nobody"), KEY)) is None


def test_a_user_without_a_token_or_key_has_neither(registered: Harness) -> None:
    standing = registered.run(registered.store.find_standing(USER, NO_KEY))

    assert standing is not None
    assert standing.live is None
    assert standing.key is None


def test_a_client_is_found_with_its_passwords_and_the_key(registered: Harness) -> None:
    client, key = registered.run(registered.store.find_client(USER, KEY, NOW))

    assert client is not None
    assert client.passwords == (PASSWORD,)
    assert client.services == ("profile",)
    assert key is not None
    assert key.id == "key_1"


def test_a_key_is_found_whether_the_client_is_or_not(registered: Harness) -> None:
    assert registered.run(registered.store.find_client("nobody", NO_KEY, NOW)) == (None, None)
    nobody, key = registered.run(registered.store.find_client("nobody", KEY, NOW))
    assert nobody is None
    assert key is not None


def test_an_outgoing_password_ends_at_its_moment(registered: Harness) -> None:
    new, end = Digest(b"n" * 32), NOW + timedelta(hours=1)
    registered.run(registered.store.rotate_password(USER, new, now=NOW, old_until=end))

    def passwords(moment: datetime) -> set[Digest]:
        client, _ = registered.run(registered.store.find_client(USER, KEY, moment))
        assert client is not None
        return set(client.passwords)

    assert passwords(end - timedelta(microseconds=1)) == {PASSWORD, new}
    assert passwords(end) == {new}


def test_a_rotation_without_overlap_ends_the_old_password_at_once(registered: Harness) -> None:
    new = Digest(b"n" * 32)
    registered.run(registered.store.rotate_password(USER, new, now=NOW, old_until=NOW))

    client, _ = registered.run(registered.store.find_client(USER, KEY, NOW))

    assert client is not None
    assert client.passwords == (new,)
