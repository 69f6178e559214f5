"""Whose account a service user is of, where no more than its name is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from watchword.access.errors import Unknown

if TYPE_CHECKING:
    from watchword.access.model import AccountId, ServiceUser, Username

_MOST_REMEMBERED: Final = 10_000


class UserReads(Protocol):
    """What is asked of the store."""

    async def get_service_user(self, username: Username) -> ServiceUser:
        """Return one service user. Raises Unknown."""
        ...


class Owners:
    """Knows the accounts of service users. Remembered: a name is of one account for ever.

    Args:
        users: The store.
    """

    def __init__(self, users: UserReads) -> None:
        self._users = users
        self._accounts: dict[Username, AccountId] = {}

    async def find_account(self, username: Username) -> AccountId | None:
        """Return whose a name is; None where it is nobody's.

        Raises:
            StoreUnavailable: If there is no answer.
        """
        known = self._accounts.get(username)
        if known is None:
            try:
                known = (await self._users.get_service_user(username)).account
            except Unknown:
                return None
            if len(self._accounts) >= _MOST_REMEMBERED:
                self._accounts.clear()
            self._accounts[username] = known
        return known
