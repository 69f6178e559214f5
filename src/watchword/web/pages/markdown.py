"""Markdown as HTML: none of its own HTML, no styles, and code that can be coloured and copied.

Two things go beyond CommonMark with tables. A row whose first cell is code can be linked to, as a
heading can. Fences that stand together are shown together: those with `tab=curl` behind the
language as tabs, and one with `response` beside them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import count, pairwise
from typing import TYPE_CHECKING, Final

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it.renderer import RendererProtocol
    from markdown_it.rules_core import StateCore
    from markdown_it.utils import EnvType, OptionsDict

_LANGUAGES: Final = {
    "sh": "bash",
    "js": "javascript",
    "python": "python",
    "json": "json",
    "graphql": "graphql",
    "http": "http",
}
_RESPONSE: Final = "response"
_TAKEN: Final = "taken"
_NOT_IN_ID: Final = re.compile(r"[^\w. -]")
_WORDS_A_MINUTE: Final = 220
_PLAIN: Final = frozenset({"text", "code_inline", "softbreak"})


@dataclass(frozen=True, slots=True)
class Outline:
    """What lists say of a text.

    Attributes:
        title: Its first heading.
        summary: Its first paragraph.
        minutes: How long it takes to read, code aside.
    """

    title: str
    summary: str
    minutes: int


def to_html(text: str, taken: set[str] | None = None) -> str:
    """Return Markdown as HTML.

    Args:
        text: The Markdown.
        taken: The ids that the page has already; those of the text are added.
    """
    return str(_renderer().render(text, {_TAKEN: set[str]() if taken is None else taken}))


@lru_cache(maxsize=128)
def outline_of(text: str) -> Outline:
    """Return title, summary and reading time of a text."""
    tokens = _renderer().parse(text, {_TAKEN: set[str]()})
    found = {"heading_open": "", "paragraph_open": ""}
    words = 0
    for before, token in pairwise(tokens):
        if token.type == "inline":
            said = _plain(token)
            words += len(said.split())
            if not found.get(before.type, said):
                found[before.type] = said
    minutes = max(1, round(words / _WORDS_A_MINUTE))
    return Outline(found["heading_open"], found["paragraph_open"], minutes)


@lru_cache(maxsize=1)
def _renderer() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    markdown.core.ruler.push("arrange", _arrange)
    markdown.add_render_rule("fence", _show_code)
    return markdown


def _arrange(state: StateCore) -> None:
    for token in state.tokens:
        # Columns are aligned by `style`, which no page may have.
        token.attrs.pop("style", None)
    _name_places(state.tokens, state.env[_TAKEN])
    state.tokens = list(_wrap_tables(_gather(state.tokens)))


def _name_places(tokens: Sequence[Token], taken: set[str]) -> None:
    heading = ""
    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            heading = _choose_id(_plain(tokens[index + 1]), taken)
            token.attrs["id"] = heading
        elif token.type == "tr_open" and tokens[index + 1].type == "td_open":
            cell = tokens[index + 2].children or []
            if [part.type for part in cell] == ["code_inline"]:
                token.attrs["id"] = _choose_id(f"{heading}.{cell[0].content}", taken)


def _choose_id(said: str, taken: set[str]) -> str:
    wanted = _NOT_IN_ID.sub("", said.lower()).strip().replace(" ", "-") or "part"
    chosen = next(
        name
        for number in count(1)
        if (name := wanted if number == 1 else f"{wanted}-{number}") not in taken
    )
    taken.add(chosen)
    return chosen


def _gather(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield the tokens, fences that belong together inside of what shows them together.

    Their own headings are one below that of the part in which they stand.
    """
    together: list[Token] = []
    level = 1
    for token in tokens:
        if token.type == "fence" and (_tab_of(token) or _is_response(token)):
            together.append(token)
            continue
        yield from _show_together(together, level)
        together = []
        if token.type == "heading_open":
            level = int(token.tag[1:])
        yield token
    yield from _show_together(together, level)


def _show_together(fences: Sequence[Token], level: int) -> Iterator[Token]:
    tabs = [fence for fence in fences if not _is_response(fence)]
    responses = [fence for fence in fences if _is_response(fence)]
    shown = list(_show_tabs(tabs, level))
    if not responses:
        yield from shown
        return
    yield from _inside(
        "div",
        {"class": "sample pair"},
        [
            *_inside("div", {"class": "request"}, shown),
            *_inside("div", {"class": "response"}, [*_head("Response", level), *responses]),
        ],
    )


def _show_tabs(fences: Sequence[Token], level: int) -> Iterator[Token]:
    sections = [
        token
        for fence in fences
        for token in _inside(
            "section", {"data-tab": _tab_of(fence)}, [*_head(_tab_of(fence), level), fence]
        )
    ]
    if sections:
        yield from _inside("div", {"class": "tabs", "data-tabs": ""}, sections)


def _wrap_tables(tokens: Iterator[Token]) -> Iterator[Token]:
    # A table that is wider than a phone is moved, and not the page.
    for token in tokens:
        if token.type == "th_open":
            token.attrSet("scope", "col")
        if token.type == "table_open":
            yield _begin("div", {"class": "scroll", "tabindex": "0"})
        yield token
        if token.type == "table_close":
            yield _end("div")


def _inside(tag: str, attributes: dict[str, str], tokens: Sequence[Token]) -> Iterator[Token]:
    yield _begin(tag, attributes)
    yield from tokens
    yield _end(tag)


def _head(said: str, level: int) -> Iterator[Token]:
    text = Token("text", "", 0, content=said)
    yield from _inside(
        f"h{min(level + 1, 6)}", {}, [Token("inline", "", 0, content=said, children=[text])]
    )


def _begin(tag: str, attributes: dict[str, str]) -> Token:
    return Token("mark", tag, 1, block=True, attrs=dict(attributes))


def _end(tag: str) -> Token:
    return Token("mark", tag, -1, block=True)


def _tab_of(fence: Token) -> str:
    named = [word.removeprefix("tab=") for word in fence.info.split() if word.startswith("tab=")]
    return named[0] if named else ""


def _is_response(fence: Token) -> bool:
    return _RESPONSE in fence.info.split()[1:]


def _show_code(
    _renderer: RendererProtocol,
    tokens: Sequence[Token],
    index: int,
    _options: OptionsDict,
    _env: EnvType,
) -> str:
    code = tokens[index].content
    language = (tokens[index].info.split() or [""])[0]
    coloured = _colour(code, language) if language in _LANGUAGES else escapeHtml(code)
    return (
        f'<div class="highlight"><pre data-copy tabindex="0"><code>{coloured}</code></pre></div>\n'
    )


def _colour(code: str, language: str) -> str:
    lexer = get_lexer_by_name(_LANGUAGES[language], stripnl=False)
    formatter: HtmlFormatter[str] = HtmlFormatter(nowrap=True)
    return str(highlight(code, lexer, formatter))


def _plain(token: Token) -> str:
    said = [
        " " if part.type == "softbreak" else part.content
        for part in token.children or []
        if part.type in _PLAIN
    ]
    return "".join(said)
