"""Measures how soon pages answer, over a large request log and audit log; see README.md."""

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
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx2
from pyotp.totp import TOTP

from customers import BY, make_deployment
from launching import end_on_signals, running, watchword_command
from page_records import Amounts, fill
from program import BUILD
from watchword.access.console import ConsoleRole
from watchword.deployment import open_deployment
from watchword.system import SystemClock, SystemRandomness

if TYPE_CHECKING:
    from collections.abc import Generator

    from customers import Deployment
    from watchword.access.console_users import NewConsoleUser

_CALLS: Final = 1_000_000
_COUNTS: Final = 30_000
_RECORDS: Final = 300_000
_CROWD: Final = 100
_LIST: Final = "/account/requests"
_PAGES: Final = {
    "services": "/services",
    "a guide": "/guides/authentication",
    "GraphiQL": "/profile/v1/graphiql/",
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
    "console, accounts": "/console/accounts",
    "console, a service user": "/console/users/svc-caller",
    "console, usage": "/console/usage",
    "console, audit": "/console/audit",
    "console, audit of an account": "/console/audit?account=bench",
}


def main() -> int:
    """Measure, print, and write the results; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=_CALLS, help="in the request log")
    parser.add_argument("--counts", type=int, default=_COUNTS, help="of usage")
    parser.add_argument("--records", type=int, default=_RECORDS, help="in the audit log")
    parser.add_argument("--times", type=int, default=100, help="how often each page is asked for")
    options = parser.parse_args()
    end_on_signals()
    BUILD.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=BUILD) as folder:
        made = make_deployment(Path(folder) / "data", crowd=_CROWD)
        amounts = Amounts(options.calls, options.counts, options.records)
        asyncio.run(fill(made, amounts))
        results = _measure(made, Path(folder) / "log", options.times)
    for name, (half, most) in results.items():
        print(f"{name:30} {half:8.2f} ms half of the times   {most:8.2f} ms 95 of 100")
    told = {name: {"p50_ms": half, "p95_ms": most} for name, (half, most) in results.items()}
    document = {**asdict(amounts), "times": options.times, "pages": told}
    (BUILD / "bench-pages.json").write_text(json.dumps(document, indent=1) + "\n")
    return 0


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
                if answered.status_code != httpx2.codes.OK:
                    raise RuntimeError(f"{path} was answered with {answered.status_code}")
            results[name] = (statistics.median(taken), statistics.quantiles(taken, n=20)[-1])
    return results


@contextmanager
def _signed_in(made: Deployment, port: int) -> Generator[httpx2.Client]:
    """Yield a client with two sessions: of the caller, and of somebody in the console."""
    operator = asyncio.run(_invite(made))
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        who = made.caller
        _send_form(client, "/sign-in", username=who.username, password=who.password)
        code = TOTP(operator.factor).now()
        password = operator.password or ""
        _send_form(client, "/console/sign-in", name="operator", password=password, code=code)
        yield client


async def _invite(made: Deployment) -> NewConsoleUser:
    clock = SystemClock()
    async with open_deployment(made.settings, clock) as opened:
        users = opened.console_users(clock, SystemRandomness(), BY, "benchmarks")
        return await users.add_user("operator", ConsoleRole.VIEWER)


def _send_form(client: httpx2.Client, path: str, **fields: str) -> None:
    form = client.get(path, headers={"accept": "text/html"})
    found = re.search(r'name="csrf" value="(\w+)"', form.text)
    token = "" if found is None else found[1]
    own = {"sec-fetch-site": "same-origin"}
    answered = client.post(path, data={"csrf": token, **fields}, headers=own)
    if answered.status_code != httpx2.codes.SEE_OTHER:
        raise RuntimeError(f"nobody could sign in at {path}")


if __name__ == "__main__":
    sys.exit(main())
