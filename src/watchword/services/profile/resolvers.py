"""Which published field is answered from what. Owns no SQL and no arithmetic."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from watchword.services.profile import dates
from watchword.services.profile.answers import Health, TypedError
from watchword.services.profile.errors import RecordsUnavailable
from watchword.services.profile.ids import Kind, find_number, public_id
from watchword.services.profile.keywords import match_expression
from watchword.services.profile.nodes import Organization, Person, Role, Side
from watchword.services.profile.paging import window
from watchword.services.profile.records import RoleType
from watchword.services.profile.roles import RoleFilter, role_question

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from graphql import GraphQLResolveInfo

    from watchword.services.profile.context import RequestContext
    from watchword.services.profile.paging import Page, PageInfoInput
    from watchword.services.profile.reading import Reader

    Resolver = Callable[..., Any]
    Info = GraphQLResolveInfo[RequestContext]


def typename(value: object, *_: object) -> str:
    """Return which member of a result union `value` is."""
    return value.typename if isinstance(value, TypedError) else type(value).__name__


def attribute(name: str) -> Resolver:
    """Return the resolver that reads one attribute."""
    read = attrgetter(name)

    def resolve(source: object, _info: Info) -> object:
        return read(source)

    return resolve


def _itself(source: object, _info: Info) -> object:
    return source


def _of(function: Callable[[Any], object]) -> Resolver:
    def resolve(source: object, _info: Info) -> object:
        return function(source)

    return resolve


def _health(_root: object, info: Info) -> Health:
    context = info.context
    try:
        context.reader.check()
    except RecordsUnavailable:
        return Health("profile", context.version, "DOWN")
    return Health("profile", context.version, "UP")


def _by_id(kind: Kind, read: Callable[[Reader, int], Person | Organization | None]) -> Resolver:
    noun = "a person" if kind is Kind.PERSON else "an organization"

    def resolve(_root: object, info: Info, *, public_id: str) -> Person | Organization | TypedError:
        context = info.context
        number = find_number(kind, public_id)
        if number is None:
            message = f"Malformed id; the id of {noun} reads 1-{kind}-1, for example."
            return TypedError("ValidationError", message, context.correlation_id, "MALFORMED_ID")
        try:
            found = read(context.reader, number)
        except RecordsUnavailable as failure:
            return TypedError("GenericError", failure.public, context.correlation_id, failure.code)
        if found is None:
            message = f"There is no {noun.split()[1]} {public_id}."
            return TypedError(
                "EntityNotFoundError", message, context.correlation_id, "ENTITY_NOT_FOUND"
            )
        return found

    return resolve


def _people_by_keyword(
    _root: object, info: Info, *, criteria: str, page: PageInfoInput | None = None
) -> Page[Person]:
    context = info.context
    return context.reader.people_by_keyword(match_expression(criteria), window(page, "persons"))


def _roles_of(side: Side, type_: RoleType) -> Resolver:
    def resolve(
        owner: Person | Organization,
        info: Info,
        *,
        criteria: RoleFilter | None = None,
        page: PageInfoInput | None = None,
    ) -> Page[Role]:
        context = info.context
        question, stretch = role_question(type_, criteria), window(page, "roles")
        today = context.today.isoformat()
        pages: Mapping[int, Page[Role]] = owner.batch.load(
            (question, stretch),
            lambda owners: context.reader.roles_of(side, owners, question, stretch, today),
        )
        return pages[owner.number]

    return resolve


def _roles(type_: RoleType) -> Resolver:
    def resolve(
        _root: object,
        info: Info,
        *,
        criteria: RoleFilter | None = None,
        page: PageInfoInput | None = None,
    ) -> Page[Role]:
        context = info.context
        question, stretch = role_question(type_, criteria), window(page, "roles")
        return context.reader.roles(question, stretch, context.today.isoformat())

    return resolve


def _person_of(role: Role, info: Info) -> Person | None:
    return role.people.load("person", info.context.reader.people).get(role.person)


def _organization_of(role: Role, info: Info) -> Organization | None:
    read = info.context.reader.organizations
    return role.organizations.load("organization", read).get(role.organization)


def _age(person: Person, info: Info) -> int | None:
    return dates.find_age(person.date_of_birth, info.context.today)


_CODES: Final[dict[str, Resolver]] = dict.fromkeys(
    (
        "code",
        "errorCode",
        "genericErrorCode",
        "validationErrorCode",
        "authorizationErrorCode",
        "entityNotFoundErrorCode",
    ),
    attribute("code"),
)
_PAGED: Final[dict[str, Resolver]] = {"pageInfoResponse": _itself}
_ROLE_FIELDS: Final = {
    "rolesEmployment": RoleType.EMPLOYMENT,
    "rolesBoard": RoleType.BOARD,
    "rolesCommittee": RoleType.COMMITTEE,
}

RESOLVERS: Final[Mapping[str, Mapping[str, Resolver]]] = {
    "Query": {
        "info": _health,
        "personIdSearch": _by_id(Kind.PERSON, lambda reader, n: reader.people([n]).get(n)),
        "organizationIdSearch": _by_id(
            Kind.ORGANIZATION, lambda reader, n: reader.organizations([n]).get(n)
        ),
        "personKeywordSearch": _people_by_keyword,
        **{name: _roles(type_) for name, type_ in _ROLE_FIELDS.items()},
    },
    "Person": {
        "id": _of(lambda person: public_id(Kind.PERSON, person.number)),
        "age": _age,
        **{name: _roles_of(Side.PERSON, type_) for name, type_ in _ROLE_FIELDS.items()},
    },
    "Organization": {
        "id": _of(lambda organization: public_id(Kind.ORGANIZATION, organization.number)),
        "organizationName": attribute("name"),
        "organizationType": attribute("type"),
        "headOfficeAddress": attribute("address"),
        **{name: _roles_of(Side.ORGANIZATION, type_) for name, type_ in _ROLE_FIELDS.items()},
    },
    "Role": {
        "id": _of(lambda role: public_id(Kind.ROLE, role.number)),
        "type": attribute("types"),
        "roleCurrentPriorStatus": attribute("status"),
        "person": _person_of,
        "organization": _organization_of,
    },
    "DateInformation": {
        "date": _of(dates.first_day),
        "datePrecision": _of(dates.precision),
        "displayDate": _of(dates.display),
    },
    "PersonPagedResults": _PAGED,
    "RolePagedResults": _PAGED,
    "PageInfoResponse": {"totalCount": attribute("total"), "pageInfo": _itself},
    "GenericError": _CODES,
    "ValidationError": _CODES,
    "AuthorizationError": _CODES,
    "EntityNotFoundError": _CODES,
}
"""By type and field. A field that is not here reads the attribute of its own name."""
