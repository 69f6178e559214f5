"""With the rule broken on purpose, the checkers say so: each is tested by what it must find."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import Phase, settings
from hypothesis.errors import FlakyFailure
from hypothesis.stateful import run_state_machine_as_test

from proof.broken_server import PLACES, VARIANTS
from proof.clients import record_history
from proof.crashes import Disturbance, Ordeal
from proof.customers import make_customers
from proof.extent import draw_seed, tell
from proof.linearizability import check
from proof.servers import serving
from proof.test_state_machine import LiveTokens

if TYPE_CHECKING:
    from pathlib import Path

_USERS: Final = ("svc-first", "svc-second", "svc-third")
_CALLS: Final = 1_000
_MOST_KILLS: Final = 5


@pytest.mark.slow
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_check_of_histories_reports_a_rule_that_is_broken(tmp_path: Path, variant: str) -> None:
    customers = make_customers(tmp_path / "data", _USERS)
    with serving(tmp_path / "data", 1, tmp_path / "log", variant) as server:
        history = record_history(
            server.port, customers, calls=_CALLS, seed=draw_seed(), folder=tmp_path
        )

    violations = check(history)

    tell(f"{variant}: {len(violations)} contradictions in {len(history)} operations")
    assert violations != []


@pytest.mark.slow
def test_every_worker_breaks_the_rule_that_is_broken(tmp_path: Path) -> None:
    customers = make_customers(tmp_path / "data", _USERS)
    with serving(tmp_path / "data", 2, tmp_path / "log", "cached") as server:
        history = record_history(
            server.port, customers, calls=_CALLS, seed=draw_seed(), folder=tmp_path
        )

    violations = check(history)

    assert len({one.worker for found in violations for one in found.evidence}) == 2


@pytest.mark.slow
def test_the_check_of_crashes_reports_a_token_that_is_answered_before_its_commit(
    tmp_path: Path,
) -> None:
    ordeal = Ordeal(make_customers(tmp_path / "data", _USERS), draw_seed())

    async def suffer() -> None:
        for _ in range(_MOST_KILLS):
            if ordeal.violations:
                return
            with serving(tmp_path / "data", 1, tmp_path / "log", "answer-first") as server:
                await ordeal.disturb(server, Disturbance.KILLED_SERVER)
            # The product itself looks at what the crash has left behind.
            with serving(tmp_path / "data", 1, tmp_path / "log") as server:
                await ordeal.examine(server)

    asyncio.run(suffer())

    assert any("is lost" in violation.what for violation in ordeal.violations)
    assert check(ordeal.journal.operations) != []


@pytest.mark.slow
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_state_machine_reports_a_rule_that_is_broken(
    monkeypatch: pytest.MonkeyPatch, variant: str
) -> None:
    for owner, name in PLACES:
        monkeypatch.setattr(owner, name, vars(owner)[name])  # put back at the end
    VARIANTS[variant]()
    once = settings(phases=[Phase.generate], database=None, deadline=None, stateful_step_count=30)

    # The second is the same where a broken rule depends on the time of day.
    with pytest.raises((AssertionError, FlakyFailure)):
        run_state_machine_as_test(LiveTokens, settings=once)
