"""Which media type is answered, and which is read, by the headers alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.access.errors import NotAcceptable, UnsupportedContentType
from watchword.web import media_types
from watchword.web.media_types import PLAIN, TYPED, choose_answer_type, require_json

J = "application/json"
G = "application/graphql-response+json"

_PLAIN = [
    "",
    " , ,",
    J,
    "*/*",
    "application/*",
    "APPLICATION/JSON",
    f"{J};charset=utf-8",
    f'{J}; charset="UTF-8"',
    f"{J}; version=1",
    f"{J}, text/plain, */*",  # axios
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8",  # browsers
    f"{J}, */*;q=0.9",
    f"{G};q=0, */*",
    f"{G};q=0, application/*",
    f"{G};q=0.5, {J}",
    f"{G};q=0.5, */*",
    f"{G};q=0.001, {J};q=0.002",
    f"{J};q=0.1",
    f"{J};q=1.000",
    f"{J};Q=0.5",
    f"{J};q=high",
    f"{J};q=2",
    f"{J};q=-1",
    f"{J};q=",
    f"{G}; charset=latin-1, {J}",
    f'text/html;level="1, {G}", {J}',
    f'text/html;level="\\", {G}", {J}',
    f"{J}, */*;q=0",
]  # fmt: skip
_TYPED = [
    G,
    f"{G};charset=utf-8",
    f"{G}; charset=utf-8, {J}; charset=utf-8",  # the specification's own
    f"{G},{J};q=0.9",  # Apollo Client
    f"{G}, application/graphql+json, {J}, text/event-stream, multipart/mixed",  # urql
    f"{J}, {G}",
    f"text/html, {G}",
    f"{G}, */*",
    f"{G};q=0.5, {J};q=0.4",
    f"{G};q=0.5, */*;q=0.4",
    f"{J};q=0, */*",
    f"{J};q=0, application/*;q=0.1",
    f"*/*;q=0.1, {G};q=0.2",
    f"{J};charset=utf-16, {G}",
    "Application/GraphQL-Response+JSON",
    f"{G};q=0;q=1, {G};q=0.3",
]
_NEITHER = [
    "text/html",
    "text/*",
    "application/xml, multipart/mixed",
    "text/event-stream",
    f"{J};q=0",
    f"{G};q=0, {J};q=0",
    "*/*;q=0",
    "application/*;q=0.0, */*;q=0.5",
    f"{J};charset=latin-1",
    f'{J};charset="utf-16"',
    "nonsense",
    ";q=1",
    '"',
    "*/json",
    "application",
    f'"{J}"',
    f'text/html;level="1, {J}',
]


@pytest.mark.parametrize("accept", _PLAIN)
def test_plain_json_is_for_those_who_name_it_and_those_who_take_anything(accept: str) -> None:
    assert choose_answer_type(accept) is PLAIN


@pytest.mark.parametrize("accept", _TYPED)
def test_the_typed_answer_is_for_those_who_name_it_and_like_nothing_better(accept: str) -> None:
    assert choose_answer_type(accept) is TYPED


@pytest.mark.parametrize("accept", _NEITHER)
def test_nothing_is_answered_that_is_not_accepted(accept: str) -> None:
    with pytest.raises(NotAcceptable):
        choose_answer_type(accept)


_QUALITIES = st.integers(0, 1_000)


@given(typed=_QUALITIES, plain=_QUALITIES, others=st.lists(st.sampled_from(["a/b", "text/*"])))
def test_the_better_liked_of_two_named_types_wins(
    typed: int, plain: int, others: list[str]
) -> None:
    named = [f"{G};q={typed / 1_000:.3f}", *others, f"{J}; q={plain / 1_000:.3f}"]

    if typed == plain == 0:
        with pytest.raises(NotAcceptable):
            choose_answer_type(",".join(named))
    else:
        expected = TYPED if typed >= plain else PLAIN
        assert choose_answer_type(",".join(named)) is expected


@given(st.text(st.characters(max_codepoint=255), max_size=400))
def test_any_header_is_answered_or_refused(text: str) -> None:
    for read in (choose_answer_type, require_json):
        try:
            read(text)
        except (NotAcceptable, UnsupportedContentType):
            continue


@given(st.text(st.sampled_from('",;=q*/\\ a.01'), max_size=300))
def test_what_is_remembered_is_what_would_be_read_anew(text: str) -> None:
    def choose(accept: str) -> object:
        try:
            return choose_answer_type(accept)
        except NotAcceptable:
            return None

    first, again = choose(text), choose(text)

    assert first is again
    if text.strip(" ,"):
        # Spaces change nothing but the length.
        assert choose(text + " " * 300) is first


def test_no_header_takes_much_memory() -> None:
    for number in range(2_000):
        choose_answer_type(f"{J}, a/{number}")
        choose_answer_type(f"{J}, a/{'x' * 1_000}{number}")
        require_json(f"{J};a={number}")
        require_json(f"{J};a={'x' * 1_000}{number}")

    for remembered in (media_types._choose, media_types._is_json):
        information = remembered.cache_info()
        assert information.maxsize is not None
        assert information.currsize <= information.maxsize == 256


@pytest.mark.parametrize(
    "content_type",
    [J, "Application/JSON", f"{J};charset=utf-8", f'{J} ; Charset = "UTF-8"', f"{J};charset=utf8",
     f"{J}; profile=x; charset=utf-8", f"{J};"],
)  # fmt: skip
def test_json_in_utf_8_is_read(content_type: str) -> None:
    require_json(content_type)


@pytest.mark.parametrize(
    "content_type",
    [None, "", ";", "text/plain", "text/plain;charset=UTF-8", "application/graphql", G,
     "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp",
     f"{J};charset=latin-1", f"{J};charset=utf-16", f"{J};charset=", "*/*", f"{J}, {J}",
     f"text/plain;a={J}", f"x{J}"],
)  # fmt: skip
def test_nothing_else_is_read(content_type: str | None) -> None:
    with pytest.raises(UnsupportedContentType):
        require_json(content_type)
