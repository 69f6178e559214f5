"""Node.js's OAuth clients, as their packages come, use the server unadapted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from clients.conftest import Served
    from support.customers import RemoteCustomer

_FOLDER = Path(__file__).parent
_NODE = str(Path(sys.executable).parent / "node")
_SECONDS = 60
_ERRORS = {
    "oauth4webapi": "WWWAuthenticateChallengeError",
    "openid-client": "WWWAuthenticateChallengeError",
    "simple-oauth2": "Boom",
}
_WAYS = [
    ("oauth4webapi", "basic"),
    ("oauth4webapi", "post"),
    ("openid-client", "basic"),
    ("openid-client", "post"),
    ("simple-oauth2", "strict"),
    ("simple-oauth2", "loose"),
    ("simple-oauth2", "body"),
]
_ENCODED = str.maketrans({sign: f"%{ord(sign):X}" for sign in "-._~@"})
_ENCODINGS: list[tuple[tuple[str, str], Callable[[str], str]]] = [
    (("oauth4webapi", "basic"), lambda name: name.translate(_ENCODED)),
    (("openid-client", "basic"), lambda name: name.translate(_ENCODED)),
    (("simple-oauth2", "strict"), quote),
    (("simple-oauth2", "loose"), str),
]
_ACCEPTED = {"status": 200, "data": {"info": {"name": "profile"}}}

Told = dict[str, Any]
"""What a client told of one of its ways, with one service user."""


def _run(name: str, served: Served, users: dict[str, RemoteCustomer]) -> list[Told]:
    assert (_FOLDER / "node_modules").is_dir(), "the clients are not installed: run `make setup`"
    given = [{"username": user.username, "password": user.password} for user in users.values()]
    done = subprocess.run(
        [_NODE, f"{name}.mjs"],
        cwd=_FOLDER,
        env=os.environ
        | {
            "WATCHWORD_URL": served.url,
            "WATCHWORD_KEY": served.api_key,
            "WATCHWORD_USERS": json.dumps(given),
        },
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: list[Told] = json.loads(done.stdout)
    return told


@pytest.fixture(scope="module")
def run(served: Served, users: dict[str, RemoteCustomer]) -> Callable[[str], list[Told]]:
    """Runs a client, once in this process of pytest's, and returns what it told."""
    return cache(lambda name: _run(name, served, users))


# Of the module, so that the tests of one client run side by side and others need not start it.
@pytest.fixture(scope="module", params=_WAYS, ids=" ".join)
def way(request: pytest.FixtureRequest) -> tuple[str, str]:
    client, kind = request.param
    return client, kind


@pytest.fixture(params=["plain", "odd"])
def told(
    request: pytest.FixtureRequest,
    way: tuple[str, str],
    run: Callable[[str], list[Told]],
    users: dict[str, RemoteCustomer],
) -> Told:
    client, kind = way
    wanted = (kind, users[request.param].username)
    (found,) = [each for each in run(client) if (each["way"], each["username"]) == wanted]
    return found


def test_a_client_gets_a_bearer_token_of_eight_hours(told: Told) -> None:
    issued = told["issued"]

    # The type is case-insensitive (RFC 6749 section 5.1); two of the clients tell it in small.
    assert (issued["token_type"].title(), issued["expires_in"]) == ("Bearer", 28_800)


def test_a_service_accepts_the_token_of_a_client(told: Told) -> None:
    assert told["accepted"] == _ACCEPTED


def test_a_second_token_of_a_client_ends_its_first(told: Told) -> None:
    refused = told["superseded"]

    assert (refused["status"], refused["code"]) == (401, "TOKEN_SUPERSEDED")
    assert told["renewed"] == _ACCEPTED


def test_a_wrong_password_is_the_clients_own_error(told: Told, way: tuple[str, str]) -> None:
    error = _ERRORS[way[0]]

    assert told["refused"] == {"type": error, "status": 401, "code": "invalid_client"}


def test_a_token_that_a_client_revoked_is_refused(told: Told) -> None:
    refused = told["ended"]["asked"]

    assert (refused["status"], refused["code"]) == (401, "TOKEN_REVOKED")


@pytest.mark.parametrize(
    ("way", "encode"), _ENCODINGS, ids=[" ".join(way) for way, _ in _ENCODINGS], indirect=["way"]
)
def test_a_client_sends_the_name_in_its_own_encoding(
    told: Told, encode: Callable[[str], str]
) -> None:
    assert told["nameSent"] == encode(told["username"])


@pytest.mark.parametrize("way", _WAYS[:4], ids=" ".join, indirect=True)
def test_a_client_that_introspects_finds_the_live_token_and_no_other(told: Told) -> None:
    live = told["introspected"]["live"]

    assert (live["active"], live["client_id"]) == (True, told["username"])
    assert told["introspected"]["superseded"] == {"active": False}
    assert told["ended"]["introspected"] == {"active": False}


@pytest.mark.parametrize("way", _WAYS[:4], ids=" ".join, indirect=True)
def test_a_client_reads_from_the_challenge_why_a_token_was_refused(told: Told) -> None:
    refused = told["superseded"]

    assert (refused["scheme"], refused["error"]) == ("bearer", "invalid_token")


@pytest.mark.parametrize("way", _WAYS[:2], ids=" ".join, indirect=True)
def test_oauth4webapi_validates_the_token_by_what_it_discovered(told: Told, served: Served) -> None:
    claims = told["valid"]

    assert (claims["iss"], claims["aud"]) == (served.url, ["profile"])
    assert claims["sub"] == claims["client_id"] == told["username"]
