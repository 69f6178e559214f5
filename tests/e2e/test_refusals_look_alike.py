"""Who refuses a client tells by no clock why. What that is worth is stated in `security.timing`."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from security.servers import running_broken
from security.timing import EACH, RefusalTimer, blocks_needed, find_differences, share_of_longer
from support.commands import operate
from support.customers import RemoteCustomer, make_deployment
from support.deployment import basic
from support.processes import running

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CAUSES = ("wrong password", "unknown user", "disabled user", "another account's key")
LIMITS = "failures_by_name = 100000000\nfailures_by_address = 100000000\nlog_level = 'warning'\n"


def request_of(customer: RemoteCustomer) -> bytes:
    return (
        "POST /oauth2/token?grant_type=client_credentials HTTP/1.1\r\nHost: x\r\n"
        f"x-api-key: {customer.api_key}\r\n"
        f"Authorization: {basic(customer.username, customer.password)}\r\n\r\n"
    ).encode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the deployment is that both servers serve, one after the other."""
    return tmp_path_factory.mktemp("refusals") / "data"


@pytest.fixture(scope="module")
def requests(folder: Path) -> dict[str, bytes]:
    """A deployment that counts no failure as one too many, and a request for each cause."""
    where = ("--data-dir", str(folder))
    customer = make_deployment(folder)
    (folder / "watchword.toml").write_text(LIMITS)
    operate("account", "add", "other", "--service", "profile", *where)
    other_key = operate("key", "add", "--account", "other", *where)["api_key"]
    # Names of one length: what the bytes of a request cost is no matter of this test.
    disabled = operate("user", "add", "svc-gone", "--account", "acme", *where)["password"]
    operate("user", "disable", "svc-gone", *where)
    wrong = replace(customer, password="w" * 43)
    of_cause = (
        wrong,
        replace(wrong, username="svc-none"),
        replace(customer, username="svc-gone", password=disabled),
        replace(customer, api_key=other_key),
    )
    sent = dict(zip(CAUSES, map(request_of, of_cause), strict=True))
    assert len({len(request) for request in sent.values()}) == 1
    return sent


def serve(folder: Path) -> list[str]:
    return ["serve", "--port", "0", "--data-dir", str(folder)]


@pytest.mark.slow
@pytest.mark.behaviour(
    11,
    "Unknown user, disabled user and another account's key take as long as a wrong password: a "
    "difference that orders 55 of 100 pairs is found with power 0.95 at a level below 0.001",
)
def test_no_failed_authentication_is_told_from_a_wrong_password_by_its_time(
    tmp_path: Path, folder: Path, requests: dict[str, bytes]
) -> None:
    with running(serve(folder), tmp_path / "log") as server:
        timer = RefusalTimer(int(server.url.rpartition(":")[2]), requests)

        found = find_differences(CAUSES, timer.sample)

    assert found == []


@pytest.mark.slow
@pytest.mark.behaviour(
    11, "The same test finds a server that looks nothing up for unknown users and waits for no tick"
)
def test_a_server_that_answers_unknown_users_early_is_found(
    tmp_path: Path, folder: Path, requests: dict[str, bytes]
) -> None:
    with running_broken("leaky", serve(folder), tmp_path / "log") as server:
        timer = RefusalTimer(int(server.url.rpartition(":")[2]), requests)

        found = find_differences(CAUSES[:2], timer.sample)

    (difference,) = found
    assert difference.cause == "unknown user"
    assert difference.share < 0.45


def simulate(shift: float, seed: int) -> bool:
    """Tell whether the procedure finds a difference between two simulated causes."""
    dice = random.Random(seed)  # noqa: S311 - noise, no secret

    def sample(causes: Sequence[str], blocks: int) -> list[dict[str, list[float]]]:
        # Noise that drifts with the machine, and what a block suffers together.
        return [
            {
                cause: [
                    load + dice.gauss(0, 1) + (shift if cause == "shifted" else 0)
                    for _ in range(EACH)
                ]
                for cause in causes
            }
            for load in (dice.expovariate(0.3) for _ in range(blocks))
        ]

    return bool(find_differences(("reference", "shifted"), sample))


def test_a_difference_of_55_in_100_is_found_as_often_as_stated() -> None:
    # For normal noise, A = 0.55 is a shift of 0.178 standard deviations.
    found = sum(simulate(0.1777, seed) for seed in range(60))

    assert found >= 54  # 57 are expected; fewer than 54 come once in 50 choices of the seeds


def test_no_difference_is_found_where_there_is_none() -> None:
    assert not any(simulate(0.0, seed) for seed in range(60))


def test_the_sample_is_as_large_as_the_derivation_says() -> None:
    assert (blocks_needed(0.005), blocks_needed(0.0001)) == (183, 286)


@pytest.mark.parametrize(
    ("first", "second", "share"),
    [([1.0, 2.0], [3.0, 4.0], 0.0), ([3.0], [1.0, 2.0], 1.0), ([1.0, 2.0], [1.0, 2.0], 0.5)],
)
def test_the_share_of_longer_pairs(first: list[float], second: list[float], share: float) -> None:
    assert share_of_longer(first, second) == share
