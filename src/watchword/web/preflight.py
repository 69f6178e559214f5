"""Which requests pass to a service without credentials: what a browser asks before a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from watchword.access.model import ServiceEntry
    from watchword.web.http import Request


def passes_as_preflight(request: Request, method: str, service: ServiceEntry | None) -> bool:
    """Tell whether a request is a CORS preflight to a service that takes them.

    What browsers send is said in the Fetch standard, under "CORS-preflight fetch".

    Args:
        request: Whose headers are looked at.
        method: The method of the call, which may not be the request's own: a proxy asks.
        service: The service; None when there is none.
    """
    return (
        method == "OPTIONS"
        and service is not None
        and service.allows_preflight
        and service.disabled_at is None
        and request.find_header(b"origin") is not None
        and request.find_header(b"access-control-request-method") is not None
    )
