"""The SQLite store: the default, for one machine and as many workers as it has cores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.access.errors import StoreUnavailable
from watchword.store.sqlite.audit import AuditAppender, AuditTables
from watchword.store.sqlite.buckets import BucketTables
from watchword.store.sqlite.catalogue import CatalogueTables
from watchword.store.sqlite.console_users import ConsoleUserTables
from watchword.store.sqlite.customers import CustomerTables
from watchword.store.sqlite.database import Database
from watchword.store.sqlite.keys import KeyTables
from watchword.store.sqlite.ledger import LedgerTables
from watchword.store.sqlite.operators import OperatorTables
from watchword.store.sqlite.refusals import RefusalTables
from watchword.store.sqlite.register import register_database
from watchword.store.sqlite.sessions import SessionTables
from watchword.store.sqlite.signing_keys import SigningKeyTables
from watchword.store.sqlite.trusted_documents import DocumentTables
from watchword.store.sqlite.usage import UsageTables
from watchword.store.sqlite.usage_schema import APPLICATION_ID, MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import apsw

    from watchword.access.audit import AuditRecord, Chain
    from watchword.store.sqlite.groups import Timing


_COUNT: Final = """
SELECT (SELECT count(*) FROM account), (SELECT count(*) FROM service_user),
       (SELECT count(*) FROM api_key), (SELECT count(*) FROM plan), (SELECT count(*) FROM service)
"""


class SqliteStore(
    LedgerTables,
    BucketTables,
    UsageTables,
    RefusalTables,
    CustomerTables,
    KeyTables,
    CatalogueTables,
    DocumentTables,
    SigningKeyTables,
    OperatorTables,
    ConsoleUserTables,
    AuditTables,
    SessionTables,
):
    """The port `Store` over two database files: what is registered, and what is counted.

    Made without touching the files, so that the CLI, the tests and the server share it.

    Args:
        path: The file of what is registered, issued and audited.
        usage: The file of what is counted. It is made when it is not there.
        chain: Chains the audit log.
        timing: Told how long SQLite takes; None for nobody.
    """

    def __init__(self, path: Path, usage: Path, chain: Chain, timing: Timing | None = None) -> None:
        appender = AuditAppender(chain)
        database = register_database(path, appender, timing)
        LedgerTables.__init__(self, database)
        counts = usage_database(usage, timing)
        BucketTables.__init__(self, counts)
        UsageTables.__init__(self, counts)
        RefusalTables.__init__(self, counts)
        # Once for the four that are one: customers, keys, catalogue and documents.
        CatalogueTables.__init__(self, database)
        SigningKeyTables.__init__(self, database)
        OperatorTables.__init__(self, database)
        ConsoleUserTables.__init__(self, database)
        AuditTables.__init__(self, database, appender)
        SessionTables.__init__(self, database, counts)

    async def open(self, *, may_make: bool = False) -> None:
        """Open the files (see `Database.open`)."""
        self._database.open(may_make=may_make)
        try:
            self._usage.open(may_make=True)
        except BaseException:
            await self._database.close()
            raise

    async def close(self) -> None:
        """Finish what is being written, then close. Twice is once."""
        await self._usage.close()
        await self._database.close()

    async def look_for_files(self) -> None:
        """Notice files that were moved away or replaced (see `Store`)."""
        self._database.look_for_file()
        self._usage.look_for_file()

    async def require_answer(self) -> None:
        """Pass when the files can be read, and are those that the operator sees."""
        await self.look_for_files()
        self._database.read("SELECT 1 FROM account LIMIT 1", ())
        self._usage.read("SELECT 1 FROM bucket LIMIT 1", ())

    async def count_registered(self) -> dict[str, int]:
        """Return how many there are of each kind."""
        kinds = ("accounts", "users", "keys", "plans", "services")
        return dict(zip(kinds, self._database.read(_COUNT, ())[0], strict=True))

    async def find_problems(self) -> list[str]:
        """Return what SQLite finds damaged in the files; nothing when they are sound."""
        try:
            rows = [
                row
                for database in (self._database, self._usage)
                for row in database.read("PRAGMA quick_check", ())
            ]
        except StoreUnavailable as error:
            return [str(error)]
        return [str(row[0]) for row in rows if row[0] != "ok"]


def usage_database(path: Path, timing: Timing | None = None) -> Database:
    """Return the database of what is counted, not open yet."""
    return Database(
        path,
        APPLICATION_ID,
        MIGRATIONS,
        append=_record_nothing,
        timing=timing,
    )


def _record_nothing(_connection: apsw.Connection, _records: Sequence[AuditRecord]) -> None:
    """Leave the audit log alone: counting is no event."""
