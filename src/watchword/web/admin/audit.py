"""The audit log, read page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from msgspec import Meta

from watchword.access.audit import AuditFilter
from watchword.access.paging import LONGEST_PAGE
from watchword.web.admin.bodies import USUAL_PAGE, Body, Moment
from watchword.web.admin.operations import Call, Operation

if TYPE_CHECKING:
    from watchword.access.audit import KeptRecord

_LARGEST: Final = 2**63 - 1
_LAST: Final = 10**18 - 1
_OF_EACH: Final = ("time", "event", "actor", "address", "user_agent", "correlation_id")
# Told, and enforced where every URL is read.
_PRINTED: Final = {"pattern": r"^[^\x00-\x1f\x7f]*$"}
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


class AuditSearch(Body):
    """Which records are looked for. What is left out is not looked at."""

    username: Annotated[
        str,
        Meta(max_length=100, description="About this service user.", extra_json_schema=_PRINTED),
    ] = ""
    account: Annotated[
        str, Meta(max_length=63, description="About this account.", extra_json_schema=_PRINTED)
    ] = ""
    event: Annotated[
        str,
        Meta(
            max_length=40,
            description="That tell this; with a dot at its end, of this family.",
            examples=["token.revoked", "key."],
            extra_json_schema=_PRINTED,
        ),
    ] = ""
    text: Annotated[
        str, Meta(max_length=200, description="In which this stands.", extra_json_schema=_PRINTED)
    ] = ""
    before: Annotated[
        int, Meta(ge=1, le=_LAST, description="The sequence number before which to look.")
    ] = _LAST
    limit: Annotated[int, Meta(ge=1, le=LONGEST_PAGE, description="How many records, at most.")] = (
        USUAL_PAGE
    )


class FoundRecords(Body):
    """What was found of the audit log, newest record first."""

    items: list[AuditRecord]
    next: Annotated[
        int | None,
        Meta(
            description="What to send as `before` for more, even if this page is short or empty: "
            "so many records are looked at for one page. Null when there are none."
        ),
    ]


async def _search(call: Call[AuditSearch]) -> FoundRecords:
    asks = call.asks
    wanted = AuditFilter(
        username=asks.username or None,
        account=asks.account or None,
        event=asks.event or None,
        text=asks.text or None,
    )
    page = await call.functions.trail.search(wanted, str(asks.before), asks.limit)
    following = None if page.next is None else int(page.next)
    return FoundRecords(items=[_show(record) for record in page.items], next=following)


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
    Operation(
        "search_audit",
        "GET",
        "/audit/search",
        "Search the audit log, newest record first.",
        _search,
        AuditSearch,
        FoundRecords,
    ),
)
