"""The SQLite store: the default, for one machine and as many workers as it has cores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from watchword.access.errors import StoreUnavailable
from watchword.store.sqlite.audit import AuditAppender, AuditTables
from watchword.store.sqlite.catalogue import CatalogueTables
from watchword.store.sqlite.customers import CustomerTables
from watchword.store.sqlite.database import Database
from watchword.store.sqlite.keys import KeyTables
from watchword.store.sqlite.ledger import LedgerTables
from watchword.store.sqlite.operators import OperatorTables
from watchword.store.sqlite.registry import RegistryTables
from watchword.store.sqlite.signing_keys import SigningKeyTables

if TYPE_CHECKING:
    from pathlib import Path

    from watchword.access.audit import Chain


class SqliteStore(
    LedgerTables,
    CustomerTables,
    KeyTables,
    CatalogueTables,
    SigningKeyTables,
    OperatorTables,
    AuditTables,
):
    """The port `Store` over one database file.

    Made without touching the file, so that the CLI, the tests and the server share it.

    Args:
        path: The file.
        chain: Chains the audit log.
    """

    def __init__(self, path: Path, chain: Chain) -> None:
        database = Database(path, AuditAppender(chain))
        LedgerTables.__init__(self, database)
        # Once for the three that are one: customers, keys and catalogue.
        RegistryTables.__init__(self, database)
        SigningKeyTables.__init__(self, database)
        OperatorTables.__init__(self, database)
        AuditTables.__init__(self, database)

    async def open(self, *, may_make: bool = False) -> None:
        """Open the file (see `Database.open`)."""
        self._database.open(may_make=may_make)

    async def close(self) -> None:
        """Finish what is being written, then close. Twice is once."""
        await self._database.close()

    async def require_answer(self) -> None:
        """Pass when the file can be read, and is the one that the operator sees."""
        self._database.require_same_file()
        self._database.read("SELECT 1 FROM account LIMIT 1", ())

    async def find_problems(self) -> list[str]:
        """Return what SQLite finds damaged in the file; nothing when it is sound."""
        try:
            rows = self._database.read("PRAGMA quick_check", ())
        except StoreUnavailable as error:
            return [str(error)]
        return [str(row[0]) for row in rows if row[0] != "ok"]
