"""Takes API keys over from another server, from a list as AWS API Gateway reads it.

No error repeats a cell of the list: where columns are mixed up, any of them may be a key.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from watchword.access.audit import Event
from watchword.access.credentials import digest_imported_key, make_key_id
from watchword.access.errors import AlreadyExists, Malformed, Unknown
from watchword.access.lines import at_line
from watchword.access.model import AccountId, ApiKey, PlanName
from watchword.access.register import ApiKeys, Catalogue, Customers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from watchword.access.audit import AuditRecord, By
    from watchword.access.model import Digest
    from watchword.access.ports import Clock, Randomness

_ENABLED: Final = {"": True, "true": True, "false": False}


@dataclass(frozen=True, slots=True)
class ImportedKey:
    """An API key as another server's list has it, cell by cell; "" where it says nothing.

    Attributes:
        line: Where it stands in the list.
        enabled: `TRUE` or `FALSE`, in any case.
        plans: The name of one of our plans, or the other server's id of one.
    """

    line: int
    key: str = field(repr=False)
    name: str = ""
    description: str = ""
    enabled: str = ""
    plans: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class KeyDefaults:
    """What holds for the keys of a list that say nothing else.

    Attributes:
        account: None when each has to name its own.
        plans: Which of our plans each of the other server's ids stands for.
    """

    plan: str
    account: str | None = None
    plans: Mapping[str, str] = field(default_factory=dict[str, str])


class KeyImportStore(Customers, ApiKeys, Catalogue, Protocol):
    """What an import of keys asks of the store."""


class KeyImport:
    """Adds the API keys of a list: all of them, or none.

    Args:
        by: Who does it.
    """

    def __init__(
        self, store: KeyImportStore, *, clock: Clock, randomness: Randomness, by: By
    ) -> None:
        self._store = store
        self._clock = clock
        self._randomness = randomness
        self._by = by

    async def add_all(self, listed: Sequence[ImportedKey], defaults: KeyDefaults) -> list[ApiKey]:
        """Add all keys of a list, in one transaction.

        Raises:
            OperatorError: For the first one that cannot be added, with its line.
            StoreUnavailable: If nothing could be recorded.
        """
        register = _Register(self._store)
        await register.learn(defaults)
        lines: dict[Digest, int] = {}
        made: list[tuple[ApiKey, Digest, AuditRecord]] = []
        for item in listed:
            with at_line(item.line):
                digest = digest_imported_key(item.key)
                if digest in lines:
                    raise AlreadyExists(f"the key stands in line {lines[digest]}, too")
                key = await self._to_key(item, register)
            lines[digest] = item.line
            made.append((key, digest, self._record(key)))
        try:
            await self._store.add_api_keys(made)
        except AlreadyExists as error:
            line = next(lines[digest] for key, digest, _ in made if key.id == error.name)
            with at_line(line):
                raise AlreadyExists("the key exists here already") from error
        return [key for key, _, _ in made]

    async def _to_key(self, item: ImportedKey, register: _Register) -> ApiKey:
        is_enabled = _ENABLED.get(item.enabled.lower())
        if is_enabled is None:
            raise Malformed("Enabled has to be TRUE, FALSE or empty")
        now = self._clock.now()
        return ApiKey(
            id=make_key_id(self._randomness),
            account=await register.get_account(item.account),
            plan=await register.get_plan(item.plans),
            description=": ".join(part for part in (item.name, item.description) if part),
            last_four=item.key[-4:],
            created_at=now,
            disabled_at=None if is_enabled else now,
        )

    def _record(self, key: ApiKey) -> AuditRecord:
        return self._by.record(
            Event.KEY_ADDED, key.created_at, account=key.account, key_id=key.id, plan=key.plan
        )


class _Register:
    """Accounts and plans by what a list calls them. The store is asked once for each."""

    def __init__(self, store: KeyImportStore) -> None:
        self._store = store
        self._accounts: dict[str, AccountId] = {}
        self._plans: dict[str, PlanName] = {}

    async def learn(self, defaults: KeyDefaults) -> None:
        """Look up what the operator names, whether or not a key needs it. Raises Unknown."""
        if defaults.account is not None:
            account = await self._store.get_account(AccountId(defaults.account))
            self._accounts[""] = account.id
        for theirs, ours in {**defaults.plans, "": defaults.plan}.items():
            self._plans[theirs] = (await self._store.get_plan(PlanName(ours))).name

    async def get_account(self, cell: str) -> AccountId:
        """Return the account of a key."""
        if cell not in self._accounts:
            if not cell:
                raise Malformed("it has no account: add a column Account, or give --account")
            try:
                self._accounts[cell] = (await self._store.get_account(AccountId(cell))).id
            except Unknown as error:
                raise Unknown("Account names none of our accounts") from error
        return self._accounts[cell]

    async def get_plan(self, cell: str) -> PlanName:
        """Return the plan of a key."""
        if cell not in self._plans:
            if "," in cell:
                raise Malformed("UsagePlanIds names several plans; a key has one here, so keep one")
            try:
                self._plans[cell] = (await self._store.get_plan(PlanName(cell))).name
            except Unknown as error:
                raise Unknown(
                    "UsagePlanIds names none of our plans: "
                    "say which one it stands for, with --usage-plan ID=PLAN"
                ) from error
        return self._plans[cell]
