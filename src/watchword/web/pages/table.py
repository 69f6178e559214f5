"""Every page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.web.pages import (
    assets,
    brand,
    directory,
    error_pages,
    guides,
    language_models,
    sign_in,
)
from watchword.web.pages.account import table as account
from watchword.web.pages.console import table as console

if TYPE_CHECKING:
    from watchword.web.pages.visit import Route

ROUTES: Final[tuple[Route, ...]] = (
    *brand.ROUTES,
    *assets.ROUTES,
    *sign_in.ROUTES,
    *directory.ROUTES,
    *guides.ROUTES,
    *error_pages.ROUTES,
    *language_models.ROUTES,
    *console.ROUTES,
    *account.ROUTES,
)
