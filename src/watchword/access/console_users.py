"""Lets people into the console's list of users, and out of it. Done on the machine itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from watchword.access.audit import Event
from watchword.access.console import ConsoleCredentials, ConsoleRole, ConsoleUser
from watchword.access.credentials import make_password
from watchword.access.names import to_console_name
from watchword.access.ports import ConsoleUsers, Sessions
from watchword.access.second_factor import make_factor, to_base32, to_uri
from watchword.access.sessions import SessionKind

if TYPE_CHECKING:
    from watchword.access.audit import By
    from watchword.access.ports import ChosenPasswords, Clock, Randomness
    from watchword.access.sealing import Sealing


class ConsoleRegistryStore(ConsoleUsers, Sessions, Protocol):
    """What the registry asks of the store."""


@dataclass(frozen=True, slots=True)
class NewConsoleUser:
    """A person, with the secrets that are shown once.

    Attributes:
        password: The one that was made; None where the person chose it.
        factor: For an authenticator app, as people type it.
        uri: The same for a QR code.
    """

    user: ConsoleUser
    password: str | None = field(repr=False)
    factor: str = field(repr=False)
    uri: str = field(repr=False)


class ConsoleRegistry:
    """Adds, resets and bars people. Every function raises OperatorError and StoreUnavailable.

    Args:
        sealing: Seals the second factors.
        issuer: What an authenticator app calls this deployment.
        by: Who does it.
    """

    def __init__(
        self,
        store: ConsoleRegistryStore,
        *,
        chosen: ChosenPasswords,
        sealing: Sealing,
        issuer: str,
        clock: Clock,
        randomness: Randomness,
        by: By,
    ) -> None:
        self._store = store
        self._chosen = chosen
        self._sealing = sealing
        self._issuer = issuer
        self._clock = clock
        self._randomness = randomness
        self._by = by

    async def add_user(
        self, name: str, role: ConsoleRole, password: str | None = None
    ) -> NewConsoleUser:
        """Add a person, with a password that is made or, when given, was chosen."""
        now = self._clock.now()
        user = ConsoleUser(to_console_name(name), role, now, now)
        made, credentials = await self._make(user, password)
        record = self._by.record(Event.CONSOLE_ADDED, now, name=name, role=role)
        await self._store.add_console_user(user, credentials, record)
        return made

    async def reset_user(self, name: str, password: str | None = None) -> NewConsoleUser:
        """Make password and second factor anew. Every session ends, from the next request on."""
        user = await self._store.get_console_user(name)
        made, credentials = await self._make(user, password)
        now = self._clock.now()
        await self._store.reset_console_user(
            name, credentials, now, self._by.record(Event.CONSOLE_RESET, now, name=name)
        )
        await self._store.end_sessions(SessionKind.CONSOLE, name)
        return NewConsoleUser(
            await self._store.get_console_user(name), made.password, made.factor, made.uri
        )

    async def set_enabled(self, name: str, *, is_enabled: bool) -> ConsoleUser:
        """Bar a person from the next request on, or let it in again."""
        now = self._clock.now()
        event = Event.CONSOLE_ENABLED if is_enabled else Event.CONSOLE_DISABLED
        await self._store.set_console_user_disabled(
            name, None if is_enabled else now, self._by.record(event, now, name=name)
        )
        # Those of before do not open again with the name.
        await self._store.end_sessions(SessionKind.CONSOLE, name)
        return await self._store.get_console_user(name)

    async def list_users(self) -> list[ConsoleUser]:
        """Return everybody by name."""
        return await self._store.list_console_users()

    async def _make(
        self, user: ConsoleUser, chosen: str | None
    ) -> tuple[NewConsoleUser, ConsoleCredentials]:
        password = make_password(self._randomness) if chosen is None else chosen
        kept = await self._chosen.keep(password)
        factor = make_factor(self._randomness)
        sealed = self._sealing.seal(factor, user.name, self._randomness)
        made = NewConsoleUser(
            user,
            password if chosen is None else None,
            to_base32(factor),
            to_uri(factor, user.name, self._issuer),
        )
        return made, ConsoleCredentials(kept, sealed)
