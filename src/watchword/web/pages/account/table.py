"""Every page of my account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.web.pages.account import keys, overview, password, requests, token

if TYPE_CHECKING:
    from watchword.web.pages.visit import Route

ROUTES: Final[tuple[Route, ...]] = (
    *overview.ROUTES,
    *requests.ROUTES,
    *keys.ROUTES,
    *password.ROUTES,
    *token.ROUTES,
)
