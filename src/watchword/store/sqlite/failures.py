"""The buckets of failed authentications. Those that have run empty are swept in passing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.store.sqlite.database import to_microseconds

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import apsw

    from watchword.access.limiter import Bucket


# More than a failure adds, so that the table shrinks to what counts.
_SWEEP: Final = """
DELETE FROM failure WHERE bucket IN
    (SELECT bucket FROM failure WHERE empty_at <= ? ORDER BY empty_at LIMIT 8)
"""


def record_failures(
    connection: apsw.Connection, buckets: Mapping[Bucket, datetime], now: datetime
) -> None:
    """Record until when buckets are not empty."""
    connection.executemany(
        "INSERT OR REPLACE INTO failure VALUES (?, ?)",
        [(bucket, to_microseconds(empty_at)) for bucket, empty_at in buckets.items()],
    )
    connection.execute(_SWEEP, (to_microseconds(now),))
