"""Answers the fields of Query: each is a question to the database, and how its answer reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from watchword.services.engine.binding import Root
from watchword.services.records.answers import Debug, SearchCount, malformed_id, not_found, unread
from watchword.services.records.bulk import Named
from watchword.services.records.criteria import read_numbers
from watchword.services.records.dataset import RoleType
from watchword.services.records.errors import QueryTooSlow, RecordsUnavailable
from watchword.services.records.fields import health_of
from watchword.services.records.finding import ORGANIZATIONS, PEOPLE
from watchword.services.records.holdings import (
    asset_listing,
    charitable_listing,
    membership_listing,
    political_listing,
)
from watchword.services.records.ids import Kind, find_number
from watchword.services.records.keywords import organization_ranks, person_ranks
from watchword.services.records.lists import NOBODY
from watchword.services.records.matches import Matches
from watchword.services.records.roles import all_roles
from watchword.services.records.searches import organization_search, person_search

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from watchword.services.engine.binding import Resolver
    from watchword.services.records.context import RequestContext
    from watchword.services.records.criteria import (
        OrganizationSearchFilter,
        PersonSearchFilter,
        RoleFilter,
    )
    from watchword.services.records.finding import Records
    from watchword.services.records.lists import Listing
    from watchword.services.records.nodes import Organization, Person
    from watchword.services.records.paging import Page, PageInfoInput

    AnyRecords = Records[Person] | Records[Organization]


def _debug(_context: RequestContext) -> Debug:
    return Debug()


@dataclass(frozen=True, slots=True)
class _Sort:
    """One of the two sorts of records that are found by id."""

    kind: Kind
    noun: str
    plural: str
    tag: str
    records: AnyRecords

    def find(self, context: RequestContext, *, public_id: str) -> object:
        """Return the record of an id, or the typed error that says why there is none."""
        number = find_number(self.kind, public_id)
        if number is None:
            reads = f"the id of {self.noun} reads 1-{self.kind}-1"
            return malformed_id(reads, context.correlation_id)
        try:
            found = self.records.find(context.reader, (number,)).get(number)
        except (RecordsUnavailable, QueryTooSlow) as failure:
            return unread(failure, context.correlation_id)
        if found is None:
            return not_found(self.noun.split()[1], public_id, context.correlation_id)
        return found

    def find_all(
        self,
        context: RequestContext,
        *,
        criteria: Sequence[str],
        page: PageInfoInput | None = None,
    ) -> Page:
        """Return a page of the records of some ids."""
        numbers = read_numbers("ids", self.kind, criteria, self.plural)
        return Named(self.tag, self.plural, self.records, numbers).page(context.reader, page)


_PEOPLE: Final = _Sort(Kind.PERSON, "a person", "persons", "pb", PEOPLE)
_ORGANIZATIONS: Final = _Sort(
    Kind.ORGANIZATION, "an organization", "organizations", "ob", ORGANIZATIONS
)


def _people_by_keyword(
    context: RequestContext, *, criteria: str, page: PageInfoInput | None = None
) -> Page:
    matches = Matches("pk", "persons", "person", PEOPLE, person_ranks(criteria))
    return matches.page(context.reader, page)


def _organizations_by_keyword(
    context: RequestContext, *, criteria: str, page: PageInfoInput | None = None
) -> Page:
    ranks = organization_ranks(criteria)
    matches = Matches("ok", "organizations", "organization", ORGANIZATIONS, ranks)
    return matches.page(context.reader, page)


def _people(
    context: RequestContext,
    *,
    criteria: PersonSearchFilter | None = None,
    page: PageInfoInput | None = None,
) -> Page:
    search = person_search(criteria, context.reader, context.today)
    return search.page(context.reader, page)


def _count_people(
    context: RequestContext, *, criteria: PersonSearchFilter | None = None
) -> SearchCount:
    return _count(context, person_search(criteria, context.reader, context.today))


def _organizations(
    context: RequestContext,
    *,
    criteria: OrganizationSearchFilter | None = None,
    page: PageInfoInput | None = None,
) -> Page:
    return organization_search(criteria).page(context.reader, page)


def _count_organizations(
    context: RequestContext, *, criteria: OrganizationSearchFilter | None = None
) -> SearchCount:
    return _count(context, organization_search(criteria))


def _count(context: RequestContext, listing: Listing) -> SearchCount:
    return SearchCount(listing.count(context.reader, (NOBODY,))[NOBODY])


def _roles(type_: RoleType) -> Resolver:
    def resolve(
        context: RequestContext,
        *,
        criteria: RoleFilter | None = None,
        page: PageInfoInput | None = None,
    ) -> Page:
        listing = all_roles(type_, criteria, context.reader, context.today.isoformat())
        return listing.page(context.reader, page)

    return Root(resolve, is_slow=True)


def _listed(make: Callable[..., Listing]) -> Resolver:
    def resolve(
        context: RequestContext, *, criteria: object = None, page: PageInfoInput | None = None
    ) -> Page:
        return make(criteria).page(context.reader, page)

    return Root(resolve, is_slow=True)


QUERIES: Final[Mapping[str, Resolver]] = {
    "info": Root(health_of("profile")),
    "debug": Root(_debug),
    "personIdSearch": Root(_PEOPLE.find),
    "personBulkIdSearch": Root(_PEOPLE.find_all),
    "personKeywordSearch": Root(_people_by_keyword, is_slow=True),
    "personSearch": Root(_people, is_slow=True),
    "personSearchCount": Root(_count_people, is_slow=True),
    "organizationIdSearch": Root(_ORGANIZATIONS.find),
    "organizationBulkIdSearch": Root(_ORGANIZATIONS.find_all),
    "organizationKeywordSearch": Root(_organizations_by_keyword, is_slow=True),
    "organizationSearch": Root(_organizations, is_slow=True),
    "organizationSearchCount": Root(_count_organizations, is_slow=True),
    "rolesEmployment": _roles(RoleType.EMPLOYMENT),
    "rolesBoard": _roles(RoleType.BOARD),
    "rolesCommittee": _roles(RoleType.COMMITTEE),
    "memberships": _listed(membership_listing),
    "charitableDonations": _listed(charitable_listing),
    "politicalDonations": _listed(political_listing),
    "wealthAssets": _listed(asset_listing),
}
"""The resolvers of Query, by field."""
