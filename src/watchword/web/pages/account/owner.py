"""Whose pages these are: nobody sees another's, and a disabled user sees none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from watchword.access.self_service import SelfService

if TYPE_CHECKING:
    from watchword.access.self_service import Owner
    from watchword.web.pages.visit import Visit


def serve_self(visit: Visit) -> SelfService:
    """Return what the visitor may do for its own account. Raises SessionEnded."""
    parts = visit.parts
    return SelfService(parts.functions.registry(visit.by), parts.clock, visit.session.name)


async def get_owner(visit: Visit) -> Owner:
    """Return who has signed in, and its account.

    Raises:
        SessionEnded: If nobody has.
        AccountDisabled: If user or account were disabled since.
        StoreUnavailable: If there is no answer.
    """
    return await serve_self(visit).get_owner()
