"""What the rules ask of the world about all that operators register.

Each change is atomic and durable, its audit record in it. `add_*` raises AlreadyExists or, for
a reference to nothing, Unknown. `get_*` and changes raise Unknown. `list_*` returns up to
`limit` of them, behind the one that `after` names, and costs no more however many there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from watchword.access.audit import AuditRecord
    from watchword.access.model import (
        Account,
        AccountId,
        ApiKey,
        Digest,
        DocumentLimits,
        KeyId,
        Limit,
        Plan,
        PlanName,
        ServiceEntry,
        ServiceName,
        ServiceUser,
        Username,
    )
    from watchword.access.trusted_documents import (
        DocumentId,
        ListedDocument,
        TrustedDocument,
    )

    RequireKeys = Callable[[Sequence[ApiKey]], None]
    """Gets all keys of the account as they are before a change, in its transaction.

    What it raises comes out of the change, and nothing is recorded. It may be called on another
    thread.
    """


class Customers(Protocol):
    """Accounts and their service users."""

    async def add_account(self, account: Account, record: AuditRecord) -> None:
        """Record an account, with the services and the packages it is entitled to."""
        ...

    async def get_account(self, account: AccountId) -> Account:
        """Return one account."""
        ...

    async def list_accounts(self, after: str | None, limit: int) -> list[Account]:
        """Return accounts by id."""
        ...

    async def set_account_disabled(
        self, account: AccountId, at: datetime | None, record: AuditRecord
    ) -> None:
        """Disable an account from a moment on, or enable it with None."""
        ...

    async def set_entitlement(
        self, account: AccountId, service: ServiceName, record: AuditRecord, *, is_granted: bool
    ) -> None:
        """Grant a service to an account, or take it away. Twice is once."""
        ...

    async def set_package(
        self, account: AccountId, package: str, record: AuditRecord, *, is_granted: bool
    ) -> None:
        """Grant a package of data to an account, or take it away. Twice is once."""
        ...

    async def add_service_user(
        self, user: ServiceUser, password: Digest | str, record: AuditRecord
    ) -> None:
        """Record a service user and its password: a digest, or a chosen one's PHC string."""
        ...

    async def add_service_users(
        self, users: Sequence[tuple[ServiceUser, Digest | str, AuditRecord]]
    ) -> None:
        """Record service users as `add_service_user` does: all of them, or none."""
        ...

    async def get_service_user(self, username: Username) -> ServiceUser:
        """Return one service user."""
        ...

    async def list_service_users(
        self, account: AccountId | None, after: str | None, limit: int
    ) -> list[ServiceUser]:
        """Return service users by name, of one account or of all."""
        ...

    async def set_service_user_disabled(
        self, username: Username, at: datetime | None, record: AuditRecord
    ) -> None:
        """Disable a service user from a moment on, or enable it with None."""
        ...

    async def rotate_password(
        self,
        username: Username,
        password: Digest,
        record: AuditRecord,
        *,
        now: datetime,
        old_until: datetime,
    ) -> None:
        """Record a new password; the newest old one stays valid until a moment, no other."""
        ...


