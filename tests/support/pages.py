"""Reads a page as a browser does: its elements, ids, links and code, and what it may not have."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_CSRF = re.compile(r'(?:name="csrf" value|data-csrf)="([0-9a-f]+)"')
_HEADING = re.compile(r"h[1-6]")
_VOID = frozenset({"meta", "link", "img", "input", "br", "hr", "col", "wbr"})


class ReadPage(HTMLParser):
    """A page that was read to its end.

    Attributes:
        problems: What is wrong with it: tags that do not match, ids that are there twice, styles
            and scripts that stand in the page itself, and what somebody who does not see it
            misses: the label of a field, the scope of a table's heading.
        ids: All ids.
        links: Where links, scripts and style sheets lead.
        tables: How many there are,
        captions: and how many of them say what they are.
        alternates: Where the same is in another form.
        jumps: Headings that leave out a level.
        code: The text of every block of code, by the tab in which it stands.
    """

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.problems: list[str] = []
        self.jumps: list[str] = []
        self._level = 0
        self.ids: list[str] = []
        self.links: list[str] = []
        self.alternates: list[str] = []
        self.code: list[tuple[str, str]] = []
        self.text = ""
        self.tables = self.captions = 0
        self.tags: list[str] = []
        self._open: list[str] = []
        self._tab = ""
        self._labelled: set[str] = set()
        self.feed(text)
        self.close()
        if self._open:
            self.problems.append(f"never closed: {self._open}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if _HEADING.fullmatch(tag):
            before, level = self._level, int(tag[1])
            if level > before + 1:
                self.jumps.append(f"from h{before} to {tag}")
            self._level = level
        if tag not in _VOID:
            self._open.append(tag)
        given = {name: value or "" for name, value in attrs}
        self.problems += [f"{tag} {name}" for name in given if name[:2] == "on" or name == "style"]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.problems.append(f"{tag} in the page")
        self._read_structure(tag, given)
        if "id" in given:
            if given["id"] in self.ids:
                self.problems.append(f"id twice: {given['id']}")
            self.ids.append(given["id"])
        if given.get("rel") == "alternate":
            self.alternates.append(given["href"])
        self.links += [given[name] for name in ("href", "src", "action") if name in given]
        if tag == "section":
            self._tab = given.get("data-tab", "")
        if tag == "pre":
            self.code.append((self._tab, ""))

    def _read_structure(self, tag: str, given: dict[str, str]) -> None:
        self.tables += tag == "table"
        self.captions += tag == "caption"
        if tag == "label":
            self._labelled.add(given.get("for", ""))
        if tag == "th" and "scope" not in given:
            self.problems.append("a heading of a table without a scope")
        is_field = tag in {"input", "select", "textarea"} and given.get("type") != "hidden"
        is_labelled = "label" in self._open or given.get("id") in self._labelled
        if is_field and not is_labelled:
            self.problems.append(f"a field without a label: {given}")

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if not self._open or self._open.pop() != tag:
            self.problems.append(f"closed, and not open: {tag}")
        if tag == "section":
            self._tab = ""

    def handle_data(self, data: str) -> None:
        self.text += data
        if "pre" in self._open:
            tab, code = self.code[-1]
            self.code[-1] = (tab, code + data)


def find_csrf(page: str) -> str | None:
    """Return what the forms of a page carry to show that they are ours."""
    found = _CSRF.search(page)
    return None if found is None else found[1]


def get_csrf(page: str) -> str:
    """Return the same of a page that has it."""
    found = find_csrf(page)
    assert found is not None, page
    return found
