"""Who may read `/metrics`: a program on this machine, named addresses, an operator token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
import pytest

from support.deployment import Deployment
from support.operators import AdminClient, add_operator, assert_problem
from watchword.access.model import OperatorScope

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from support.deployment import Headers

HERE = "127.0.0.1"
AWAY = "203.0.113.9"
CHALLENGE = 'Bearer realm="watchword"'


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Generator[Deployment]:
    made = Deployment(
        tmp_path_factory.mktemp("access") / "data",
        trusted_proxies="127.0.0.1, 10.0.0.1",
        metrics_from="192.0.2.0/24, 2001:db8::/32, 10.0.0.0/8",
        proxy_secret="s" * 32,
    )
    yield made
    made.close()


def ask(
    deployment: Deployment, peer: str, headers: Headers | None = None, url: str = "/metrics"
) -> httpx2.Response:
    """Ask from an address."""
    transport = httpx2.ASGITransport(app=deployment.application, client=(peer, 4711))
    base_url = str(deployment.settings.public_url)

    async def get() -> httpx2.Response:
        async with httpx2.AsyncClient(
            transport=transport, base_url=base_url, verify=False
        ) as client:
            return await client.get(url, headers=headers or [])

    return deployment.run(get())


@pytest.mark.parametrize("peer", [HERE, "::ffff:127.0.0.1"])
def test_where_a_proxy_of_ours_is_on_this_machine_so_may_be_whoever_says_nothing(
    served: Deployment, peer: str
) -> None:
    answer = ask(served, peer, [("host", "127.0.0.1:8080")])

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, CHALLENGE)


@pytest.mark.parametrize("peer", ["127.0.0.2", "::1"])
@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:8080", "LOCALHOST", "[::1]:8080"])
def test_a_program_on_this_machine_needs_no_token(served: Deployment, peer: str, host: str) -> None:
    assert ask(served, peer, [("host", host)]).status_code == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-forwarded-for", AWAY),
        ("x-forwarded-for", HERE),
        ("x-forwarded-for", "nonsense"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "api.example.com"),
        ("forwarded", "for=127.0.0.1"),
        ("x-real-ip", HERE),
        ("via", "1.1 proxy"),
        ("x-watchword-proxy", "wrong"),
        ("host", "api.example.com"),
        ("host", "localhost.example.com"),
        ("host", "127.0.0.1.example.com:8080"),
    ],
)
def test_a_proxy_on_this_machine_opens_nothing_for_others(
    served: Deployment, name: str, value: str
) -> None:
    response = ask(served, HERE, [(name, value)])

    assert_problem(response, 401, "unauthorized")
    assert response.headers["www-authenticate"] == CHALLENGE
    assert "watchword_" not in response.text


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("192.0.2.7", [], 200),
        ("::ffff:192.0.2.7", [], 200),
        ("2001:db8::7", [], 200),
        (AWAY, [], 401),
        ("192.0.2.7", [("host", "api.example.com")], 200),
        # An unknown proxy among the named addresses: who is behind it nobody can tell.
        ("192.0.2.7", [("x-forwarded-for", AWAY)], 401),
        ("192.0.2.7", [("x-forwarded-for", "192.0.2.8")], 401),
        ("192.0.2.7", [("forwarded", "for=192.0.2.8")], 401),
        # A proxy of ours: it says who is behind it.
        ("10.0.0.1", [("x-forwarded-for", "192.0.2.8")], 200),
        ("10.0.0.1", [("x-forwarded-for", AWAY)], 401),
        ("10.0.0.1", [("x-forwarded-for", f"192.0.2.8, {AWAY}")], 401),
        ("10.0.0.1", [("x-forwarded-proto", "https")], 401),
        ("10.0.0.1", [], 401),
        ("10.0.0.1", [("x-watchword-proxy", "wrong")], 401),
        ("10.0.0.3", [], 200),
        # The secret tells a proxy, and not who is behind it.
        ("10.0.0.2", [("x-watchword-proxy", "s" * 32), ("x-forwarded-for", AWAY)], 401),
    ],
)
def test_named_addresses_need_no_token_and_no_proxy_lends_them_its_own(
    served: Deployment, peer: str, headers: Headers, status: int
) -> None:
    assert ask(served, peer, headers).status_code == status


@pytest.mark.parametrize(
    ("scope", "status"),
    [(OperatorScope.METRICS, 200), (OperatorScope.ADMIN, 200), (OperatorScope.INTROSPECT, 401)],
)
def test_an_operator_token_for_metrics_opens_them_from_anywhere(
    deployment: Deployment, scope: OperatorScope, status: int
) -> None:
    token = add_operator(deployment, "prometheus", scope)

    response = ask(deployment, AWAY, [("authorization", f"Bearer {token}")])

    assert response.status_code == status
    if status == 401:
        assert response.headers["www-authenticate"] == f'{CHALLENGE}, error="invalid_token"'


def test_a_token_for_metrics_opens_nothing_else(deployment: Deployment) -> None:
    token = add_operator(deployment, "prometheus", OperatorScope.METRICS)
    customer = deployment.make_customer()
    form = [("authorization", f"Bearer {token}"), ("content-type", FORM)]

    admin = AdminClient(deployment, token).get("/accounts")
    content = f"token={deployment.token(customer)}"
    asked = deployment.request("POST", "/oauth2/introspect", form, content)

    assert_problem(admin, 401, "unauthorized")
    assert asked.status_code == 401


FORM = "application/x-www-form-urlencoded"


def test_a_guessed_token_is_a_failure_that_is_limited(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path / "data", failures_by_name=2)
    guess: Headers = [("authorization", "Bearer wo" + "1" * 40)]

    statuses = [ask(deployment, AWAY, guess).status_code for _ in range(3)]
    deployment.close()

    assert statuses == [401, 401, 429]


def test_an_access_token_of_a_customer_opens_nothing(deployment: Deployment) -> None:
    customer = deployment.make_customer()
    headers = [("authorization", f"Bearer {deployment.token(customer)}"),
               ("x-api-key", customer.api_key)]  # fmt: skip

    assert_problem(ask(deployment, AWAY, headers), 401, "unauthorized")
