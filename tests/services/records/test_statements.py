"""The number of SQL statements of a query does not depend on how much it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from services.asking import Asker, Statements

PEOPLE = """
query ($first: Int!) {
  personKeywordSearch(filter: {searchKeyword: "house"}, pageInfo: {first: $first}) {
    items {
      id
      rolesEmployment(pageInfo: {first: 5}) {
        items { title organization { organizationName } person { name } }
        pageInfoResponse { totalCount }
      }
      current: rolesEmployment(filter: {status: CURRENT}) { pageInfoResponse { totalCount } }
      rolesCommittee(pageInfo: {first: 100}) {
        items { organization { rolesCommittee(pageInfo: {first: 2}) {
          items { person { name } } pageInfoResponse { totalCount }
        } } }
      }
    }
  }
}
"""
SEATS = """
query ($first: Int!) {
  rolesCommittee(pageInfo: {first: $first}) {
    items { person { name rolesEmployment { items { id } } } organization { organizationName } }
  }
}
"""
WIDE = """
query ($first: Int!) {
  rolesEmployment(pageInfo: {first: $first}) {
    items {
      title monthsInRole titleCategories { name }
      person {
        emails addresses { city } socialAccounts { url } netWorthSummary { sourceOfWealth }
        education { organization { id } organizationName }
        achievements { organization { id } }
        personalRelationships { person { name } }
        memberships(pageInfo: {first: 1, after: "altptr1.b.mb.2001.1"}) {
          items { person { id } organization { organizationName currencyMetrics { unitType } } }
          pageInfoResponse {
            totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
          }
        }
      }
    }
  }
}
"""
# roles; people; schools, their names, givers of awards, related people; memberships, their people,
# their organizations, their number, what is before them
OF_WIDE = 11
# people; their roles of every sort, the organizations and people of these, how many are employments;
# current ones; the roles at the organizations, the people of these, how many they are
OF_PEOPLE = 9
# roles; people; their roles; organizations
OF_SEATS = 4


def count(ask: Asker, statements: Statements, query: str, first: int) -> int:
    ask(query, first=first)
    statements.take()
    answer = ask(query, first=first)
    (root,) = answer.values()
    assert len(root["items"]) == first
    return len(statements.take())


@pytest.mark.parametrize("first", [1, 50, 100])
def test_a_page_of_people_with_roles_with_organizations_takes_the_same_statements(
    congress: Asker, statements: Statements, first: int
) -> None:
    assert count(congress, statements, PEOPLE, first) == OF_PEOPLE


@pytest.mark.parametrize("first", [1, 50, 100])
def test_a_page_of_roles_with_people_and_organizations_takes_the_same_statements(
    congress: Asker, statements: Statements, first: int
) -> None:
    assert count(congress, statements, SEATS, first) == OF_SEATS


@pytest.mark.parametrize("first", [1, 10, 100])
def test_whatever_is_asked_of_people_takes_no_more_than_a_statement_a_field(
    congress: Asker, statements: Statements, first: int
) -> None:
    # What nobody of the page has is not looked for.
    assert count(congress, statements, WIDE, first) <= OF_WIDE


def test_batches_give_everybody_their_own_roles(congress: Asker) -> None:
    one = """query ($id: String!) { personIdSearch(id: $id) { ... on Person {
      rolesEmployment(pageInfo: {first: 3, after: "altptr1"}) {
        items { id title } pageInfoResponse { totalCount pageInfo { hasNextPage endCursor } }
      }
    } } }"""
    many = """{ personKeywordSearch(filter: {searchKeyword: "house"}, pageInfo: {first: 100}) {
      items { id rolesEmployment(pageInfo: {first: 3, after: "altptr1"}) {
        items { id title } pageInfoResponse { totalCount pageInfo { hasNextPage endCursor } }
      } }
    } }"""

    for person in congress(many)["personKeywordSearch"]["items"]:
        alone = congress(one, id=person["id"])["personIdSearch"]
        assert person["rolesEmployment"] == alone["rolesEmployment"]


def test_nothing_is_remembered_from_one_request_to_the_next(
    congress: Asker, statements: Statements
) -> None:
    query = (
        '{ personIdSearch(id: "1-per-1") { ... on Person { rolesEmployment { items { id } } } } }'
    )
    congress(query)
    statements.take()

    congress(query)

    assert len(statements.take()) == 2
