"""Schemathesis asks a real server whatever its OpenAPI document allows, and what it forbids."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.customers import RemoteCustomer, connect
from support.deployment import OPERATOR
from support.processes import running
from watchword.access.model import Limit, OperatorScope
from watchword.bootstrap.services import build_services
from watchword.deployment import initialise, open_deployment
from watchword.services.trusted_documents import DocumentJudge
from watchword.settings import FILE_NAME, load_settings
from watchword.system import SystemClock, SystemRandomness

if TYPE_CHECKING:
    from support.processes import Server

PROGRAM = Path(sys.executable).parent / "schemathesis"
EXAMPLES = 10
TEXTS = ["query A { a }", "query B { b }", "mutation C { c }"]
# Most requests are refused on purpose, all from one address: nothing is to be held back.
SETTINGS = "failures_by_name = 1000000\nfailures_by_address = 1000000\n"
# What exists is named in most requests, so that they succeed; what is drawn does not exist. The
# OAuth endpoints have a customer of their own, whom no operation here disables.
CONFIGURATION = """
[dictionaries]
accounts = {{ values = ["acme"] }}
users = {{ values = ["svc-acme"] }}
plans = {{ values = ["gold"] }}
services = {{ values = ["matching"] }}
packages = {{ values = ["wealth"] }}
ids = {{ values = ["{document_id}"] }}
texts = {{ values = [{texts}] }}
new_accounts = {{ values = ["zeta", "eta", "theta", "iota"] }}
new_users = {{ values = ["svc-1", "svc-2", "svc-3", "svc-4"] }}
keys = {{ values = ["{key_id}"] }}
grants = {{ values = ["client_credentials"] }}
tokens = {{ values = ["{live_token}"] }}

[parameters]
"path.account" = {{ dictionary = "accounts", probability = 0.7 }}
"path.username" = {{ dictionary = "users", probability = 0.7 }}
"path.plan" = {{ dictionary = "plans", probability = 0.7 }}
"path.service" = {{ dictionary = "services", probability = 0.7 }}
"path.package" = {{ dictionary = "packages", probability = 0.7 }}
"path.document_id" = {{ dictionary = "ids", probability = 0.7 }}
"query.service" = {{ dictionary = "services", probability = 0.7 }}
"path.key_id" = {{ dictionary = "keys", probability = 0.7 }}
"query.account" = {{ dictionary = "accounts", probability = 0.7 }}
"body.account" = {{ dictionary = "accounts", probability = 0.7 }}
"body.plan" = {{ dictionary = "plans", probability = 0.3 }}
"query.grant_type" = {{ dictionary = "grants", probability = 0.7 }}
"body.token" = {{ dictionary = "tokens", probability = 0.5 }}

[auth.openapi]
operator = {{ bearer = "{operator_token}" }}
basic = {{ username = "svc-tokens", password = "{password}" }}
apiKey = {{ api_key = "{api_key}" }}

[[operations]]
include-operation-id = "add_account"
parameters."body.account" = {{ dictionary = "new_accounts", probability = 0.5 }}
parameters."body.services[*]" = {{ dictionary = "services", probability = 0.9 }}
parameters."body.packages[*]" = {{ dictionary = "packages", probability = 0.9 }}

# What is a document, and what is not, is more than a schema can say.
[[operations]]
include-path-regex = "/documents$"
parameters."body.text" = {{ dictionary = "texts", probability = 0.9 }}
checks.positive_data_acceptance.enabled = false

[[operations]]
include-operation-id = "add_user"
parameters."body.username" = {{ dictionary = "new_users", probability = 0.5 }}

# Which scopes are granted, and that credentials do not contradict one another, is more than a
# schema can say; tests of their own look after it.
[[operations]]
include-path-regex = "^/oauth2/"
checks.positive_data_acceptance.enabled = false
checks.ignored_auth.enabled = false
"""


async def make_deployment(folder: Path) -> dict[str, str]:
    """Make what the requests are about, and return what is needed to ask."""
    settings, clock, dice = load_settings(data_dir=folder), SystemClock(), SystemRandomness()
    await initialise(settings, build_services(settings, clock), clock, dice, OPERATOR)
    (folder / FILE_NAME).write_text(SETTINGS, "utf-8")
    async with open_deployment(settings, clock) as deployment:
        registry = deployment.registry(clock, dice, OPERATOR)
        operators = deployment.operators(clock, dice, OPERATOR)
        await registry.add_service("matching", "Matching", "")
        await registry.add_plan("gold", {"matching": Limit(5, 3, 100)})
        for account in ("acme", "tokens"):
            await registry.add_account(account, "", ["profile"])
        await registry.add_service_user("acme", "svc-acme")
        key = await registry.add_api_key("acme", "preview", "", None)
        own_user = await registry.add_service_user("tokens", "svc-tokens")
        other_user = await registry.add_service_user("tokens", "svc-live")
        own_key = await registry.add_api_key("tokens", "preview", "", None)
        judge = DocumentJudge(build_services(settings, clock))
        documents = deployment.documents(clock, OPERATOR, judge.require_valid)
        for owner in (None, "acme"):
            document = await documents.add_document("matching", TEXTS[0], owner)
        operator = await operators.add_operator("tester", OperatorScope.ADMIN, timedelta(days=1))
    return {
        "key_id": key.record.id,
        "document_id": document.id,
        "texts": ", ".join(map(json.dumps, TEXTS)),
        "operator_token": operator.token,
        "api_key": own_key.key,
        "password": own_user.password,
        "live_password": other_user.password,
    }


def ask_everything(server: Server, known: dict[str, str], folder: Path) -> Path:
    """Run schemathesis to its end and return its report; it fails with what it found."""
    configuration = folder / "schemathesis.toml"
    configuration.write_text(CONFIGURATION.format(**known), "utf-8")
    report = folder / "report.ndjson"
    done = subprocess.run(
        [
            *(PROGRAM, "--config-file", configuration, "run", f"{server.url}/openapi.json"),
            *("--phases", "examples,coverage,fuzzing"),
            *("--max-examples", str(EXAMPLES), "--generation-deterministic"),
            *("--report", "ndjson", "--report-ndjson-path", report, "--no-color"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return report


def statuses_by_operation(report: Path) -> dict[str, set[int]]:
    """Return what each operation was answered with, requests of other methods left out."""
    found: dict[str, set[int]] = {}
    for line in report.read_text("utf-8").splitlines():
        recorder: dict[str, Any] = json.loads(line).get("ScenarioFinished", {}).get("recorder", {})
        for number, interaction in recorder.get("interactions", {}).items():
            case = recorder["cases"][number]["value"]
            if interaction["response"] and recorder["label"] == f"{case['method']} {case['path']}":
                status = interaction["response"]["status_code"]
                found.setdefault(recorder["label"], set()).add(status)
    return found


@pytest.mark.slow
def test_every_answer_is_a_declared_one_and_every_operation_succeeds_at_least_once(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    known = asyncio.run(make_deployment(data))
    arguments = ["serve", "--port", "0", "--data-dir", str(data)]
    with running(arguments, tmp_path / "server.log") as server, connect(server.url) as client:
        live = RemoteCustomer("svc-live", known["live_password"], known["api_key"])
        document = client.get("/openapi.json").json()

        report = ask_everything(server, {**known, "live_token": live.token(client)}, tmp_path)

    found = statuses_by_operation(report)
    operations = {
        f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item
    }
    assert {name for name, statuses in found.items() if statuses & {200, 201}} == operations
    assert "a request failed" not in (tmp_path / "server.log").read_text("utf-8")
