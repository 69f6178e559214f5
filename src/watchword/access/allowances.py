"""Where an account stands with its usage plans. Looks, and takes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from watchword.access.metering import BucketName, look
from watchword.access.ports import BucketReads, ServiceReads, StandingReads
from watchword.access.register import ApiKeys, Catalogue
from watchword.access.usable_keys import list_plans_of, list_usable_keys

if TYPE_CHECKING:
    from datetime import datetime

    from watchword.access.metering import Allowance
    from watchword.access.model import Account, PlanName, ServiceEntry, ServiceName, Username
    from watchword.access.ports import Clock


class AllowanceStore(ApiKeys, Catalogue, BucketReads, ServiceReads, StandingReads, Protocol):
    """What is asked of the store."""


@dataclass(frozen=True, slots=True)
class PlanAllowance:
    """What is left of one plan at one service.

    Attributes:
        plan: All keys of the account on this plan are counted together.
        is_explorers: Whether GraphiQL counts here.
    """

    plan: PlanName
    service: ServiceEntry
    allowance: Allowance
    is_explorers: bool

    @property
    def used(self) -> int | None:
        """Requests of the day; None without a quota, as only with one they are counted here."""
        quota, left = self.allowance.limit.quota, self.allowance.quota_left
        return None if quota is None or left is None else quota - left


class Allowances:
    """Tells what is left of plans, as far as workers have recorded it.

    Args:
        store: Has the plans and the buckets.
        clock: Tells the time.
    """

    def __init__(self, store: AllowanceStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def list(self, account: Account, username: Username) -> list[PlanAllowance]:
        """Return what is left of every plan of the account's usable keys, by service and plan.

        Args:
            account: Whose plans.
            username: Whose GraphiQL.

        Raises:
            StoreUnavailable: If there is no answer.
        """
        now = self._clock.now()
        keys = await list_usable_keys(self._store, account.id, now)
        plans = await list_plans_of(self._store, keys)
        found: list[PlanAllowance] = []
        for name in account.services:
            service = await self._store.find_service(name)
            if service is None or not service.is_enabled:
                continue
            explorers = await self._find_explorers(username, name, now)
            for plan in plans:
                limit = plan.limits.get(name)
                if limit is not None:
                    kept = await self._store.find_bucket(BucketName(account.id, plan.name, name))
                    left = look(kept, limit, now)
                    found.append(PlanAllowance(plan.name, service, left, plan.name == explorers))
        return found

    async def _find_explorers(
        self, username: Username, service: ServiceName, now: datetime
    ) -> PlanName | None:
        digest = await self._store.find_newest_key(username, service, now)
        standing = None if digest is None else await self._store.find_standing(username, digest)
        return None if standing is None or standing.key is None else standing.key.plan
