"""The GraphQL servers that watchword is compared with: how each is started, asked and checked.

How each is configured stands in README.md.
"""

from __future__ import annotations

import sys
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from wrk import Call, ask

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from launching import Server

_HERE: Final = Path(__file__).parent / "peers_graphql"
_JWKS_PATH: Final = "/.well-known/jwks.json"
_SERVICE: Final = "profile"
_CALLERS_FILE: Final = "callers.json"
_PACKAGES: Final = ("strawberry-graphql", "ariadne", "pyjwt", "graphql-core", "starlette")


@dataclass(frozen=True, slots=True)
class GraphQLPeer:
    """A server of another library, in one of its configurations.

    Attributes:
        remembers: Whether it verifies a token once.
        cases: Where it takes part.
    """

    name: str
    program: str
    remembers: bool
    cases: frozenset[str]

    def command(self, folder: Path, database: Path) -> list[str]:
        """Return what starts it; the folder holds whom it lets in."""
        choice = "remembering" if self.remembers else "verifying"
        return [sys.executable, str(_HERE / self.program), str(folder), str(database), choice]


_PERSON: Final = frozenset({"person"})
_ALL: Final = frozenset({"person", "page", "search-1", "search-4"})
# Of a larger answer a signature is a small part, so that one of each is enough there.
PEERS: Final = (
    GraphQLPeer("Strawberry", "strawberry_peer.py", remembers=False, cases=_PERSON),
    GraphQLPeer("Strawberry, token remembered", "strawberry_peer.py", remembers=True, cases=_ALL),
    GraphQLPeer(
        "Strawberry, DataLoader",
        "strawberry_loaders_peer.py",
        remembers=False,
        cases=_PERSON | {"page"},
    ),
    GraphQLPeer("Ariadne", "ariadne_peer.py", remembers=False, cases=_PERSON),
    GraphQLPeer("Ariadne, token remembered", "ariadne_peer.py", remembers=True, cases=_ALL),
)


def find_versions() -> dict[str, str]:
    """Return the versions of what the peers are made of."""
    return {name: version(name) for name in _PACKAGES}


def name_callers(folder: Path, port: int, token: str, api_key: str) -> None:
    """Write down for the peers whom they let in: who has a token of the server on this port."""
    payload = token.split(".")[1]
    claims = msgspec.json.decode(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    named = {
        "jwks": msgspec.json.decode(ask(port, Call(_JWKS_PATH, (), b"", "GET")).body),
        "issuer": claims["iss"],
        "audience": _SERVICE,
        "api_keys": {api_key: "bench"},
    }
    (folder / _CALLERS_FILE).write_bytes(msgspec.json.encode(named))


def check_admission(name: str, server: Server, call: Call) -> None:
    """Make sure that a server asks for a token that is signed, and for a key that it knows.

    Raises:
        RuntimeError: If it lets somebody else in.
    """
    for spoilt in ("authorization", "x-api-key"):
        headers = tuple(
            (key, _spoil(value) if key.lower() == spoilt else value) for key, value in call.headers
        )
        changed = Call(call.path, headers, call.body)
        refusals = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
        if not any(_answers(server, changed, status) for status in refusals):
            raise RuntimeError(f"{name} let in a call with another {spoilt}")


def check_answers(servers: Mapping[str, Server], calls: Sequence[Call]) -> None:
    """Make sure that all servers give the same data.

    Raises:
        RuntimeError: If two differ, or an answer tells of errors.
    """
    for call in calls:
        given = {name: _data(server, call) for name, server in servers.items()}
        first, *others = given
        for other in others:
            if given[other] != given[first]:
                raise RuntimeError(
                    f"{first} and {other} differ for {call.body.decode()}:\n"
                    f"{given[first]}\n{given[other]}"
                )


def _data(server: Server, call: Call) -> Any:  # noqa: ANN401 - any JSON
    return msgspec.json.decode(ask(server.port, call).body)["data"]


def _answers(server: Server, call: Call, status: HTTPStatus) -> bool:
    try:
        ask(server.port, call, expected=status)
    except RuntimeError:
        return False
    return True


def _spoil(value: str) -> str:
    # Within the signature, or the key: the last character of a signature holds spare bits.
    place = len(value) - 10
    other = "A" if value[place] != "A" else "B"
    return value[:place] + other + value[place + 1 :]
