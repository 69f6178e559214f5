"""Turns a caller's keyword into a full-text expression that can mean nothing but its words."""

from __future__ import annotations

import unicodedata
from typing import Final

from watchword.services.profile.paging import bad_input

LONGEST_KEYWORD: Final = 200


def match_expression(keyword: str) -> str:
    """Return the FTS5 expression for people who match every word of `keyword` by its beginning.

    A keyword without a letter or digit is refused rather than answered with an empty page, which
    would read as "there is nobody of that name".

    Raises:
        GraphQLError: If the keyword is too long, or holds no letter and no digit.
    """
    if len(keyword) > LONGEST_KEYWORD:
        raise bad_input(f"'searchKeyword' may have {LONGEST_KEYWORD} characters at most @ persons")
    words = [word for word in _printable(keyword).split() if any(map(str.isalnum, word))]
    if not words:
        raise bad_input("'searchKeyword' needs at least one letter or digit @ persons")
    # Quoted, a word is a string to FTS5, whatever it holds; a quote inside it is doubled.
    return " ".join('"{}"*'.format(word.replace('"', '""')) for word in words)


def _printable(text: str) -> str:
    # A NUL would end the expression inside a string, and a lone surrogate cannot be stored: both
    # are of category C, with the other control characters.
    return "".join(" " if unicodedata.category(char)[0] == "C" else char for char in text)
