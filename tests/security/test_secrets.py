"""Secrets stay where they belong: not in logs, not in the audit log, not in error pages."""

from __future__ import annotations

import base64
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from security.forging import encode
from support.commands import operate
from support.customers import connect, make_deployment
from support.deployment import GRANT
from support.processes import running

if TYPE_CHECKING:
    from pathlib import Path

    import httpx2

    from support.customers import RemoteCustomer

FORM = {"content-type": "application/x-www-form-urlencoded"}


def ask_badly(client: httpx2.Client, customer: RemoteCustomer, wrong: list[str]) -> list[str]:
    """Send secrets, right and wrong, wherever a client might put them; return what comes back."""
    name, password, key = customer.username, customer.password, customer.api_key
    right = {"x-api-key": key}
    answers: list[httpx2.Response] = []

    def post(url: str, headers: dict[str, str], **sent: str | tuple[str, str]) -> None:
        answers.append(client.post(url, headers=headers, **sent))  # type: ignore[arg-type]

    for secret in wrong:
        post(f"/oauth2/token?{GRANT}", right, auth=(name, secret))
        post(f"/oauth2/token?{GRANT}", {"x-api-key": secret}, auth=(name, password))
        post(f"/oauth2/token?{GRANT}", right, auth=(secret, password))  # in the wrong field
        post(f"/oauth2/token?{GRANT}&client_secret={secret}", right, auth=(name, password))
        post(f"/oauth2/token?{secret}=1&{secret}=2", right, auth=(name, password))
        post("/oauth2/token", right | FORM, content=f"grant_type={secret}&scope={secret}")
        post("/oauth2/token", right | FORM, content=f"{GRANT}&client_id={name}&password={secret}")
        post("/oauth2/revoke", FORM, auth=(name, password), content=f"token={secret}")
        post("/oauth2/introspect", FORM, auth=(name, password), content=f"token={secret}")
        post("/oauth2/introspect", FORM | {"authorization": f"Bearer {secret}"}, content="token=x")
        post(f"/oauth2/token?{GRANT}", right | {"authorization": f"Basic {secret}"})
        post(f"/oauth2/token?{GRANT}", right | {"user-agent": f"robot {secret[:1]}"})
        for headers in (
            {"authorization": f"Bearer {secret}"},
            {"authorization": secret},
            {"authorization": f"Bearer {secret}", "x-api-key": secret},
        ):
            post("/profile/v1/graphql", right | headers, content='{"query": "{ info { name } }"}')
        post(f"/profile/v1/graphql?access_token={secret}", right, content="{}")
        answers.append(client.get(f"/{secret}"))
        answers.append(client.get(f"/oauth2/token/{secret}?{secret}"))
    return [answer.text + str(answer.headers) for answer in answers]


@pytest.mark.behaviour(
    20,
    "A full round at log level debug, right and wrong secrets in every place where a client may "
    "put them: none is in the log, on standard error or in an answer",
)
@pytest.mark.behaviour(
    45, "After the same round no secret is in the audit log: no password, key, token or header"
)
def test_a_full_round_leaves_no_secret_in_log_audit_log_or_answers(tmp_path: Path) -> None:
    customer = make_deployment(tmp_path / "data")
    where = ("--data-dir", str(tmp_path / "data"))
    limits = "failures_by_name = 100000\nfailures_by_address = 100000\nlog_level = 'debug'\n"
    (tmp_path / "data" / "watchword.toml").write_text(limits)
    wrong = ["hunter2hunter2", "W" * 43, "ww" + "Q" * 40, f"Z{encode(b'not-a-jwt')}.e30.c2ln"]
    log = tmp_path / "log"

    with running(["serve", "--port", "0", *where], log) as server, connect(server.url) as client:
        rotated = operate("user", "rotate", customer.username, *where)["password"]
        new_key = operate("key", "add", "--account", "acme", *where)["api_key"]
        first, live = customer.token(client), customer.token(client)
        for token in (first, live):
            customer.call(client, token)
            customer.call(client, token + "x")
        answers = ask_badly(client, customer, wrong)
        right = (customer.username, customer.password)
        client.post("/oauth2/introspect", auth=right, data={"token": live})
        client.post("/oauth2/revoke", auth=right, data={"token": live})
        customer.call(client, live)
    operate("user", "disable", customer.username, *where)
    with closing(sqlite3.connect(tmp_path / "data" / "watchword.db")) as database:
        audit = str(database.execute("SELECT record FROM audit").fetchall())

    logged = log.read_text()
    assert '"level":"info"' in logged
    assert '"refused"' in logged
    assert '"authentication.refused"' in audit
    header = base64.b64encode(":".join(right).encode()).decode()
    secrets = {customer.password, customer.api_key, rotated, new_key, first, live, header}
    secrets |= {token.split(".")[2] for token in (first, live)} | set(wrong)
    for secret in secrets:
        assert secret not in logged, secret
        assert secret not in audit, secret
        assert all(secret not in answer for answer in answers), secret
    assert "Traceback" not in logged
