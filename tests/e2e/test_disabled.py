"""What an operator disables on the CLI is refused on the next request by every worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.commands import operate
from support.customers import RemoteCustomer, connect, make_deployment
from support.deployment import code_of
from support.processes import running

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

WORKERS = 4


def ask_every_worker(url: str, customer: RemoteCustomer, token: str) -> set[tuple[int, str | None]]:
    """Call on new connections until every worker has answered; return all that was said."""
    workers: set[str] = set()
    said: set[tuple[int, str | None]] = set()
    for _ in range(400):
        with connect(url) as client:
            answer = customer.call(client, token)
        said.add((answer.status_code, None if answer.status_code == 200 else code_of(answer)))
        workers.add(answer.headers["x-correlation-id"][:8])
        if len(workers) == WORKERS:
            return said
    raise AssertionError(f"only {len(workers)} workers answered")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Path, str, RemoteCustomer]]:
    folder = tmp_path_factory.mktemp("disabled")
    customer = make_deployment(folder / "data")
    arguments = ["serve", "--port", "0", "--workers", str(WORKERS)]
    with running([*arguments, "--data-dir", str(folder / "data")], folder / "log") as server:
        yield folder / "data", server.url, customer


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "name", "expected"),
    [
        ("key", None, (403, "API_KEY_INVALID")),
        ("user", "svc-acme", (401, "ACCOUNT_DISABLED")),
        ("account", "acme", (401, "ACCOUNT_DISABLED")),
        ("service", "profile", (403, "SERVICE_NOT_ALLOWED")),
    ],
)
def test_what_is_disabled_on_the_cli_is_refused_on_the_next_request_by_every_worker(
    served: tuple[Path, str, RemoteCustomer],
    what: str,
    name: str | None,
    expected: tuple[int, str],
) -> None:
    folder, url, customer = served
    where = ("--data-dir", str(folder))
    named = name or operate("key", "list", *where)[0]["key_id"]
    with connect(url) as client:
        token = customer.token(client)
    assert ask_every_worker(url, customer, token) == {(200, None)}

    operate(what, "disable", named, *where)
    refused = ask_every_worker(url, customer, token)
    operate(what, "enable", named, *where)
    admitted = ask_every_worker(url, customer, token)

    assert refused == {expected}
    assert admitted == {(200, None)}
