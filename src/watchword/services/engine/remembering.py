"""Keeps judged documents, in a bounded memory whatever callers send."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from watchword.services.engine.judging import Judged

_LONGEST_NAME: Final = 8_192
"""Characters. A longer document is named by its digest."""
_MOST_CHARACTERS: Final = 262_144
"""Characters of all documents whose trees are kept. A tree takes some 130 bytes for each."""
_MOST_FIELDS: Final = 20_000
"""Compiled fields of all documents. One takes about a kilobyte."""


class Remembered:
    """The documents that were used last.

    Args:
        most: How many at most.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._documents: OrderedDict[str, tuple[Judged, int, int]] = OrderedDict()
        self._characters = 0
        self._fields = 0

    def __len__(self) -> int:
        return len(self._documents)

    def find(self, text: str) -> Judged | None:
        """Return what is known of a document, or None."""
        name = _name(text)
        found = self._documents.get(name)
        if found is None:
            return None
        self._documents.move_to_end(name)
        return found[0]

    def keep(self, text: str, judged: Judged) -> None:
        """Keep what is known of a document; forget what was not used for the longest time.

        To be called again when it has grown.
        """
        name = _name(text)
        self._forget(name)
        characters = len(text) if judged.operations else len(name) + judged.characters
        self._documents[name] = (judged, characters, judged.size)
        self._characters += characters
        self._fields += judged.size
        while self._is_full():
            self._forget(next(iter(self._documents)))

    def _is_full(self) -> bool:
        return bool(self._documents) and (
            len(self._documents) > self._most
            or self._characters > _MOST_CHARACTERS
            or self._fields > _MOST_FIELDS
        )

    def _forget(self, name: str) -> None:
        forgotten = self._documents.pop(name, None)
        if forgotten is not None:
            _, characters, fields = forgotten
            self._characters -= characters
            self._fields -= fields


def _name(text: str) -> str:
    if len(text) <= _LONGEST_NAME:
        return text
    # Half of a surrogate pair has no UTF-8, and is no GraphQL: any name will do for it.
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
