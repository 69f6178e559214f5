"""Finds records by their numbers: those of all objects of a level in one statement."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from watchword.services.engine.binding import Batch
from watchword.services.records.nodes import (
    ORGANIZATION_COLUMNS,
    PERSON_COLUMNS,
    Organization,
    Person,
)
from watchword.services.records.statements import as_json

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from watchword.services.records.context import RequestContext
    from watchword.services.records.reading import Reader

Node = TypeVar("Node", Person, Organization)


class Records(Generic[Node]):
    """The records of one table.

    Args:
        table: Its name.
        columns: What makes a node.
        make: Makes one of a row.
    """

    def __init__(self, table: str, columns: str, make: Callable[..., Node]) -> None:
        self.columns = columns
        self.make: Callable[..., Node] = make
        self._one = f"SELECT {columns} FROM {table} WHERE id = ?"  # noqa: S608 - text of this program
        self._many = f"SELECT {columns} FROM {table} WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608 - text of this program

    def find(self, reader: Reader, numbers: Collection[int]) -> dict[int, Node]:
        """Return the records of these numbers, by number; unknown ones are left out."""
        if not numbers:
            return {}
        if len(numbers) == 1:
            rows = reader.rows(self._one, tuple(numbers))
        else:
            rows = reader.rows(self._many, (as_json(numbers),))
        make = self.make
        return {row[0]: make(*row) for row in rows}

    def find_once(self, context: RequestContext, numbers: set[int]) -> dict[int, Node]:
        """Return the records of these numbers and of others, by number; each is read once."""
        known = context.found.setdefault(self, {})
        missing = numbers - known.keys()
        if missing:
            missing |= context.expected.pop(self, set()) - known.keys()
            known.update(self.find(context.reader, missing))
        return known

    def expect(self, numbers: set[int], context: RequestContext) -> None:
        """Read the records of these numbers, too, should any be asked for."""
        context.expected.setdefault(self, set()).update(numbers)

    def related(self, attribute: str) -> Batch:
        """Return the resolver that finds the record whose number an attribute holds, by dots."""
        read = attrgetter(attribute)

        def resolve(sources: Sequence[Any], context: RequestContext) -> list[Node | None]:
            numbers = list(map(read, sources))
            wanted = set(numbers)
            wanted.discard(None)
            found = self.find_once(context, wanted)
            return list(map(found.get, numbers))

        return Batch(resolve)


PEOPLE: Final = Records("person", PERSON_COLUMNS, Person)
ORGANIZATIONS: Final = Records("organization", ORGANIZATION_COLUMNS, Organization)
