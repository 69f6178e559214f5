"""`/account/requests`: the calls of the last days, one by one, and as they come."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from watchword.access.paging import NUMBER
from watchword.access.request_log import CallFilter
from watchword.access.sessions import SessionKind
from watchword.web.http import Lasting, Response
from watchword.web.pages.account.owner import get_owner, serve_self
from watchword.web.pages.rendering import PRIVATE
from watchword.web.pages.visit import Route
from watchword.web.responses import code_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from watchword.access.model import ApiKey, KeyId
    from watchword.access.request_log import KeptCall, RequestLog
    from watchword.access.self_service import Owner
    from watchword.web.pages.visit import Visit

_PAGE: Final = 50
_LOOK_SECONDS: Final = 1.0
_LOOKS_BETWEEN_SIGNS: Final = 15
"""A proxy takes a stream that says nothing for dead."""
_FIELDS: Final = ("scope", "service", "operation", "status", "code", "key", "id")
_CLASSES: Final = {"2": 2, "4": 4, "5": 5}
_TEXT: Final = (b"content-type", b"text/plain; charset=utf-8")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the form of the page says.

    Attributes:
        values: What stands in its fields.
        before: See `RequestLog.find_calls`.
    """

    values: Mapping[str, str]
    wanted: CallFilter
    before: int | None

    def url(self, path: str, **more: object) -> str:
        """Return an address of ours with the same form."""
        given = {name: value for name, value in self.values.items() if value}
        query = urlencode({**given, **more})
        return f"{path}?{query}" if query else path


def _read(visit: Visit, owner: Owner) -> _Asked:
    query = visit.query()
    values = {name: query.get(name, "").strip() for name in _FIELDS}
    before = query.get("before", "")
    wanted = CallFilter(
        account=owner.account.id,
        username=None if values["scope"] == "account" else owner.user.username,
        service=values["service"] or None,
        operation=values["operation"] or None,
        status_class=_CLASSES.get(values["status"]),
        code=values["code"] or None,
        correlation_id=values["id"] or None,
        key=values["key"] or None,
    )
    return _Asked(values, wanted, int(before) if NUMBER.fullmatch(before) else None)


async def _show(visit: Visit) -> Response:
    owner = await get_owner(visit)
    log, asked = visit.parts.requests, _read(visit, owner)
    if log is None:
        return visit.render("account/no_requests.html", owner=owner)
    # Before the page is read: what comes meanwhile is told twice, not never. The stream says so.
    newest = await log.find_newest()
    page = await log.find_calls(asked.wanted, asked.before, _PAGE)
    days = visit.parts.request_days
    since = (visit.parts.clock.now() - timedelta(days=days)).date()
    newest = max([newest, *(item.id for item in page.items)])
    return visit.render(
        "account/requests.html",
        owner=owner,
        calls=page.items,
        keys=await _read_keys(visit),
        shows_users=asked.wanted.username is None,
        form=asked.values,
        is_filtered=any(asked.values[name] for name in _FIELDS if name != "scope"),
        is_first=asked.before is None,
        older=None if page.next is None else asked.url("/account/requests", before=page.next),
        stream=asked.url("/account/requests/stream", after=newest),
        missed=await log.count_missed(owner.account.id, since),
        days=days,
    )


async def _follow(visit: Visit) -> Response:
    owner = await get_owner(visit)
    log, asked = visit.parts.requests, _read(visit, owner)
    if log is None:
        return Response(HTTPStatus.NO_CONTENT, [PRIVATE])  # the browser does not ask again
    if not visit.parts.streams.has_room(owner.user.username):
        told = b"Too many pages follow your requests. Close one of them."
        return Response(HTTPStatus.TOO_MANY_REQUESTS, [_TEXT, PRIVATE], told)
    # Where the browser was when it lost the connection; else where its page ends.
    last = visit.request.find_header(b"last-event-id") or visit.query().get("after", "")
    after = int(last) if NUMBER.fullmatch(last) else await log.find_newest()

    async def require() -> None:
        await visit.parts.visits.require_session(visit.visitor)
        await get_owner(visit)

    headers = [
        (b"content-type", b"text/event-stream"),
        PRIVATE,
        # nginx would keep it back until a buffer is full.
        (b"x-accel-buffering", b"no"),
    ]
    if visit.request.method == "HEAD":
        return Response(200, headers)
    events = _tell(visit, log, asked.wanted, after)
    return Response(200, headers, lasting=Lasting(events, require, _end))


async def _tell(
    visit: Visit, log: RequestLog, wanted: CallFilter, after: int
) -> AsyncGenerator[bytes]:
    with visit.parts.streams.opened(visit.session.name):
        yield _mark(after)
        quiet = 0
        while True:
            newest = await log.find_newest()
            calls = await log.follow_calls(wanted, after, _PAGE) if newest > after else []
            after = max([after, newest, *(item.id for item in calls)])
            quiet = 0 if calls else quiet + 1
            if calls:
                keys = await _read_keys(visit)  # one may have been made since
                shows_users = wanted.username is None
                yield b"".join(_word(visit, item, keys, shows_users) for item in calls)
            elif quiet % _LOOKS_BETWEEN_SIGNS == 0:
                yield _mark(after)
            await asyncio.sleep(_LOOK_SECONDS)


def _mark(after: int) -> bytes:
    # No event to a page, and yet a browser that lost the connection goes on from there: not from
    # where the page was loaded, hours ago.
    return b"id: %d\n\n" % after


async def _read_keys(visit: Visit) -> dict[KeyId, ApiKey]:
    return {key.id: key for key in await serve_self(visit).list_keys()}


def _word(visit: Visit, item: KeptCall, keys: Mapping[KeyId, ApiKey], shows_users: bool) -> bytes:
    values: dict[str, Any] = {
        "item": item,
        "is_new": True,
        "keys": keys,
        "shows_users": shows_users,
    }
    row = visit.parts.pages.render("account/request_row.html", **values)
    # A line break ends the field of an event, and a blank line the event.
    return b"id: %d\nevent: row\ndata: %b\n\n" % (item.id, b" ".join(row.split()))


def _end(error: Exception) -> bytes:
    return b"event: end\ndata: %b\n\n" % code_of(error).encode()


ROUTES: Final = (
    Route("GET", "/account/requests", _show, needs=SessionKind.USER),
    Route("GET", "/account/requests/stream", _follow, needs=SessionKind.USER, is_polled=True),
)
