"""How much of an upstream one account may take, so that it leaves some to the others."""

from __future__ import annotations

from collections import Counter
from typing import Final

from watchword.access.errors import UpstreamBusy

_ACCOUNTS: Final = 4
_PREFLIGHTS: Final = 16
NOBODY: Final = ""
"""The account of whoever is not known: of preflights, which all share a bound."""


class Shares:
    """Counts the calls under way of each account to each service.

    Args:
        connections: To one upstream at once. An account gets a quarter of them, preflights a
            sixteenth; each gets one at least.
    """

    def __init__(self, connections: int) -> None:
        self._of_account = max(1, connections // _ACCOUNTS)
        self._of_preflights = max(1, connections // _PREFLIGHTS)
        self._held: Counter[tuple[str, str]] = Counter()

    def take(self, account: str, service: str) -> Share:
        """Count a call in. Raises UpstreamBusy if the account has too many."""
        key = (account, service)
        most = self._of_preflights if account == NOBODY else self._of_account
        if self._held[key] >= most:
            raise UpstreamBusy(reason=f"{most} calls of one account to the service are under way")
        return Share(self._held, key)


class Share:
    """One call that is counted, until it is given back or forgotten."""

    def __init__(self, held: Counter[tuple[str, str]], key: tuple[str, str]) -> None:
        self._held: Counter[tuple[str, str]] | None = held
        self._key = key
        held[key] += 1

    def give_back(self) -> None:
        """Count the call out. Twice is once."""
        held, self._held = self._held, None
        if held is None:
            return
        held[self._key] -= 1
        if not held[self._key]:
            del held[self._key]

    def __del__(self) -> None:
        """Count out a call whose answer nobody began to read."""
        self.give_back()
