"""What GraphQL servers are asked, and how a call to any of them looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cases import PROFILE_PATH, graphql_call
from wrk import CONNECTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customers import Credentials
    from wrk import Call

    Question = dict[str, object]

# The page is as large as roles are asked for: what a plan lets through by itself, 25,000 points,
# is enough.
_ROLES: Final = """(pageInfo: {first: 5}) { items {
  title startDate { displayDate } endDate { displayDate } roleCurrentPriorStatus
  organization { id organizationName }
} }"""
_PERSON: Final = (
    "id name dateOfBirth { displayDate } "
    f"rolesEmployment{_ROLES} rolesBoard{_ROLES} rolesCommittee{_ROLES}"
)
_ONE: Final = (
    f"query ($id: String!) {{ personIdSearch(id: $id) {{ ... on Person {{ {_PERSON} }} }} }}"
)
_PAGE: Final = f"{{ personSearch(pageInfo: {{first: 100}}) {{ items {{ {_PERSON} }} }} }}"
_SEARCH: Final = """query ($keyword: String!) {
  personKeywordSearch(filter: {searchKeyword: $keyword}, pageInfo: {first: 10}) {
    items { id name } pageInfoResponse { totalCount }
  }
}"""


@dataclass(frozen=True, slots=True)
class GraphQLCase:
    """Something that all servers are asked alike; large answers by fewer callers at once.

    Attributes:
        connections: How many callers ask at once.
        is_search: Whether each round asks for other keywords.
    """

    name: str
    title: str
    connections: int = CONNECTIONS
    is_search: bool = False


CASES: Final = (
    GraphQLCase("person", "a person with five roles"),
    GraphQLCase("page", "a page of 100 people with their roles", connections=4),
    GraphQLCase("search-1", "a keyword search, one caller", connections=1, is_search=True),
    GraphQLCase("search-4", "a keyword search, four callers", connections=4, is_search=True),
)


def questions(case: GraphQLCase, sample: str, keywords: Sequence[str]) -> list[Question]:
    """Return what is asked in a case.

    Args:
        case: The case.
        sample: The id of the person.
        keywords: What is searched for.
    """
    if case.is_search:
        return [{"query": _SEARCH, "variables": {"keyword": keyword}} for keyword in keywords]
    if case.name == "page":
        return [{"query": _PAGE}]
    return [{"query": _ONE, "variables": {"id": sample}}]


def calls(token: str, caller: Credentials, asked: Sequence[Question]) -> list[Call]:
    """Return the calls, the same for every server."""
    return [graphql_call(token, caller, PROFILE_PATH, question) for question in asked]
