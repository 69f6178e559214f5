"""What callers of a service get when something is down: a test for each row of the page.

`docs/explanation/when-things-go-wrong.md` names these tests beside its rows.
"""

from __future__ import annotations

import resource
import sqlite3
import subprocess
import sys
import time
import zlib
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from support.commands import operate
from support.customers import RemoteCustomer, connect, make_deployment
from support.deployment import Deployment, code_of
from support.processes import running
from watchword.access.errors import StoreUnavailable
from watchword.store.sqlite import database

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    import httpx2

    from support.processes import Server

QUOTA = 40


def assert_unavailable(answer: httpx2.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["message"] == "Service Unavailable"
    assert code_of(answer) == "STORE_UNAVAILABLE"
    assert answer.headers["x-correlation-id"]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Path, Server]]:
    folder = tmp_path_factory.mktemp("down")
    make_deployment(folder / "data")
    arguments = ["serve", "--port", "0", "--data-dir", str(folder / "data")]
    with running(arguments, folder / "log") as server:
        yield folder / "data", server


@pytest.fixture
def customer(served: tuple[Path, Server], request: pytest.FixtureRequest) -> RemoteCustomer:
    """A customer of its own for each test, on a plan so small that nothing is taken ahead."""
    folder, _ = served
    where = ("--data-dir", str(folder))
    name = f"a{zlib.crc32(request.node.name.encode())}"
    operate("plan", "add", name, *where)
    limit = ("--rate", "1000", "--burst", "1000", "--quota", str(QUOTA))
    operate("plan", "set", name, "profile", *limit, *where)
    operate("account", "add", name, "--service", "profile", *where)
    user = operate("user", "add", f"svc-{name}", "--account", name, *where)
    key = operate("key", "add", "--account", name, "--plan", name, *where)
    return RemoteCustomer(f"svc-{name}", user["password"], key["api_key"])


@contextmanager
def locked(file: Path) -> Generator[None]:
    """Hold a database's write lock: in another process, as locks are a process's own."""
    program = (
        "import sqlite3, sys; connection = sqlite3.connect(sys.argv[1]); "
        "connection.execute('BEGIN IMMEDIATE'); print('locked', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        yield
        process.communicate("")


def count_admitted(client: httpx2.Client, customer: RemoteCustomer, token: str) -> int:
    """Call until the quota is used up."""
    admitted = 0
    while (answer := customer.call(client, token)).status_code == 200:
        admitted += 1
    assert code_of(answer) == "QUOTA_EXCEEDED"
    return admitted


@pytest.mark.slow
def test_with_the_counts_moved_away_no_call_passes_uncounted(
    served: tuple[Path, Server], customer: RemoteCustomer
) -> None:
    folder, server = served
    with connect(server.url) as client:
        token = customer.token(client)
        assert customer.call(client, token).status_code == 200
        (folder / "usage.db").rename(folder / "elsewhere.db")
        try:
            answers = [customer.call(client, token) for _ in range(QUOTA)]
            readiness = client.get("/readyz")
        finally:
            (folder / "elsewhere.db").rename(folder / "usage.db")

        # The few that were taken ahead before pass: they were counted.
        passed = [answer for answer in answers if answer.status_code == 200]
        assert len(passed) <= QUOTA // 16
        for answer in answers[len(passed) :]:
            assert_unavailable(answer)
        assert readiness.status_code == 503
        assert 1 + len(passed) + count_admitted(client, customer, token) == QUOTA
        assert client.get("/readyz").status_code == 200


@pytest.mark.slow
def test_with_a_full_disk_no_call_passes_uncounted(
    served: tuple[Path, Server], customer: RemoteCustomer
) -> None:
    _, server = served
    with connect(server.url) as client:
        token = customer.token(client)
        assert customer.call(client, token).status_code == 200
        # A limit on the length of files takes effect as a full disk does: a write fails.
        before = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (0, -1))
        try:
            answers = [customer.call(client, token) for _ in range(QUOTA)]
        finally:
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, before)

        passed = [answer for answer in answers if answer.status_code == 200]
        assert len(passed) <= QUOTA // 16
        for answer in answers[len(passed) :]:
            assert_unavailable(answer)
        # What was taken ahead and could not be given back is lost, and never the other way.
        rest = count_admitted(client, customer, token)
        assert QUOTA - QUOTA // 16 <= 1 + len(passed) + rest <= QUOTA


