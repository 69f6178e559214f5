"""What was admitted is told, on the CLI and over the admin API, and nothing that was refused."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from support.deployment import Customer, Deployment
from support.operators import AdminClient, add_operator, assert_problem
from watchword.cli.main import run

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

NAMED = '{"query": "query Roles { info { name } }", "operationName": "Roles"}'


@pytest.fixture
def used(tmp_path: Path) -> Generator[tuple[Deployment, Customer]]:
    """A deployment in which requests were made on two days, and handed over by a stop."""
    deployment = Deployment(tmp_path / "deployment")
    customer = deployment.make_customer(plan="preview")
    for _ in range(2):
        token = deployment.token(customer)
        for _ in range(5):  # of which the burst admits three
            deployment.call(token, customer.api_key, content=NAMED)
        deployment.call(token, "no key")
        deployment.clock.advance(timedelta(days=1))
    token = deployment.token(customer)
    deployment.request(
        "GET",
        "/profile/authorize",
        [("authorization", f"Bearer {token}"), ("x-api-key", customer.api_key)],
    )
    deployment.run(deployment.application.shutdown())
    deployment.run(deployment.application.startup())
    yield deployment, customer
    deployment.close()


def tell(capsys: pytest.CaptureFixture[str], deployment: Deployment, *arguments: str) -> str:
    """Run `watchword usage` for the days of the test: the command has the machine's clock."""
    days = ("--since", "2026-11-20", "--until", "2026-11-30")
    assert run(["usage", *days, *arguments, "--data-dir", str(deployment.settings.data_dir)]) == 0
    return capsys.readouterr().out


def test_usage_is_told_by_day_account_key_service_and_operation(
    used: tuple[Deployment, Customer], capsys: pytest.CaptureFixture[str]
) -> None:
    deployment, customer = used

    told: list[dict[str, Any]] = json.loads(tell(capsys, deployment, "--json"))

    common = {"account": "acme", "key_id": customer.key_id, "service": "profile"}
    assert told == [
        {"day": "2026-11-23", **common, "operation": "Roles", "requests": 3},
        {"day": "2026-11-24", **common, "operation": "Roles", "requests": 3},
        {"day": "2026-11-25", **common, "operation": "", "requests": 1},
    ]


def test_usage_is_summed_up_by_what_is_asked_for(
    used: tuple[Deployment, Customer], capsys: pytest.CaptureFixture[str]
) -> None:
    deployment, _ = used

    text = tell(capsys, deployment, "--csv", "--by", "account", "operation")

    assert list(csv.reader(io.StringIO(text))) == [
        ["account", "operation", "requests"],
        ["acme", "", "1"],
        ["acme", "Roles", "6"],
    ]


def test_usage_over_the_admin_api_is_the_same_and_comes_in_pages(
    used: tuple[Deployment, Customer],
) -> None:
    deployment, customer = used
    admin = AdminClient(deployment, add_operator(deployment, "alice"))

    whole = admin.get("/usage").json()["items"]
    pages = admin.read_pages("/usage", limit=1)

    assert [item["requests"] for item in whole] == [3, 3, 1]
    assert [item for page in pages for item in page] == whole
    assert {item["key_id"] for item in whole} == {customer.key_id}
    one_day = admin.get("/usage?since=2026-11-24&until=2026-11-24&account=acme").json()["items"]
    assert [item["day"] for item in one_day] == ["2026-11-24"]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("since=2026-11-25&until=2026-11-24", 422, "malformed"),
        ("after=nonsense", 422, "malformed"),
        ("account=nobody", 404, "unknown"),
        ("since=yesterday", 400, "bad_request"),
    ],
)
def test_a_report_that_cannot_be_made_says_why(
    deployment: Deployment, query: str, status: int, code: str
) -> None:
    admin = AdminClient(deployment, add_operator(deployment, "alice"))

    assert_problem(admin.get(f"/usage?{query}"), status, code)


@pytest.mark.parametrize("name", ["=cmd()", "a" * 65, "Röle", "with space"])
def test_a_name_that_is_no_operation_s_is_counted_among_the_others(
    deployment: Deployment, customer: Customer, name: str
) -> None:
    body = json.dumps({"query": "{ info { name } }", "operationName": name})
    deployment.call(deployment.token(customer), customer.api_key, content=body)
    deployment.run(deployment.application.shutdown())
    deployment.run(deployment.application.startup())
    admin = AdminClient(deployment, add_operator(deployment, "alice"))

    (item,) = admin.get("/usage").json()["items"]

    assert item["operation"] == "(others)"
