"""Finds what lies around pages, for those fields alone that ask: all pages of a level at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from watchword.services.records.lists import by_listing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from watchword.services.records.context import RequestContext
    from watchword.services.records.paging import Page


def find_totals(pages: Sequence[Page], context: RequestContext) -> list[int | None]:
    """Return how long the list of each page is."""
    for listing, _, waiting in by_listing(page for page in pages if page.total is None):
        counted = listing.count(context.reader, list({page.owner for page in waiting}))
        for page in waiting:
            page.total = counted[page.owner]
    return [page.total for page in pages]


def find_next(pages: Sequence[Page], context: RequestContext) -> list[bool | None]:
    """Return whether items follow each page."""
    for listing, stretch, waiting in by_listing(page for page in pages if page.has_next is None):
        if stretch.boundary is None:
            raise AssertionError("a page without a boundary knows what follows it")
        owners = list({page.owner for page in waiting})
        found = listing.is_any_after(context.reader, stretch.boundary, owners)
        for page in waiting:
            page.has_next = found[page.owner]
    return [page.has_next for page in pages]


def find_previous(pages: Sequence[Page], context: RequestContext) -> list[bool | None]:
    """Return whether items come before each page."""
    waiting_pages = (page for page in pages if page.has_previous is None)
    for listing, stretch, waiting in by_listing(waiting_pages):
        if stretch.boundary is None:
            raise AssertionError("nothing comes before a page without a boundary")
        owners = list({page.owner for page in waiting})
        found = listing.is_any_before(context.reader, stretch.boundary, owners)
        for page in waiting:
            page.has_previous = found[page.owner]
    return [page.has_previous for page in pages]


def find_start_cursors(pages: Sequence[Page], context: RequestContext) -> list[str | None]:
    """Return where each page begins."""
    find_previous([page for page in pages if page.items], context)
    return [page.start_cursor for page in pages]
