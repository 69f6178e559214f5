"""The part of the Profile service that is measured, written with Strawberry.

As fast as it can soundly be: its own caches of parsed and validated documents, no resolver that
waits, values that are attributes, and msgspec for JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
import strawberry
from peer_reading import Reader, Siblings, display, find_number
from peer_serving import serve
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache

if TYPE_CHECKING:
    from peer_admitting import App
    from peer_reading import Row

_USUAL_SIZE: Final = 10
_DOCUMENTS: Final = 1_000


@strawberry.input
class PageInfoInput:
    first: int | None = None


@strawberry.input
class PersonKeywordFilter:
    search_keyword: str


@strawberry.type
class DateInformation:
    display_date: str


@strawberry.type
class Organization:
    id: str
    organization_name: str


@strawberry.type
class Role:
    title: str
    start_date: DateInformation | None
    end_date: DateInformation | None
    role_current_prior_status: str
    organization: Organization


@strawberry.type
class RolePagedResults:
    items: list[Role]


@strawberry.type
class Person:
    number: strawberry.Private[int]
    siblings: strawberry.Private[Siblings]
    id: str
    name: str
    date_of_birth: DateInformation | None

    @strawberry.field
    def roles_employment(self, page_info: PageInfoInput | None = None) -> RolePagedResults:
        return _roles(self, "is_employment", page_info)

    @strawberry.field
    def roles_board(self, page_info: PageInfoInput | None = None) -> RolePagedResults:
        return _roles(self, "is_board", page_info)

    @strawberry.field
    def roles_committee(self, page_info: PageInfoInput | None = None) -> RolePagedResults:
        return _roles(self, "is_committee", page_info)


@strawberry.type
class EntityNotFoundError:
    error_message: str


@strawberry.type
class PageInfoResponse:
    keyword: strawberry.Private[str]

    @strawberry.field
    def total_count(self, info: strawberry.Info) -> int:
        return _reader(info).count(self.keyword)


@strawberry.type
class PersonPagedResults:
    items: list[Person]
    page_info_response: PageInfoResponse | None = None


PersonIdSearchResult = Annotated[
    Person | EntityNotFoundError, strawberry.union("PersonIdSearchResult")
]


@strawberry.type
class Query:
    @strawberry.field
    def person_id_search(self, info: strawberry.Info, id: str) -> PersonIdSearchResult:  # noqa: A002 - the published name
        reader, number = _reader(info), find_number(id)
        row = None if number is None else reader.find_person(number)
        if row is None:
            return EntityNotFoundError(error_message=f"There is no person {id}.")
        return _people(reader, [row])[0]

    @strawberry.field
    def person_search(
        self, info: strawberry.Info, page_info: PageInfoInput | None = None
    ) -> PersonPagedResults:
        reader = _reader(info)
        return PersonPagedResults(items=_people(reader, reader.people(read_size(page_info))))

    @strawberry.field
    def person_keyword_search(
        self,
        info: strawberry.Info,
        filter: PersonKeywordFilter,  # noqa: A002 - the published name
        page_info: PageInfoInput | None = None,
    ) -> PersonPagedResults:
        reader, keyword = _reader(info), filter.search_keyword
        found = reader.search(keyword, read_size(page_info))
        return PersonPagedResults(
            items=_people(reader, found), page_info_response=PageInfoResponse(keyword=keyword)
        )


class View(GraphQL[Any, None]):
    """The ASGI application that comes with Strawberry, with msgspec for JSON."""

    def __init__(self, schema: strawberry.Schema, reader: Reader) -> None:
        super().__init__(schema, graphql_ide=None)
        self._context = reader

    async def get_context(self, request: object, response: object) -> Reader:
        del request, response
        return self._context

    def decode_json(self, data: str | bytes) -> object:
        return msgspec.json.decode(data)

    def encode_json(self, data: object) -> bytes:
        return msgspec.json.encode(data)


def make(reader: Reader) -> App:
    """Return the application."""
    return View(make_schema(Query), reader)


def make_schema(query: type) -> strawberry.Schema:
    """Return a schema that remembers documents by Strawberry's own caches."""
    return strawberry.Schema(
        query,
        extensions=[lambda: ParserCache(_DOCUMENTS), lambda: ValidationCache(_DOCUMENTS)],
    )


def _reader(info: strawberry.Info) -> Reader:
    reader: Reader = info.context
    return reader


def read_size(asked: PageInfoInput | None) -> int:
    """Return how much is asked for."""
    return _USUAL_SIZE if asked is None or asked.first is None else asked.first


def make_date(date: str | None) -> DateInformation | None:
    """Return a date as it is answered; None where it is not known."""
    return DateInformation(display_date=display(date)) if date else None


def _people(reader: Reader, rows: list[Row]) -> list[Person]:
    siblings = Siblings(reader, rows)
    return [
        Person(
            number=number,
            siblings=siblings,
            id=f"1-per-{number}",
            name=name,
            date_of_birth=make_date(born),
        )
        for number, name, born in rows
    ]


def _roles(person: Person, flag: str, asked: PageInfoInput | None) -> RolePagedResults:
    rows = person.siblings.roles(flag, person.number, read_size(asked))
    return RolePagedResults(
        items=[
            Role(
                title=title,
                start_date=make_date(start),
                end_date=make_date(end),
                role_current_prior_status=status,
                organization=Organization(id=f"1-org-{number}", organization_name=name),
            )
            for title, start, end, status, number, name in rows
        ]
    )


if __name__ == "__main__":
    serve(make)
