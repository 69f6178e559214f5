"""People sign in to the console and out: name, password and code in one form."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from watchword.access.console_door import PresentedPerson
from watchword.access.errors import SignInRefused, SlowDown
from watchword.access.sessions import SessionKind
from watchword.web.pages.entering import Entrance
from watchword.web.pages.visit import Route

if TYPE_CHECKING:
    from watchword.access.console import ConsoleUser
    from watchword.web.http import Response
    from watchword.web.pages.visit import Visit

HOME: Final = "/console"
SIGN_IN: Final = HOME + "/sign-in"
ENTRANCE: Final = Entrance(
    SessionKind.CONSOLE,
    "console/sign_in.html",
    field="name",
    home=HOME,
    outside=SIGN_IN,
    own=re.compile(r"/console(?:[/?][!-~]*)?", re.ASCII),
)


async def find_user(visit: Visit) -> ConsoleUser | None:
    """Return who has signed in, and may go on."""
    session = visit.visitor.session
    return None if session is None else await visit.parts.door.find_user(session)


async def _show(visit: Visit) -> Response:
    return ENTRANCE.form(visit) if await find_user(visit) is None else ENTRANCE.go_on(visit)


async def _sign_in(visit: Visit) -> Response:
    form = visit.form
    presented = PresentedPerson(
        form.get("name", "").strip(),
        form.get("password", ""),
        form.get("code", ""),
        visit.request.source,
    )
    try:
        user = await visit.parts.door.admit(presented)
    except SignInRefused as error:
        return ENTRANCE.form(visit, error.public, HTTPStatus.UNAUTHORIZED)
    except SlowDown as error:
        return ENTRANCE.slow_down(visit, error)
    return await ENTRANCE.let_in(visit, user.name)


ROUTES: Final = (
    Route("GET", SIGN_IN, _show, has_form=True),
    Route("POST", SIGN_IN, _sign_in, has_form=True),
    Route("POST", HOME + "/sign-out", ENTRANCE.sign_out),
    Route(
        "POST",
        HOME + "/sign-out/everywhere",
        ENTRANCE.sign_out_everywhere,
        needs=SessionKind.CONSOLE,
    ),
)
