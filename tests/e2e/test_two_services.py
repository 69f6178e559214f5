"""One token opens every service, and when it is superseded it opens none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from support.commands import operate
from support.customers import connect, make_deployment
from support.deployment import code_of
from support.processes import running

if TYPE_CHECKING:
    from pathlib import Path

    import httpx2

    from support.customers import RemoteCustomer


def ask(
    client: httpx2.Client, customer: RemoteCustomer, token: str, service: str
) -> httpx2.Response:
    return customer.call(client, token, service=service)


@pytest.mark.behaviour(
    33,
    "A token that is superseded is refused by every service of the process on the next call, "
    "at every worker",
)
def test_a_superseded_token_is_refused_by_both_services_on_the_next_call(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    customer = make_deployment(folder, services=("profile", "events"))
    serve = ["serve", "--port", "0", "--data-dir", str(folder), "--workers", "2"]

    with running(serve, tmp_path / "log") as server:
        previous = None
        for _ in range(10):
            with connect(server.url) as client:
                token = customer.token(client)
            for service in ("events", "profile", "events", "profile"):
                with connect(server.url) as client:
                    live = ask(client, customer, token, service)
                    answered: dict[str, Any] = live.json()
                    assert answered["data"] == {"info": {"name": service}}
                    if previous is not None:
                        dead = ask(client, customer, previous, service)
                        assert (dead.status_code, code_of(dead)) == (401, "TOKEN_SUPERSEDED")
            previous = token


def test_a_token_for_one_service_does_not_open_the_other(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    customer = make_deployment(folder)
    where = ("--data-dir", str(folder))
    operate("plan", "set", "roomy", "events", "--rate", "1000", "--burst", "1000", *where)

    with (
        running(["serve", "--port", "0", "--data-dir", str(folder)], tmp_path / "log") as server,
        connect(server.url) as client,
    ):
        token = customer.token(client)
        opened = ask(client, customer, token, "profile")
        refused = ask(client, customer, token, "events")
        operate("account", "grant", "acme", "events", *where)
        still = ask(client, customer, token, "events")
        renewed = ask(client, customer, customer.token(client), "events")

    assert opened.status_code == 200
    for response in (refused, still):
        assert (response.status_code, code_of(response)) == (403, "SERVICE_NOT_ALLOWED")
    assert renewed.status_code == 200
