"""Folds text, so that accents and capitals make no difference."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """Return `text` without accents and capitals."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in parts if not unicodedata.combining(char))
