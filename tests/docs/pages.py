"""Reads the pages: their blocks of code, their headings and their links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

REPOSITORY = Path(__file__).resolve().parents[2]
DOCS = REPOSITORY / "docs"
EXAMPLES = DOCS / "examples"

_FENCE = re.compile(r"^( *)```([\w-]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(REPOSITORY)} line {self.line}"


def all_examples() -> list[Path]:
    # A program that was imported leaves a folder of its byte code.
    return sorted(path for path in EXAMPLES.iterdir() if path.is_file())


def all_pages() -> list[Path]:
    return [REPOSITORY / "README.md", *sorted(DOCS.rglob("*.md"))]


def pages_with_commands() -> list[Path]:
    return [
        REPOSITORY / "README.md",
        DOCS / "tutorial.md",
        *sorted((DOCS / "how-to").glob("*.md")),
    ]


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text("utf-8")
    return [
        Block(page, text.count("\n", 0, match.start()) + 1, match[2], dedent(match[3]))
        for match in _FENCE.finditer(text)
    ]


def prose_of(page: Path) -> str:
    return _FENCE.sub("", page.read_text("utf-8"))


def anchors_of(page: Path) -> set[str]:
    """The anchors of a page's headings, made as the usual viewers of Markdown make them."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        for heading in _HEADING.findall(prose_of(page))
    }


def links_of(page: Path) -> list[str]:
    return [str(link) for link in _LINK.findall(prose_of(page))]


def name_of(page: Path) -> str:
    return str(page.relative_to(REPOSITORY))
