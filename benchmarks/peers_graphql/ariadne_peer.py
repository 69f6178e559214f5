"""The part of the Profile service that is measured, written with Ariadne.

As fast as it can soundly be: documents parsed and validated once, by its hooks; no resolver that
waits, values that are dicts, which need no resolver, and msgspec for JSON.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
from ariadne import ObjectType, QueryType, UnionType, gql, make_executable_schema
from ariadne.asgi import GraphQL
from ariadne.asgi.handlers import GraphQLHTTPHandler
from graphql import parse, validate
from peer_reading import Reader, Siblings, display, find_number
from peer_serving import serve
from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from ariadne.types import QueryValidator
    from graphql import DocumentNode, GraphQLError, GraphQLResolveInfo, GraphQLSchema
    from peer_admitting import App
    from peer_reading import Row
    from starlette.requests import Request

    Members = dict[str, Any]

_USUAL_SIZE: Final = 10
_DOCUMENTS: Final = 1_000
_TYPES: Final = gql("""
type Query {
  personIdSearch(id: String!): PersonIdSearchResult
  personSearch(pageInfo: PageInfoInput): PersonPagedResults
  personKeywordSearch(filter: PersonKeywordFilter!, pageInfo: PageInfoInput): PersonPagedResults
}
union PersonIdSearchResult = Person | EntityNotFoundError
type EntityNotFoundError { errorMessage: String }
input PageInfoInput { first: Int }
input PersonKeywordFilter { searchKeyword: String! }
type PersonPagedResults { items: [Person] pageInfoResponse: PageInfoResponse }
type PageInfoResponse { totalCount: Int }
type Person {
  id: String!
  name: String
  dateOfBirth: DateInformation
  rolesEmployment(pageInfo: PageInfoInput): RolePagedResults
  rolesBoard(pageInfo: PageInfoInput): RolePagedResults
  rolesCommittee(pageInfo: PageInfoInput): RolePagedResults
}
type RolePagedResults { items: [Role] }
type Role {
  title: String
  startDate: DateInformation
  endDate: DateInformation
  roleCurrentPriorStatus: RoleStatus
  organization: Organization
}
enum RoleStatus { CURRENT PRIOR }
type Organization { id: String! organizationName: String }
type DateInformation { displayDate: String! }
""")
_FLAGS: Final = {
    "rolesEmployment": "is_employment",
    "rolesBoard": "is_board",
    "rolesCommittee": "is_committee",
}

_query = QueryType()
_person = ObjectType("Person")
_page_info_response = ObjectType("PageInfoResponse")
_result = UnionType("PersonIdSearchResult")


class Handler(GraphQLHTTPHandler):
    """The handler that comes with Ariadne, with msgspec for JSON."""

    async def extract_data_from_json_request(self, request: Request) -> Any:  # noqa: ANN401 - any JSON
        return msgspec.json.decode(await request.body())

    async def create_json_response(
        self, request: Request, result: Members, success: bool
    ) -> Response:
        del request
        status = 200 if success else 400
        return Response(msgspec.json.encode(result), status, media_type="application/json")


def make(reader: Reader) -> App:
    """Return the application."""
    roles = [_person]
    for name, flag in _FLAGS.items():
        _person.set_field(name, _roles_of(flag))
    app: App = GraphQL(
        make_executable_schema(_TYPES, _query, *roles, _page_info_response, _result),
        context_value=reader,
        query_parser=_parse,
        query_validator=cast("QueryValidator", _validate),
        explorer=None,
        http_handler=Handler(),
    )
    return app


@_query.field("personIdSearch")
def find_person(_: object, info: GraphQLResolveInfo[Any], id: str) -> Members:  # noqa: A002 - the published name
    number = find_number(id)
    row = None if number is None else info.context.find_person(number)
    if row is None:
        return {"errorMessage": f"There is no person {id}."}
    return _people(info.context, [row])[0]


@_query.field("personSearch")
def search_people(
    _: object,
    info: GraphQLResolveInfo[Any],
    pageInfo: Members | None = None,  # noqa: N803 - the published name
) -> Members:
    reader: Reader = info.context
    return {"items": _people(reader, reader.people(_size(pageInfo)))}


@_query.field("personKeywordSearch")
def search_people_by_keyword(
    _: object,
    info: GraphQLResolveInfo[Any],
    filter: Members,  # noqa: A002 - the published name
    pageInfo: Members | None = None,  # noqa: N803 - the published name
) -> Members:
    reader: Reader = info.context
    keyword = filter["searchKeyword"]
    found = reader.search(keyword, _size(pageInfo))
    return {"items": _people(reader, found), "pageInfoResponse": {"keyword": keyword}}


@_page_info_response.field("totalCount")
def count_people(page: Members, info: GraphQLResolveInfo[Any]) -> int:
    reader: Reader = info.context
    return reader.count(page["keyword"])


@_result.type_resolver
def name_type(value: Members, *_: object) -> str:
    return "Person" if "id" in value else "EntityNotFoundError"


@lru_cache(maxsize=_DOCUMENTS)
def _parse_text(text: str) -> DocumentNode:
    return parse(text)


def _parse(_context: object, data: Members) -> DocumentNode:
    return _parse_text(data["query"])


# Ariadne gives its usual rules, and nothing else, where no others are asked for.
@lru_cache(maxsize=_DOCUMENTS)
def _validate(
    schema: GraphQLSchema, document_ast: DocumentNode, rules: Hashable = None
) -> list[GraphQLError]:
    del rules
    return validate(schema, document_ast)


def _size(asked: Members | None) -> int:
    size = None if asked is None else asked.get("first")
    return _USUAL_SIZE if size is None else size


def _date(date: str | None) -> Members | None:
    return {"displayDate": display(date)} if date else None


def _people(reader: Reader, rows: list[Row]) -> list[Members]:
    siblings = Siblings(reader, rows)
    return [
        {
            "id": f"1-per-{number}",
            "name": name,
            "dateOfBirth": _date(born),
            "number": number,
            "siblings": siblings,
        }
        for number, name, born in rows
    ]


def _roles_of(flag: str) -> Callable[..., Members]:
    def resolve(
        person: Members,
        _info: object,
        pageInfo: Members | None = None,  # noqa: N803 - the published name
    ) -> Members:
        rows = person["siblings"].roles(flag, person["number"], _size(pageInfo))
        return {
            "items": [
                {
                    "title": title,
                    "startDate": _date(start),
                    "endDate": _date(end),
                    "roleCurrentPriorStatus": status,
                    "organization": {"id": f"1-org-{number}", "organizationName": name},
                }
                for title, start, end, status, number, name in rows
            ]
        }

    return resolve


if __name__ == "__main__":
    serve(make)