class ApiKeys(Protocol):
    """The API keys of accounts, digests only."""

    async def add_api_key(
        self,
        key: ApiKey,
        digest: Digest,
        record: AuditRecord,
        require: RequireKeys | None = None,
    ) -> None:
        """Record an API key."""
        ...

    async def add_api_keys(self, keys: Sequence[tuple[ApiKey, Digest, AuditRecord]]) -> None:
        """Record API keys as `add_api_key` does: all of them, or none.

        Raises:
            AlreadyExists: If one is there by its id or its digest; `name` is its id in `keys`.
        """
        ...

    async def get_api_key(self, key: KeyId) -> ApiKey:
        """Return one API key."""
        ...

    async def list_api_keys(
        self, account: AccountId | None, after: str | None, limit: int
    ) -> list[ApiKey]:
        """Return API keys by account and age, of one account or of all.

        Raises:
            Unknown: If `after` names no key.
        """
        ...

    async def rotate_api_key(
        self,
        old: KeyId,
        old_until: datetime,
        new: ApiKey,
        digest: Digest,
        record: AuditRecord,
        require: RequireKeys | None = None,
    ) -> None:
        """Record a new key and let the old one end at a moment, or earlier if it did anyway.

        The old one says from then on which one replaced it.
        """
        ...

    async def move_api_key(self, key: KeyId, plan: PlanName, record: AuditRecord) -> None:
        """Put an API key on another usage plan."""
        ...

    async def set_api_key_disabled(
        self,
        key: KeyId,
        at: datetime | None,
        record: AuditRecord,
        require: RequireKeys | None = None,
    ) -> None:
        """Disable an API key from a moment on, or enable it with None."""
        ...


class Catalogue(Protocol):
    """Usage plans and services."""

    async def add_plan(self, plan: Plan, record: AuditRecord) -> None:
        """Record a usage plan."""
        ...

    async def get_plan(self, plan: PlanName) -> Plan:
        """Return one usage plan."""
        ...

    async def list_plans(self, after: str | None, limit: int) -> list[Plan]:
        """Return usage plans by name."""
        ...

    async def change_limit(
        self,
        plan: PlanName,
        service: ServiceName,
        change: Callable[[Limit | None], tuple[Limit | None, AuditRecord]],
    ) -> None:
        """Change what a plan grants at one service, in one step.

        Args:
            plan: The plan.
            service: The service.
            change: Gets what is granted now, and returns what will be, with the record of it;
                None grants nothing. If it raises, nothing is changed, and the error comes out
                here.
        """
        ...

    async def change_documents(
        self,
        plan: PlanName,
        change: Callable[[DocumentLimits], tuple[DocumentLimits, AuditRecord]],
    ) -> None:
        """Change what documents a plan lets through, in one step.

        Args:
            plan: The plan.
            change: Gets what holds now, and returns what will, with the record of it. If it
                raises, nothing is changed, and the error comes out here.
        """
        ...

    async def add_service(self, service: ServiceEntry, record: AuditRecord) -> None:
        """Record a service."""
        ...

    async def change_service(
        self,
        service: ServiceName,
        change: Callable[[ServiceEntry], tuple[ServiceEntry, AuditRecord]],
    ) -> None:
        """Change a service, all but its name and whether it is disabled, in one step.

        Args:
            service: The service.
            change: Gets the service as it is now, and returns it as it will be, with the
                record of it. If it raises, nothing is changed, and the error comes out here.
        """
        ...

    async def get_service(self, service: ServiceName) -> ServiceEntry:
        """Return one service."""
        ...

    async def list_services(self, after: str | None, limit: int) -> list[ServiceEntry]:
        """Return services by name."""
        ...

    async def set_service_disabled(
        self, service: ServiceName, at: datetime | None, record: AuditRecord
    ) -> None:
        """Disable a service from a moment on, or enable it with None."""
        ...


class Documents(Protocol):
    """Registered GraphQL documents, each of a service: for one account or, with None, for all."""

    async def add_document(self, document: TrustedDocument, record: AuditRecord) -> None:
        """Record a document. Twice is once: the first moment stands. Raises Unknown."""
        ...

    async def get_document(
        self, service: ServiceName, account: AccountId | None, document: DocumentId
    ) -> TrustedDocument:
        """Return one document."""
        ...

    async def list_documents(
        self, service: ServiceName | None, account: AccountId | None, after: str | None, limit: int
    ) -> list[ListedDocument]:
        """Return documents by service, account and id, of one service or account or of all."""
        ...

    async def remove_document(
        self,
        service: ServiceName,
        account: AccountId | None,
        document: DocumentId,
        record: AuditRecord,
    ) -> None:
        """Forget a document."""
        ...
