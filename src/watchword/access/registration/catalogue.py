"""Usage plans and services: what customers are given, whoever they are."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Final

from watchword.access.audit import Event
from watchword.access.errors import NotAllowed, Unknown
from watchword.access.model import (
    DocumentLimits,
    Limit,
    Plan,
    PlanName,
    ServiceEntry,
    ServiceName,
)
from watchword.access.names import to_description, to_plan_name, to_service_name, to_title
from watchword.access.paging import LONGEST_PAGE, to_page
from watchword.access.registration.base import RegistryPart
from watchword.access.registration.changes import LimitChange, Route

if TYPE_CHECKING:
    from collections.abc import Mapping

    from watchword.access.audit import AuditRecord
    from watchword.access.paging import Page
    from watchword.access.registration.changes import DocumentChange

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
_AS_IT_IS: Final = Route()
_USUAL_DOCUMENTS: Final = DocumentLimits()


class CatalogueRegistry(RegistryPart):
    """What the operator does with plans and services."""

    async def add_plan(
        self,
        plan: str,
        limits: Mapping[str, Limit],
        documents: DocumentLimits = _USUAL_DOCUMENTS,
    ) -> Plan:
        """Make a usage plan."""
        made = Plan(
            to_plan_name(plan),
            {to_service_name(service): limit for service, limit in limits.items()},
            documents,
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
        """Set all that a plan grants at one service, from the next request on."""
        return await self.change_limit(
            plan, service, LimitChange(limit.rate, limit.burst, limit.quota)
        )

    async def change_limit(self, plan: str, service: str, change: LimitChange) -> Plan:
        """Change what a plan grants at one service; what is left out stays as it is."""

        def carry_out(limit: Limit | None) -> tuple[Limit, AuditRecord]:
            changed = change.of(limit)
            return changed, self._record(
                Event.LIMIT_SET,
                plan=plan,
                service=service,
                rate=changed.rate,
                burst=changed.burst,
                quota=changed.quota,
            )

        await self._store.change_limit(PlanName(plan), to_service_name(service), carry_out)
        return await self.get_plan(plan)

    async def remove_limit(self, plan: str, service: str) -> Plan:
        """Let a plan grant nothing at one service, from the next request on."""

        def carry_out(limit: Limit | None) -> tuple[None, AuditRecord]:
            if limit is None:
                raise Unknown(f"plan {plan!r} has no limit for {service!r}")
            return None, self._record(Event.LIMIT_REMOVED, plan=plan, service=service)

        await self._store.change_limit(PlanName(plan), ServiceName(service), carry_out)
        return await self.get_plan(plan)

    async def change_documents(self, plan: str, change: DocumentChange) -> Plan:
        """Change what documents a plan lets through; what is left out stays as it is."""

        def carry_out(documents: DocumentLimits) -> tuple[DocumentLimits, AuditRecord]:
            changed = change.of(documents)
            facts = {name: int(value) for name, value in asdict(changed).items()}
            return changed, self._record(Event.DOCUMENTS_SET, plan=plan, **facts)

        await self._store.change_documents(PlanName(plan), carry_out)
        return await self.get_plan(plan)

    async def add_service(
        self, name: str, title: str, description: str, route: Route = _AS_IT_IS
    ) -> ServiceEntry:
        """Register a service; its name is the title when there is none."""
        made = ServiceEntry(
            to_service_name(name), to_title(title, name), to_description(description)
        )
        made = self._route(made, route)
        await self._store.add_service(
            made, self._record(Event.SERVICE_ADDED, service=made.name, **_route_facts(made))
        )
        return made

    async def change_service(
        self,
        service: str,
        route: Route = _AS_IT_IS,
        *,
        title: str | None = None,
        description: str | None = None,
    ) -> ServiceEntry:
        """Change a service, from the next request on; what is left out stays as it is.

        Args:
            service: The service.
            route: Where calls to it are passed on to, and how.
            title: What people read; the name when empty.
            description: What it answers, in a sentence.
        """

        def change(entry: ServiceEntry) -> tuple[ServiceEntry, AuditRecord]:
            changed = replace(
                self._route(entry, route),
                title=entry.title if title is None else to_title(title, entry.name),
                description=(
                    entry.description if description is None else to_description(description)
                ),
            )
            return changed, self._record(
                Event.SERVICE_SET, service=service, title=changed.title, **_route_facts(changed)
            )

        await self._store.change_service(ServiceName(service), change)
        return await self.get_service(service)

    def _route(self, service: ServiceEntry, route: Route) -> ServiceEntry:
        changed = route.of(service)
        if changed.name not in self._answered_here:
            return changed
        if changed.upstream is not None:
            raise NotAllowed(
                f"{changed.name} is answered by watchword itself and gets no upstream: "
                "register your service under another name"
            )
        if changed.signs_identity:
            raise NotAllowed(
                f"{changed.name} is answered by watchword itself: there is no upstream that "
                "could get a signed statement"
            )
        return changed

    async def list_services(
        self, after: str | None = None, limit: int = LONGEST_PAGE
    ) -> Page[ServiceEntry]:
        """Return services by name."""
        found = await self._store.list_services(after, limit + 1)
        return to_page(found, limit, lambda service: service.name)

    async def get_service(self, service: str) -> ServiceEntry:
        """Return one service."""
        return await self._store.get_service(ServiceName(service))

    async def is_service(self, service: str) -> bool:
        """Tell whether a service is registered."""
        return await self._store.find_service(ServiceName(service)) is not None

    async def set_service_enabled(self, service: str, *, is_enabled: bool) -> ServiceEntry:
        """Enable or disable a service for everybody, from the next request on."""
        event = Event.SERVICE_ENABLED if is_enabled else Event.SERVICE_DISABLED
        await self._store.set_service_disabled(
            ServiceName(service),
            None if is_enabled else self._clock.now(),
            self._record(event, service=service),
        )
        return await self.get_service(service)


def _route_facts(service: ServiceEntry) -> dict[str, str | int | None]:
    return {
        "upstream": service.upstream,
        "allows_preflight": int(service.allows_preflight),
        "signs_identity": int(service.signs_identity),
    }
