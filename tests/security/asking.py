"""How the tests of security ask, from which address, and what a refusal has to be."""

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, Any

import httpx2

from support.deployment import BASE_URL, code_of
from watchword.deployment import open_deployment

if TYPE_CHECKING:
    from support.deployment import Customer, Deployment

FORM = {"content-type": "application/x-www-form-urlencoded"}
CHALLENGE = 'Basic realm="watchword"'
# What may stand in an error_description (RFC 6749 section 5.2).
_DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+")


class Neighbours:
    """Asks one deployment from as many addresses as a test likes."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._clients: list[httpx2.AsyncClient] = []

    def at(self, address: str) -> Deployment:
        """Return the same deployment as it is asked from an address."""
        transport = httpx2.ASGITransport(app=self._deployment.application, client=(address, 40_000))
        client = httpx2.AsyncClient(transport=transport, base_url=BASE_URL, verify=False)
        self._clients.append(client)
        seen = copy.copy(self._deployment)
        seen._client = client
        return seen

    def close(self) -> None:
        for client in self._clients:
            self._deployment.run(client.aclose())


def assert_refused(response: httpx2.Response, status: int, error: str) -> None:
    """Pass when an OAuth endpoint refused so, with everything that a refusal carries."""
    assert (response.status_code, response.json()["error"]) == (status, error), response.text
    assert set(response.json()) == {"error", "error_description"}
    assert _DESCRIPTION.fullmatch(response.json()["error_description"])
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["pragma"] == "no-cache"
    challenge = response.headers.get("www-authenticate")
    assert challenge == (CHALLENGE if error == "invalid_client" else None)


def assert_call_refused(response: httpx2.Response, status: int, code: str) -> None:
    """Pass when a service refused so, in the Bearer scheme's words where they are due."""
    assert (response.status_code, code_of(response)) == (status, code), response.text
    assert "data" not in response.json()
    challenge = response.headers.get("www-authenticate")
    if status == 401:
        assert challenge is not None
        assert challenge.startswith('Bearer realm="watchword", ')
        assert ('error="invalid_token"' in challenge) == (code != "TOKEN_MISSING")


def assert_live(deployment: Deployment, customer: Customer, token: str) -> None:
    """Pass when the token opens the service."""
    answer = deployment.call(token, customer.api_key)
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["info"]["name"] == "profile"


def without_correlation(response: httpx2.Response) -> tuple[int, list[tuple[str, str]], bytes]:
    """Return the whole answer but for the id that is drawn anew for each."""
    headers = [item for item in response.headers.multi_items() if item[0] != "x-correlation-id"]
    return response.status_code, headers, response.content


def audit_of(deployment: Deployment) -> list[dict[str, Any]]:
    """Return the audit log, oldest first."""

    async def read() -> list[dict[str, Any]]:
        async with open_deployment(deployment.settings, deployment.clock) as opened:
            trail = opened.trail(deployment.clock)
            return [json.loads(record.text) async for record in trail.read()]

    return deployment.run(read())
