"""The audits of graphql-http find that the endpoint keeps to the specification."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from support.commands import operate
from support.customers import connect

if TYPE_CHECKING:
    from clients.conftest import Served
    from support.customers import RemoteCustomer

_FOLDER = Path(__file__).parent
_NODE = str(Path(sys.executable).parent / "node")
_SECONDS = 60
_IDS = {
    "0220", "0221", "0222", "03D4", "13EE", "1B7A", "22EB", "28B9", "2C94", "2EA1", "34A2",
    "3E3A", "423L", "428F", "4655", "4760", "4761", "4762", "4763", "47DE", "51FE", "556A",
    "572B", "58B0", "58B1", "58B2", "58B3", "5A70", "5E5B", "6A70", "6C00", "6C01", "6C02",
    "6C03", "74FF", "78D5", "7B9B", "80D8", "8161", "82A3", "865D", "86EE", "8764", "94B0",
    "94B1", "94B2", "9ABE", "9C48", "A5BF", "B6DC", "B7N8", "B8B3", "BCF8", "BF61", "D586",
    "D6D5", "FDE2", "LKJ0", "LKJ1", "LKJ2", "LKJ3",
}  # fmt: skip
"""All audits of the version that is pinned, so that none is lost with the next."""


@pytest.fixture(scope="module")
def token(served: Served, users: dict[str, RemoteCustomer]) -> str:
    with connect(served.url) as client:
        return users["plain"].token(client)


@pytest.fixture(scope="module")
def key(served: Served) -> str:
    """A key of a plan that lets documents ask for the schema, as some of the audits do."""
    where = ("--data-dir", str(served.folder))
    operate("plan", "add", "curious", *where)
    limit = ("--rate", "1000000", "--burst", "1000000")
    operate("plan", "set", "curious", "profile", *limit, *where)
    operate("plan", "documents", "curious", "--introspection", *where)
    added = operate("key", "add", "--account", "acme", "--plan", "curious", *where)
    return str(added["api_key"])


def audit(url: str, key: str, token: str) -> dict[str, Any]:
    """Run the audits and return what each found, by its id."""
    done = subprocess.run(
        [_NODE, "graphql-http.mjs"],
        cwd=_FOLDER,
        env=os.environ | {"WATCHWORD_URL": url, "WATCHWORD_KEY": key, "WATCHWORD_TOKEN": token},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    "place",
    [
        "127.0.0.1:{port}/profile/v1/graphql",
        "127.0.0.1:{port}/profile/v1/graphql/",
        "profile.localhost:{port}/v1/graphql",
        "profile.localhost:{port}/v1/graphql/",
    ],
)
def test_every_audit_passes_wherever_a_service_is_called(
    served: Served, token: str, key: str, place: str
) -> None:
    url = "http://" + place.format(port=urlsplit(served.url).port)

    found = audit(url, key, token)

    assert len(found) == 61
    assert set(found) == _IDS
    assert {key: each for key, each in found.items() if each["status"] != "ok"} == {}


def test_a_plan_that_hides_the_schema_fails_those_that_ask_for_it_alone(
    served: Served, token: str
) -> None:
    found = audit(served.url + "/profile/v1/graphql", served.api_key, token)

    failed = {key for key, each in found.items() if each["status"] != "ok"}
    assert failed == {"28B9", "2EA1", "6A70", "D6D5"}


def test_an_audit_that_fails_is_told(served: Served) -> None:
    found = audit(served.url + "/profile/v1/graphql", served.api_key, "no.such.token")

    assert found["4655"]["status"] == "error"
    assert found["22EB"]["reason"]
