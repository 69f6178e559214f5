"""The invented people that GraphQL servers are asked about, and what callers type to find them."""

from __future__ import annotations

import random
import sys
import tempfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import apsw

from watchword.services.imports import import_invented
from watchword.services.records.tables import connect
from watchword.system import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable

_SEED: Final = 1
_FILE: Final = "profile.db"
_PATIENCE: Final = timedelta(seconds=10)
_TABLES: Final = "SELECT name, sql FROM sqlite_schema"
_COUNT: Final = "SELECT count(*) FROM person"
# Five roles, of all three sorts and none of two of them, so that they are five in the answer.
_SAMPLE: Final = """
SELECT person_id FROM role WHERE person_id IN (SELECT id FROM person ORDER BY id LIMIT 10000)
GROUP BY person_id
HAVING count(*) = 5 AND sum(is_employment + is_board + is_committee) = 5
  AND max(is_employment) AND max(is_board) AND max(is_committee)
ORDER BY person_id LIMIT 1
"""
_DRAWN: Final = """
SELECT first_name, last_name, coalesce(organization.name, '')
FROM person LEFT JOIN role ON person_id = person.id
LEFT JOIN organization ON organization.id = organization_id
WHERE person.id = ? LIMIT 1
"""
_SHORTEST_WORD: Final = 4
"""Shorter ones are legal forms, such as Ltd, by which nobody looks for anybody."""
_PREFIXES: Final = (2, 3, 4)


def keep_people(build: Path, count: int) -> Path:
    """Return the database of so many people; it is made when it is first asked for."""
    folder = build / f"people-{count}"
    folder.mkdir(parents=True, exist_ok=True)
    database = folder / _FILE
    if not _holds(database, count):
        # None yet, or its making was interrupted, or the tables are others by now.
        for file in folder.iterdir():
            file.unlink()
        print(f"Inventing {count:,} people, once ...", file=sys.stderr)
        import_invented(database, seed=_SEED, people=count, clock=SystemClock())
    return database


def find_sample(database: Path) -> str:
    """Return the id of a person with five roles.

    Raises:
        RuntimeError: If there is none.
    """
    with closing(_open(database)) as connection:
        row = connection.execute(_SAMPLE).fetchone()
    if row is None:
        raise RuntimeError("nobody has five roles; invent more people")
    return f"1-per-{row[0]}"


def draw_keywords(database: Path, count: int) -> list[str]:
    """Return what callers type, each name as often as people bear it. The same every time."""
    dice = random.Random(_SEED)  # noqa: S311 - nothing is kept secret
    drawn: list[str] = []
    with closing(_open(database)) as connection:
        most = int(str(connection.execute("SELECT max(id) FROM person").get))
        while len(drawn) < count:
            row = connection.execute(_DRAWN, (dice.randint(1, most),)).fetchone()
            if row is not None:
                first, last, organization = map(str, row)
                drawn.append(_draw(dice)(dice, first, last, organization))
    return drawn


def _holds(database: Path, count: int) -> bool:
    """Tell whether a database has that many people, and the tables of a new and empty one."""
    if not database.exists():
        return False
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / _FILE
        connect(empty, _PATIENCE).close()
        with closing(_open(database)) as kept, closing(_open(empty)) as new:
            tables = [set(each.execute(_TABLES)) for each in (kept, new)]
            return tables[0] == tables[1] and kept.execute(_COUNT).get == count


def _open(database: Path) -> apsw.Connection:
    return apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READWRITE)


def _full_name(_dice: random.Random, first: str, last: str, _organization: str) -> str:
    return f"{first} {last}"


def _last_name(_dice: random.Random, _first: str, last: str, _organization: str) -> str:
    return last


def _first_name(_dice: random.Random, first: str, _last: str, _organization: str) -> str:
    return first


def _word(dice: random.Random, _first: str, last: str, organization: str) -> str:
    words = [word for word in organization.split() if len(word) >= _SHORTEST_WORD]
    return dice.choice(words) if words else last


def _two_words(dice: random.Random, first: str, last: str, organization: str) -> str:
    return f"{dice.choice((first, last))} {_word(dice, first, last, organization)}"


def _prefix(dice: random.Random, first: str, last: str, _organization: str) -> str:
    return dice.choice((first, last))[: dice.choice(_PREFIXES)].lower()


# Of a hundred searches.
_SORTS: Final = {
    _full_name: 30,
    _last_name: 25,
    _first_name: 10,
    _two_words: 15,
    _prefix: 12,
    _word: 8,
}


def _draw(dice: random.Random) -> Callable[[random.Random, str, str, str], str]:
    (sort,) = dice.choices(list(_SORTS), list(_SORTS.values()))
    return sort
