"""What a page knows of who reads it: the services of the account, its plans, a hint at its key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from watchword.access.errors import Unknown
from watchword.access.model import Username
from watchword.access.registration.catalogue import PREVIEW
from watchword.access.usable_keys import list_plans_of, list_usable_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from watchword.access.model import Limit, Plan, ServiceName
    from watchword.web.pages.visit import Visit

_STRANGER: Final = "your-user"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a plan grants at a service; `limit` is None where it grants nothing."""

    plan: Plan
    limit: Limit | None


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads.

    Attributes:
        username: As samples name the service user.
        key_hint: The last four characters of its newest usable key; "" where there is none.
        services: Those that the account is entitled to; None for a stranger.
        plans: Those of its usable keys; for a stranger `preview`, where there is one.
    """

    username: str
    key_hint: str
    services: frozenset[str] | None
    plans: Sequence[Plan]

    @property
    def is_known(self) -> bool:
        """Whether the reader has signed in."""
        return self.services is not None

    def is_entitled(self, service: str) -> bool:
        """Tell whether the reader's account may call a service; of a stranger it is not known."""
        return self.services is not None and service in self.services

    def grants_at(self, service: ServiceName) -> list[Grant]:
        """Return what each plan grants at a service."""
        return [Grant(plan, plan.limits.get(service)) for plan in self.plans]


async def find_reader(visit: Visit) -> Reader:
    """Return who reads a page.

    Raises:
        StoreUnavailable: If nobody can say.
    """
    store, session = visit.parts.store, visit.visitor.session
    if session is None:
        try:
            return Reader(_STRANGER, "", None, [await store.get_plan(PREVIEW.name)])
        except Unknown:
            return Reader(_STRANGER, "", None, [])
    user = await store.get_service_user(Username(session.name))
    account = await store.get_account(user.account)
    keys = await list_usable_keys(store, user.account, visit.parts.clock.now())
    plans = await list_plans_of(store, keys)
    hint = max(keys, key=lambda key: key.created_at).last_four if keys else ""
    return Reader(session.name, hint, frozenset(account.services), plans)
