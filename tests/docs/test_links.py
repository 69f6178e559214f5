"""Links lead somewhere, and pages tell no secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from docs.pages import (
    DOCS,
    REPOSITORY,
    all_examples,
    all_pages,
    anchors_of,
    blocks_of,
    links_of,
    name_of,
)

if TYPE_CHECKING:
    from pathlib import Path

_KEY_OR_PASSWORD = re.compile(r"\bww[0-9A-Za-z]{40}\b|\b[0-9A-Za-z]{43}\b|eyJ[\w-]{10,}")

_CLIENTS = list((REPOSITORY / "tests" / "clients").iterdir())


@pytest.mark.parametrize("page", all_pages(), ids=name_of)
def test_every_link_of_a_page_leads_to_a_file_and_a_heading(page: Path) -> None:
    broken = []
    for link in links_of(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if link.startswith(("https://", "http://")):
            continue
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            broken.append(link)

    assert not broken


def test_every_page_is_reached_from_the_index() -> None:
    index = DOCS / "index.md"

    linked = {(DOCS / link.partition("#")[0]).resolve() for link in links_of(index)}

    assert set(DOCS.rglob("*.md")) - {index} <= linked


@pytest.mark.parametrize("page", all_pages(), ids=name_of)
def test_no_page_shows_what_could_be_a_real_secret(page: Path) -> None:
    assert _KEY_OR_PASSWORD.findall(page.read_text("utf-8")) == []


@pytest.mark.parametrize("example", all_examples(), ids=lambda path: str(path.name))
def test_every_example_stands_on_a_page_as_it_is_in_its_file(example: Path) -> None:
    shown = [block.text for page in all_pages() for block in blocks_of(page)]

    assert example.read_text("utf-8") in shown


def is_taken_from(source: str, sample: str) -> bool:
    """Tell whether the lines of a sample stand in a source in this order."""
    rest = iter([line.strip() for line in source.splitlines()])
    return all(line.strip() in rest for line in sample.splitlines())


def test_every_program_on_a_page_is_tested() -> None:
    examples = {example.read_text("utf-8") for example in all_examples()}
    clients = [path.read_text("utf-8") for path in _CLIENTS if path.suffix in {".py", ".mjs"}]

    programs = [
        block
        for page in all_pages()
        for block in blocks_of(page)
        if block.language in {"js", "python"}
    ]

    assert [
        str(block)
        for block in programs
        if block.text not in examples
        and not any(is_taken_from(client, block.text) for client in clients)
    ] == []
