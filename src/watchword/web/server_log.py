"""What the log says of requests: refusals and failures always, the others if that is wanted."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from watchword.access.errors import (
    About,
    CallRefusal,
    NotFound,
    Refusal,
    StoreUnavailable,
    UpstreamFailure,
)
from watchword.web.responses import code_of

if TYPE_CHECKING:
    from watchword.web.http import Request
    from watchword.web.observing import Observed

_log: Final = logging.getLogger("watchword.web")
_access_log: Final = logging.getLogger("watchword.access")


def log_error(error: Exception, request: Request) -> None:
    """Say why a request is refused, or what went wrong; the caller reads a correlation id."""
    if not isinstance(error, Refusal | StoreUnavailable):
        _log.error(
            "a request failed", exc_info=error, extra={"correlation_id": request.correlation_id}
        )
        return
    reason = error.reason if isinstance(error, Refusal) else str(error)
    _log.log(
        _level_of(error),
        "refused" if isinstance(error, Refusal) else "the store gave no answer",
        extra={
            "code": code_of(error),
            "reason": reason,
            "cause": _find_cause(error, reason),
            "method": request.method,
            "path": loggable_path(request, error),
            "address": request.address,
            "correlation_id": request.correlation_id,
            **_whose(request, error),
        },
    )


def log_request(observed: Observed) -> None:
    """Write the line of the access log: who asked what, and what came of it. Never a query."""
    request, error = observed.request, observed.error
    members: dict[str, object] = {
        "method": request.method,
        "path": loggable_path(request, error),
        "endpoint": observed.endpoint.kind,
        "status": observed.status,
        "code": None if error is None else code_of(error),
        "milliseconds": round(observed.seconds * 1_000, 3),
        "bytes": observed.size,
        "cut": None if observed.is_whole else True,
        "address": request.address,
        "correlation_id": request.correlation_id,
        **_whose(request, error),
    }
    _access_log.info("request", extra=members)


def _level_of(error: Refusal | StoreUnavailable) -> int:
    if isinstance(error, UpstreamFailure):
        return logging.WARNING  # no caller can help it, and somebody has to
    return logging.INFO if isinstance(error, Refusal) else logging.ERROR


def _find_cause(error: Exception, reason: str) -> str | None:
    """Return what lies behind an error, where the reason does not say it already."""
    cause = "" if error.__cause__ is None else str(error.__cause__)
    return None if cause in reason else cause


def _whose(request: Request, error: Exception | None) -> dict[str, object]:
    """Return who called, where the guard knows: names, no secrets."""
    admission = request.admission
    if admission is not None:
        caller = admission.caller
        about = About(caller.service, caller.username, caller.account, caller.key.id)
    elif isinstance(error, CallRefusal) and error.about is not None:
        about = error.about
    else:
        return {}
    return about._asdict()


def loggable_path(request: Request, error: Exception | None) -> str | None:
    """Return the path; None where nothing is served: there it may be anything, a secret too."""
    return None if isinstance(error, NotFound) else request.path
