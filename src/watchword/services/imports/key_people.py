"""Reads lines like `Jane Doe ( chair & CEO ) Max Muster (CFO)`: names and what they are.

A name is taken only where it is sure to be one person's, and an office only where it is held now;
the rest is counted and left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from watchword.services.records.dataset import RoleType

# Brackets may stand inside brackets: "( President (corporate title) and CEO )".
_ENTRY: Final = re.compile(r"([^()]*)\(((?:[^()]|\([^()]*\))*)\)")
_TITLES_OF_HONOUR: Final = frozenset(
    {"Sir", "Dame", "Lord", "Lady", "Baron", "Baroness", "Dr.", "Dr", "Eng.", "Prof.", "Professor"}
)
_SUFFIXES: Final = frozenset({"Jr.", "Jr", "Sr.", "Sr", "II", "III", "IV"})
_PARTICLES: Final = frozenset(
    {"van", "Van", "der", "den", "de", "De", "la", "La", "los", "del", "della", "di", "du", "von"}
)
_WORD_OF_A_NAME: Final = re.compile(r"[^\W\d_][\w.'\u2018\u2019-]*")
_NO_NAME: Final = re.compile(
    r"\b(?:and|ceo|cfo|coo|chair\w*|president|director|former|founder|vacant|board)\b",
    re.IGNORECASE,
)
_BOARD: Final = re.compile(
    r"\b(?:vice-?)?chair(?:man|woman|person)?\b|(?<!managing )\bdirector\b|\bboard\b|\btrustee\b",
    re.IGNORECASE,
)
_EMPLOYMENT: Final = re.compile(
    r"\b(?:c[a-z]{1,2}o|chief|president|managing|officer|[es]?vp|general counsel|head|treasurer)\b",
    re.IGNORECASE,
)
_NOT_ONE_HELD_NOW: Final = re.compile(
    r"\b(?:former|emerit\w+|honorary|past|first|until|late|deceased|retired|ceos|directors|elect)\b"
    r"|[0-9]{4}",
    re.IGNORECASE,
)
_FEWEST_WORDS: Final = 2
_MOST_WORDS: Final = 3


@dataclass(frozen=True, slots=True)
class KeyPerson:
    """A person and an office.

    Attributes:
        first_name: The first word of the name.
        middle_name: What stands between.
        last_name: The last word, or all from the first `van`, `de` or the like on.
        name: As the line has it.
        title: As the line has it.
        types: What sorts of office the title names.
    """

    first_name: str
    middle_name: str | None
    last_name: str
    name: str
    title: str
    types: frozenset[RoleType]


def read_key_people(line: str) -> tuple[list[KeyPerson], int]:
    """Return the people of a line, and how many entries of it are left out."""
    found: list[KeyPerson] = []
    left_out = 0
    for match in _ENTRY.finditer(line):
        person = _find_person(_tidied(match[1]), _tidied(match[2]))
        if person is None:
            left_out += 1
        else:
            found.append(person)
    has_more = bool(_tidied(_ENTRY.sub("", line)))
    return found, left_out + has_more


def _tidied(text: str) -> str:
    spaced = " ".join(text.replace("\u200b", "").split())
    return re.sub(r" +([,;/)])", r"\1", spaced).strip(" ,;&/")


def _find_person(name: str, title: str) -> KeyPerson | None:
    types = _types(title)
    words = [word.strip(",") for word in name.split()]
    while words and words[0] in _TITLES_OF_HONOUR:
        words.pop(0)
    while words and words[-1] in _SUFFIXES:
        words.pop()
    is_name = not _NO_NAME.search(name) and all(map(_WORD_OF_A_NAME.fullmatch, words))
    counted = [word for word in words if word not in _PARTICLES]
    if not types or not is_name or not _FEWEST_WORDS <= len(counted) <= _MOST_WORDS:
        return None
    particles = [place for place, word in enumerate(words) if place and word in _PARTICLES]
    start = min([*particles, len(words) - 1])
    middle = " ".join(words[1:start]) or None
    return KeyPerson(words[0], middle, " ".join(words[start:]), name, title, types)


def _types(title: str) -> frozenset[RoleType]:
    if _NOT_ONE_HELD_NOW.search(title):
        return frozenset()
    sorts = ((RoleType.BOARD, _BOARD), (RoleType.EMPLOYMENT, _EMPLOYMENT))
    return frozenset(type_ for type_, pattern in sorts if pattern.search(title))
