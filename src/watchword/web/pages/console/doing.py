"""Carries out what a form of the console asks: an operation of the admin API, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import quote, unquote

from msgspec.structs import asdict

from watchword.access.console import require_may_change
from watchword.access.errors import (
    MalformedRequest,
    NotFound,
    OperationRefused,
    OperatorError,
    SessionEnded,
)
from watchword.web.admin.operations import Call
from watchword.web.forms import parse_form
from watchword.web.pages.console.desk import BY_NAME, SURE, Desk, Refused
from watchword.web.pages.console.entrance import ENTRANCE, HOME, find_user
from watchword.web.pages.console.fields import PLACE, read_form
from watchword.web.pages.console.mistakes import Mistake
from watchword.web.pages.telling import to_sentence
from watchword.web.responses import status_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from watchword.access.console import ConsoleUser
    from watchword.web.admin.bodies import Body
    from watchword.web.admin.table import AnyOperation
    from watchword.web.http import Response
    from watchword.web.pages.visit import Visit

Page = tuple[str, "Callable[[Desk], Awaitable[Response]]"]
_UNSURE: Final = "Nothing was done. Tick the box that says you are sure, and send the form again."
_SECRETS: Final = {"password": "Password", "api_key": "API key"}
_AFTER: Final = {
    "remove_document": HOME + "/documents",
    "remove_account_document": HOME + "/documents",
}
"""Where to go on when the page shows what is gone."""
DONE: Final[Mapping[str, str]] = {
    "add_user": "The service user {username} of {account} was made.",
    "rotate_password": "{username} has a new password.",
    "add_key": "The API key {key_id} of {account} was made.",
    "rotate_key": "The API key {key_id} of {account} was made in the place of the other.",
    "end_sessions": "{username} was signed out everywhere. Sessions that ended: {sessions}.",
    "revoke_tokens": "No access token of {username} is live any more.",
}
"""What is said of what was done, where the page behind shows too little of it."""


class Doing:
    """Carries out forms.

    Args:
        pages: The pages on which they stand, by path. A refusal is told there, beside the form.
        match: Returns what stands in the places of a page's path, None for another page's.
    """

    def __init__(
        self, pages: Sequence[Page], match: Callable[[str, str], Mapping[str, str] | None]
    ) -> None:
        self._pages = pages
        self._match = match

    async def carry_out(self, visit: Visit) -> Response:
        """Carry out an operation, by the same function as the admin API."""
        user = await find_user(visit)
        if user is None:
            raise SessionEnded
        require_may_change(user)
        operation = BY_NAME.get(visit.path["operation"])
        if operation is None or operation.method == "GET":
            raise NotFound(reason="there is no such operation")
        try:
            answer = await _carry_out(visit, operation)
        except _NotDone as error:
            return await self._show_again(visit, user, operation, error)
        made = cast("dict[str, object]", asdict(answer))
        place = self._find_place(visit, operation, made)
        secrets = {label: made[name] for name, label in _SECRETS.items() if name in made}
        words = DONE.get(operation.name)
        if words is not None:
            return Desk(visit, user, place, {}, {}).render(
                "done.html",
                done=words.format_map(made),
                secrets=secrets,
                ends_at=made.get("expires_at"),
                behind=unquote(place.partition("?")[0].removeprefix(HOME).strip("/")),
            )
        return visit.redirect(place)

    async def _show_again(
        self, visit: Visit, user: ConsoleUser, operation: AnyOperation, error: _NotDone
    ) -> Response:
        address = ENTRANCE.to_page(visit.form.get("page", HOME))
        path, _, query = address.partition("?")
        refused = Refused(operation.name, visit.form, error.told, error.status, error.field)
        for pattern, show in self._pages:
            found = self._match(pattern, path)
            if found is not None:
                asked = parse_form(query.encode("latin-1", "replace"))
                desk = Desk(replace(visit, path=found), user, address, found, asked, refused)
                return await show(desk)
        raise error.cause

    def _find_place(self, visit: Visit, operation: AnyOperation, made: Mapping[str, object]) -> str:
        if operation.location is not None:
            quoted = {name: quote(str(value), safe="") for name, value in made.items()}
            place = HOME + operation.location.format_map(quoted)
        else:
            place = _AFTER.get(operation.name) or ENTRANCE.to_page(visit.form.get("page", HOME))
        is_page = any(
            self._match(pattern, place.partition("?")[0]) is not None for pattern, _ in self._pages
        )
        return place if is_page else HOME


class _NotDone(Exception):
    """An operation was not carried out."""

    def __init__(self, told: str, status: int, cause: Exception, field: str = "") -> None:
        self.field = field
        self.told = told
        self.status = status
        self.cause = cause
        super().__init__(told)


async def _carry_out(visit: Visit, operation: AnyOperation) -> Body:
    form = visit.form
    if operation.is_grave and form.get(SURE) != "yes":
        error = MalformedRequest(public=_UNSURE)
        raise _NotDone(_UNSURE, HTTPStatus.UNPROCESSABLE_ENTITY, error, SURE)
    path = {name: form.get(PLACE + name, "").strip() for name in operation.places}
    try:
        asks = read_form(operation.asks, form)
    except Mistake as error:
        malformed = MalformedRequest(public=str(error))
        raise _NotDone(
            str(error), HTTPStatus.UNPROCESSABLE_ENTITY, malformed, error.field
        ) from error
    try:
        call = Call(path, asks, visit.by, visit.parts.functions)
        return cast("Body", await operation.carry_out(call))
    except OperatorError as error:
        refusal = OperationRefused(error)
        raise _NotDone(to_sentence(str(error)), status_of(refusal), refusal) from error
