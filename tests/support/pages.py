"""Reads a page as a browser does: its elements, ids, links and code, and what it may not have."""

from __future__ import annotations

from html.parser import HTMLParser

_VOID = frozenset({"meta", "link", "img", "input", "br", "hr", "col", "wbr"})


class ReadPage(HTMLParser):
    """A page that was read to its end.

    Attributes:
        problems: What is wrong with it: tags that do not match, ids that are there twice, styles
            and scripts that stand in the page itself.
        ids: All ids.
        links: Where links, scripts and style sheets lead.
        alternates: Where the same is in another form.
        code: The text of every block of code, by the tab in which it stands.
    """

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.problems: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.alternates: list[str] = []
        self.code: list[tuple[str, str]] = []
        self.text = ""
        self.tags: list[str] = []
        self._open: list[str] = []
        self._tab = ""
        self.feed(text)
        self.close()
        if self._open:
            self.problems.append(f"never closed: {self._open}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in _VOID:
            self._open.append(tag)
        given = {name: value or "" for name, value in attrs}
        self.problems += [f"{tag} {name}" for name in given if name[:2] == "on" or name == "style"]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.problems.append(f"{tag} in the page")
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
