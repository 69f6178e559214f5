"""The same written as Strawberry's documentation has it: every tie between objects by a DataLoader.

Roles and organizations are read by their own loaders, and a level of the answer in one statement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from peer_reading import Reader, find_number
from peer_serving import serve
from strawberry.dataloader import DataLoader
from strawberry_peer import (
    DateInformation,
    EntityNotFoundError,
    Organization,
    PageInfoInput,
    View,
    make_date,
    make_schema,
    read_size,
)

if TYPE_CHECKING:
    from peer_admitting import App
    from peer_reading import Row


class Loaders:
    """What one request reads by."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.roles: DataLoader[tuple[str, int], list[Row]] = DataLoader(self._load_roles)
        self.organizations: DataLoader[int, str] = DataLoader(self._load_organizations)

    async def _load_roles(self, keys: list[tuple[str, int]]) -> list[list[Row]]:
        found = {
            flag: self.reader.roles(flag, [number for of, number in keys if of == flag])
            for flag in {flag for flag, _ in keys}
        }
        return [found[flag].get(number, []) for flag, number in keys]

    async def _load_organizations(self, numbers: list[int]) -> list[str]:
        found = self.reader.organizations(numbers)
        return [found[number] for number in numbers]


@strawberry.type
class Role:
    title: str
    start_date: DateInformation | None
    end_date: DateInformation | None
    role_current_prior_status: str
    organization_number: strawberry.Private[int]

    @strawberry.field
    async def organization(self, info: strawberry.Info[Loaders, None]) -> Organization:
        number = self.organization_number
        name = await info.context.organizations.load(number)
        return Organization(id=f"1-org-{number}", organization_name=name)


@strawberry.type
class RolePagedResults:
    items: list[Role]


@strawberry.type
class Person:
    number: strawberry.Private[int]
    id: str
    name: str
    date_of_birth: DateInformation | None

    @strawberry.field
    async def roles_employment(
        self, info: strawberry.Info[Loaders, None], page_info: PageInfoInput | None = None
    ) -> RolePagedResults:
        return await _roles(self, info.context, "is_employment", page_info)

    @strawberry.field
    async def roles_board(
        self, info: strawberry.Info[Loaders, None], page_info: PageInfoInput | None = None
    ) -> RolePagedResults:
        return await _roles(self, info.context, "is_board", page_info)

    @strawberry.field
    async def roles_committee(
        self, info: strawberry.Info[Loaders, None], page_info: PageInfoInput | None = None
    ) -> RolePagedResults:
        return await _roles(self, info.context, "is_committee", page_info)


@strawberry.type
class PersonPagedResults:
    items: list[Person]


PersonIdSearchResult = Annotated[
    Person | EntityNotFoundError, strawberry.union("PersonIdSearchResult")
]


@strawberry.type
class Query:
    @strawberry.field
    def person_id_search(
        self,
        info: strawberry.Info[Loaders, None],
        id: str,  # noqa: A002 - the published name
    ) -> PersonIdSearchResult:
        number = find_number(id)
        row = None if number is None else info.context.reader.find_person(number)
        if row is None:
            return EntityNotFoundError(error_message=f"There is no person {id}.")
        return _person(row)

    @strawberry.field
    def person_search(
        self, info: strawberry.Info[Loaders, None], page_info: PageInfoInput | None = None
    ) -> PersonPagedResults:
        rows = info.context.reader.people(read_size(page_info))
        return PersonPagedResults(items=list(map(_person, rows)))


class LoadersView(View):
    """Makes new loaders for every request: what they read is not to outlive it."""

    async def get_context(self, request: object, response: object) -> Any:  # noqa: ANN401 - its own
        return Loaders(await super().get_context(request, response))


def make(reader: Reader) -> App:
    """Return the application."""
    return LoadersView(make_schema(Query), reader)


def _person(row: Row) -> Person:
    number, name, born = row
    return Person(number=number, id=f"1-per-{number}", name=name, date_of_birth=make_date(born))


async def _roles(
    person: Person, loaders: Loaders, flag: str, asked: PageInfoInput | None
) -> RolePagedResults:
    rows = await loaders.roles.load((flag, person.number))
    return RolePagedResults(
        items=[
            Role(
                title=title,
                start_date=make_date(start),
                end_date=make_date(end),
                role_current_prior_status=status,
                organization_number=number,
            )
            for title, start, end, status, number, _name in rows[: read_size(asked)]
        ]
    )


if __name__ == "__main__":
    serve(make)
