"""Takes service users over from another server, with the hashes of their passwords."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from watchword.access.audit import Event
from watchword.access.errors import AlreadyExists, Unknown
from watchword.access.lines import at_line
from watchword.access.model import ServiceUser
from watchword.access.names import to_account_id, to_username

if TYPE_CHECKING:
    from collections.abc import Sequence

    from watchword.access.audit import AuditRecord, By
    from watchword.access.model import Username
    from watchword.access.ports import ChosenPasswords, Clock
    from watchword.access.register import Customers


@dataclass(frozen=True, slots=True)
class ImportedUser:
    """A service user as another server's list has it.

    Attributes:
        line: Where it stands in the list.
        password_hash: A PHC string of Argon2id.
    """

    line: int
    username: str
    account: str
    password_hash: str = field(repr=False)


class UserImport:
    """Adds the service users of a list: all of them, or none.

    Args:
        by: Who does it.
    """

    def __init__(self, store: Customers, chosen: ChosenPasswords, *, clock: Clock, by: By) -> None:
        self._store = store
        self._chosen = chosen
        self._clock = clock
        self._by = by

    async def add_all(self, listed: Sequence[ImportedUser]) -> list[ServiceUser]:
        """Add all users of a list, in one transaction.

        Raises:
            OperatorError: For the first one that cannot be added, with its line.
            StoreUnavailable: If nothing could be recorded.
        """
        lines: dict[Username, int] = {}
        made: list[tuple[ServiceUser, str, AuditRecord]] = []
        for item in listed:
            with at_line(item.line):
                user = await self._to_user(item)
                if user.username in lines:
                    raise AlreadyExists(
                        f"{user.username!r} stands in line {lines[user.username]}, too"
                    )
                phc = self._chosen.take(item.password_hash)
            lines[user.username] = item.line
            record = self._by.record(
                Event.USER_ADDED, user.created_at, account=user.account, username=user.username
            )
            made.append((user, phc, record))
        await self._store.add_service_users(made)
        return [user for user, _, _ in made]

    async def _to_user(self, item: ImportedUser) -> ServiceUser:
        username = to_username(item.username)
        account = await self._store.get_account(to_account_id(item.account))
        try:
            await self._store.get_service_user(username)
        except Unknown:
            return ServiceUser(username, account.id, self._clock.now())
        raise AlreadyExists(f"service user {username!r} exists already")
