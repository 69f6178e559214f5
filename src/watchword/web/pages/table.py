"""Every page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.web.pages import assets, directory, sign_in
from watchword.web.pages.account import table as account
from watchword.web.pages.console import table as console

if TYPE_CHECKING:
    from watchword.web.pages.visit import Route

ROUTES: Final[tuple[Route, ...]] = (
    *assets.ROUTES,
    *sign_in.ROUTES,
    *directory.ROUTES,
    *console.ROUTES,
    *account.ROUTES,
)
