"""The one module that imports pytickersymbols, and only where its companies are wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytickersymbols import PyTickerSymbols  # pyright: ignore[reportMissingTypeStubs] - it has none

if TYPE_CHECKING:
    from collections.abc import Sequence


def all_stocks() -> Sequence[object]:
    """Return each company of the package once."""
    stocks: Sequence[object] = PyTickerSymbols().get_all_stocks()
    return stocks
