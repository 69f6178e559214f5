"""A site of real processes: `watchword serve`, and an example app under uvicorn beside it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from support.commands import operate
from support.customers import RemoteCustomer, connect
from support.processes import REPOSITORY, STOP_SECONDS, running

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    import httpx2

EXAMPLES = REPOSITORY / "docs" / "examples"
_START_SECONDS = 60
_ADDRESS = re.compile(r"Uvicorn running on (http://[\d.:]+)")
_STARTED = "Application startup complete."


def uvicorn(app: str, *options: str) -> list[str]:
    """Return the command that serves an example on a free port."""
    command = [sys.executable, "-m", "uvicorn", "--app-dir", str(EXAMPLES), app]
    return [*command, "--port", "0", *options]


class AppServer:
    """An app served by uvicorn, in a process of its own.

    Attributes:
        url: Where it answers.
        log: What it has printed so far.
    """

    def __init__(self, app: str, data_dir: Path, *options: str, workers: int = 1) -> None:
        self.process = subprocess.Popen(
            uvicorn(app, "--workers", str(workers), *options),
            env={**os.environ, "WATCHWORD_DATA_DIR": str(data_dir)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.log = ""
        self.url = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._said = threading.Condition()
        self._reader.start()
        # Without a lifespan, the one worker listens when the address is printed.
        self._wait_until_it_answers(0 if "off" in options else workers)

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._said:
                self.log += line
                self._said.notify_all()

    def _wait_until_it_answers(self, starts: int) -> None:
        def answers() -> bool:
            has_ended = self.process.poll() is not None
            return has_ended or (
                _ADDRESS.search(self.log) is not None and self.log.count(_STARTED) == starts
            )

        with self._said:
            assert self._said.wait_for(answers, _START_SECONDS), self.log
        found = _ADDRESS.search(self.log)
        assert found is not None, self.log
        self.url = found[1]

    def stop(self) -> int:
        """End it as an operator does; return its exit code."""
        self.process.terminate()
        try:
            return self.process.wait(STOP_SECONDS)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self._reader.join(STOP_SECONDS)
            assert self.process.stderr is not None
            self.process.stderr.close()


@dataclass(frozen=True, slots=True)
class Site:
    """Two servers over one data directory, and the customer `acme` of the service `orders`."""

    data_dir: Path
    server: httpx2.Client
    app: httpx2.Client
    process: AppServer
    customer: RemoteCustomer

    def token(self) -> str:
        """Have the server issue a token. The one before it ends with this."""
        return self.customer.token(self.server)

    def ask(
        self, token: str | None, query: str, *, api_key: str | None = None, **extra: str
    ) -> httpx2.Response:
        """Ask the app a question."""
        headers = {"x-api-key": api_key or self.customer.api_key, **extra}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        return self.app.post("/graphql", json={"query": query}, headers=headers)

    def with_user(self, username: str) -> Site:
        """Return the site as another service user of the account sees it."""
        user = operate(
            "user", "add", username, "--account", "acme", "--data-dir", str(self.data_dir)
        )
        customer = RemoteCustomer(username, user["password"], self.customer.api_key)
        return replace(self, customer=customer)

    def make_key(self, plan: str, *limit: str) -> str:
        """Return a key of a new plan."""
        where = ("--data-dir", str(self.data_dir))
        operate("plan", "add", plan, *where)
        operate("plan", "set", plan, "orders", *limit, *where)
        key = operate("key", "add", "--account", "acme", "--plan", plan, *where)
        return str(key["api_key"])


@contextmanager
def serving(app: str, folder: Path, *options: str, workers: int = 1) -> Generator[Site]:
    """Run both servers for the length of a block."""
    data_dir = folder / "data"
    where = ("--data-dir", str(data_dir))
    operate("init", *where)
    operate("service", "add", "orders", *where)
    operate("account", "add", "acme", "--service", "orders", *where)
    operate("plan", "add", "roomy", *where)
    limit = ("--rate", "100000", "--burst", "100000")
    operate("plan", "set", "roomy", "orders", *limit, *where)
    key = operate("key", "add", "--account", "acme", "--plan", "roomy", *where)
    user = operate("user", "add", "svc-acme", "--account", "acme", *where)
    customer = RemoteCustomer("svc-acme", user["password"], key["api_key"])
    with running(["serve", "--port", "0", *where], folder / "server.log") as server:
        process = AppServer(app, data_dir, *options, workers=workers)
        try:
            with connect(server.url, 16) as to_server, connect(process.url, 16) as to_app:
                yield Site(data_dir, to_server, to_app, process, customer)
        finally:
            process.stop()
