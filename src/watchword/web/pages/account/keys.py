"""`/account/keys`: the account's API keys, by its own hand."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from watchword.access.errors import NotAllowed, NotFound, OperatorError, Unknown
from watchword.access.names import LONGEST_DESCRIPTION
from watchword.access.self_service import MOST_USABLE, choose_overlap
from watchword.access.sessions import SessionKind
from watchword.web.pages.account.overlaps import OVERLAP_CHOICES, USUAL_CHOICE
from watchword.web.pages.account.owner import get_owner, serve_self
from watchword.web.pages.telling import to_sentence
from watchword.web.pages.visit import Route

if TYPE_CHECKING:
    from watchword.access.registration import NewApiKey
    from watchword.web.http import Response
    from watchword.web.pages.visit import Visit

_PATH: Final = "/account/keys"
_MOST_DIGITS: Final = 4


async def _show(visit: Visit, told: str = "", status: int = 200) -> Response:
    owner, service = await get_owner(visit), serve_self(visit)
    keys = await service.list_keys()
    log = visit.parts.requests
    uses = {}
    if log is not None:
        uses = await log.find_last_uses(owner.account.id, [key.id for key in keys])
    return visit.render(
        "account/keys.html",
        status=status,
        owner=owner,
        keys=keys,
        plans=service.list_plans(keys),
        may_enable={key.id: service.may_enable(key) for key in keys},
        uses=uses,
        keeps_calls=log is not None,
        request_days=visit.parts.request_days,
        now=visit.parts.clock.now(),
        overlaps=OVERLAP_CHOICES,
        overlap=USUAL_CHOICE,
        longest=LONGEST_DESCRIPTION,
        most=MOST_USABLE,
        told=told,
        form_id=visit.parts.sessions.make_form(),
    )


async def _list(visit: Visit) -> Response:
    return await _show(visit)


async def _make(visit: Visit) -> Response:
    form = visit.form
    try:
        await _require_unsent(visit)
        lifetime = _read_days(form.get("days", ""))
        made = await serve_self(visit).make_key(
            form.get("plan", ""), form.get("description", "").strip(), lifetime
        )
    except OperatorError as error:
        return await _refuse(visit, error)
    return await _show_once(visit, made)


async def _rotate(visit: Visit) -> Response:
    try:
        await _require_unsent(visit)
        overlap = choose_overlap(visit.form.get("overlap", ""))
        made = await serve_self(visit).rotate_key(visit.path["key"], overlap)
    except OperatorError as error:
        return await _refuse(visit, error)
    return await _show_once(visit, made, replaced=visit.path["key"])


async def _enable(visit: Visit) -> Response:
    return await _set_enabled(visit, is_enabled=True)


async def _disable(visit: Visit) -> Response:
    return await _set_enabled(visit, is_enabled=False)


async def _set_enabled(visit: Visit, *, is_enabled: bool) -> Response:
    try:
        await serve_self(visit).set_key_enabled(visit.path["key"], is_enabled=is_enabled)
    except OperatorError as error:
        return await _refuse(visit, error)
    return visit.redirect(_PATH)


async def _require_unsent(visit: Visit) -> None:
    # Who reloads the page with the new key sends the form again, and would get yet another.
    await visit.parts.sessions.require_unsent(visit.session, visit.form.get("form_id", ""))


async def _show_once(visit: Visit, made: NewApiKey, replaced: str = "") -> Response:
    owner = await get_owner(visit)
    return visit.render("account/new_key.html", owner=owner, made=made, replaced=replaced)


async def _refuse(visit: Visit, error: OperatorError) -> Response:
    if isinstance(error, Unknown):
        raise NotFound(reason=str(error)) from error
    return await _show(visit, to_sentence(str(error)), HTTPStatus.BAD_REQUEST)


def _read_days(text: str) -> timedelta | None:
    days = text.strip()
    if not days:
        return None
    if not (days.isascii() and days.isdecimal() and len(days) <= _MOST_DIGITS):
        raise NotAllowed("write the days that the key lives as a whole number, or leave them empty")
    return timedelta(days=int(days))


ROUTES: Final = (
    Route("GET", _PATH, _list, needs=SessionKind.USER),
    Route("POST", _PATH, _make, needs=SessionKind.USER),
    Route("POST", f"{_PATH}/{{key}}/rotate", _rotate, needs=SessionKind.USER),
    Route("POST", f"{_PATH}/{{key}}/enable", _enable, needs=SessionKind.USER),
    Route("POST", f"{_PATH}/{{key}}/disable", _disable, needs=SessionKind.USER),
)
