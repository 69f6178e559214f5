"""Lets calls in as a service of one's own would: PyJWT verifies tokens, a dict knows the keys."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import jwt
import msgspec

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping
    from pathlib import Path

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    App = Callable[[Message, Receive, Send], Awaitable[None]]

_ALGORITHMS: Final = ["ES256"]
_REQUIRED: Final[jwt.types.Options] = {"require": ["exp", "aud", "iss"]}
_BEARER: Final = b"Bearer "
_MOST: Final = 10_000
_NO_DOCUMENT: Final = b'{"errors":[{"message":"Unauthorized"}]}'


class Callers(msgspec.Struct, frozen=True):
    """Whom a peer lets in.

    Attributes:
        jwks: The keys that tokens are signed with, as their issuer publishes them.
        audience: The service, as tokens name it.
        api_keys: Every key, and the account that it belongs to.
    """

    jwks: dict[str, Any]
    issuer: str
    audience: str
    api_keys: dict[str, str]


class Admission:
    """Asks before an application whether the caller may call it.

    Args:
        app: The application.
        callers: Whom to let in.
        remembers: Whether a token that was verified is let in until it expires.
    """

    def __init__(self, app: App, callers: Callers, *, remembers: bool) -> None:
        self._app = app
        self._callers = callers
        self._remembers = remembers
        self._api_keys = {key.encode() for key in callers.api_keys}
        self._keys = {key.key_id: key for key in jwt.PyJWKSet.from_dict(callers.jwks).keys}
        self._known: dict[bytes, float] = {}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if self._admits(dict(scope["headers"])):
            await self._app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 401, "headers": []})
        await send({"type": "http.response.body", "body": _NO_DOCUMENT})

    def _admits(self, headers: dict[bytes, bytes]) -> bool:
        presented = headers.get(b"authorization", b"")
        if headers.get(b"x-api-key") not in self._api_keys or not presented.startswith(_BEARER):
            return False
        if not self._remembers:
            return self._verify(presented) is not None
        expires = self._known.get(presented)
        if expires is None:
            expires = self._verify(presented)
            if expires is None:
                return False
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[presented] = expires
        return expires > time.time()

    def _verify(self, presented: bytes) -> float | None:
        """Return when a token expires, or None where it is not good."""
        token = presented[len(_BEARER) :].decode("latin-1")
        try:
            claims = jwt.decode(
                token,
                self._keys[jwt.get_unverified_header(token)["kid"]],
                algorithms=_ALGORITHMS,
                audience=self._callers.audience,
                issuer=self._callers.issuer,
                options=_REQUIRED,
            )
        except (jwt.InvalidTokenError, KeyError):
            return None
        return float(claims["exp"])


def read_callers(file: Path) -> Callers:
    """Return whom the benchmark lets in."""
    return msgspec.json.decode(file.read_bytes(), type=Callers)
