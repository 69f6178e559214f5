"""Which published field of the Events service is answered from what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from watchword.services.engine.binding import Attribute, Batch, Each, Root
from watchword.services.events.timelines import Timeline, Wanted
from watchword.services.records import dates
from watchword.services.records.answers import TypedError, malformed_id, not_found, unread
from watchword.services.records.criteria import MOST_IDS
from watchword.services.records.errors import QueryTooSlow, RecordsUnavailable
from watchword.services.records.fields import SHARED, health_of
from watchword.services.records.finding import ORGANIZATIONS, PEOPLE
from watchword.services.records.ids import Kind, find_number, public_id
from watchword.services.records.paging import ForeignCursor, bad_input
from watchword.services.records.roles import Side
from watchword.services.records.seen import find_days_seen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from watchword.services.engine.binding import Resolver
    from watchword.services.events.timelines import Event
    from watchword.services.records.context import RequestContext
    from watchword.services.records.finding import Records
    from watchword.services.records.nodes import Organization, Person
    from watchword.services.records.paging import Page, PageInfoInput

_SIDES: Final = {Kind.PERSON: Side.PERSON, Kind.ORGANIZATION: Side.ORGANIZATION}


@dataclass(frozen=True, slots=True)
class EventsResponse:
    """A page of events."""

    page: Page


def _events(context: RequestContext, *, altrata_id: str, **asked: Any) -> object:  # noqa: ANN401 - as `_timelines` takes them
    return _results(context, [altrata_id], **asked)[0]


def _events_batch(
    context: RequestContext,
    *,
    altrata_ids: Sequence[str],
    **asked: Any,  # noqa: ANN401 - as `_timelines` takes them
) -> list[EventsResponse | TypedError]:
    if len(altrata_ids) > MOST_IDS:
        raise bad_input(f"'altrataIds' may hold {MOST_IDS} ids at most @ events")
    return _results(context, altrata_ids, **asked)


def _results(
    context: RequestContext,
    ids: Sequence[str],
    *,
    filter_type: str | None = None,
    sort_type: str | None = None,  # noqa: ARG001 - there is one order
    page: PageInfoInput | None = None,
) -> list[EventsResponse | TypedError]:
    """Return a page of events, or what stands in the way, for each id."""
    wanted = Wanted(filter_type or Wanted.ANNOUNCEMENTS)
    results: dict[str, EventsResponse | TypedError] = {}
    # People and organizations have lists of two sorts: a cursor fits one of them at most.
    strangers: list[ForeignCursor] = []
    for kind, records in ((Kind.PERSON, PEOPLE), (Kind.ORGANIZATION, ORGANIZATIONS)):
        numbers = {text: n for text in ids if (n := find_number(kind, text)) is not None}
        if not numbers:
            continue
        timeline = Timeline(_SIDES[kind], wanted, context.today.isoformat())
        try:
            known = _known(context, records, set(numbers.values()))
            pages = timeline.pages(context.reader, page, known)
        except ForeignCursor as mistake:
            strangers.append(mistake)
            error = TypedError(
                "ValidationError", mistake.message, context.correlation_id, "CURSOR_OF_OTHER_LIST"
            )
            results |= dict.fromkeys(numbers, error)
            continue
        except (RecordsUnavailable, QueryTooSlow) as failure:
            results |= dict.fromkeys(numbers, unread(failure, context.correlation_id))
            continue
        for text, number in numbers.items():
            found = pages.get(number)
            results[text] = (
                EventsResponse(found)
                if found
                else not_found("person or organization", text, context.correlation_id)
            )
    if strangers and not any(isinstance(found, EventsResponse) for found in results.values()):
        raise strangers[0]
    malformed = malformed_id("ids read 1-per-1 or 1-org-1", context.correlation_id)
    return [results.get(text, malformed) for text in ids]


def _known(
    context: RequestContext, records: Records[Person] | Records[Organization], numbers: set[int]
) -> list[int]:
    return sorted(records.find(context.reader, numbers))


def _id(event: Event) -> str:
    return f"1-evt-{event.role}-{'end' if event.is_end else 'start'}"


def _type(event: Event) -> str:
    return "Role End Announcement" if event.is_end else "Role Start Announcement"


def _texts(events: Sequence[Event], context: RequestContext) -> list[str]:
    people = PEOPLE.find_once(context, {event.person for event in events})
    organizations = ORGANIZATIONS.find_once(context, {event.organization for event in events})
    texts: list[str] = []
    for event in events:
        person, organization = people[event.person], organizations[event.organization]
        verb = _VERBS[event.is_end, bool(event.is_to_come)]
        texts.append(
            f"{person.name} {verb} {event.title} at {organization.name} "
            f"({dates.display(event.event_date)})."
        )
    return texts


_VERBS: Final = {
    (False, False): "took up the role of",
    (False, True): "is to take up the role of",
    (True, False): "left the role of",
    (True, True): "is to leave the role of",
}


def _listed(resolver: Resolver) -> Resolver:
    def resolve(events: Sequence[Event], context: RequestContext) -> list[list[Any]]:
        found = resolver.resolve(events, context, {})
        return [[] if record is None else [record] for record in found]

    return Batch(resolve)


def _published(events: Sequence[Event], context: RequestContext) -> list[str]:
    days = find_days_seen(context.reader, [event.number for event in events])
    return [days[event.number] for event in events]


_NOTHING: Final = Each(lambda _: None)
_CODE: Final = Attribute("code")

RESOLVERS: Final[Mapping[str, Mapping[str, Resolver]]] = {
    **SHARED,
    "Query": {
        "events": Root(_events, is_slow=True),
        "eventsBatch": Root(_events_batch, is_slow=True),
        "info": Root(health_of("events")),
    },
    "EventsResponse": {"events": Attribute("page.items"), "pageInfoResponse": Attribute("page")},
    "Event": {
        "eventId": Each(_id),
        "eventDate": Each(lambda event: dates.first_day(event.event_date)),
        "eventDateInfo": Attribute("event_date"),
        "eventType": Each(_type),
        "eventText": Batch(_texts),
        "personMentions": _listed(PEOPLE.related("person")),
        "organizationMentions": _listed(ORGANIZATIONS.related("organization")),
        "eventPublishedDate": Batch(_published),
        "announcementDate": _NOTHING,
        "announcementDateInfo": _NOTHING,
        "startRoleTitle": Each(lambda event: None if event.is_end else event.title),
        "endRoleTitle": Each(lambda event: event.title if event.is_end else None),
    },
    "PersonMentions": {
        "personId": Each(lambda person: public_id(Kind.PERSON, person.number)),
        "personName": Attribute("name"),
    },
    "OrganizationMentions": {
        "organizationId": Each(lambda found: public_id(Kind.ORGANIZATION, found.number)),
        "organizationName": Attribute("name"),
        "organizationType": Attribute("type"),
    },
    "GenericError": {"genericErrorCode": _CODE},
    "ValidationError": {"validationErrorCode": _CODE},
    "EntityNotFoundError": {"entityNotFoundErrorCode": _CODE},
}
"""By type and field. A field that is not here reads the attribute of its own name."""
