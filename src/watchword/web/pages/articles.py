"""Articles: pages that are written in Markdown, and sent as that, too, under `.md`.

They are templates. What is filled in is text, and is written so that Markdown shows it as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from watchword.web.pages.markdown import outline_of, to_html
from watchword.web.pages.sending import HTML, MARKDOWN, send

if TYPE_CHECKING:
    from watchword.web.http import Response
    from watchword.web.pages.visit import Visit

TWIN: Final = ".md"
# A line between letters stresses nothing: codes stay as they are.
_SIGNS: Final = re.compile(r"([\\`*\[\]<>|#~&]|(?<![^\W_])_|_(?![^\W_]))")
_AT_BEGIN: Final = re.compile(r"^(?:([-+=])|(\d+)([.)]))")
_TICKS: Final = re.compile(r"`+")


class Written(str):
    """A text that is Markdown already."""

    __slots__ = ()


def to_markdown(value: object) -> str:
    """Return a value as Markdown that shows it as it is, in one line."""
    if isinstance(value, Written):
        return value
    text = " ".join(str(value).split())
    return _AT_BEGIN.sub(r"\2\\\1\3", _SIGNS.sub(r"\\\1", text))


def to_code(value: object) -> Written:
    """Return a value as code within a line of Markdown."""
    text = " ".join(str(value).split())
    ticks = "`" * (max(map(len, _TICKS.findall(text)), default=0) + 1)
    blank = " " if "`" in text else ""
    return Written(f"{ticks}{blank}{text}{blank}{ticks}")


def write(template: str, **values: object) -> str:
    """Return an article as Markdown."""
    return _templates().get_template(template).render(values)


def show(visit: Visit, text: str, template: str = "article.html", **values: object) -> Response:
    """Answer with an article: as a page, or as it was written where its path ends so."""
    if visit.request.path.rstrip("/").endswith(TWIN):
        return send(visit, MARKDOWN, text.encode())
    page = visit.parts.pages.render(
        template,
        here=visit.request.path,
        session=visit.visitor.session,
        csrf=visit.visitor.csrf,
        outline=outline_of(text),
        body=_shown(text),
        twin=visit.request.path.rstrip("/") + TWIN,
        **values,
    )
    return send(visit, HTML, page)


# Colours take a while, and most readers read the same.
_shown = lru_cache(maxsize=128)(to_html)


@lru_cache(maxsize=1)
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("watchword.web.pages", "articles"),
        autoescape=False,  # noqa: S701 - Markdown, whose signs `finalize` escapes
        finalize=to_markdown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["code"] = to_code
    return environment
