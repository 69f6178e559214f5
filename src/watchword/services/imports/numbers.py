"""Gives source keys their numbers, the same ones in every import, in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.services.records.dataset import TABLES_OF
from watchword.services.records.errors import ImportRefused, refused

if TYPE_CHECKING:
    import apsw

    from watchword.services.records.dataset import Place
    from watchword.services.records.details import SourceKey

# Who is referred to was read, or referred to, shortly before: most references are found here.
_MOST_REMEMBERED: Final = 1 << 16
_AWAITED: Final = """
CREATE TEMP TABLE awaited (
  number INTEGER NOT NULL, kind TEXT NOT NULL, file TEXT, line INTEGER, UNIQUE (number, kind)
) STRICT
"""
# Nothing of the caller's is in these texts: the tables are named by our own code.
_FIND: Final = "SELECT id FROM {table}_identity WHERE source = ? AND source_key = ?"
_MAKE: Final = """
INSERT INTO {table}_identity (source, source_key) VALUES (?, ?)
ON CONFLICT DO NOTHING RETURNING id
"""
_HELD: Final = "SELECT 1 FROM {table} WHERE id = ?"
_MISSING: Final = """
SELECT file, line, source_key FROM awaited JOIN {table}_identity ON id = number
WHERE kind = '{table}' AND NOT EXISTS (SELECT 1 FROM {table} WHERE id = number)
ORDER BY awaited.rowid LIMIT 1
"""


class Numbers:
    """The numbers of records, inside one transaction.

    A record may be referred to before it is read: it gets its number at once, and is awaited.
    """

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._remembered: dict[tuple[str, str, SourceKey], int] = {}
        self._attempts = {
            table: (_FIND.format(table=table), _MAKE.format(table=table))
            for table in TABLES_OF.values()
        }
        connection.execute(_AWAITED)

    def own(self, table: str, source: str, key: SourceKey, *, is_referred_to: bool) -> int:
        """Return the number of a record that is being written."""
        name = (table, source, key)
        number = self._remembered.get(name)
        if number is None:
            number = self._number(*name)
            if is_referred_to:
                self._remember(name, number)
        return number

    def refer(self, table: str, source: str, key: SourceKey, place: Place | None) -> int:
        """Return the number of a record that another one names at `place`."""
        name = (table, source, key)
        number = self._remembered.get(name)
        if number is None:
            number = self._number(*name)
            self._remember(name, number)
            if self._connection.execute(_HELD.format(table=table), (number,)).fetchone() is None:
                # The first place is kept.
                self._connection.execute(
                    "INSERT OR IGNORE INTO awaited VALUES (?, ?, ?, ?)",
                    (number, table, *(place or (None, None))),
                )
        return number

    def require_all(self) -> None:
        """Raise ImportRefused if somebody was referred to who never came."""
        for table in ("person", "organization"):
            missing = self._connection.execute(_MISSING.format(table=table)).fetchone()
            if missing is not None:
                file, line, key = missing
                problem = f"there is no {table} {key}"
                if file is None:
                    raise ImportRefused(f"{problem[0].upper()}{problem[1:]}. Nothing was changed.")
                raise refused(str(file), int(str(line)), problem)

    def _number(self, table: str, source: str, key: SourceKey) -> int:
        # What was so for the last record is tried first: most sets are all new, or all known.
        first, second = self._attempts[table]
        found = self._connection.execute(first, (source, key)).get
        if found is None:
            self._attempts[table] = second, first
            found = self._connection.execute(second, (source, key)).get
        return int(found)

    def _remember(self, name: tuple[str, str, SourceKey], number: int) -> None:
        if len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[name] = number
