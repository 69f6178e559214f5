"""Reads YAML files of records and knows the line of everything in them. Knows no data set."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeVar

import yaml

from watchword.services.records.dataset import Place
from watchword.services.records.dates import PartialDate, parse_partial_date
from watchword.services.records.errors import refused

if TYPE_CHECKING:
    from pathlib import Path

    from watchword.services.records.errors import ImportRefused

_Value = TypeVar("_Value")

# libyaml composes by recursion in C: some ten thousand levels end the process. No level comes
# without a bracket or a column of indentation, and the data set has a handful of either.
_DEEPEST: Final = 5_000
_INDENTATION: Final = re.compile(rb"^[ \t?-]+", re.MULTILINE)
_TEXT: Final = "tag:yaml.org,2002:str"
_WHOLE_NUMBER: Final = "tag:yaml.org,2002:int"
_DATE: Final = "tag:yaml.org,2002:timestamp"


class Entry:
    """A mapping of a file: the fields of one record.

    `find_*` returns None where the field is absent, the others refuse the file. Every method
    refuses a field of the wrong type.

    Attributes:
        place: Where the entry begins.
    """

    def __init__(self, file: str, node: yaml.Node) -> None:
        self.place = Place(file, node.start_mark.line + 1)
        if not isinstance(node, yaml.MappingNode):
            raise self.refused("expected fields here, each with a name and a value")
        self._fields: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = str(key.value)
            if name in self._fields:
                raise refused(file, key.start_mark.line + 1, f"'{name}' stands here a second time")
            self._fields[name] = value

    def refused(self, problem: str, field: str | None = None) -> ImportRefused:
        """Return the refusal of this entry, at the line of `field` where it is given."""
        file, line = self.place
        if field is not None:
            line = self._fields[field].start_mark.line + 1
        return refused(file, line, problem)

    def names(self) -> list[str]:
        """Return the names of the fields, in the file's order."""
        return list(self._fields)

    def text(self, name: str) -> str:
        """Return a text that must be there."""
        return self._present(name, self.find_text(name))

    def find_text(self, name: str) -> str | None:
        """Return a text; an empty one counts as absent."""
        return self._find_scalar(name, (_TEXT,), "text")

    def find_code(self, name: str) -> str | None:
        """Return a text that the file may have as a whole number: a handle, a door."""
        return self._find_scalar(name, (_TEXT, _WHOLE_NUMBER), "text")

    def whole_number(self, name: str) -> int:
        """Return a whole number that must be there."""
        return self._present(name, self.find_whole_number(name))

    def find_whole_number(self, name: str) -> int | None:
        """Return a whole number."""
        written = self._find_scalar(name, (_WHOLE_NUMBER,), "a whole number")
        try:
            return None if written is None else int(written)
        except ValueError as error:
            raise self.refused(f"'{name}' must be a whole number", name) from error

    def date(self, name: str) -> PartialDate:
        """Return a date that must be there."""
        return self._present(name, self.find_date(name))

    def find_date(self, name: str) -> PartialDate | None:
        """Return a date, quoted in the file or not."""
        written = self._find_scalar(name, (_TEXT, _DATE, _WHOLE_NUMBER), "a date")
        try:
            return None if written is None else parse_partial_date(written)
        except ValueError as error:
            raise self.refused(f"'{name}' is no date: {written} ({error})", name) from error

    def entry(self, name: str) -> Entry:
        """Return an entry that must be there."""
        return self._present(name, self.find_entry(name))

    def find_entry(self, name: str) -> Entry | None:
        """Return an entry."""
        node = self._fields.get(name)
        return None if node is None else Entry(self.place.file, node)

    def entries(self, name: str) -> list[Entry]:
        """Return a list of entries; an absent one is empty."""
        node = self._fields.get(name)
        return [] if node is None else _entries(self.place.file, node)

    def _find_scalar(self, name: str, tags: tuple[str, ...], meaning: str) -> str | None:
        node = self._fields.get(name)
        if node is None:
            return None
        if not isinstance(node, yaml.ScalarNode) or node.tag not in tags:
            raise self.refused(f"'{name}' must be {meaning}", name)
        return str(node.value).strip() or None

    def _present(self, name: str, value: _Value | None) -> _Value:
        if value is None:
            raise self.refused(f"'{name}' is missing")
        return value


def read_entry(path: Path) -> Entry:
    """Return the one entry that a file consists of.

    Raises:
        ImportRefused: If the file is missing, unreadable, not UTF-8, no YAML, or of another shape.
    """
    return Entry(path.name, _compose(path))


def find_entries(path: Path) -> list[Entry] | None:
    """Return the list of entries that a file consists of, or None where there is no such file.

    Raises:
        ImportRefused: If the file is unreadable or not as it must be.
    """
    return read_entries(path) if path.exists() else None


def read_entries(path: Path) -> list[Entry]:
    """Return the list of entries that a file consists of.

    Raises:
        ImportRefused: As `read_entry`.
    """
    return _entries(path.name, _compose(path))


def _entries(file: str, node: yaml.Node) -> list[Entry]:
    if not isinstance(node, yaml.SequenceNode):
        raise refused(file, node.start_mark.line + 1, "expected a list here")
    return [Entry(file, item) for item in node.value]


def _compose(path: Path) -> yaml.Node:
    file = path.name
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise refused(file, None, f"there is no such file in {path.parent}") from error
    except OSError as error:
        raise refused(file, None, f"the file cannot be read ({error.strerror})") from error
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise refused(file, line, "this is not UTF-8") from error
    if _depth_bound(raw) > _DEEPEST:
        raise refused(file, None, "this nests too deep to be a file of records")
    try:
        node: yaml.Node | None = yaml.compose(raw, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        mark_line = None if mark is None else mark.line + 1
        raise refused(
            file, mark_line, f"this is not YAML ({error.problem or error.context})"
        ) from error
    except yaml.YAMLError as error:
        raise refused(file, None, f"this is not YAML ({error})") from error
    if node is None:
        raise refused(file, None, "the file is empty")
    return node


def _depth_bound(raw: bytes) -> int:
    deepest_line = max(map(len, _INDENTATION.findall(raw)), default=0)
    return deepest_line + raw.count(b"[") + raw.count(b"{")
