"""Statuses, headers and bodies of everything that is raised. They are given here alone."""

from __future__ import annotations

import re
from http import HTTPStatus
from math import ceil
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from watchword.access.errors import (
    AlreadyExists,
    ApiKeyRefused,
    ContentTooLarge,
    CrossSite,
    DocumentRefusal,
    InvalidClient,
    LimitRefusal,
    Malformed,
    MalformedRequest,
    MethodNotAllowed,
    NotAcceptable,
    NotAllowed,
    NotFound,
    NotPermitted,
    OAuthRefusal,
    OperationRefused,
    OperatorError,
    OperatorRefused,
    OperatorTokenMissing,
    PlanGrantsNothing,
    QuotaExceeded,
    Refusal,
    RequestTooSlow,
    ServiceBusy,
    ServiceNotAllowed,
    SessionEnded,
    SlowDown,
    StoreUnavailable,
    TokenInvalid,
    TokenMissing,
    Unknown,
    UnsupportedContentType,
    UpstreamBusy,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from watchword.services.engine.errors import Code
from watchword.web.http import Response

JSON: Final = (b"content-type", b"application/json")
PROBLEM: Final = (b"content-type", b"application/problem+json")
# RFC 6749 section 5.1 asks for both.
NO_STORE: Final = [(b"cache-control", b"no-store"), (b"pragma", b"no-cache")]
_BASIC: Final = (b"www-authenticate", b'Basic realm="watchword"')
_REALM: Final = 'Bearer realm="watchword"'
_VARY: Final = (b"vary", b"accept")
_RETRY_AFTER: Final = (b"retry-after", b"1")
_UNTOLD: Final = "The server failed. The log has the reason under the correlation id."

_STATUSES: Final[dict[type[Exception], HTTPStatus]] = {
    TokenMissing: HTTPStatus.UNAUTHORIZED,
    TokenInvalid: HTTPStatus.UNAUTHORIZED,
    SessionEnded: HTTPStatus.UNAUTHORIZED,
    ApiKeyRefused: HTTPStatus.FORBIDDEN,
    ServiceNotAllowed: HTTPStatus.FORBIDDEN,
    LimitRefusal: HTTPStatus.TOO_MANY_REQUESTS,
    InvalidClient: HTTPStatus.UNAUTHORIZED,
    OperatorRefused: HTTPStatus.UNAUTHORIZED,
    SlowDown: HTTPStatus.TOO_MANY_REQUESTS,
    OAuthRefusal: HTTPStatus.BAD_REQUEST,
    MalformedRequest: HTTPStatus.BAD_REQUEST,
    ContentTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    RequestTooSlow: HTTPStatus.REQUEST_TIMEOUT,
    UnsupportedContentType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    NotAcceptable: HTTPStatus.NOT_ACCEPTABLE,
    MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    CrossSite: HTTPStatus.FORBIDDEN,
    NotPermitted: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    DocumentRefusal: HTTPStatus.BAD_REQUEST,
    ServiceBusy: HTTPStatus.SERVICE_UNAVAILABLE,
    UpstreamUnreachable: HTTPStatus.BAD_GATEWAY,
    UpstreamTimeout: HTTPStatus.GATEWAY_TIMEOUT,
    UpstreamBusy: HTTPStatus.SERVICE_UNAVAILABLE,
    StoreUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
# What stops an operator's request and nobody else's: in any other it is a failure of ours.
_OPERATION_STATUSES: Final[dict[type[OperatorError], tuple[HTTPStatus, str]]] = {
    Unknown: (HTTPStatus.NOT_FOUND, "unknown"),
    AlreadyExists: (HTTPStatus.CONFLICT, "already_exists"),
    Malformed: (HTTPStatus.UNPROCESSABLE_ENTITY, "malformed"),
    NotAllowed: (HTTPStatus.CONFLICT, "not_allowed"),
}
_PHRASES: Final = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Content Too Large",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Unprocessable Content",
}
_OUTSIDE_DESCRIPTION: Final = re.compile(r"[^ !#-\[\]-~]")  # RFC 6749 section 5.2


class OAuthError(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why an OAuth endpoint refuses (RFC 6749 section 5.2)."""

    error: str
    error_description: str


class Problem(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why the admin API refuses (RFC 9457)."""

    type: Annotated[str, Meta(description="Always `about:blank`: the status says what it is.")]
    title: Annotated[str, Meta(description="The status in words.")]
    status: int
    detail: Annotated[str, Meta(description="What a person reads.")]
    code: Annotated[str, Meta(description="What a program reads.")]
    correlation_id: Annotated[str, Meta(description="Finds the request in the server's log.")]


def _list_codes(kind: type[Refusal]) -> set[str]:
    below = set[str]().union(*map(_list_codes, kind.__subclasses__()))
    return below | ({kind.code} if "code" in vars(kind) else set())


_STORE_UNAVAILABLE: Final = "STORE_UNAVAILABLE"
_FAILED: Final = "INTERNAL_SERVER_ERROR"
CODES: Final = frozenset({*_list_codes(Refusal), *map(str, Code), _STORE_UNAVAILABLE, _FAILED})
"""All that `code_of` ever returns."""


def code_of(error: Exception) -> str:
    """Return what a program reads of an error; the log and the metrics call it so."""
    if isinstance(error, Refusal):
        return error.code
    return _STORE_UNAVAILABLE if isinstance(error, StoreUnavailable) else _FAILED


def has_page(error: Exception) -> bool:
    """Tell whether the portal has a page for the code of an error: not for those of operators."""
    return not isinstance(error, OperatorRefused | OperationRefused)


def json_response(status: int, members: object, *headers: tuple[bytes, bytes]) -> Response:
    """Return a JSON response."""
    return Response(status, [JSON, *headers], msgspec.json.encode(members))


def correlation_header(correlation_id: str) -> tuple[bytes, bytes]:
    """Return the header that finds a request in the log."""
    return (b"x-correlation-id", correlation_id.encode())


def status_of(error: Exception) -> HTTPStatus:
    """Return the status under which an error is answered."""
    if isinstance(error, OperationRefused):
        return _OPERATION_STATUSES[type(error.error)][0]
    for kind in type(error).__mro__:
        status = _STATUSES.get(kind)
        if status is not None:
            return status
    return HTTPStatus.INTERNAL_SERVER_ERROR


def oauth_refusal(error: Exception, correlation_id: str) -> Response:
    """Word an error for OAuth clients (RFC 6749 section 5.2)."""
    status = status_of(error)
    if isinstance(error, OAuthRefusal):
        code, description = error.code, error.public
    elif isinstance(error, OperatorRefused):
        code, description = "invalid_token", error.public
    elif isinstance(error, Refusal):
        code, description = "invalid_request", error.public
    elif isinstance(error, StoreUnavailable):
        code, description = "temporarily_unavailable", "Try again shortly."
    else:
        code, description = "server_error", _UNTOLD
    headers = [*NO_STORE, *_extra_headers(error), correlation_header(correlation_id)]
    if isinstance(error, InvalidClient):
        headers.append(_BASIC)
    if isinstance(error, OperatorRefused):
        headers.append(_operator_challenge(error))
    told = OAuthError(error=code, error_description=_OUTSIDE_DESCRIPTION.sub("'", description))
    return json_response(status, told, *headers)


def call_refusal(
    error: Exception, correlation_id: str, *, resource_metadata: str = "", scope: str = ""
) -> Response:
    """Word an error for callers of a service: a gateway's message and GraphQL errors in one.

    Args:
        error: What was raised.
        correlation_id: Finds the reason in the log.
        resource_metadata: Where the resource describes itself (RFC 9728 section 5.1).
        scope: What the token would have to be for (RFC 6750 section 3.1).
    """
    status = status_of(error)
    # The two texts that gateways are known for, by which clients tell them apart.
    message = "Limit Exceeded" if isinstance(error, QuotaExceeded) else phrase_of(status)
    if isinstance(error, Refusal):
        text = error.public
    elif isinstance(error, StoreUnavailable):
        text = "The service cannot judge the call now. Try again."
    else:
        text = _UNTOLD
    headers = [
        (b"cache-control", b"no-store"),
        *_extra_headers(error),
        correlation_header(correlation_id),
    ]
    challenge = _bearer_challenge(error, resource_metadata, scope)
    if challenge:
        headers.append((b"www-authenticate", challenge.encode()))
    extensions = {"code": code_of(error), "correlationId": correlation_id}
    members = {"message": message, "errors": [{"message": text, "extensions": extensions}]}
    return json_response(status, members, *headers)


def problem_refusal(error: Exception, correlation_id: str) -> Response:
    """Word an error for operators' programs, as problem details (RFC 9457)."""
    status = status_of(error)
    title = phrase_of(status)
    code = title.lower().replace(" ", "_")
    if isinstance(error, OperationRefused):
        code = _OPERATION_STATUSES[type(error.error)][1]
    if isinstance(error, Refusal):
        detail = error.public
    elif isinstance(error, StoreUnavailable):
        detail = "The store gave no answer. Try again shortly."
    else:
        detail = _UNTOLD
    headers = [*NO_STORE, *_extra_headers(error), correlation_header(correlation_id)]
    if isinstance(error, OperatorRefused):
        headers.append(_operator_challenge(error))
    problem = Problem(
        type="about:blank",
        title=title,
        status=status,
        detail=detail,
        code=code,
        correlation_id=correlation_id,
    )
    return Response(status, [PROBLEM, *headers], msgspec.json.encode(problem))


def phrase_of(status: HTTPStatus) -> str:
    """Return a status in words; the same on every version of Python."""
    return _PHRASES.get(status, status.phrase)


def _operator_challenge(error: OperatorRefused) -> tuple[bytes, bytes]:
    # No error code for a caller that sent no token (RFC 6750 section 3.1).
    is_missing = isinstance(error, OperatorTokenMissing)
    challenge = _REALM if is_missing else f'{_REALM}, error="invalid_token"'
    return (b"www-authenticate", challenge.encode())


def retry_after(error: SlowDown | LimitRefusal) -> tuple[bytes, bytes]:
    """Return the header that says in how many seconds to try again (RFC 9110 section 10.2.3)."""
    return b"retry-after", str(ceil(error.retry_after.total_seconds())).encode()


def _extra_headers(error: Exception) -> list[tuple[bytes, bytes]]:
    if isinstance(error, MethodNotAllowed):
        return [(b"allow", ", ".join(error.allowed).encode())]
    if isinstance(error, StoreUnavailable | UpstreamBusy | ServiceBusy):
        return [_RETRY_AFTER]
    if isinstance(error, SlowDown | LimitRefusal):
        return [retry_after(error)]
    if isinstance(error, ContentTooLarge | RequestTooSlow):
        return [(b"connection", b"close")]  # what is left of the body is not read
    if isinstance(error, NotAcceptable):
        return [_VARY]
    return []


def _bearer_challenge(error: Exception, resource_metadata: str, scope: str) -> str | None:
    if isinstance(error, TokenMissing):
        # No error code for a caller that sent no token (RFC 6750 section 3.1).
        return f'{_REALM}, resource_metadata="{resource_metadata}"'
    if isinstance(error, SessionEnded):
        return _REALM
    if isinstance(error, TokenInvalid):
        description = _OUTSIDE_DESCRIPTION.sub("'", error.public)
        return (
            f'{_REALM}, error="invalid_token", error_description="{description}", '
            f'resource_metadata="{resource_metadata}"'
        )
    # Where the plan is the reason, no other token helps.
    if isinstance(error, ServiceNotAllowed) and not isinstance(error, PlanGrantsNothing):
        return f'{_REALM}, error="insufficient_scope", scope="{scope}"'
    return None
