"""What `/metrics` tells, and that nobody outside makes it grow."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as parse_openmetrics,
)

from support.deployment import Deployment, basic
from support.scraping import scrape
from watchword import __version__
from watchword.access.errors import StoreUnavailable
from watchword.web.counting import BOUNDS, REQUEST, STORE, Counts, tally_name
from watchword.web.responses import CODES
from watchword.web.tallying import SharedCounts

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from support.deployment import Customer

OPENMETRICS = "application/openmetrics-text"
BUCKET = "watchword_request_seconds_bucket"


def test_tokens_admissions_and_refusals_are_counted(
    deployment: Deployment, customer: Customer
) -> None:
    old = deployment.token(customer)
    token = deployment.token(customer)
    for _ in range(3):
        assert deployment.call(token, customer.api_key).status_code == 200
    headers = [("authorization", f"Bearer {token}"), ("x-api-key", customer.api_key)]
    assert deployment.request("GET", "/profile/authorize", headers).status_code == 200
    deployment.call(old, customer.api_key)
    deployment.call(None, customer.api_key)
    deployment.request_token(customer, headers={"x-api-key": None})
    deployment.request("GET", "/nowhere")

    metrics = scrape(deployment)

    assert metrics.value("watchword_tokens_issued_total") == 2
    assert metrics.value("watchword_admitted_total", service="profile") == 4
    refused = {
        code: metrics.value("watchword_refused_total", code=code)
        for code in metrics.labels("watchword_refused_total", "code")
    }
    assert {code: number for code, number in refused.items() if number} == {
        "TOKEN_SUPERSEDED": 1, "TOKEN_MISSING": 1, "invalid_client": 1, "NOT_FOUND": 1,
    }  # fmt: skip
    assert metrics.value("watchword_worker_starts_total") == 1
    assert metrics.value("watchword_store_up") == 1
    assert metrics.value("watchword_build_info", version=__version__) == 1


def test_every_code_stands_there_from_the_start_so_that_the_first_refusal_is_a_rise(
    deployment: Deployment,
) -> None:
    assert scrape(deployment).labels("watchword_refused_total", "code") == CODES


def test_what_takes_how_long_is_told_by_kind_of_endpoint(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)
    deployment.call(token, customer.api_key)
    deployment.call(token, customer.api_key)

    metrics = scrape(deployment)

    assert metrics.value("watchword_request_seconds_count", endpoint="graphql") == 2
    assert metrics.value("watchword_request_seconds_sum", endpoint="graphql") > 0
    up_to = [
        metrics.value(BUCKET, endpoint="graphql", le=bound)
        for bound in [*map(repr, BOUNDS[REQUEST]), "+Inf"]
    ]
    assert up_to == sorted(up_to)
    assert up_to[-1] == 2


def test_reads_and_writes_of_the_store_are_timed(
    deployment: Deployment, customer: Customer
) -> None:
    before = scrape(deployment)
    deployment.token(customer)
    after = scrape(deployment)

    for operation in ("read", "write"):
        name = "watchword_store_seconds_count"
        assert after.value(name, operation=operation) > before.value(name, operation=operation)


@pytest.mark.parametrize(
    ("seconds", "bound"),
    [(0.0, "0.0005"), (0.0005, "0.0005"), (0.00051, "0.001"), (10.0, "10.0"), (11.0, "+Inf")],
)
def test_a_duration_falls_into_the_first_bucket_that_is_not_shorter(
    seconds: float, bound: str
) -> None:
    counts = Counts()
    counts.note_request("token", seconds)

    assert counts.take()[tally_name(REQUEST, "token", bound)] == 1
    assert counts.is_idle


def test_counters_survive_a_restart(tmp_path: Path) -> None:
    first = Deployment(tmp_path / "data")
    customer = first.make_customer()
    first.token(customer)
    first.close()  # hands over what is left

    second = Deployment(tmp_path / "data")
    second.token(customer)
    metrics = scrape(second)
    second.close()

    assert metrics.value("watchword_tokens_issued_total") == 2
    assert metrics.value("watchword_worker_starts_total") == 2


@pytest.fixture
def many_callers(tmp_path: Path) -> Generator[Deployment]:
    # Nobody is to be held back: each is to be seen.
    made = Deployment(tmp_path / "many", failures_by_name=10_000, failures_by_address=10_000)
    yield made
    made.close()


def call_as(deployment: Deployment, number: int) -> None:
    """Ask for everything in words that nobody has used before."""
    word = f"word{number}"
    customer = deployment.make_customer(f"acme-{number}", f"svc-{number}")
    token = deployment.token(customer)
    deployment.request_token(customer, headers={"authorization": basic(word, word)})
    deployment.request_token(customer, query=f"grant_type={word}&scope={word}")
    deployment.call(
        token, customer.api_key, content=f'{{"query":"query {word} {{ info {{ name }} }}",'
        f'"operationName":"{word}"}}', extra=[("host", f"{word}.localhost")],
    )  # fmt: skip
    deployment.call(token + word, customer.api_key + word)
    headers = [("authorization", f"Bearer {token}"), ("x-api-key", customer.api_key)]
    for path in (f"/{word}", f"/{word}/authorize", f"/authorize/{word}", f"/admin/v1/{word}"):
        deployment.request("GET", path, [*headers, ("host", f"{word}.localhost")])
    deployment.request("GET", "/v1/graphql", [*headers, ("host", f"{word}.localhost")])
    deployment.request(f"X{word}".upper(), "/healthz", headers)


@pytest.mark.slow
def test_fifty_callers_with_words_of_their_own_add_no_series(many_callers: Deployment) -> None:
    call_as(many_callers, 0)
    scrape(many_callers)  # counts itself
    before = set(scrape(many_callers).series)

    for number in range(1, 51):
        call_as(many_callers, number)
    metrics = scrape(many_callers)

    assert set(metrics.series) == before
    assert metrics.value("watchword_tokens_issued_total") == 51
    assert metrics.labels("watchword_admitted_total", "service") == {"profile"}
    assert not [series for series in metrics.series if "word" in str(series[1])]


def test_openmetrics_is_spoken_to_who_asks_for_it(deployment: Deployment) -> None:
    accept = f"{OPENMETRICS};version=1.0.0,text/plain;version=0.0.4;q=0.5"

    response = deployment.request("GET", "/metrics", [("accept", accept)])

    assert response.headers["content-type"].startswith("application/openmetrics-text")
    assert response.headers["cache-control"] == "no-store"
    parsed = parse_openmetrics(response.text)  # type: ignore[no-untyped-call]  # has no types
    families = {family.name: family for family in parsed}
    assert families["watchword_refused"].type == "counter"
    assert families["watchword_store_seconds"].type == "histogram"


@pytest.mark.parametrize(
    "accept",
    ["", "*/*", "text/plain;version=x", ",;,", "\xff", f"{OPENMETRICS};version=1.", OPENMETRICS],
)
def test_no_accept_header_is_a_failure(deployment: Deployment, accept: str) -> None:
    response = deployment.request("GET", "/metrics", [("accept", accept)])

    kind = OPENMETRICS if OPENMETRICS in accept else "text/plain"
    assert response.status_code == 200
    assert response.headers["content-type"].startswith(kind)


def test_another_method_is_refused_and_head_is_get_without_the_text(
    deployment: Deployment,
) -> None:
    assert deployment.request("POST", "/metrics").status_code == 405
    head = deployment.request("HEAD", "/metrics")
    assert (head.status_code, head.content) == (200, b"")


def test_a_store_that_is_down_is_told_with_all_that_one_worker_knows(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)
    deployment.run(deployment.application.shutdown())
    deployment.call(token, customer.api_key)

    first, second = scrape(deployment), scrape(deployment)

    assert first.value("watchword_store_up") == 0
    assert first.value("watchword_tokens_issued_total") == 1
    assert first.value("watchword_refused_total", code="STORE_UNAVAILABLE") == 1
    assert second.value("watchword_request_seconds_count", endpoint="metrics") == 1


def test_of_several_workers_none_tells_a_part_for_the_whole(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path / "data", workers=2)
    deployment.run(deployment.application.shutdown())

    metrics = scrape(deployment)
    deployment.close()

    assert metrics.value("watchword_store_up") == 0
    assert {name for name, _ in metrics.series} == {"watchword_store_up", "watchword_build_info"}


class BrittleStore:
    """Adds up as a store does, or waits, or fails."""

    def __init__(self) -> None:
        self.sums: dict[str, float] = {}
        self.is_down = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def add_tallies(self, deltas: Mapping[str, float]) -> None:
        # As they are when it is asked: nothing may be added to them on the way.
        deltas = dict(deltas)
        await self.gate.wait()
        if self.is_down:
            raise StoreUnavailable("down")
        for name, delta in deltas.items():
            self.sums[name] = self.sums.get(name, 0) + delta

    async def read_tallies(self) -> dict[str, float]:
        return dict(self.sums)

    async def require_answer(self) -> None:
        return


ISSUED = tally_name("issued")


def test_what_could_not_be_handed_over_is_kept_and_counted_once() -> None:
    async def lose_the_store_for_a_while() -> None:
        store, counts = BrittleStore(), Counts()
        shared = SharedCounts(counts, store)
        counts.note_issued()
        await shared.exchange()
        store.is_down = True
        counts.note_issued()
        for _ in range(3):
            with pytest.raises(StoreUnavailable):
                await shared.record()
            counts.note_issued()
        assert shared.known()[ISSUED] == 5
        assert store.sums[ISSUED] == 1

        store.is_down = False
        await shared.record()

        assert store.sums[ISSUED] == shared.known()[ISSUED] == 5

    asyncio.run(lose_the_store_for_a_while())


def test_a_scrape_that_gives_up_takes_nothing_from_the_next_one() -> None:
    async def give_up() -> None:
        store, counts = BrittleStore(), Counts()
        shared = SharedCounts(counts, store)
        store.gate.clear()
        counts.note_issued()
        hasty = asyncio.ensure_future(shared.exchange())
        await asyncio.sleep(0)
        counts.note_issued()
        patient = asyncio.ensure_future(shared.exchange())
        await asyncio.sleep(0)
        hasty.cancel()
        await asyncio.wait([hasty])
        assert shared.known()[ISSUED] == 2

        store.gate.set()
        await patient

        assert hasty.cancelled()
        assert store.sums[ISSUED] == shared.known()[ISSUED] == 2

    asyncio.run(give_up())


def test_an_idle_worker_writes_nothing() -> None:
    async def idle() -> dict[str, float]:
        store, counts = BrittleStore(), Counts()
        shared = SharedCounts(counts, store)
        await shared.exchange()
        written = dict(store.sums)
        counts.note_store("read", 0.001)
        await shared.record()
        assert store.sums == written
        counts.note_request("token", 0.001)
        await shared.record()
        return store.sums

    sums = asyncio.run(idle())

    assert sums[tally_name(STORE, "read", "0.001")] == 1
