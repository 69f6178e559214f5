"""The schema is the customers' data dictionary, and everything in it is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    parse,
    validate,
    validate_schema,
)

from watchword.services.profile.schema import read_schema_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.profile.asking import Asker

EXAMPLES = {
    "PersonById": """
query PersonById {
  personIdSearch(id: "1-per-1") {
    __typename
    ... on Person {
      id
      name
      dateOfBirth { displayDate datePrecision }
      rolesEmployment(pageInfo: {first: 5}) {
        items { id title startDate { date displayDate } endDate { date } roleCurrentPriorStatus
          organization { id organizationName } }
        pageInfoResponse { totalCount pageInfo { hasNextPage endCursor } }
      }
      rolesCommittee { items { title organization { organizationName } } }
    }
    ... on EntityNotFoundError { errorMessage correlationId }
    ... on AuthorizationError { errorMessage correlationId }
    ... on GenericError { errorMessage correlationId }
  }
}""",
    "PeopleByKeyword": """
query PeopleByKeyword {
  personKeywordSearch(filter: {searchKeyword: "Cantwell"}, pageInfo: {first: 10}) {
    items { id firstName lastName }
    pageInfoResponse { totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }
  }
}""",
    "PeopleByKeywordNextPage": """
query PeopleByKeywordNextPage {
  personKeywordSearch(filter: {searchKeyword: "smith"}, pageInfo: {first: 10, after: "altptr10"}) {
    items { id name }
    pageInfoResponse { totalCount pageInfo { startCursor endCursor } }
  }
}""",
    "OrganizationWithItsBoard": """
query OrganizationWithItsBoard {
  organizationIdSearch(id: "1-org-1") {
    ... on Organization {
      id
      organizationName
      website
      headOfficeAddress { addressLine1 city country phone }
      rolesBoard {
        items { title person { id name } startDate { displayDate } } pageInfoResponse { totalCount }
      }
    }
    ... on EntityNotFoundError { errorMessage correlationId }
  }
}""",
    "CommitteeRoles": """
query CommitteeRoles {
  rolesCommittee(filter: {organizationIds: ["1-org-7"], status: CURRENT}, pageInfo: {first: 50}) {
    items { title person { name } organization { organizationName } }
    pageInfoResponse { totalCount }
  }
}""",
}


def descriptions(schema: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    for name, type_ in schema.type_map.items():
        if name.startswith("__") or name in {"String", "Int", "Boolean", "Float", "ID"}:
            continue
        yield name, type_.description
        if isinstance(type_, GraphQLEnumType):
            for value_name, value in type_.values.items():
                yield f"{name}.{value_name}", value.description
        if isinstance(type_, GraphQLInputObjectType):
            for field_name, input_field in type_.fields.items():
                yield f"{name}.{field_name}", input_field.description
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in type_.fields.items():
                yield f"{name}.{field_name}", field.description
                for argument_name, argument in field.args.items():
                    yield f"{name}.{field_name}({argument_name})", argument.description


def test_every_type_field_argument_and_value_has_a_description() -> None:
    schema = build_schema(read_schema_text())

    found = dict(descriptions(schema))

    assert schema.description
    assert len(found) > 100
    assert [
        name for name, text in found.items() if not text or not text.rstrip().endswith(".")
    ] == []


def test_the_schema_is_valid(congress: Asker) -> None:
    assert validate_schema(congress.service.schema) == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_published_example_runs_as_printed(congress: Asker, name: str) -> None:
    assert congress(EXAMPLES[name])


def test_the_published_backwards_example_is_refused_as_published(congress: Asker) -> None:
    message = congress.refusal("""
query BackwardsNeedsBefore {
  personKeywordSearch(filter: {searchKeyword: "smith"}, pageInfo: {last: 10}) {
    items { id }
  }
}""")

    assert message == "missing mandatory field 'before' @ persons"


def test_an_unknown_field_is_refused(congress: Asker) -> None:
    errors = validate(congress.service.schema, parse('{ personIdSearch(id: "1") { wealth } }'))

    assert len(errors) == 1
