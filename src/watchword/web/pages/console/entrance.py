"""People sign in to the console and out: name, password and code in one form."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from watchword.access.console_door import PresentedPerson
from watchword.access.credentials import PASSWORD_LENGTH
from watchword.access.errors import SignInRefused, SlowDown
from watchword.access.sessions import SessionKind
from watchword.web.pages.visit import Route

if TYPE_CHECKING:
    from watchword.access.console import ConsoleUser
    from watchword.web.http import Response
    from watchword.web.pages.visit import Visit

HOME: Final = "/console"
SIGN_IN: Final = HOME + "/sign-in"
_LOCAL: Final = re.compile(r"/console(?:[/?][!-~]*)?", re.ASCII)


async def find_user(visit: Visit) -> ConsoleUser | None:
    """Return who has signed in, and may go on."""
    session = visit.visitor.session
    return None if session is None else await visit.parts.door.find_user(session)


async def _show(visit: Visit) -> Response:
    next_page = to_page(visit.query().get("next", HOME))
    if await find_user(visit) is not None:
        return visit.redirect(next_page)
    return _form(visit, next_page=next_page)


async def _sign_in(visit: Visit) -> Response:
    form, parts = visit.form, visit.parts
    next_page = to_page(form.get("next", HOME))
    presented = PresentedPerson(
        form.get("name", "").strip(),
        form.get("password", ""),
        form.get("code", ""),
        visit.request.source,
    )
    try:
        user = await parts.door.admit(presented)
    except SignInRefused as error:
        status = HTTPStatus.UNAUTHORIZED
        return _form(visit, next_page=next_page, told=error.public, status=status)
    except SlowDown as error:
        seconds = str(int(error.retry_after.total_seconds()) + 1)
        told = f"Too many attempts. Try again in {seconds} seconds."
        status = HTTPStatus.TOO_MANY_REQUESTS
        return _form(visit, next_page=next_page, told=told, status=status, wait=seconds)
    # Another secret than before, so that nobody can have planted this one.
    new = await parts.sessions.begin(SessionKind.OPERATOR, user.name, visit.request.source)
    return visit.redirect(next_page, parts.visits.keep(new))


async def _sign_out(visit: Visit) -> Response:
    if visit.visitor.session is not None:
        await visit.parts.sessions.end(visit.session)
    return visit.redirect(SIGN_IN, visit.parts.visits.forget(SessionKind.OPERATOR))


async def _sign_out_everywhere(visit: Visit) -> Response:
    await visit.parts.sessions.end_all(SessionKind.OPERATOR, visit.session.name, visit.by)
    return visit.redirect(SIGN_IN, visit.parts.visits.forget(SessionKind.OPERATOR))


def _form(
    visit: Visit, *, next_page: str, told: str = "", status: int = 200, wait: str = ""
) -> Response:
    headers = [(b"retry-after", wait.encode())] if wait else []
    name = visit.form.get("name", "")
    return visit.render(
        "console/sign_in.html",
        *headers,
        status=status,
        next_page=next_page,
        told=told,
        # A password that was typed into the wrong field is not shown again.
        name=name if len(name) < PASSWORD_LENGTH else "",
    )


def to_page(address: str) -> str:
    """Return the address of a page to go on with: one of the console's, whatever a link says."""
    return address if _LOCAL.fullmatch(address) else HOME


ROUTES: Final = (
    Route("GET", SIGN_IN, _show, has_form=True),
    Route("POST", SIGN_IN, _sign_in, has_form=True),
    Route("POST", HOME + "/sign-out", _sign_out),
    Route("POST", HOME + "/sign-out/everywhere", _sign_out_everywhere, SessionKind.OPERATOR),
)
