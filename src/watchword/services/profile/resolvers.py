"""Which published field is answered from what. Owns no SQL and no arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.services.engine.binding import Attribute, Batch, Each
from watchword.services.engine.errors import unauthorized
from watchword.services.profile.queries import QUERIES
from watchword.services.records import dates
from watchword.services.records.all_roles import find_first_pages
from watchword.services.records.answers import amount
from watchword.services.records.dataset import RoleType
from watchword.services.records.durations import find_full_months
from watchword.services.records.fields import SHARED
from watchword.services.records.finding import ORGANIZATIONS, PEOPLE
from watchword.services.records.giving import donors_of
from watchword.services.records.holdings import memberships_of_people
from watchword.services.records.ids import Kind, public_id
from watchword.services.records.metrics import find_latest, newest_first
from watchword.services.records.roles import Side, roles_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from watchword.services.engine.binding import Resolver
    from watchword.services.records.context import RequestContext
    from watchword.services.records.criteria import RoleFilter
    from watchword.services.records.details import Education
    from watchword.services.records.nodes import Organization, Person, Role
    from watchword.services.records.paging import Page, PageInfoInput


def _itself(source: object) -> object:
    return source


def _id(kind: Kind) -> Resolver:
    prefix = public_id(kind, 0)[:-1]
    return Each(lambda record: f"{prefix}{record.number}")


def _day(attribute: str) -> Resolver:
    """Return the resolver of a plain date: its first day, where it is not known to the day."""
    read = Attribute(attribute).read

    def resolve(source: object) -> str | None:
        date = read(source)
        return dates.first_day(date) if date else None

    return Each(resolve)


def _roles_of(side: Side, type_: RoleType) -> Resolver:
    def resolve(
        owners: Sequence[Person | Organization],
        context: RequestContext,
        *,
        criteria: RoleFilter | None = None,
        page: PageInfoInput | None = None,
        siblings: frozenset[str] = frozenset(),
    ) -> list[Page]:
        listing = roles_of(side, type_, criteria, context.today.isoformat())
        numbers = [owner.number for owner in owners]
        are_several = len(siblings & _ROLE_FIELDS.keys()) > 1
        if are_several and side is Side.PERSON and criteria is None:
            found = find_first_pages(tuple(numbers), type_, listing, page, context)
            if found is not None:
                return found
        pages = listing.pages(context.reader, page, list(dict.fromkeys(numbers)))
        return [pages[number] for number in numbers]

    # An organization may have a hundred thousand roles; a person's are few.
    return Batch(resolve, is_slow=side is Side.ORGANIZATION, is_told_siblings=True)


def _memberships_of(
    people: Sequence[Person], context: RequestContext, *, page: PageInfoInput | None = None
) -> list[Page]:
    numbers = [person.number for person in people]
    listing = memberships_of_people()
    pages = listing.pages(context.reader, page, list(dict.fromkeys(numbers)))
    return [pages[number] for number in numbers]


def _ages(people: Sequence[Person], context: RequestContext) -> list[int | None]:
    return [dates.find_age(person.date_of_birth, context.today) for person in people]


def _months_in_role(roles: Sequence[Role], context: RequestContext) -> list[int | None]:
    return [find_full_months(role.start_date, role.end_date, context.today) for role in roles]


def _months_with_organization(roles: Sequence[Role], context: RequestContext) -> list[int | None]:
    return [
        find_full_months(role.since_with_organization, role.end_date, context.today)
        for role in roles
    ]


def _attributes(**names: str) -> dict[str, Resolver]:
    return {field: Attribute(name) for field, name in names.items()}


def _rename(prefix: str, **names: str) -> dict[str, Resolver]:
    return _attributes(**{field: f"{prefix}.{name}" for field, name in names.items()})


def _schools(studies: Sequence[Education[int]], context: RequestContext) -> list[str | None]:
    recorded = {study.organization for study in studies if study.organization is not None}
    found = ORGANIZATIONS.find(context.reader, recorded)
    return [
        study.organization_name
        if study.organization is None or study.organization not in found
        else found[study.organization].name
        for study in studies
    ]


def _codes(*fields: str) -> dict[str, Resolver]:
    return dict.fromkeys(fields, Attribute("code"))


_ITSELF: Final = Each(_itself)
_SOURCE: Final = {"source": _ITSELF}
_PERSON: Final = {"person": PEOPLE.related("person")}
_ORGANIZATION: Final = {"organization": ORGANIZATIONS.related("organization")}
_AMOUNT: Final = {"amount": Each(lambda gift: amount(gift.usd_min, gift.usd_max))}
_ROLE_FIELDS: Final = {
    "rolesEmployment": RoleType.EMPLOYMENT,
    "rolesBoard": RoleType.BOARD,
    "rolesCommittee": RoleType.COMMITTEE,
}

_PEOPLE: Final[Mapping[str, Resolver]] = {
    "id": _id(Kind.PERSON),
    "age": Batch(_ages),
    **_rename(
        "detail",
        emails="emails",
        addresses="addresses",
        socialAccounts="social_accounts",
        education="education",
        achievements="achievements",
        interests="interests",
        personalRelationships="relationships",
        netWorthSummary="net_worth",
    ),
    "wealthProfile": Each(lambda person: person.detail if person.detail.wealth_tier else None),
    **{name: _roles_of(Side.PERSON, type_) for name, type_ in _ROLE_FIELDS.items()},
    "memberships": Batch(_memberships_of),
    **_SOURCE,
}
_ORGANIZATION_FIELDS: Final[Mapping[str, Resolver]] = {
    "id": _id(Kind.ORGANIZATION),
    **_attributes(
        organizationName="name",
        organizationType="type",
        tickerPrimary="ticker",
        industryPrimary="industry",
        sectorPrimary="sector",
        headOfficeAddress="address",
    ),
    "latestDailyMarketCapital": Each(find_latest("MARKET_CAP", "Daily")),
    "latestAnnualMarketRevenue": Each(find_latest("REVENUE", "Annual")),
    "currencyMetrics": Each(newest_first),
    **{name: _roles_of(Side.ORGANIZATION, type_) for name, type_ in _ROLE_FIELDS.items()},
    **_SOURCE,
}
_ROLES: Final[Mapping[str, Resolver]] = {
    "id": _id(Kind.ROLE),
    **_attributes(type="types", roleCurrentPriorStatus="status"),
    **_PERSON,
    **_ORGANIZATION,
    **_rename(
        "detail",
        titleCategories="title_categories",
        roleEmailPrimary="email",
        isExecutiveDirector="is_executive_director",
        isNonExecutiveDirector="is_non_executive_director",
        isPartOfLeadershipTeam="is_part_of_leadership_team",
        isOtherEmployee="is_other_employee",
    ),
    "monthsInRole": Batch(_months_in_role),
    "monthsWithOrg": Batch(_months_with_organization),
    **_SOURCE,
}
_GIVING: Final[Mapping[str, Mapping[str, Resolver]]] = {
    "CharitableDonation": {
        "id": _id(Kind.CHARITABLE_DONATION),
        "donorPeople": donors_of("charitable_donor"),
        "donorOrganization": ORGANIZATIONS.related("donor_organization"),
        "recipientOrganization": ORGANIZATIONS.related("recipient_organization"),
        "measurementDate": _day("measurement_date"),
        **_AMOUNT,
        **_SOURCE,
    },
    "PoliticalDonation": {
        "id": _id(Kind.POLITICAL_DONATION),
        "donorPeople": donors_of("political_donor"),
        "recipientOrganization": ORGANIZATIONS.related("recipient_organization"),
        "recipientPerson": PEOPLE.related("recipient_person"),
        "recipientPoliticalPartyOrganization": ORGANIZATIONS.related("party"),
        "measurementDate": _day("measurement_date"),
        **_AMOUNT,
        **_SOURCE,
    },
    "WealthAsset": {
        "id": _id(Kind.WEALTH_ASSET),
        "owner": PEOPLE.related("owner"),
        "value": Each(lambda asset: amount(asset.usd_min, asset.usd_max)),
        "ownershipValue": Each(
            lambda asset: amount(asset.ownership_usd_min, asset.ownership_usd_max)
        ),
        "relatedOrganization": ORGANIZATIONS.related("organization"),
        "purchaseDate": _day("purchase_date"),
        "organizationTicker": Attribute("ticker"),
        **_SOURCE,
    },
}
_PAGED: Final[Mapping[str, Resolver]] = {"pageInfoResponse": _ITSELF}

RESOLVERS: Final[Mapping[str, Mapping[str, Resolver]]] = {
    "Query": QUERIES,
    "Debug": {
        "permissionDeniedExample": Each(
            lambda _: unauthorized("An example: your account may not read this field.")
        ),
    },
    "Person": _PEOPLE,
    "Education": {**_ORGANIZATION, "organizationName": Batch(_schools)},
    "Achievement": _ORGANIZATION,
    "PersonalRelationship": _PERSON,
    "Organization": _ORGANIZATION_FIELDS,
    "OrganizationCurrencyMetric": {
        "measurementDate": _day("measurement_date"),
        "usdValueMin": Each(lambda metric: metric.amount and metric.amount.usd_min),
        "usdValueMax": Each(lambda metric: metric.amount and metric.amount.usd_max),
    },
    "Role": _ROLES,
    "RoleGroupCategory": {"name": _ITSELF},
    "Membership": {**_PERSON, **_ORGANIZATION, **_SOURCE},
    **_GIVING,
    "MoneyRange": _attributes(usdValueMin="usd_min", usdValueMax="usd_max"),
    "RecordSource": _attributes(name="source_name", url="source_url"),
    "GenericError": _codes("code", "errorCode", "genericErrorCode"),
    "ValidationError": _codes("code", "errorCode", "validationErrorCode"),
    "AuthorizationError": _codes("authorizationErrorCode"),
    "EntityNotFoundError": _codes("entityNotFoundErrorCode"),
    "PersonPagedResults": _PAGED,
    "OrganizationPagedResults": _PAGED,
    "RolePagedResults": _PAGED,
    "MembershipPagedResults": _PAGED,
    "CharitableDonationPagedResults": _PAGED,
    "PoliticalDonationPagedResults": _PAGED,
    "WealthAssetPagedResults": _PAGED,
    **SHARED,
}
"""By type and field. A field that is not here reads the attribute of its own name."""
