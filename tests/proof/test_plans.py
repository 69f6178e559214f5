"""Usage plans, against real workers under load: never one too many, and hardly one too few."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Final

import pytest

from proof.customers import make_customers, set_limit
from proof.extent import IS_SOAK, tell
from proof.load import Link
from proof.plans import Admitted, Crowd, Outcome, find_excess
from proof.servers import Server, serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from proof.load import Customer

_CONNECTIONS: Final = 64
_SECONDS: Final = 30 if IS_SOAK else 5
_RATE: Final = 100
_BURST: Final = 200
_SECOND: Final = 1_000_000_000
_LONGEST_SECONDS: Final = 60
_PLENTY: Final = 1_000_000_000


@pytest.fixture
def customer(tmp_path: Path) -> Customer:
    return make_customers(tmp_path / "data", ("svc-first",))[0]


async def ask_for_token(server: Server, customer: Customer) -> str:
    link = await Link.open(server.port)
    try:
        reply = await link.exchange(customer.token_request())
        return str(json.loads(reply.body)["access_token"])
    finally:
        link.close()


def load(server: Server, customer: Customer, is_over: Callable[[Outcome], bool]) -> Outcome:
    """Ask with a new token until it is over."""

    async def carry_out() -> Outcome:
        token = await ask_for_token(server, customer)
        crowd = Crowd(server.port, token, customer.api_key)
        deadline = time.monotonic() + _LONGEST_SECONDS
        return await crowd.run(
            _CONNECTIONS, lambda outcome: is_over(outcome) or time.monotonic() > deadline
        )

    return asyncio.run(carry_out())


def exhausted(quota: int) -> Callable[[Outcome], bool]:
    """Return whether a quota is used up, and some thousand requests have been refused since."""

    def is_over(outcome: Outcome) -> bool:
        refused = outcome.refused[429, b"Limit Exceeded"]
        return len(outcome.admitted) >= quota and refused > 2_000

    return is_over


@pytest.mark.slow
def test_four_workers_admit_what_rate_and_burst_grant_over_any_span(
    tmp_path: Path, customer: Customer
) -> None:
    set_limit(tmp_path / "data", rate=_RATE, burst=_BURST)
    ends_at = 0.0

    with serving(tmp_path / "data", 4, tmp_path / "log") as server:
        ends_at = time.monotonic() + _SECONDS
        outcome = load(server, customer, lambda _: time.monotonic() > ends_at)

    span = outcome.admitted[-1].answered - outcome.admitted[0].sent
    granted = _BURST + _RATE * span / _SECOND
    share = len(outcome.admitted) / granted
    tell(f"{len(outcome.admitted)} admitted of {granted:.0f} granted, {outcome.refused}")
    assert find_excess(outcome.admitted, _RATE, _BURST) <= 0
    assert share >= 0.97
    assert set(outcome.refused) == {(429, b"Too Many Requests")}
    assert len(outcome.workers) == 4


@pytest.mark.slow
@pytest.mark.parametrize("quota", [100, 10_000])
def test_four_workers_admit_a_quota_to_the_last_request_and_no_more(
    tmp_path: Path, customer: Customer, quota: int
) -> None:
    set_limit(tmp_path / "data", rate=_PLENTY, burst=_PLENTY, quota=quota)

    with serving(tmp_path / "data", 4, tmp_path / "log") as server:
        outcome = load(server, customer, exhausted(quota))

    tell(f"{len(outcome.admitted)} admitted, {outcome.refused}")
    assert len(outcome.admitted) == quota
    assert set(outcome.refused) == {(429, b"Limit Exceeded")}


@pytest.mark.slow
def test_a_quota_survives_a_restart(tmp_path: Path, customer: Customer) -> None:
    set_limit(tmp_path / "data", rate=_PLENTY, burst=_PLENTY, quota=1_000)
    with serving(tmp_path / "data", 2, tmp_path / "log") as server:
        before = load(server, customer, lambda outcome: len(outcome.admitted) >= 300)

    with serving(tmp_path / "data", 2, tmp_path / "log") as server:
        after = load(server, customer, exhausted(1_000 - len(before.admitted)))

    assert len(before.admitted) + len(after.admitted) == 1_000


@pytest.mark.slow
def test_a_worker_that_is_killed_lets_no_request_too_many_through(
    tmp_path: Path, customer: Customer
) -> None:
    quota = 10_000
    set_limit(tmp_path / "data", rate=_PLENTY, burst=_PLENTY, quota=quota)

    with serving(tmp_path / "data", 4, tmp_path / "log") as server:
        kills = [6_000, 3_000]

        def is_over(outcome: Outcome) -> bool:
            if kills and len(outcome.admitted) > kills[-1]:
                kills.pop()
                server.kill_worker(server.worker_processes()[0])
            return outcome.refused[429, b"Limit Exceeded"] > 10_000

        outcome = load(server, customer, is_over)

    tell(f"{len(outcome.admitted)} admitted, {outcome.broken} connections broke")
    assert outcome.broken
    # What a killed worker had taken ahead is lost: a sixteenth of what was left, at most.
    assert quota * 14 // 16 - 2 * _CONNECTIONS <= len(outcome.admitted) <= quota


@pytest.mark.slow
def test_workers_that_are_killed_let_no_span_exceed_the_plan(
    tmp_path: Path, customer: Customer
) -> None:
    set_limit(tmp_path / "data", rate=_RATE, burst=_BURST)

    with serving(tmp_path / "data", 4, tmp_path / "log") as server:
        ends_at = time.monotonic() + _SECONDS
        kills = [ends_at - share * _SECONDS for share in (0.2, 0.5, 0.8)]

        def is_over(_: Outcome) -> bool:
            if kills and time.monotonic() > kills[-1]:
                kills.pop()
                server.kill_worker(server.worker_processes()[-1])
            return time.monotonic() > ends_at

        outcome = load(server, customer, is_over)

    assert outcome.broken
    assert not kills
    assert find_excess(outcome.admitted, _RATE, _BURST) <= 0


def test_an_excess_is_found() -> None:
    crowded = [Admitted(sent=0, answered=1_000) for _ in range(6)]

    assert find_excess(crowded, rate=1, burst=5) > 0
    assert find_excess(crowded[:5], rate=1, burst=5) <= 0
    assert find_excess([*crowded[:5], Admitted(_SECOND // 2, _SECOND)], rate=1, burst=5) <= 0
    assert find_excess([*crowded[:5], Admitted(_SECOND // 4, _SECOND // 2)], rate=1, burst=5) > 0
