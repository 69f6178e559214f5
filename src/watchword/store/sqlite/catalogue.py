"""The rows of what is on offer: usage plans and services."""

from __future__ import annotations

from dataclasses import astuple
from typing import TYPE_CHECKING

from watchword.access.model import Limit, Plan, PlanName, ServiceEntry, ServiceName
from watchword.store.sqlite.database import to_optional_microseconds, to_optional_moment
from watchword.store.sqlite.plan_documents import DOCUMENT_COLUMNS, to_documents
from watchword.store.sqlite.registry import (
    PLANS,
    SERVICES,
    RegistryTables,
    insert,
    only,
    require,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import apsw

    from watchword.access.audit import AuditRecord
    from watchword.access.model import DocumentLimits
    from watchword.store.sqlite.database import Row

_PLAN = """
SELECT p.*, l.service, l.rate, l.burst, l.quota
  FROM (SELECT name, {} FROM plan WHERE name {} ORDER BY name LIMIT ?) p
  LEFT JOIN plan_limit l ON l.plan = p.name ORDER BY p.name, l.service
"""
_SERVICE = """
SELECT name, title, description, disabled_at, upstream, allows_preflight, signs_identity
  FROM service
"""
_ONE_SERVICE = f"{_SERVICE} WHERE name = ?"


class CatalogueTables(RegistryTables):
    """Keeps usage plans and services (see `Catalogue`)."""

    async def add_plan(self, plan: Plan, record: AuditRecord) -> None:
        """Record a usage plan."""

        def change(connection: apsw.Connection) -> None:
            insert(connection, PLANS, plan.name, *astuple(plan.documents))
            for service, limit in plan.limits.items():
                _set_limit(connection, plan.name, service, limit)

        await self._write(change, record)

    async def get_plan(self, plan: PlanName) -> Plan:
        """Return one usage plan."""
        rows = self._database.read(_PLAN.format(DOCUMENT_COLUMNS, "= ?"), (plan, 1))
        only(rows, PLANS, plan, self._database.read)
        return _to_plans(rows)[0]

    async def list_plans(self, after: str | None, limit: int) -> list[Plan]:
        """Return usage plans by name."""
        query = _PLAN.format(DOCUMENT_COLUMNS, "> ?")
        return _to_plans(self._database.read(query, (after or "", limit)))

    async def change_limit(
        self,
        plan: PlanName,
        service: ServiceName,
        change: Callable[[Limit | None], tuple[Limit | None, AuditRecord]],
    ) -> None:
        """Change what a plan grants at one service, in one step."""

        def carry_out(connection: apsw.Connection) -> AuditRecord:
            require(connection, PLANS, plan)
            limit, record = change(_find_limit(connection, plan, service))
            if limit is None:
                connection.execute(
                    "DELETE FROM plan_limit WHERE plan = ? AND service = ?", (plan, service)
                )
            else:
                _set_limit(connection, plan, service, limit)
            return record

        await self._change(carry_out)

    async def change_documents(
        self,
        plan: PlanName,
        change: Callable[[DocumentLimits], tuple[DocumentLimits, AuditRecord]],
    ) -> None:
        """Change what documents a plan lets through, in one step."""

        def carry_out(connection: apsw.Connection) -> AuditRecord:
            query = f"SELECT {DOCUMENT_COLUMNS} FROM plan WHERE name = ?"  # noqa: S608 - our own names
            rows: list[Row] = connection.execute(query, (plan,)).fetchall()
            changed, record = change(to_documents(*only(rows, PLANS, plan, connection.execute)))
            connection.execute(
                f"UPDATE plan SET ({DOCUMENT_COLUMNS}) = (?, ?, ?, ?, ?, ?, ?, ?) "  # noqa: S608
                "WHERE name = ?",
                (*astuple(changed), plan),
            )
            return record

        await self._change(carry_out)

    async def add_service(self, service: ServiceEntry, record: AuditRecord) -> None:
        """Record a service."""

        def change(connection: apsw.Connection) -> None:
            insert(
                connection,
                SERVICES,
                service.name,
                service.title,
                service.description,
                to_optional_microseconds(service.disabled_at),
                service.upstream,
                int(service.allows_preflight),
                int(service.signs_identity),
            )

        await self._write(change, record)

    async def change_service(
        self,
        service: ServiceName,
        change: Callable[[ServiceEntry], tuple[ServiceEntry, AuditRecord]],
    ) -> None:
        """Change a service, all but its name and whether it is disabled, in one step."""

        def carry_out(connection: apsw.Connection) -> AuditRecord:
            rows: list[Row] = connection.execute(_ONE_SERVICE, (service,)).fetchall()
            changed, record = change(_to_service(only(rows, SERVICES, service, connection.execute)))
            connection.execute(
                "UPDATE service SET title = ?, description = ?, upstream = ?, "
                "allows_preflight = ?, signs_identity = ? WHERE name = ?",
                (
                    changed.title,
                    changed.description,
                    changed.upstream,
                    int(changed.allows_preflight),
                    int(changed.signs_identity),
                    service,
                ),
            )
            return record

        await self._change(carry_out)

    async def find_service(self, service: ServiceName) -> ServiceEntry | None:
        """Return one service, None when there is none; for every call (see `ServiceReads`)."""
        rows = self._database.read(_ONE_SERVICE, (service,))
        return _to_service(rows[0]) if rows else None

    async def get_service(self, service: ServiceName) -> ServiceEntry:
        """Return one service."""
        rows = self._database.read(_ONE_SERVICE, (service,))
        return _to_service(only(rows, SERVICES, service, self._database.read))

    async def list_services(self, after: str | None, limit: int) -> list[ServiceEntry]:
        """Return services by name."""
        rows = self._database.read(
            f"{_SERVICE} WHERE name > ? ORDER BY name LIMIT ?", (after or "", limit)
        )
        return [_to_service(row) for row in rows]

    async def set_service_disabled(
        self, service: ServiceName, at: datetime | None, record: AuditRecord
    ) -> None:
        """Disable or enable a service."""
        await self._set_disabled(SERVICES, service, at, record)


def _set_limit(
    connection: apsw.Connection, plan: PlanName, service: ServiceName, limit: Limit
) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO plan_limit VALUES (?, ?, ?, ?, ?)",
        (plan, service, limit.rate, limit.burst, limit.quota),
    )


def _find_limit(connection: apsw.Connection, plan: PlanName, service: ServiceName) -> Limit | None:
    query = "SELECT rate, burst, quota FROM plan_limit WHERE plan = ? AND service = ?"
    rows: list[Row] = connection.execute(query, (plan, service)).fetchall()
    return Limit(*rows[0]) if rows else None


def _to_plans(rows: list[Row]) -> list[Plan]:
    plans: dict[str, Plan] = {}
    for name, *documents, service, rate, burst, quota in rows:
        if name not in plans:
            plans[name] = Plan(PlanName(name), {}, to_documents(*documents))
        if service is not None:
            plans[name].limits[ServiceName(service)] = Limit(rate, burst, quota)
    return list(plans.values())


def _to_service(row: Row) -> ServiceEntry:
    name, title, description, disabled_at, upstream, allows_preflight, signs_identity = row
    return ServiceEntry(
        ServiceName(name),
        title,
        description,
        to_optional_moment(disabled_at),
        upstream,
        bool(allows_preflight),
        bool(signs_identity),
    )
