"""The ids customers see, such as `1-per-7`. Owns their form, not their numbers."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

# 18 digits always fit the 64-bit integers of SQLite; ASCII only, as `int` would take other digits.
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}")


class Kind(StrEnum):
    """What an id names."""

    PERSON = "per"
    ORGANIZATION = "org"
    ROLE = "rol"
    CHARITABLE_DONATION = "chd"
    POLITICAL_DONATION = "pod"
    WEALTH_ASSET = "ast"


NOUNS: Final = {
    Kind.PERSON: "a person",
    Kind.ORGANIZATION: "an organization",
    Kind.ROLE: "a role",
    Kind.CHARITABLE_DONATION: "a charitable donation",
    Kind.POLITICAL_DONATION: "a political donation",
    Kind.WEALTH_ASSET: "a wealth asset",
}
"""What the ids of each kind are ids of."""


def public_id(kind: Kind, number: int) -> str:
    """Return the id of record `number`."""
    return f"1-{kind.value}-{number}"


def find_number(kind: Kind, text: str) -> int | None:
    """Return the record's number, or None where `text` is no id of this kind."""
    prefix = f"1-{kind.value}-"
    if not text.startswith(prefix):
        return None
    digits = text[len(prefix) :]
    return int(digits) if _NUMBER.fullmatch(digits) else None
