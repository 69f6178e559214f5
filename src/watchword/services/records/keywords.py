"""Turns a caller's words into full-text expressions that can mean nothing but those words."""

from __future__ import annotations

import unicodedata
from typing import Final, NamedTuple

from watchword.services.records.paging import bad_input

LONGEST_KEYWORD: Final = 200


class Part(NamedTuple):
    """Some of the records that a keyword finds.

    Attributes:
        table: The full-text table that finds them.
        expression: What it matches.
        without: Those that this expression matches in the table of people's names are no part.
    """

    table: str
    expression: str
    without: str | None = None


class Ranks(NamedTuple):
    """The parts of what a keyword finds.

    Attributes:
        parts: Best matches first. No record is in two of them.
        whole: Everything that is in any.
    """

    parts: tuple[Part, ...]
    whole: Part


def person_ranks(keyword: str) -> Ranks:
    """Return the ranks of people: those found by their names, then by those of organizations too.

    Names have a table of their own: else each of the many people at a bank would have to be asked
    whether Bank is their own name.

    Raises:
        GraphQLError: If the keyword is too long, or holds no letter and no digit.
    """
    words = _quoted("searchKeyword", keyword, "persons")
    exact, begun = _all(words), _all_begun(words)
    only_begun = f"({begun}) NOT ({exact})"
    return Ranks(
        (
            Part("person_name_keyword", exact),
            Part("person_name_keyword", only_begun),
            Part("person_keyword", exact, without=begun),
            Part("person_keyword", only_begun, without=begun),
        ),
        Part("person_keyword", begun),
    )


def organization_ranks(keyword: str) -> Ranks:
    """Return the ranks of organizations: by ticker symbol, by whole words, by beginnings of words.

    Raises:
        GraphQLError: If the keyword is too long, or holds no letter and no digit.
    """
    words = _quoted("searchKeyword", keyword, "organizations")
    exact, begun = _all(words), _all_begun(words)
    ticker, name = f"{{ticker}} : ({exact})", f"{{name}} : ({exact})"
    expressions = (ticker, f"({name}) NOT ({ticker})", f"({begun}) NOT (({name}) OR ({ticker}))")
    return Ranks(
        tuple(Part("organization_keyword", expression) for expression in expressions),
        Part("organization_keyword", begun),
    )


def begun_in(column: str, argument: str, text: str, noun: str) -> str:
    """Return the expression for records where every word of `text` begins a word of a column.

    Args:
        column: Of the full-text table.
        argument: The caller's name for `text`.
        text: The caller's.
        noun: Names the list in refusals.

    Raises:
        GraphQLError: If the text is too long, or holds no letter and no digit.
    """
    return f"{{{column}}} : ({_all_begun(_quoted(argument, text, noun))})"


def _quoted(argument: str, text: str, noun: str) -> list[str]:
    # A text without a letter or digit is refused rather than answered with an empty page, which
    # would read as "there is nobody of that name".
    if len(text) > LONGEST_KEYWORD:
        raise bad_input(f"'{argument}' may have {LONGEST_KEYWORD} characters at most @ {noun}")
    words = [word for word in _printable(text).split() if any(map(str.isalnum, word))]
    if not words:
        raise bad_input(f"'{argument}' needs at least one letter or digit @ {noun}")
    # Quoted, a word is a string to FTS5, whatever it holds; a quote inside it is doubled.
    return ['"{}"'.format(word.replace('"', '""')) for word in dict.fromkeys(words)]


def _all(words: list[str]) -> str:
    return " AND ".join(words)


def _all_begun(words: list[str]) -> str:
    return " AND ".join(f"{word}*" for word in words)


def _printable(text: str) -> str:
    # A NUL would end the expression inside a string, and a lone surrogate cannot be stored: both
    # are of category C, with the other control characters. Of these, format characters (a soft
    # hyphen, a joiner) stand inside words and part none.
    return "".join(
        ("" if category == "Cf" else " ")
        if (category := unicodedata.category(char))[0] == "C"
        else char
        for char in text
    )
