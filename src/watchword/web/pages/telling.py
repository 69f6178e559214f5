"""How a page words what stands in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from watchword.web.responses import retry_after

if TYPE_CHECKING:
    from watchword.access.errors import SlowDown


def to_sentence(text: str) -> str:
    """Return the text of an error as people read it: begun with a capital, and ended."""
    begun = text[:1].upper() + text[1:]
    return begun if begun.endswith((".", "?", "!")) else f"{begun}."


def tell_wait(error: SlowDown) -> tuple[str, tuple[bytes, bytes]]:
    """Return what is told to who has tried too often, and the header that says it to programs."""
    header = retry_after(error)
    return f"Too many attempts. Try again in {header[1].decode()} seconds.", header
