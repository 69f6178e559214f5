"""Opens a data directory, and makes what works on it.

Opening it is the one check that secret, database and signing keys belong together.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from watchword.access.audit import Chain
from watchword.access.auditing import AuditTrail
from watchword.access.console_door import FACTOR_PURPOSE, ConsoleDoor
from watchword.access.console_users import ConsoleRegistry
from watchword.access.credentials import PasswordHasher
from watchword.access.key_import import KeyImport
from watchword.access.keyring import KeyKeeper
from watchword.access.operators import OperatorRegistry
from watchword.access.refusal_reports import RefusalReports
from watchword.access.registration import Registry
from watchword.access.registration.documents import DocumentRegistry
from watchword.access.rotation import SigningRotation
from watchword.access.sealing import Sealing
from watchword.access.token_story import TokenStories
from watchword.access.usage_reports import UsageReports
from watchword.access.user_import import UserImport
from watchword.deployment.secret_file import read_secret
from watchword.passwords import Argon2Passwords
from watchword.services.directory import ANSWERED_HERE, PACKAGES
from watchword.store.sqlite import SqliteStore
from watchword.store.sqlite.groups import Timing
from watchword.store.sqlite.requests import SqliteRequestLog
from watchword.system import read_stopwatch

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from watchword.access.audit import By
    from watchword.access.limiter import FailureLimits
    from watchword.access.ports import ChosenPasswords, Clock, Randomness, Store
    from watchword.access.request_log import RequestLog
    from watchword.settings import Settings

_MOST_AT_ONCE: Final = 2
"""Sign-ins to the console that one address may wait for."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """An open data directory.

    Attributes:
        chosen: Compares what service users present.
        people: The same for the console, apart: strangers who try passwords there hold up
            no customer, and one address not the people at another.
    """

    store: Store
    hasher: PasswordHasher
    chosen: ChosenPasswords
    people: ChosenPasswords
    keys: KeyKeeper
    chain: Chain
    secret: bytes = field(repr=False)

    def registry(self, clock: Clock, randomness: Randomness, by: By) -> Registry:
        """Return the operator's functions over it."""
        return Registry(
            self.store,
            hasher=self.hasher,
            chosen=self.chosen,
            clock=clock,
            randomness=randomness,
            by=by,
            answered_here=ANSWERED_HERE,
            packages=PACKAGES,
        )

    def documents(
        self, clock: Clock, by: By, require_valid: Callable[[str, str], None]
    ) -> DocumentRegistry:
        """Return the operator's functions over registered documents."""
        return DocumentRegistry(self.store, require_valid=require_valid, clock=clock, by=by)

    def operators(self, clock: Clock, randomness: Randomness, by: By) -> OperatorRegistry:
        """Return what makes and revokes operator tokens."""
        return OperatorRegistry(self.store, clock=clock, randomness=randomness, by=by)

    def console_users(
        self, clock: Clock, randomness: Randomness, by: By, issuer: str
    ) -> ConsoleRegistry:
        """Return what adds and bars the people who sign in to the console."""
        return ConsoleRegistry(
            self.store,
            chosen=self.people,
            sealing=Sealing(self.secret, FACTOR_PURPOSE),
            issuer=issuer,
            clock=clock,
            randomness=randomness,
            by=by,
        )

    def console_door(self, clock: Clock, limits: FailureLimits) -> ConsoleDoor:
        """Return what lets them in."""
        return ConsoleDoor(
            self.store,
            chosen=self.people,
            sealing=Sealing(self.secret, FACTOR_PURPOSE),
            limits=limits,
            clock=clock,
        )

    def user_import(self, clock: Clock, by: By) -> UserImport:
        """Return what takes service users over from elsewhere."""
        return UserImport(self.store, self.chosen, clock=clock, by=by)

    def key_import(self, clock: Clock, randomness: Randomness, by: By) -> KeyImport:
        """Return what takes API keys over from elsewhere."""
        return KeyImport(self.store, clock=clock, randomness=randomness, by=by)

    def rotation(self, clock: Clock, randomness: Randomness, by: By) -> SigningRotation:
        """Return what rotates the signing keys."""
        return SigningRotation(self.store, self.secret, clock=clock, randomness=randomness, by=by)

    def usage(self, clock: Clock) -> UsageReports:
        """Return what was admitted."""
        return UsageReports(self.store, clock)

    def stories(self, clock: Clock) -> TokenStories:
        """Return what happened to tokens."""
        return TokenStories(self.store, clock)

    def refusals(self, clock: Clock) -> RefusalReports:
        """Return what was refused."""
        return RefusalReports(self.store, clock)

    def trail(self, clock: Clock) -> AuditTrail:
        """Return the audit log."""
        return AuditTrail(self.store, self.chain, clock)


@asynccontextmanager
async def open_deployment(
    settings: Settings, clock: Clock, observe: Callable[[str, float], None] | None = None
) -> AsyncGenerator[Deployment]:
    """Open the data directory.

    Args:
        settings: Where it is.
        clock: Tells the time.
        observe: Told how many seconds each `read` and `write` of the store takes.

    Raises:
        NotAllowed: If it is not initialised, or its parts do not belong together.
        StoreUnavailable: If the store cannot be opened.
    """
    secret = read_secret(settings)
    chain = Chain(secret)
    timing = None if observe is None else Timing(observe, read_stopwatch)
    store = SqliteStore(settings.database, settings.usage_database, chain, timing)
    await store.open()
    try:
        keys = KeyKeeper(store, secret, clock)
        await keys.refresh()
        yield Deployment(
            store=store,
            hasher=PasswordHasher(secret),
            chosen=Argon2Passwords(),
            people=Argon2Passwords(most_of_caller=_MOST_AT_ONCE),
            keys=keys,
            chain=chain,
            secret=secret,
        )
    finally:
        await store.close()


@asynccontextmanager
async def open_request_log(settings: Settings) -> AsyncGenerator[RequestLog | None]:
    """Open the request log; None where none is kept.

    Raises:
        NotAllowed: If its file is another program's.
        StoreUnavailable: If it cannot be opened.
    """
    if not settings.request_log_days:
        yield None
        return
    async with SqliteRequestLog(settings.request_database).open() as log:
        yield log
