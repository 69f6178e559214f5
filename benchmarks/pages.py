"""Measures how soon pages answer that look into a large request log; see README.md."""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx2

from customers import make_deployment
from launching import end_on_signals, running, watchword_command
from program import BUILD
from watchword.access.model import AccountId, KeyId, ServiceName, Username
from watchword.access.request_log import Call
from watchword.store.sqlite.requests import SqliteRequestLog
from watchword.system import SystemClock

if TYPE_CHECKING:
    from collections.abc import Generator

    from customers import Deployment

_ROWS: Final = 1_000_000
_AT_ONCE: Final = 2_000
_ACCOUNT: Final = AccountId("bench")
_USER: Final = Username("svc-caller")
# Four of five calls are the caller's own, so that its pages have the most to look through.
_OTHERS: Final = 5
_REFUSED: Final = 50
_RARE: Final = 250_000
_LIST: Final = "/account/requests"
_PAGES: Final = {
    "services": "/services",
    "usage": "/account",
    "bucket": "/account/bucket",
    "token": "/account/token",
    "keys": "/account/keys",
    "requests": _LIST,
    "of the account": f"{_LIST}?scope=account",
    "of a service": f"{_LIST}?service=profile",
    "of a service that is rare": f"{_LIST}?service=rare",
    "of an operation": f"{_LIST}?operation=Op3",
    "refused": f"{_LIST}?status=4",
    "failed, and there is none": f"{_LIST}?status=5",
    "of a code": f"{_LIST}?code=RATE_LIMITED",
    "of a key": f"{_LIST}?key=key_2",
    "of a correlation id": f"{_LIST}?id=c0ffee00000000",
    "in the middle": f"{_LIST}?before=500000",
}


def main() -> int:
    """Measure, print, and write the results; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=_ROWS, help="calls in the request log")
    parser.add_argument("--times", type=int, default=100, help="how often each page is asked for")
    options = parser.parse_args()
    end_on_signals()
    BUILD.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=BUILD) as folder:
        made = make_deployment(Path(folder) / "data", crowd=100)
        asyncio.run(_fill(made, options.rows))
        results = _measure(made, Path(folder) / "log", options.times)
    for name, (half, most) in results.items():
        print(f"{name:30} {half:8.2f} ms half of the times   {most:8.2f} ms 95 of 100")
    told = {name: {"p50_ms": half, "p95_ms": most} for name, (half, most) in results.items()}
    document = {"rows": options.rows, "times": options.times, "pages": told}
    (BUILD / "bench-pages.json").write_text(json.dumps(document, indent=1) + "\n")
    return 0


async def _fill(made: Deployment, rows: int) -> None:
    start = SystemClock().now() - timedelta(days=6)
    step = timedelta(days=5) / rows
    async with SqliteRequestLog(made.settings.request_database).open() as log:
        for first in range(0, rows, _AT_ONCE):
            numbers = range(first, min(first + _AT_ONCE, rows))
            calls = [_make_call(number)._replace(at=start + number * step) for number in numbers]
            await log.add_calls(calls, {})


def _make_call(number: int) -> Call:
    is_own, is_refused = number % _OTHERS > 0, number % _REFUSED == 1
    return Call(
        at=SystemClock().now(),
        account=_ACCOUNT if is_own else AccountId(f"bench-{number % 100}"),
        username=_USER if is_own else Username(f"svc-{number % 100}"),
        key=KeyId(f"key_{number % 3}"),
        service=ServiceName("rare" if number % _RARE == 1 else "profile"),
        operation=f"Op{number % 7}",
        status=429 if is_refused else 200,
        code="RATE_LIMITED" if is_refused else None,
        microseconds=1_500,
        correlation_id=f"c0ffee{number:08x}",
        address="192.0.2.7",
        is_explorer=False,
    )


def _measure(made: Deployment, log: Path, times: int) -> dict[str, tuple[float, float]]:
    results: dict[str, tuple[float, float]] = {}
    command = watchword_command(made.settings.data_dir)
    with running(command, cores=(0,), log=log) as server, _signed_in(made, server.port) as client:
        for name, path in _PAGES.items():
            taken: list[float] = []
            for _ in range(times):
                begun = time.perf_counter()
                answered = client.get(path)
                taken.append((time.perf_counter() - begun) * 1_000)
                answered.raise_for_status()
            results[name] = (statistics.median(taken), statistics.quantiles(taken, n=20)[-1])
    return results


@contextmanager
def _signed_in(made: Deployment, port: int) -> Generator[httpx2.Client]:
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        form = client.get("/sign-in", headers={"accept": "text/html"})
        found = re.search(r'name="csrf" value="(\w+)"', form.text)
        token = "" if found is None else found[1]
        who = made.caller
        fields = {"csrf": token, "username": who.username, "password": who.password}
        own = {"sec-fetch-site": "same-origin"}
        if client.post("/sign-in", data=fields, headers=own).status_code != httpx2.codes.SEE_OTHER:
            raise RuntimeError("nobody could sign in")
        yield client


if __name__ == "__main__":
    sys.exit(main())
