"""Who has signed in, as a browser's cookies say, and whether one of our own pages sent a form.

What a browser sends by itself, cookies, proves nothing alone: any page of any site can make it
ask us. Whatever changes something or is counted needs more, a token that only our pages know,
and the browser's word that one of our pages asks (Fetch Metadata).
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from watchword.access.errors import CrossSite, SessionEnded
from watchword.access.sessions import LIVES, SessionKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from watchword.access.sessions import NewSession, Session, SessionKeeper
    from watchword.web.http import Request

CSRF_HEADER: Final = b"x-csrf-token"
_NAMES: Final[Mapping[SessionKind | None, str]] = MappingProxyType(
    {
        SessionKind.USER: "watchword_session",
        SessionKind.CONSOLE: "watchword_console",
        None: "watchword_visitor",
    }
)
_LONGEST: Final = 128


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser, as it has come.

    Attributes:
        session: Who has signed in; None for nobody.
        secret: What its cookie holds; "" where it has none.
    """

    session: Session | None
    secret: str = field(repr=False)

    def get_session(self) -> Session:
        """Return who has signed in. Raises SessionEnded where nobody has."""
        if self.session is None:
            raise SessionEnded
        return self.session

    @property
    def csrf(self) -> str:
        """What forms of our pages send beside the cookie; "" for a browser without one."""
        if not self.secret:
            return ""
        return hmac.digest(self.secret.encode(), b"watchword csrf", "sha256").hex()


class Visits:
    """Reads and words the cookies of sessions.

    Args:
        sessions: Knows which hold.
        is_secure: Whether browsers reach us by https: then the cookies go nowhere else, and no
            other host can set them (RFC 6265bis, the `__Host-` prefix).
    """

    def __init__(self, sessions: SessionKeeper, *, is_secure: bool) -> None:
        self._sessions = sessions
        self._is_secure = is_secure

    async def find(self, request: Request, kind: SessionKind, *, is_use: bool = True) -> Visitor:
        """Return who has come.

        Args:
            request: What was asked.
            kind: Whose session is looked for.
            is_use: See `SessionKeeper.find`.

        Raises:
            StoreUnavailable: If nobody can say.
        """
        secret = self._read(request, kind)
        session = await self._sessions.find(kind, secret, is_use=is_use) if secret else None
        if session is not None:
            return Visitor(session, secret)
        return Visitor(None, self._read(request, None))

    def is_calling(self, request: Request) -> bool:
        """Tell whether a page of ours calls: with no token, and a session that may be over."""
        return (
            request.method == "POST"
            and not request.join_header(b"authorization")
            and (
                bool(self._read(request, SessionKind.USER))
                or request.find_header(CSRF_HEADER) is not None
            )
        )

    async def get_caller(self, request: Request) -> Visitor:
        """Return whose browser calls a service from a page of ours.

        Raises:
            SessionEnded: If nobody's does.
            CrossSite: If another site's page asked.
            StoreUnavailable: If nobody can say.
        """
        visitor = await self.find(request, SessionKind.USER)
        visitor.get_session()
        self.require_own_page(request, visitor, request.find_header(CSRF_HEADER) or "")
        return visitor

    async def require_session(self, visitor: Visitor) -> None:
        """Pass while a session holds, which is no use of it.

        Raises:
            SessionEnded: If it does not any more.
            StoreUnavailable: If nobody can say.
        """
        kind = visitor.get_session().kind
        if await self._sessions.find(kind, visitor.secret, is_use=False) is None:
            raise SessionEnded

    def keep(self, new: NewSession) -> tuple[bytes, bytes]:
        """Return the header by which a browser keeps a session, for as long as it can hold."""
        seconds = LIVES[new.session.kind].absolute // timedelta(seconds=1)
        return self._set(new.session.kind, new.secret, f"; Max-Age={seconds}")

    def forget(self, kind: SessionKind) -> tuple[bytes, bytes]:
        """Return the header by which a browser forgets a session."""
        return self._set(kind, "", "; Max-Age=0")

    def mark(self, secret: str) -> tuple[bytes, bytes]:
        """Return the header by which a browser without a session is known again."""
        return self._set(None, secret, "")

    def _set(self, kind: SessionKind | None, value: str, age: str) -> tuple[bytes, bytes]:
        secure = "; Secure" if self._is_secure else ""
        cookie = f"{self._name(kind)}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}"
        return (b"set-cookie", cookie.encode())

    def _name(self, kind: SessionKind | None) -> str:
        return ("__Host-" if self._is_secure else "") + _NAMES[kind]

    def _read(self, request: Request, kind: SessionKind | None) -> str:
        wanted = self._name(kind).encode()
        # Over HTTP/2 a proxy may pass cookies on in several headers. Nothing but a semicolon
        # parts them: another host of the site can set a cookie that has ours in its value.
        values = [
            value.strip(b" \t")
            for header, cookies in request.headers
            if header == b"cookie"
            for name, _, value in (pair.partition(b"=") for pair in cookies.split(b";"))
            if name.strip(b" \t") == wanted
        ]
        # Which one would count, when it was sent twice? Only somebody else's host sets a second.
        if len(values) != 1 or len(values[0]) > _LONGEST or not values[0].isalnum():
            return ""
        return values[0].decode()

    def require_own_page(self, request: Request, visitor: Visitor, token: str) -> None:
        """Pass what one of our own pages sent. Raises CrossSite."""
        site = request.find_header(b"sec-fetch-site")
        if site is None:
            # A browser of before 2023. All of them name the origin of a page that posts.
            scheme = "https" if self._is_secure else "http"
            origin = f"{scheme}://{request.join_header(b'host')}".lower()
            is_own = (request.find_header(b"origin") or "").lower() == origin
            site = "same-origin" if is_own else "another"
        if site != "same-origin":
            raise CrossSite(reason="another site's page, or none, sent it")
        if not visitor.secret or not hmac.compare_digest(visitor.csrf.encode(), token.encode()):
            raise CrossSite(reason="the token of the form is not this browser's")
