"""Finds roles by words of their titles. There are far fewer titles than roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from watchword.services.profile.folding import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from watchword.services.profile.reading import Reader

# Of more roles than these it is quicker to pass over those that do not fit, in the order of the
# list that is asked for, than to find and sort all that do.
_MANY: Final = 2_000
_COUNT: Final = "SELECT count(*) FROM (SELECT 1 FROM role WHERE {} LIMIT :many)"


class Titled(NamedTuple):
    """The condition that a role's title holds some texts.

    Attributes:
        text: In SQL; it may lead to the roles by the index of titles.
        bindings: The values it names.
    """

    text: str
    bindings: dict[str, str | int | None]

    def are_many(self, reader: Reader) -> bool:
        """Tell whether so many roles fit that one is soon found without an index."""
        bindings = {**self.bindings, "many": _MANY}
        return reader.count(_COUNT.format(self.text), bindings) == _MANY


def titled(texts: Sequence[str]) -> Titled:
    """Return the condition that a title holds each of the texts; accents and capitals aside."""
    names = [f"title_{place}" for place in range(len(texts))]
    holds = " AND ".join(f"instr(folded, :{name}) > 0" for name in names)
    return Titled(
        f"title IN (SELECT title FROM role_title WHERE {holds})",  # noqa: S608 - text of this program
        dict(zip(names, map(fold, texts), strict=True)),
    )
