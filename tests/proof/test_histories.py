"""Histories that several client processes recorded of a real server obey the rule."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import pytest

from proof.clients import record_history
from proof.customers import make_customers
from proof.extent import CALLS_A_SERVER, draw_seed, tell
from proof.history import Kind
from proof.linearizability import check, weigh
from proof.servers import serving

if TYPE_CHECKING:
    from pathlib import Path

_USERS: Final = ("svc-first", "svc-second", "svc-third")


@pytest.mark.behaviour(
    33,
    "Recorded histories of concurrent issues, revocations and calls, with 1, 2 and 4 workers: no "
    "call that began after an answer was admitted with an older token",
)
@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2, 4])
def test_every_answer_under_concurrent_issues_and_calls_obeys_the_rule_of_one_live_token(
    tmp_path: Path, workers: int
) -> None:
    customers = make_customers(tmp_path / "data", _USERS)
    seed = draw_seed()
    tell(f"{workers} workers, seed {seed}")

    began = time.monotonic()
    with serving(tmp_path / "data", workers, tmp_path / "log") as server:
        history = record_history(
            server.port, customers, calls=CALLS_A_SERVER, seed=seed, folder=tmp_path
        )
    recorded = time.monotonic()
    violations = check(history)
    weights = weigh(history)
    tell(
        f"recorded in {recorded - began:.1f} s, "
        f"checked in {time.monotonic() - recorded:.1f} s: {dict(weights)}"
    )

    assert violations == [], "\n".join(map(str, violations[:10]))
    # The history is no empty one: the rule decided most calls, of every worker.
    assert sum(operation.kind is Kind.CALL for operation in history) >= CALLS_A_SERVER
    seen = {"issues", "admissions", "refusals", "open", "revocations", "revoked"}
    assert weights.keys() == seen
    assert weights["admissions"] > CALLS_A_SERVER // 20
    assert weights["refusals"] > CALLS_A_SERVER // 20
    assert len({operation.worker for operation in history}) == workers
