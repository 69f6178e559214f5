"""Answers everything under the admin API's prefix, to operators and to nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, cast

import msgspec
from msgspec.structs import asdict

from watchword.access.audit import By
from watchword.access.errors import (
    InvalidRequest,
    MalformedRequest,
    MethodNotAllowed,
    NotFound,
    OperationRefused,
    OperatorError,
)
from watchword.access.operators import PresentedToken
from watchword.access.trusted_documents import LONGEST_DOCUMENT
from watchword.web.admin.operations import Call
from watchword.web.admin.table import ADMIN_PREFIX, OPERATIONS
from watchword.web.bearer import read_bearer
from watchword.web.forms import parse_form
from watchword.web.http import Response
from watchword.web.json_text import read_json
from watchword.web.media_types import require_json
from watchword.web.responses import JSON, NO_STORE, correlation_header, problem_refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from watchword.access.operators import OperatorGate
    from watchword.web.admin.bodies import Body
    from watchword.web.admin.operations import OperatorFunctions
    from watchword.web.admin.table import AnyOperation
    from watchword.web.http import Request

BODY_LIMIT: Final = 4 * LONGEST_DOCUMENT
"""Line ends and quotes of a document, or letters beyond ASCII, take more room in JSON."""


class AdminEndpoint:
    """Lets an operator in, finds the operation, carries it out.

    Args:
        gate: Lets operators in.
        functions: What operators may do.
    """

    kind: ClassVar[str] = "admin"

    def __init__(self, gate: OperatorGate, functions: OperatorFunctions) -> None:
        self._gate = gate
        self._functions = functions

    async def answer(self, request: Request) -> Response:
        """Answer an operator. Nobody else learns even which paths there are."""
        source = request.source
        operator = await self._gate.require_admin(PresentedToken(read_bearer(request), source))
        operation, path = _find(request)
        asks = await _read_asks(request, operation)
        by = By(f"operator:{operator.name}", source)
        try:
            answer = await operation.carry_out(Call(path, asks, by, self._functions))
        except OperatorError as error:
            raise OperationRefused(error) from None
        headers = [JSON, *NO_STORE, correlation_header(request.correlation_id)]
        if operation.location is not None:
            headers.append((b"location", _locate(operation.location, answer)))
        return Response(operation.status, headers, msgspec.json.encode(answer))

    def refuse(self, error: Exception, request: Request) -> Response:
        """Word a refusal as problem details."""
        return problem_refusal(error, request.correlation_id)


def _find(request: Request) -> tuple[AnyOperation, Mapping[str, str]]:
    # HEAD is GET without the body, which is left out when it is sent.
    method = "GET" if request.method == "HEAD" else request.method
    segments = tuple(request.path.removeprefix(ADMIN_PREFIX).rstrip("/").split("/")[1:])
    allowed: list[str] = []
    for operation in OPERATIONS:
        path = operation.match(segments)
        if path is None:
            continue
        if operation.method == method:
            return operation, path
        allowed += ["GET", "HEAD"] if operation.method == "GET" else [operation.method]
    if allowed:
        raise MethodNotAllowed(*allowed)
    raise NotFound(reason="there is no such operation")


async def _read_asks(request: Request, operation: AnyOperation) -> Body:
    try:
        if operation.method == "GET":
            parameters = parse_form(request.query_string)
            return cast("Body", msgspec.convert(parameters, operation.asks, strict=False))
        if request.query_string:
            raise MalformedRequest(public="This takes no parameters in the URL.")
        members = _to_whole(read_json(await _read_body(request), "The request body"))
        return cast("Body", msgspec.convert(members, operation.asks))
    except InvalidRequest as error:
        raise MalformedRequest(public=error.public) from error
    except (msgspec.ValidationError, RecursionError) as error:
        raise MalformedRequest(public=f"{error}.") from error


async def _read_body(request: Request) -> bytes:
    body = await request.read_body(BODY_LIMIT)
    if not body:
        return b"{}"  # nothing said is everything as usual
    require_json(request.find_header(b"content-type"))
    return body


def _to_whole(value: object) -> object:
    """Turn 5.0 into 5: in JSON they are one number, and some programs write them so."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, list):
        return [_to_whole(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        members = cast("dict[object, object]", value)
        return {name: _to_whole(member) for name, member in members.items()}
    return value


def _locate(template: str, answer: Body) -> bytes:
    return (ADMIN_PREFIX + template.format_map(asdict(answer))).encode()
