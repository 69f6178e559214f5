"""`/account/password` and `/account/sessions`: the password, and the browsers that know it."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from watchword.access.authenticating import Presented
from watchword.access.errors import InvalidClient, OperatorError, SlowDown
from watchword.access.self_service import choose_overlap
from watchword.access.sessions import SessionKind
from watchword.web.pages.account.overlaps import OVERLAP_CHOICES, USUAL_CHOICE
from watchword.web.pages.account.owner import get_owner
from watchword.web.pages.telling import tell_wait, to_sentence
from watchword.web.pages.visit import Route
from watchword.web.visits import Visitor

if TYPE_CHECKING:
    from watchword.web.http import Response
    from watchword.web.pages.visit import Visit


_NOT_IT: Final = (
    "That is not the present password. One that was rotated still opens what it opened for a "
    "while, but makes no new password."
)


async def _show(visit: Visit) -> Response:
    return await _form(visit)


async def _rotate(visit: Visit) -> Response:
    parts, form = visit.parts, visit.form
    owner = await get_owner(visit)
    username = owner.user.username
    presented = Presented(
        username,
        form.get("password", ""),
        None,
        needs_key=False,
        source=visit.request.source,
        takes_outgoing=False,
    )
    try:
        overlap = choose_overlap(form.get("overlap", ""))
        await parts.authenticator.authenticate(presented)
    except OperatorError as error:
        return await _form(visit, to_sentence(str(error)), HTTPStatus.BAD_REQUEST)
    except InvalidClient:
        return await _form(visit, _NOT_IT, HTTPStatus.UNAUTHORIZED)
    except SlowDown as error:
        told, header = tell_wait(error)
        return await _form(visit, told, HTTPStatus.TOO_MANY_REQUESTS, header)
    made = await parts.functions.registry(visit.by).rotate_password(username, overlap)
    # That has ended this browser's session with all others.
    new = await parts.sessions.begin(SessionKind.USER, username, visit.request.source)
    visit = replace(visit, visitor=Visitor(new.session, new.secret))
    words = dict(OVERLAP_CHOICES)[form["overlap"]] if overlap else ""
    return visit.render(
        "account/new_password.html",
        parts.visits.keep(new),
        owner=owner,
        password=made.password,
        overlap=words,
    )


async def _form(
    visit: Visit, told: str = "", status: int = 200, *headers: tuple[bytes, bytes]
) -> Response:
    owner = await get_owner(visit)
    return visit.render(
        "account/password.html",
        *headers,
        status=status,
        owner=owner,
        overlaps=OVERLAP_CHOICES,
        overlap=visit.form.get("overlap", USUAL_CHOICE),
        told=told,
    )


async def _list_sessions(visit: Visit) -> Response:
    owner = await get_owner(visit)
    sessions = await visit.parts.sessions.list(SessionKind.USER, owner.user.username)
    return visit.render(
        "account/sessions.html", owner=owner, sessions=sessions, present=visit.session.id
    )


ROUTES: Final = (
    Route("GET", "/account/password", _show, needs=SessionKind.USER),
    Route("POST", "/account/password", _rotate, needs=SessionKind.USER),
    Route("GET", "/account/sessions", _list_sessions, needs=SessionKind.USER),
)
