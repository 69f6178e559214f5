"""A full round with good and bad requests, and then a search of all that was logged."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from support.customers import connect, make_deployment
from support.processes import run_json, running
from watchword.settings import FILE_NAME

if TYPE_CHECKING:
    from pathlib import Path

GRANT = "grant_type=client_credentials"


@pytest.mark.parametrize("settings", ["", 'access_log = true\nlog_level = "debug"\n'])
def test_no_password_key_token_or_basic_header_is_logged_in_a_full_round(
    tmp_path: Path, settings: str
) -> None:
    customer = make_deployment(tmp_path / "data")
    (tmp_path / "data" / FILE_NAME).write_text(settings, "utf-8")
    where = ("--data-dir", str(tmp_path / "data"))
    log = tmp_path / "log"
    arguments = ["serve", "--port", "0", *where]
    encoded = base64.b64encode(f"{customer.username}:{customer.password}".encode()).decode()
    secrets = {customer.password, customer.api_key, encoded}

    with running(arguments, log) as server, connect(server.url) as client:
        rotated = run_json("user", "rotate", customer.username, *where)["password"]
        new_key = run_json("key", "add", "--account", "acme", *where)["api_key"]
        operator = run_json("operator", "add", "op", "--expires-in", "1d", *where)["token"]
        for _ in range(2):
            token = customer.token(client)
            secrets |= {token, token.split(".")[2]}
            assert customer.call(client, token).status_code == 200
        tokens = [secret for secret in secrets if secret.startswith("eyJ")]
        basic, key = {"authorization": f"Basic {encoded}"}, {"x-api-key": customer.api_key}
        for old in tokens:
            customer.call(client, old)
            customer.call(client, old + "x")
        client.post(f"/oauth2/token?{GRANT}", headers=basic)
        client.post(f"/oauth2/token?{GRANT}&password={customer.password}", headers=basic | key)
        client.post(f"/oauth2/token?{GRANT}&x-api-key={customer.api_key}", headers=basic | key)
        client.post(f"/oauth2/token?{GRANT}", auth=(customer.username, rotated + "x"), headers=key)
        client.post(f"/oauth2/token?{GRANT}", headers={"authorization": f"Basic {encoded}="} | key)
        client.post("/oauth2/token", headers=basic | key, content="x" * 20_000)
        client.get(f"/profile/v1/graphql?access_token={token}", headers=key)
        client.get(f"/{token}")
        client.get("/metrics", headers={"authorization": f"Bearer {operator}", "via": "proxy"})
        client.get(f"/metrics?access_token={operator}")
        client.get("/profile/authorize", headers=key | {"authorization": f"Bearer {token}"})
        client.get(f"/{customer.api_key}/{customer.password}")
        client.post("/profile/v1/graphql", headers=key | {"authorization": token}, content="{")

    logged = log.read_text()
    assert "refused" in logged
    assert ("watchword.access" in logged) == ("access_log" in settings)
    for secret in secrets | {rotated, new_key, operator}:
        assert secret not in logged
    assert "Traceback" not in logged


@pytest.mark.behaviour(
    16,
    "The files of the deployment hold no password, key, token or private key in the clear",
)
def test_the_database_holds_no_secret_in_the_clear(tmp_path: Path) -> None:
    customer = make_deployment(tmp_path / "data")
    with (
        running(
            ["serve", "--port", "0", "--data-dir", str(tmp_path / "data")], tmp_path / "log"
        ) as server,
        connect(server.url) as client,
    ):
        token = customer.token(client)
        files = [path.read_bytes() for path in (tmp_path / "data").glob("watchword.db*")]

    assert files
    for secret in (customer.password, customer.api_key, token, token.split(".")[2]):
        assert all(secret.encode() not in octets for octets in files)
    assert all(b"PRIVATE KEY" not in octets for octets in files)
