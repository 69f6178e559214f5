"""The schema is the customers' data dictionary, and everything in it is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    get_nullable_type,
    is_specified_scalar_type,
    parse,
    validate,
    validate_schema,
    value_from_ast_untyped,
)

from watchword.services.directory import PACKAGES, read_schema_text
from watchword.services.engine.errors import SoftError
from watchword.services.records.paging import DEFAULT_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from services.asking import Asker

# As they are published, with ids and names of the real data put in.
EXAMPLES = """
query PersonById {
  personIdSearch(id: "1-per-1") {
    __typename
    ... on Person {
      id
      name
      dateOfBirth { displayDate datePrecision }
      rolesEmployment(pageInfo: {first: 5}) {
        items { id title startDate { date displayDate } endDate { date } roleCurrentPriorStatus organization { id organizationName } }
        pageInfoResponse { totalCount pageInfo { hasNextPage endCursor } }
      }
      rolesCommittee { items { title organization { organizationName } } }
    }
    ... on EntityNotFoundError { errorMessage correlationId }
    ... on AuthorizationError { errorMessage correlationId }
    ... on GenericError { errorMessage correlationId }
  }
}

query PeopleByKeyword {
  personKeywordSearch(filter: {searchKeyword: "Cantwell"}, pageInfo: {first: 10}) {
    items { id firstName lastName }
    pageInfoResponse { totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }
  }
}

query PeopleByKeywordNextPage {
  personKeywordSearch(filter: {searchKeyword: "smith"}, pageInfo: {first: 10, after: "altptr10"}) {
    items { id name }
    pageInfoResponse { totalCount pageInfo { startCursor endCursor } }
  }
}

query PeopleByIds {
  personBulkIdSearch(filter: {ids: ["1-per-1", "1-per-2", "1-per-3"]}) {
    items { id name }
    pageInfoResponse { totalCount }
  }
}

query PeopleByCriteria {
  personSearch(filter: {roleTitle: "senator", roleStatus: CURRENT, gender: "F"}, pageInfo: {first: 25}) {
    items { id name age }
    pageInfoResponse { totalCount pageInfo { hasNextPage endCursor } }
  }
  personSearchCount(filter: {roleTitle: "senator", roleStatus: CURRENT, gender: "F"}) { totalCount }
}

query OrganizationWithItsBoard {
  organizationIdSearch(id: "1-org-1") {
    ... on Organization {
      id
      organizationName
      website
      headOfficeAddress { addressLine1 city country phone }
      rolesBoard { items { title person { id name } startDate { displayDate } } pageInfoResponse { totalCount } }
    }
    ... on EntityNotFoundError { errorMessage correlationId }
  }
}

query CommitteeRoles {
  rolesCommittee(filter: {organizationIds: ["1-org-7"], status: CURRENT}, pageInfo: {first: 50}) {
    items { title person { name } organization { organizationName } }
    pageInfoResponse { totalCount }
  }
}

query BackwardsNeedsBefore {
  personKeywordSearch(filter: {searchKeyword: "smith"}, pageInfo: {last: 10}) {
    items { id }
  }
}

