"""What every store guarantees of the ledger."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from watchword.access.audit import AuditRecord, Event
from watchword.access.credentials import NO_KEY
from watchword.access.errors import StoreUnavailable
from watchword.access.ledger import Asked, Found, Verdict
from watchword.access.limiter import Buckets
from watchword.access.model import (
    Account,
    AccountId,
    ApiKey,
    Digest,
    Generation,
    KeyId,
    LiveToken,
    Plan,
    PlanName,
    ServiceEntry,
    ServiceName,
    ServiceUser,
    Username,
)

if TYPE_CHECKING:
    from support.stores import Harness
    from watchword.access.ports import Store

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
USER = Username("svc")
ACCOUNT = AccountId("acme")
KEY = Digest(b"k" * 32)
PASSWORD = Digest(b"p" * 32)


BUCKETS = Buckets.of("192.0.2.1", "svc")
RECORD = AuditRecord(Event.ACCOUNT_ADDED, NOW, "cli:tester")


def ask(username: str = USER, key: Digest = KEY, now: datetime = NOW) -> Asked:
    return Asked(username, key, BUCKETS, now)


def issue(found: Found) -> Verdict[int]:
    generation = found.next_generation
    live = LiveToken(generation, f"jti {generation}", NOW, NOW + timedelta(hours=8))
    facts = {"generation": int(generation)}
    record = AuditRecord(Event.TOKEN_ISSUED, NOW, "user:svc", facts=facts)
    return Verdict(int(generation), live=live, audit=(record,))


async def issue_with(store: Store) -> int:
    verdict = await store.settle(ask(), issue)
    assert verdict.outcome is not None
    return verdict.outcome


def revoke(found: Found) -> Verdict[int]:
    generation = found.next_generation
    return Verdict(int(generation), live=LiveToken(generation, None, NOW))


async def issued_in_audit(store: Store) -> list[int]:
    records = [json.loads(kept.text) for kept in await store.read_audit(0, 1_000)]
    return [record["generation"] for record in records if record["event"] == "token.issued"]


@pytest.fixture
def registered(harness: Harness) -> Harness:
    store = harness.store
    profile = ServiceName("profile")
    harness.run(store.add_service(ServiceEntry(profile, "Profile", ""), RECORD))
    harness.run(store.add_plan(Plan(PlanName("preview"), {}), RECORD))
    harness.run(store.add_account(Account(ACCOUNT, "Acme", (profile,), NOW), RECORD))
    harness.run(store.add_service_user(ServiceUser(USER, ACCOUNT, NOW), PASSWORD, RECORD))
    key = ApiKey(KeyId("key_1"), ACCOUNT, PlanName("preview"), "", "kkkk", NOW)
    harness.run(store.add_api_key(key, KEY, RECORD))
    return harness


def test_the_first_issue_makes_generation_one(registered: Harness) -> None:
    assert registered.run(issue_with(registered.store)) == 1


def test_every_issue_raises_the_generation_by_one(registered: Harness) -> None:
    issued = [registered.run(issue_with(registered.store)) for _ in range(5)]

    assert issued == [1, 2, 3, 4, 5]


def test_concurrent_issues_get_a_generation_each(registered: Harness) -> None:
    issued = registered.gather(*(issue_with(registered.store) for _ in range(64)))

    assert {*issued} == set(range(1, 65))


def test_two_workers_never_share_a_generation(registered: Harness) -> None:
    first, second = registered.store, registered.another()

    issued = registered.gather(*(issue_with(store) for _ in range(32) for store in (first, second)))

    assert {*issued} == set(range(1, 65))


def test_another_worker_sees_an_issue_at_once(registered: Harness) -> None:
    other = registered.another()
    for generation in range(1, 20):
        registered.run(issue_with(registered.store))

        standing = registered.run(other.find_standing(USER, KEY))

        assert standing is not None
        assert standing.live == LiveToken(
            Generation(generation), f"jti {generation}", NOW, NOW + timedelta(hours=8)
        )


def test_what_is_judged_is_what_is_there_when_it_is_recorded(registered: Harness) -> None:
    """Nothing comes between look and record, whatever other workers do."""
    other = registered.another()
    registered.run(other.set_service_user_disabled(USER, NOW, RECORD))

    verdict = registered.run(
        registered.store.settle(
            ask(), lambda found: Verdict(found.client and found.client.is_disabled)
        )
    )

    assert verdict.outcome is True


def test_a_failing_judge_records_nothing_and_fails_alone(registered: Harness) -> None:
    def fail(_: Found) -> Verdict[int]:
        raise ArithmeticError("the signature failed")

    registered.run(issue_with(registered.store))
    outcomes = registered.gather(
        issue_with(registered.store),
        registered.store.settle(ask(), fail),
        issue_with(registered.store),
    )

    assert outcomes[0] == 2
    assert isinstance(outcomes[1], ArithmeticError)
    assert outcomes[2] == 3
    assert registered.run(issued_in_audit(registered.store)) == [1, 2, 3]


def test_a_row_for_nobody_fails_alone(registered: Harness) -> None:
    outcomes = registered.gather(
        issue_with(registered.store),
        registered.store.settle(ask("nobody"), issue),
        issue_with(registered.store),
    )

    assert isinstance(outcomes[1], StoreUnavailable)
    assert (outcomes[0], outcomes[2]) == (1, 2)
    assert registered.run(issued_in_audit(registered.store)) == [1, 2]


def test_the_records_of_a_verdict_are_in_the_audit_log_when_it_is_told(
    registered: Harness,
) -> None:
    for generation in range(1, 4):
        registered.run(issue_with(registered.store))

        assert registered.run(issued_in_audit(registered.store))[-1] == generation


def test_a_revocation_raises_the_generation_without_a_token(registered: Harness) -> None:
    registered.run(issue_with(registered.store))

    verdict = registered.run(registered.store.settle(ask(), revoke))

    standing = registered.run(registered.store.find_standing(USER, KEY))
    assert verdict.outcome == 2
    assert standing is not None
    assert standing.live == LiveToken(Generation(2), None, NOW)


def test_revoking_before_the_first_token_is_remembered(registered: Harness) -> None:
    registered.run(registered.store.settle(ask(), revoke))

    assert registered.run(issue_with(registered.store)) == 2


def test_the_ledger_survives_a_restart(registered: Harness) -> None:
    registered.run(issue_with(registered.store))
    registered.run(registered.store.close())

    reopened = registered.another()

    assert registered.run(issue_with(reopened)) == 2


def test_failures_are_found_by_every_worker_until_they_are_swept(registered: Harness) -> None:
    end = NOW + timedelta(seconds=6)
    other = registered.another()
    registered.run(registered.store.settle(ask(), lambda _: Verdict(failures={BUCKETS.name: end})))

    found = registered.run(other.find_client(ask()))
    assert found.failures == {BUCKETS.name: end}

    registered.run(
        other.settle(
            ask(now=end), lambda _: Verdict(failures={BUCKETS.address: end + timedelta(1)})
        )
    )
    found = registered.run(registered.store.find_client(ask()))
    assert found.failures == {BUCKETS.address: end + timedelta(1)}


def test_a_standing_tells_all_that_the_guard_asks(registered: Harness) -> None:
    registered.run(issue_with(registered.store))

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


def test_a_client_is_found_with_its_passwords_its_token_and_the_key(registered: Harness) -> None:
    registered.run(issue_with(registered.store))

    found = registered.run(registered.store.find_client(ask()))

    assert found.client is not None
    assert found.client.passwords == (PASSWORD,)
    assert found.client.chosen == ()
    assert found.client.services == ("profile",)
    assert found.key is not None
    assert found.key.id == "key_1"
    assert found.next_generation == 2
    assert not found.keeps_chosen


def test_a_chosen_password_is_told_apart_and_seen_by_all(registered: Harness) -> None:
    user = ServiceUser(Username("other"), ACCOUNT, NOW)
    registered.run(registered.store.add_service_user(user, "$argon2id$...", RECORD))

    chosen = registered.run(registered.store.find_client(ask("other")))
    stranger = registered.run(registered.store.find_client(ask("nobody")))

    assert chosen.client is not None
    assert (chosen.client.passwords, chosen.client.chosen) == ((), ("$argon2id$...",))
    assert chosen.keeps_chosen
    assert stranger.keeps_chosen


def test_a_key_is_found_whether_the_client_is_or_not(registered: Harness) -> None:
    neither = registered.run(registered.store.find_client(ask("nobody", NO_KEY)))
    key_alone = registered.run(registered.store.find_client(ask("nobody")))

    assert (neither.client, neither.key) == (None, None)
    assert key_alone.client is None
    assert key_alone.key is not None


def test_an_outgoing_password_ends_at_its_moment(registered: Harness) -> None:
    new, end = Digest(b"n" * 32), NOW + timedelta(hours=1)
    registered.run(registered.store.rotate_password(USER, new, RECORD, now=NOW, old_until=end))

    def passwords(moment: datetime) -> set[Digest]:
        found = registered.run(registered.store.find_client(ask(now=moment)))
        assert found.client is not None
        return set(found.client.passwords)

    assert passwords(end - timedelta(microseconds=1)) == {PASSWORD, new}
    assert passwords(end) == {new}


def test_a_rotation_without_overlap_ends_the_old_password_at_once(registered: Harness) -> None:
    new = Digest(b"n" * 32)
    registered.run(registered.store.rotate_password(USER, new, RECORD, now=NOW, old_until=NOW))

    found = registered.run(registered.store.find_client(ask()))

    assert found.client is not None
    assert found.client.passwords == (new,)