def test_with_the_counts_locked_by_another_program_a_call_is_refused_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_WRITE_WAIT", timedelta(milliseconds=20))
    deployment = Deployment(tmp_path / "deployment")
    customer = deployment.make_customer(plan="preview")
    token = deployment.token(customer)
    with locked(deployment.settings.usage_database):
        assert_unavailable(deployment.call(token, customer.api_key))
    assert deployment.call(token, customer.api_key).status_code == 200
    deployment.close()


def test_a_plan_with_room_goes_on_for_a_moment_on_what_was_counted_ahead(
    deployment: Deployment,
) -> None:
    customer = deployment.make_customer()
    token = deployment.token(customer)
    for _ in range(3):
        assert deployment.call(token, customer.api_key).status_code == 200
    usage = deployment.settings.usage_database
    usage.rename(usage.with_suffix(".elsewhere"))

    assert deployment.call(token, customer.api_key).status_code == 200
    deployment.clock.advance(timedelta(seconds=5))
    assert_unavailable(deployment.call(token, customer.api_key))


def test_without_the_log_of_calls_they_are_answered_as_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_WRITE_WAIT", timedelta(milliseconds=20))
    deployment = Deployment(tmp_path / "deployment")
    customer = deployment.make_customer()
    token = deployment.token(customer)
    log = deployment.settings.request_database
    with locked(log):
        answered = [deployment.call(token, customer.api_key).status_code for _ in range(3)]
    log.rename(log.with_suffix(".elsewhere"))
    answered.append(deployment.call(token, customer.api_key).status_code)
    deployment.close()

    assert answered == [200] * 4


def test_with_the_register_unreadable_nobody_is_admitted(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = deployment.make_customer()
    token = deployment.token(customer)
    assert deployment.call(token, customer.api_key).status_code == 200

    def fail(_: database.Database) -> int:
        raise StoreUnavailable("there is no answer")

    with monkeypatch.context() as broken:
        broken.setattr(database.Database, "read_version", fail)
        assert_unavailable(deployment.call(token, customer.api_key))

    assert deployment.call(token, customer.api_key).status_code == 200


def test_a_clock_that_is_set_back_gives_no_second_quota_and_locks_nobody_out(
    deployment: Deployment,
) -> None:
    customer = deployment.make_customer(plan="preview")
    token = deployment.token(customer)
    for _ in range(100):
        assert deployment.call(token, customer.api_key).status_code == 200
        deployment.clock.advance(timedelta(seconds=1))
    assert code_of(deployment.call(token, customer.api_key)) == "QUOTA_EXCEEDED"

    deployment.clock.advance(timedelta(hours=-2))

    # A token that says that it was issued in the future is asked for anew.
    newer = deployment.token(customer)
    assert code_of(deployment.call(newer, customer.api_key)) == "QUOTA_EXCEEDED"
    deployment.clock.advance(timedelta(hours=14))
    newest = deployment.token(customer)
    assert deployment.call(newest, customer.api_key).status_code == 200


@pytest.mark.slow
def test_with_the_register_replaced_nobody_is_admitted_by_what_was_there(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    customer = make_deployment(folder)
    arguments = ["serve", "--port", "0", "--data-dir", str(folder)]
    with running(arguments, tmp_path / "log") as server, connect(server.url) as client:
        token = customer.token(client)
        assert customer.call(client, token).status_code == 200
        # As a restore does it under a running server: another file in the place of the first.
        copy = folder / "copy.db"
        with closing(sqlite3.connect(folder / "watchword.db")) as register:
            register.execute("VACUUM INTO ?", (str(copy),))
        copy.rename(folder / "watchword.db")

        deadline = time.monotonic() + 10
        while (answer := customer.call(client, token)).status_code == 200:
            assert time.monotonic() < deadline, "the old file is answered from for ever"

        assert_unavailable(answer)
