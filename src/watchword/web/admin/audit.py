"""The audit log, read page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from msgspec import Meta

from watchword.access.paging import LONGEST_PAGE
from watchword.web.admin.bodies import USUAL_PAGE, Body, Moment
from watchword.web.admin.operations import Call, Operation

if TYPE_CHECKING:
    from watchword.access.audit import KeptRecord

_LARGEST: Final = 2**63 - 1
_OF_EACH: Final = ("time", "event", "actor", "address", "user_agent", "correlation_id")
_decode: Final = msgspec.json.Decoder().decode


class AuditQuery(Body):
    """Which records are asked for."""

    after: Annotated[
        int, Meta(ge=0, le=_LARGEST, description="The sequence number behind which to begin.")
    ] = 0
    limit: Annotated[int, Meta(ge=1, le=LONGEST_PAGE, description="How many records, at most.")] = (
        USUAL_PAGE
    )


class AuditRecord(Body):
    """One thing that happened."""

    sequence: Annotated[int, Meta(ge=1, description="Counts the records, without a gap.")]
    time: Annotated[Moment, Meta(description="When it happened.")]
    event: Annotated[str, Meta(description="What happened.", examples=["token.issued"])]
    actor: Annotated[str, Meta(description="Who did it.", examples=["operator:alice"])]
    address: Annotated[str | None, Meta(description="The network address it came from.")]
    user_agent: Annotated[str | None, Meta(description="What the caller said it is.")]
    correlation_id: Annotated[str | None, Meta(description="Finds the request in the log.")]
    facts: Annotated[dict[str, str | int], Meta(description="What it was done to.")]
    link: Annotated[str, Meta(description="Chains the record to the one before; hexadecimal.")]


class AuditPage(Body):
    """A page of the audit log, oldest record first."""

    items: list[AuditRecord]
    next: Annotated[
        int | None, Meta(description="What to send as `after` for more; null when there is none.")
    ]


async def _read(call: Call[AuditQuery]) -> AuditPage:
    limit = call.asks.limit
    found = await call.functions.trail.read_page(call.asks.after, limit + 1)
    records = found[:limit]
    following = records[-1].sequence if len(found) > limit else None
    return AuditPage(items=[_show(record) for record in records], next=following)


def _show(record: KeptRecord) -> AuditRecord:
    members: dict[str, Any] = _decode(record.text)
    of_each = {name: members.pop(name, None) for name in _OF_EACH}
    shown = {**of_each, "sequence": record.sequence, "link": record.link.hex(), "facts": members}
    return msgspec.convert(shown, AuditRecord)


OPERATIONS: Final = (
    Operation(
        "read_audit",
        "GET",
        "/audit",
        "Read the audit log behind a sequence number, oldest record first.",
        _read,
        AuditQuery,
        AuditPage,
    ),
)
