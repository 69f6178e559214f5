"""Usage plans and services: what customers are given, whoever they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.access.audit import Event
from watchword.access.model import Limit, Plan, PlanName, ServiceEntry, ServiceName
from watchword.access.names import to_plan_name, to_service_name
from watchword.access.paging import LONGEST_PAGE, to_page
from watchword.access.registration.base import RegistryPart

if TYPE_CHECKING:
    from collections.abc import Mapping

    from watchword.access.paging import Page

PREVIEW: Final = Plan(
    PlanName("preview"),
    {
        ServiceName("profile"): Limit(rate=5, burst=3, quota=100),
        ServiceName("matching"): Limit(rate=100, burst=50, quota=1_000_000),
        ServiceName("events"): Limit(rate=2, burst=2, quota=None),
        ServiceName("relationships"): Limit(rate=100, burst=50, quota=None),
    },
)
"""The published default plan."""


class CatalogueRegistry(RegistryPart):
    """What the operator does with plans and services."""

    async def add_plan(self, plan: str, limits: Mapping[str, Limit]) -> Plan:
        """Make a usage plan."""
        made = Plan(
            to_plan_name(plan),
            {to_service_name(service): limit for service, limit in limits.items()},
        )
        await self._store.add_plan(made, self._record(Event.PLAN_ADDED, plan=made.name))
        return made

    async def list_plans(self, after: str | None = None, limit: int = LONGEST_PAGE) -> Page[Plan]:
        """Return usage plans by name."""
        found = await self._store.list_plans(after, limit + 1)
        return to_page(found, limit, lambda plan: plan.name)

    async def get_plan(self, plan: str) -> Plan:
        """Return one usage plan."""
        return await self._store.get_plan(PlanName(plan))

    async def set_limit(self, plan: str, service: str, limit: Limit) -> Plan:
        """Set what a plan grants at one service, from the next request on."""
        await self._store.set_limit(
            PlanName(plan),
            to_service_name(service),
            limit,
            self._record(
                Event.LIMIT_SET,
                plan=plan,
                service=service,
                rate=limit.rate,
                burst=limit.burst,
                quota=limit.quota,
            ),
        )
        return await self.get_plan(plan)

    async def add_service(self, name: str, title: str, description: str) -> ServiceEntry:
        """Register a service; its name is the title when there is none."""
        made = ServiceEntry(to_service_name(name), title.strip() or name, description)
        await self._store.add_service(made, self._record(Event.SERVICE_ADDED, service=made.name))
        return made

    async def list_services(
        self, after: str | None = None, limit: int = LONGEST_PAGE
    ) -> Page[ServiceEntry]:
        """Return services by name."""
        found = await self._store.list_services(after, limit + 1)
        return to_page(found, limit, lambda service: service.name)

    async def get_service(self, service: str) -> ServiceEntry:
        """Return one service."""
        return await self._store.get_service(ServiceName(service))

    async def set_service_enabled(self, service: str, *, is_enabled: bool) -> ServiceEntry:
        """Enable or disable a service for everybody, from the next request on."""
        event = Event.SERVICE_ENABLED if is_enabled else Event.SERVICE_DISABLED
        await self._store.set_service_disabled(
            ServiceName(service),
            None if is_enabled else self._clock.now(),
            self._record(event, service=service),
        )
        return await self.get_service(service)
