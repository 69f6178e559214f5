"""Service users sign in and out. A session issues no access token, and ends none."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from watchword.access.authenticating import Presented
from watchword.access.credentials import PASSWORD_LENGTH
from watchword.access.errors import InvalidClient, SlowDown
from watchword.access.sessions import SessionKind
from watchword.web.pages.visit import Route

if TYPE_CHECKING:
    from collections.abc import Mapping

    from watchword.web.http import Response
    from watchword.web.pages.visit import Visit

HOME: Final = "/services"
_LOCAL: Final = re.compile(r"/(?![/\\])[!-~]*", re.ASCII)


async def _show(visit: Visit) -> Response:
    if visit.visitor.session is not None:
        return visit.redirect(_next(visit.query()))
    return _form(visit, next_page=_next(visit.query()))


async def _sign_in(visit: Visit) -> Response:
    form, parts = visit.form, visit.parts
    username, next_page = form.get("username", "").strip(), _next(form)
    presented = Presented(
        username, form.get("password", ""), None, needs_key=False, source=visit.request.source
    )
    try:
        proven = await parts.authenticator.authenticate(presented)
    except InvalidClient:
        told = "User name and password do not belong together, or the user is disabled."
        return _form(visit, next_page=next_page, told=told, status=HTTPStatus.UNAUTHORIZED)
    except SlowDown as error:
        seconds = str(int(error.retry_after.total_seconds()) + 1)
        told = f"Too many failed attempts. Try again in {seconds} seconds."
        status = HTTPStatus.TOO_MANY_REQUESTS
        return _form(visit, next_page=next_page, told=told, status=status, wait=seconds)
    name = proven.client.username
    # Another secret than before, so that nobody can have planted this one.
    new = await parts.sessions.begin(SessionKind.USER, name, visit.request.source)
    return visit.redirect(next_page, parts.visits.keep(new))


async def _sign_out(visit: Visit) -> Response:
    if visit.visitor.session is not None:
        await visit.parts.sessions.end(visit.session)
    return visit.redirect(HOME, visit.parts.visits.forget(SessionKind.USER))


async def _sign_out_everywhere(visit: Visit) -> Response:
    await visit.parts.sessions.end_all(SessionKind.USER, visit.session.name, visit.by)
    return visit.redirect(HOME, visit.parts.visits.forget(SessionKind.USER))


def _form(
    visit: Visit, *, next_page: str, told: str = "", status: int = 200, wait: str = ""
) -> Response:
    headers = [(b"retry-after", wait.encode())] if wait else []
    username = visit.form.get("username", "")
    return visit.render(
        "sign_in.html",
        *headers,
        status=status,
        next_page=next_page,
        told=told,
        # A password that was typed into the wrong field is not shown again.
        username=username if len(username) < PASSWORD_LENGTH else "",
    )


def _next(values: Mapping[str, str]) -> str:
    """Return the page to go on with: one of ours, whatever the link says."""
    asked = values.get("next", HOME)
    return asked if _LOCAL.fullmatch(asked) else HOME


ROUTES: Final = (
    Route("GET", "/sign-in", _show, has_form=True),
    Route("POST", "/sign-in", _sign_in, has_form=True),
    Route("POST", "/sign-out", _sign_out),
    Route("POST", "/sign-out/everywhere", _sign_out_everywhere, needs=SessionKind.USER),
)
