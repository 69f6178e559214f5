"""Finds a record that is good to show in examples."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from watchword.services.records.errors import NobodyYet
from watchword.services.records.ids import Kind, public_id
from watchword.services.records.tables import connect_for_reading, explained

if TYPE_CHECKING:
    from pathlib import Path

_PATIENCE: Final = timedelta(seconds=1)
# Five roles fill an answer and a screen; else as near to five as there is.
_SAMPLE: Final = """
SELECT person_id FROM role GROUP BY person_id HAVING max(is_employment)
ORDER BY abs(count(*) - 5), person_id LIMIT 1
"""


def sample_person_id(database: Path) -> str:
    """Return the id of a person with several roles, one of them an employment.

    The same database has always the same answer.

    Raises:
        NobodyYet: If there is no database, or nobody in it.
        DatabaseUnusable: If it cannot be read.
    """
    with explained(database), closing(connect_for_reading(database, _PATIENCE)) as connection:
        row = connection.execute(_SAMPLE).fetchone()
    if row is None:
        raise NobodyYet
    return public_id(Kind.PERSON, int(str(row[0])))
