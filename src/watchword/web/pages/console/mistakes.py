"""Words what is wrong with a form for the person who has filled it in, and names the field."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from watchword.web.pages.telling import to_sentence

if TYPE_CHECKING:
    import msgspec

# msgspec's words, and ours. In front of ours stands what the field is called.
_WORDS: Final = (
    (re.compile(r"Expected `int` >= (\d+)"), "write {0} or more"),
    (re.compile(r"Expected `int` <= (\d+)"), "write {0} or less"),
    (re.compile(r"Expected `int \| null`"), "write a whole number, or leave it empty"),
    (re.compile(r"Expected `int`"), "write a whole number"),
    (re.compile(r"Expected `str` of length <= (\d+)"), "write {0} characters at most"),
    (re.compile(r"Expected `str` of length >= 1"), "write something"),
    (re.compile(r"Object missing required field `(\w+)`"), "it is missing"),
    (re.compile(r"Object contains unknown field `(\w+)`"), "nothing is called so here"),
)
_PLACE: Final = re.compile(r" - at `\$\.?([^`]*)`")
_MEMBER: Final = re.compile(r"field `(\w+)`")


class Mistake(ValueError):
    """What was typed cannot be meant.

    Attributes:
        field: The name of the field in which it stands; "" where that is not known.
    """

    def __init__(self, told: str, field: str) -> None:
        super().__init__(told)
        self.field = field


def to_label(name: str) -> str:
    """Return what people call a field."""
    words = name.rpartition(".")[2].replace("_", " ")
    return words[:1].upper() + words[1:]


def word_mistake(error: msgspec.ValidationError) -> Mistake:
    """Return what does not fit a body in words of the form."""
    text = str(error)
    place = _PLACE.search(text)
    member = _MEMBER.search(text)
    names = [place[1]] if place is not None else []
    path = ".".join([*names, *([member[1]] if member is not None else [])])
    # Of a table in a form, one field has all rows.
    field = path.partition("[")[0]
    for said, words in _WORDS:
        found = said.match(text)
        if found is not None:
            return Mistake(
                f"{to_label(path.replace('[...]', ''))}: {words.format(*found.groups())}.", field
            )
    return Mistake(to_sentence(_PLACE.sub("", text)), field)