query SoftErrors {
  info { __typename }
  debug { permissionDeniedExample deprecatedExample }
}
"""  # noqa: E501 - as they are published
ANSWERED = (
    "PersonById",
    "PeopleByKeyword",
    "PeopleByKeywordNextPage",
    "PeopleByIds",
    "PeopleByCriteria",
    "OrganizationWithItsBoard",
    "CommitteeRoles",
)


def descriptions(schema: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    for made in schema.directives:
        yield f"@{made.name}", made.description
        yield from of_parts(f"@{made.name}", made.args)
    for name, type_ in schema.type_map.items():
        if name.startswith("__") or is_specified_scalar_type(type_):
            continue
        yield name, type_.description
        if isinstance(type_, GraphQLEnumType):
            yield from of_parts(name, type_.values)
        if isinstance(type_, GraphQLInputObjectType):
            yield from of_parts(name, type_.fields)
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            yield from of_parts(name, type_.fields)
            for field_name, field in type_.fields.items():
                yield from of_parts(f"{name}.{field_name}", field.args)


def of_parts(owner: str, parts: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    for name, part in parts.items():
        yield f"{owner}.{name}", part.description


def test_every_type_field_argument_and_value_has_a_description() -> None:
    schema = build_schema(read_schema_text("profile"))

    found = dict(descriptions(schema))

    assert schema.description
    assert len(found) > 100
    assert [
        name for name, text in found.items() if not text or not text.rstrip().endswith(".")
    ] == []


def test_the_schema_is_valid(congress: Asker) -> None:
    assert validate_schema(congress.service.schema) == []


@pytest.mark.parametrize("name", ANSWERED)
def test_a_published_example_runs_as_printed(congress: Asker, name: str) -> None:
    result = congress.run(EXAMPLES, name, {})

    assert result.errors is None
    assert result.data
    assert None not in result.data.values()


def test_the_published_examples_find_what_they_say(congress: Asker) -> None:
    by_id = congress.run(EXAMPLES, "PersonById", {}).data or {}
    by_ids = congress.run(EXAMPLES, "PeopleByIds", {}).data or {}
    by_criteria = congress.run(EXAMPLES, "PeopleByCriteria", {}).data or {}

    assert by_id["personIdSearch"]["name"] == "Maria Cantwell"
    assert len(by_id["personIdSearch"]["rolesEmployment"]["items"]) == 5
    assert [item["id"] for item in by_ids["personBulkIdSearch"]["items"]] == [
        "1-per-1",
        "1-per-2",
        "1-per-3",
    ]
    found = by_criteria["personSearch"]
    assert len(found["items"]) == 25
    assert (
        found["pageInfoResponse"]["totalCount"]
        == by_criteria["personSearchCount"]["totalCount"]
        == 25
    )


def test_the_published_backwards_example_is_refused_as_published(congress: Asker) -> None:
    result = congress.run(EXAMPLES, "BackwardsNeedsBefore", {})

    assert result.data == {"personKeywordSearch": None}
    assert [error.message for error in result.errors or []] == [
        "missing mandatory field 'before' @ persons"
    ]


def test_the_published_soft_errors_stand_beside_the_data(congress: Asker) -> None:
    result = congress.run(EXAMPLES, "SoftErrors", {})

    assert result.data is not None
    assert result.data["info"] == {"__typename": "Info"}
    assert result.data["debug"]["permissionDeniedExample"] is None
    assert result.data["debug"]["deprecatedExample"]
    kinds = {tuple(error.path or ()): error.original_error for error in result.errors or []}
    denied = kinds["debug", "permissionDeniedExample"]
    deprecated = kinds["debug", "deprecatedExample"]
    assert isinstance(denied, SoftError)
    assert isinstance(deprecated, SoftError)
    assert (denied.error_type, deprecated.error_type) == ("unauthorized", "deprecated")


def fields(schema: GraphQLSchema) -> Iterator[tuple[str, str, GraphQLField]]:
    for type_name, type_ in schema.type_map.items():
        if isinstance(type_, GraphQLObjectType) and not type_name.startswith("__"):
            for name, field in type_.fields.items():
                yield type_name, name, field


def directive(field: GraphQLField, name: str) -> dict[str, Any] | None:
    assert field.ast_node is not None
    for node in field.ast_node.directives or ():
        if node.name.value == name:
            return {
                argument.name.value: value_from_ast_untyped(argument.value)
                for argument in node.arguments or ()
            }
    return None


def name_of(type_: Any) -> str:
    """Return the name of a type without its list and its marks."""
    name: str = get_named_type(type_).name
    return name


def is_list(type_: Any) -> bool:
    return isinstance(get_nullable_type(type_), GraphQLList)


def test_every_list_has_a_rule_of_its_size() -> None:
    schema = build_schema(read_schema_text("profile"))
    # The items of a page are sized by every field that answers with such a page.
    sized = {
        (name_of(field.type), inner)
        for _, _, field in fields(schema)
        for inner in (directive(field, "listSize") or {}).get("sizedFields", ())
    }

    lists = [(owner, name, field) for owner, name, field in fields(schema) if is_list(field.type)]

    assert len(lists) > 15
    assert [
        f"{owner}.{name}"
        for owner, name, field in lists
        if (owner, name) not in sized
        and not (directive(field, "listSize") or {}).get("assumedSize")
    ] == []


def test_every_field_that_answers_with_a_page_says_how_large_it_is() -> None:
    schema = build_schema(read_schema_text("profile"))

    paged = {
        f"{owner}.{name}": (directive(field, "listSize"), set(field.args))
        for owner, name, field in fields(schema)
        if name_of(field.type).endswith("PagedResults")
    }

    assert len(paged) > 15
    for name, (rule, arguments) in paged.items():
        assert rule, name
        assert rule["sizedFields"] == ["items"], name
        assert {"pageInfo.first", "pageInfo.last"} <= set(rule["slicingArguments"]), name
        assert {path.split(".")[0] for path in rule["slicingArguments"]} <= arguments, name
        assert rule["assumedSize"] == (100 if "Bulk" in name else DEFAULT_SIZE), name


def test_what_a_package_holds_may_be_null_and_the_package_is_known() -> None:
    schema = build_schema(read_schema_text("profile"))

    packaged = {
        f"{owner}.{name}": (declared["name"], field)
        for owner, name, field in fields(schema)
        if (declared := directive(field, "package"))
    }

    assert {package for package, _ in packaged.values()} == set(PACKAGES)
    assert set(packaged) == {
        "Query.charitableDonations",
        "Query.politicalDonations",
        "Query.wealthAssets",
        "Person.interests",
        "Person.personalRelationships",
        "Person.netWorthSummary",
        "Person.wealthProfile",
    }
    assert not any(isinstance(field.type, GraphQLNonNull) for _, field in packaged.values())


def test_every_part_of_the_published_schema_is_there(congress: Asker) -> None:
    # The fields that the provider publishes, as far as they are known.
    query = congress.service.schema.query_type
    assert query is not None
    assert set(query.fields) == {
        "info",
        "debug",
        "personIdSearch",
        "personBulkIdSearch",
        "personKeywordSearch",
        "personSearch",
        "personSearchCount",
        "organizationIdSearch",
        "organizationBulkIdSearch",
        "organizationKeywordSearch",
        "organizationSearch",
        "organizationSearchCount",
        "rolesEmployment",
        "rolesBoard",
        "rolesCommittee",
        "memberships",
        "charitableDonations",
        "politicalDonations",
        "wealthAssets",
    }


def test_an_unknown_field_is_refused(congress: Asker) -> None:
    errors = validate(congress.service.schema, parse('{ personIdSearch(id: "1") { wealth } }'))

    assert len(errors) == 1
