"""Which media type an answer to a GraphQL request has, and which its body may have.

Callers say both in every request, and nearly all of them say the same: what a header comes to is
remembered, up to a bound.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from watchword.access.errors import NotAcceptable, UnsupportedContentType
from watchword.web.http import SharedHeaders

_JSON: Final = "application/json"
_GRAPHQL_JSON: Final = "application/graphql-response+json"
_UTF_8: Final = frozenset({"utf-8", "utf8"})
# Quoted text may hold what separates elsewhere. One whose end is missing goes to the end.
_ELEMENT: Final = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*+"?)+')
_PART: Final = re.compile(r'(?:[^;"]|"(?:[^"\\]|\\.)*+"?)+')
_QUALITY: Final = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")
_NAMED: Final = 2
_MOST_REMEMBERED: Final = 256
"""Headers. A caller can send any, so that neither their number nor their length is without end."""
_LONGEST_REMEMBERED: Final = 256
"""Characters. A longer header is read anew each time."""


@dataclass(frozen=True, slots=True)
class AnswerType:
    """A media type that answers have.

    Attributes:
        name: As `Accept` names it.
        has_statuses: Whether the status tells what became of the document. Where it does not,
            clients take anything but 200 for the answer of a gateway.
        headers: What all answers of this type have in common.
    """

    name: str
    has_statuses: bool
    headers: SharedHeaders


def _answer_type(name: str, *, has_statuses: bool) -> AnswerType:
    return AnswerType(
        name,
        has_statuses,
        SharedHeaders(
            [
                (b"content-type", f"{name}; charset=utf-8".encode()),
                (b"cache-control", b"no-store"),
                (b"vary", b"accept"),
            ]
        ),
    )


PLAIN: Final = _answer_type(_JSON, has_statuses=False)
"""For clients that were there before the other, and for those that do not say."""
TYPED: Final = _answer_type(_GRAPHQL_JSON, has_statuses=True)


class _Range(NamedTuple):
    name: str
    quality: float


class _Rank(NamedTuple):
    quality: float
    exactness: int


def choose_answer_type(accept: str) -> AnswerType:
    """Return the media type that a caller likes best (RFC 9110 section 12.5.1).

    Of two that it likes alike, the one that it names wins over one that a wildcard covers. If it
    names both, the answer is typed; if it names none, the answer is plain.

    Args:
        accept: The header, its parts joined; "" when it was not sent.

    Raises:
        NotAcceptable: If it likes neither.
    """
    if not accept:
        return PLAIN
    choose = _choose if len(accept) <= _LONGEST_REMEMBERED else _choose.__wrapped__
    chosen = choose(accept)
    if chosen is None:
        raise NotAcceptable
    return chosen


def require_json(content_type: str | None) -> None:
    """Pass when a body is JSON in UTF-8.

    A request without a type is none that a browser would ask another origin's permission for.

    Args:
        content_type: The header; None when it was not sent.

    Raises:
        UnsupportedContentType: If it is anything else, or does not say.
    """
    if content_type is not None:
        is_json = _is_json if len(content_type) <= _LONGEST_REMEMBERED else _is_json.__wrapped__
        if is_json(content_type):
            return
    raise UnsupportedContentType


@lru_cache(maxsize=_MOST_REMEMBERED)
def _choose(accept: str) -> AnswerType | None:
    ranges = [_read_range(element) for element in _ELEMENT.findall(accept) if element.strip()]
    if not ranges:
        return PLAIN
    known = [each for each in ranges if each is not None]
    typed, plain = _rank(TYPED.name, known), _rank(PLAIN.name, known)
    if not typed.quality and not plain.quality:
        return None
    if typed == plain:
        return TYPED if typed.exactness == _NAMED else PLAIN
    return TYPED if typed > plain else PLAIN


def _rank(name: str, ranges: list[_Range]) -> _Rank:
    # The range that fits most exactly says how much the type is liked, be it not at all.
    for exactness, pattern in ((_NAMED, name), (1, "application/*"), (0, "*/*")):
        qualities = [each.quality for each in ranges if each.name == pattern]
        if qualities:
            return _Rank(max(qualities), exactness)
    return _Rank(0.0, 0)


def _read_range(element: str) -> _Range | None:
    """Return a range of types; None for one in an encoding that nothing is answered in."""
    name, parameters = _read_media_type(element)
    if parameters.get("charset", "utf-8").lower() not in _UTF_8:
        return None
    told = parameters.get("q", "1")
    # Whoever names a type with a quality that is none would rather have it than a refusal.
    return _Range(name, float(told) if _QUALITY.fullmatch(told) else 1.0)


@lru_cache(maxsize=_MOST_REMEMBERED)
def _is_json(content_type: str) -> bool:
    name, parameters = _read_media_type(content_type)
    return name == _JSON and parameters.get("charset", "utf-8").lower() in _UTF_8


def _read_media_type(text: str) -> tuple[str, dict[str, str]]:
    """Return the name and the parameters of a media type (RFC 9110 section 8.3.1)."""
    name, *parts = _PART.findall(text) or [""]
    parameters: dict[str, str] = {}
    for part in parts:
        parameter, _, value = part.partition("=")
        parameters.setdefault(parameter.strip().lower(), value.strip().strip('"'))
    return name.strip().lower(), parameters
