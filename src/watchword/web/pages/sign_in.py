"""Service users sign in and out. A session issues no access token, and ends none."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from watchword.access.authenticating import Presented
from watchword.access.errors import InvalidClient, SlowDown
from watchword.access.sessions import SessionKind
from watchword.web.pages.entering import Entrance
from watchword.web.pages.visit import Route

if TYPE_CHECKING:
    from watchword.web.http import Response
    from watchword.web.pages.visit import Visit

HOME: Final = "/services"
_ENTRANCE: Final = Entrance(
    SessionKind.USER,
    "sign_in.html",
    field="username",
    home=HOME,
    outside=HOME,
    own=re.compile(r"/(?![/\\])[!-~]*", re.ASCII),
)


async def _show(visit: Visit) -> Response:
    return _ENTRANCE.form(visit) if visit.visitor.session is None else _ENTRANCE.go_on(visit)


async def _sign_in(visit: Visit) -> Response:
    form = visit.form
    username, password = form.get("username", "").strip(), form.get("password", "")
    presented = Presented(username, password, None, needs_key=False, source=visit.request.source)
    try:
        proven = await visit.parts.authenticator.authenticate(presented)
    except InvalidClient:
        told = "User name and password do not belong together, or the user is disabled."
        return _ENTRANCE.form(visit, told, HTTPStatus.UNAUTHORIZED)
    except SlowDown as error:
        return _ENTRANCE.slow_down(visit, error)
    return await _ENTRANCE.let_in(visit, proven.client.username)


ROUTES: Final = (
    Route("GET", "/sign-in", _show, has_form=True),
    Route("POST", "/sign-in", _sign_in, has_form=True),
    Route("POST", "/sign-out", _ENTRANCE.sign_out),
    Route("POST", "/sign-out/everywhere", _ENTRANCE.sign_out_everywhere, needs=SessionKind.USER),
)
