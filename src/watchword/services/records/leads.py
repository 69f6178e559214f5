"""Conditions on roles that an index leads to, and whether it is worth to follow it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from watchword.services.records.folding import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from watchword.services.records.reading import Reader

MANY: Final = 2_000
"""Of so many roles it is quicker to pass over those that do not fit, in the order of the list that
is asked for, than to find and sort all that do.
"""
_COUNT: Final = "SELECT count(*) FROM (SELECT 1 FROM role WHERE ({}) AND ({}) LIMIT :many)"
_INDEXED: Final = frozenset({"BOARD", "COMMITTEE", "GOVERNMENT"})


class Lead(NamedTuple):
    """A condition on roles that an index leads to.

    Attributes:
        text: In SQL.
        bindings: The values it names.
    """

    text: str
    bindings: dict[str, str | int | None]

    def count(self, reader: Reader, sort: str = "TRUE") -> int:
        """Return how many roles of a sort fit, or MANY.

        Args:
            reader: Counts, and remembers it.
            sort: The condition, in SQL, that a role is in the list that is asked for.
        """
        return reader.count(_COUNT.format(self.text, sort), {**self.bindings, "many": MANY})

    def leads_to_many(self, reader: Reader) -> bool:
        """Tell whether so many roles fit that one is soon found without the index."""
        return self.count(reader) == MANY


def by_title(texts: Sequence[str]) -> Lead:
    """Return the condition that a title holds each of the texts; accents and capitals aside.

    There are far fewer titles than roles.
    """
    names = [f"title_{place}" for place in range(len(texts))]
    holds = " AND ".join(f"instr(folded, :{name}) > 0" for name in names)
    return Lead(
        f"title IN (SELECT title FROM role_title WHERE {holds})",  # noqa: S608 - text of this program
        dict(zip(names, map(fold, texts), strict=True)),
    )


def find_lead_by_type(types: Sequence[str]) -> Lead | None:
    """Return the condition that a role is of one of the types, or None where no index has them."""
    if not _INDEXED.issuperset(types):
        return None
    return Lead(type_condition(types), {})


def type_condition(types: Sequence[str]) -> str:
    """Return the condition that a role is of one of the types, in SQL."""
    # Each once and in one order: the same question is the same text, and no text grows without end.
    return " OR ".join(f"is_{type_.lower()}" for type_ in sorted(set(types))) or "false"
