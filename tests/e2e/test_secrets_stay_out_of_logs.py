"""A full round with good and bad requests, and then a search of all that was logged."""

from __future__ import annotations

import base64
from contextlib import suppress
from typing import TYPE_CHECKING

import httpx2
import pytest

from e2e.proxied import URL, make_proxied, serving
from support.commands import operate
from support.customers import connect, make_deployment
from support.processes import running
from support.upstreams import Upstream, head, then_hang_up, whole
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
        rotated = operate("user", "rotate", customer.username, *where)["password"]
        new_key = operate("key", "add", "--account", "acme", *where)["api_key"]
        operator = operate("operator", "add", "op", "--expires-in", "1d", *where)["token"]
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


QUERY_SECRET, UPSTREAM_SECRET = "query-secret-5f1c", "upstream-secret-a83d"
BROKEN_ANSWERS = {
    "nothing": b"",
    "no HTTP": UPSTREAM_SECRET.encode() + b"\r\n\r\n",
    "a version that is none": b"HTTP/" + UPSTREAM_SECRET.encode() + b" 200 OK\r\n\r\n",
    "a status that is none": b"HTTP/1.1 " + UPSTREAM_SECRET.encode() + b"\r\n\r\n",
    "a gap in a name": head(f"set-cookie : session={UPSTREAM_SECRET}", "content-length: 0"),
    "a name with a secret": head(f"x{UPSTREAM_SECRET}\x01: 1", "content-length: 0"),
    "a name that we cannot send": head(f"x({UPSTREAM_SECRET}): 1", "content-length: 0"),
    "a control character": head(f"x-a: {UPSTREAM_SECRET}\x01", "content-length: 0"),
    "a length that is none": head(f"content-length: {UPSTREAM_SECRET}"),
    "an endless header": head(f"x-a: {UPSTREAM_SECRET * 10_000}"),
    "a chunk that is none": head("transfer-encoding: chunked") + UPSTREAM_SECRET.encode(),
    "half a head": head(f"x-a: {UPSTREAM_SECRET}")[:-4],
    "half a body": head("content-length: 1000") + UPSTREAM_SECRET.encode(),
    "a redirect": whole(
        b"", f"location: http://inner/{UPSTREAM_SECRET}", status=f"302 {UPSTREAM_SECRET}"
    ),
    "wants credentials": whole(UPSTREAM_SECRET.encode(), status=f"401 {UPSTREAM_SECRET}"),
}


def test_neither_a_query_nor_what_the_upstream_said_is_logged(tmp_path: Path) -> None:
    upstream = Upstream()
    made = (tmp_path / "made", make_proxied(tmp_path / "made", upstream))
    settings = 'access_log = true\nlog_level = "debug"\nupstream_timeout = 2\n'

    with serving(tmp_path, made, upstream, settings=settings) as proxied:
        for raw in BROKEN_ANSWERS.values():
            upstream.script = then_hang_up(raw)
            for method in ("GET", "POST"):
                with suppress(httpx2.HTTPError):  # a body may break off
                    proxied.client.request(
                        method, f"{URL}?query={QUERY_SECRET}", headers=proxied.headers
                    )
        upstream.close()
        url = f"{URL}?query={QUERY_SECRET}"
        assert proxied.client.get(url, headers=proxied.headers).status_code == 502

    logged = (tmp_path / "log").read_text()
    assert logged.count("UPSTREAM_UNREACHABLE") > 20
    assert "Connection refused" in logged
    assert QUERY_SECRET not in logged
    assert UPSTREAM_SECRET not in logged
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
