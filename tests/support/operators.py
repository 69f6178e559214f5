"""An operator's program: asks the admin API of a deployment in this process."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from support.deployment import OPERATOR
from watchword.access.model import OperatorScope
from watchword.deployment import open_deployment

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import httpx2

    from support.deployment import Deployment
    from watchword.access.operators import OperatorRegistry

T = TypeVar("T")
LIFETIME = timedelta(days=90)


def operate_operators(
    deployment: Deployment, question: Callable[[OperatorRegistry], Awaitable[T]]
) -> T:
    """Do what `watchword operator` does."""

    async def carry_out() -> T:
        async with open_deployment(deployment.settings, deployment.clock) as opened:
            return await question(opened.operators(deployment.clock, deployment.dice, OPERATOR))

    return deployment.run(carry_out())


def add_operator(
    deployment: Deployment, name: str, scope: OperatorScope = OperatorScope.ADMIN
) -> str:
    """Make an operator token and return it."""
    made = operate_operators(
        deployment, lambda operators: operators.add_operator(name, scope, LIFETIME)
    )
    return made.token


class AdminClient:
    """Asks with one operator token."""

    def __init__(self, deployment: Deployment, token: str) -> None:
        self.token = token
        self._deployment = deployment

    def ask(
        self,
        method: str,
        path: str,
        body: str | None = None,
        content_type: str = "application/json",
    ) -> httpx2.Response:
        headers = [("authorization", f"Bearer {self.token}")]
        if body is not None:
            headers.append(("content-type", content_type))
        return self._deployment.request(method, f"/admin/v1{path}", headers, body or "")

    def get(self, path: str) -> httpx2.Response:
        return self.ask("GET", path)

    def post(self, path: str, **members: Any) -> httpx2.Response:
        return self.ask("POST", path, json.dumps(members) if members else None)

    def read_pages(self, path: str, limit: int) -> list[list[Any]]:
        """Follow `next` to the end."""
        page = self.get(f"{path}?limit={limit}").json()
        pages = [page["items"]]
        while page["next"] is not None:
            page = self.get(f"{path}?limit={limit}&after={page['next']}").json()
            pages.append(page["items"])
        return pages


def assert_problem(response: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """Assert that a refusal is a problem (RFC 9457), and return its members."""
    problem: dict[str, Any] = response.json()
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    assert problem["type"] == "about:blank"
    assert problem["status"] == status
    assert problem["code"] == code
    assert problem["correlation_id"] == response.headers["x-correlation-id"]
    return problem
