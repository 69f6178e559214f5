"""Makes small sets of records by hand, and imports them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support.fakes import StoppedClock
from watchword.services.imports.importing import unwatched, write
from watchword.services.records.dataset import (
    AnyRecord,
    Dataset,
    OrganizationRecord,
    PersonRecord,
    Place,
    RoleRecord,
    RoleType,
)
from watchword.services.records.dates import PartialDate
from watchword.services.records.details import SourceKey

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from watchword.services.imports import ImportReport, Progress


def person(key: str, source: str = "here", **rest: object) -> PersonRecord:
    return PersonRecord(
        source=source,
        key=SourceKey(key),
        first_name="Quartz",
        last_name="Samplewright",
        name=f"Quartz Samplewright {key}",
        **rest,  # type: ignore[arg-type]
    )


def organization(key: str, source: str = "here", **rest: object) -> OrganizationRecord:
    made: dict[str, Any] = {"name": f"The {key}", "type": "Company", **rest}
    return OrganizationRecord(source=source, key=SourceKey(key), **made)


def role(
    key: str,
    who: str,
    where: str,
    source: str = "here",
    start: str | None = None,
    **rest: object,
) -> RoleRecord:
    made: dict[str, Any] = {"title": "Chair", "types": frozenset({RoleType.BOARD}), **rest}
    return RoleRecord(
        source=source,
        key=SourceKey(key),
        person=SourceKey(who),
        organization=SourceKey(where),
        start_date=None if start is None else PartialDate(start),
        **made,
    )


def load(
    database: Path,
    *records: AnyRecord,
    progress: Progress = unwatched,
    is_invented: bool = False,
    moment: datetime | None = None,
) -> ImportReport:
    placed = [(record, Place("people.jsonl", line)) for line, record in enumerate(records, 1)]
    dataset = Dataset(is_invented=is_invented, records=iter(placed))
    return write(database, dataset, clock=StoppedClock(moment), progress=progress)
