"""What a plan lets through holds for its callers from the next request on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.deployment import ROOMY, code_of
from watchword.access.registration.changes import DocumentChange

if TYPE_CHECKING:
    from support.deployment import Customer, Deployment

PAGE = "rolesCommittee(pageInfo: {first: 3}) { items { title } }"


@pytest.mark.parametrize(
    ("query", "over", "enough", "code"),
    [
        ("{ info { name } }", DocumentChange(tokens=5), DocumentChange(tokens=9), "TOO_LARGE"),
        ("{ info { name } }", DocumentChange(depth=1), DocumentChange(depth=2), "TOO_DEEP"),
        (
            "{ a: info { b: name } }",
            DocumentChange(aliases=1),
            DocumentChange(aliases=2),
            "TOO_MANY_ALIASES",
        ),
        (
            "{ info { name } __typename }",
            DocumentChange(root_fields=1),
            DocumentChange(root_fields=2),
            "TOO_MANY_ROOT_FIELDS",
        ),
        (f"{{ {PAGE} }}", DocumentChange(cost=1), DocumentChange(cost=10_000), "COST_TOO_HIGH"),
        (
            "{ __schema { types { name } } }",
            DocumentChange(introspection=False),
            DocumentChange(introspection=True),
            "INTROSPECTION_FORBIDDEN",
        ),
    ],
)
def test_a_changed_limit_holds_from_the_next_request_on(
    deployment: Deployment,
    customer: Customer,
    query: str,
    over: DocumentChange,
    enough: DocumentChange,
    code: str,
) -> None:
    token = deployment.token(customer)

    def ask_after(change: DocumentChange) -> str:
        deployment.operate(lambda registry: registry.change_documents(ROOMY, change))
        answer = deployment.call(token, customer.api_key, query=query)
        return "data" if "data" in answer.json() else code_of(answer)

    assert ask_after(enough) == "data"
    assert code in ask_after(over)
    assert ask_after(enough) == "data"
