"""A GraphQL service of orders: written with Ariadne, guarded by watchword.

uvicorn --app-dir docs/examples --no-access-log ariadne_app:app
"""

from typing import Any

from ariadne import QueryType, gql, make_executable_schema
from ariadne.asgi import GraphQL
from graphql import GraphQLResolveInfo

from watchword import Admission, Guard

TYPES = gql("""
type Query {
  viewer: Viewer!
  orders: [Order!]!
}

type Viewer {
  account: String!
  username: String!
  plan: String!
}

type Order {
  number: Int!
  item: String!
  quantity: Int!
}
""")
ORDERS = {
    "acme": [
        {"number": 1001, "item": "anvil", "quantity": 2},
        {"number": 1002, "item": "rope", "quantity": 9},
    ],
    "globex": [{"number": 2001, "item": "hammock", "quantity": 1}],
}
query = QueryType()


def admission_of(info: GraphQLResolveInfo[Any]) -> Admission:
    """Return what the guard knows of the call."""
    admission: Admission = info.context["request"].state.watchword
    return admission


@query.field("viewer")
def resolve_viewer(_: object, info: GraphQLResolveInfo[Any]) -> dict[str, Any]:
    caller = admission_of(info).caller
    return {
        "account": caller.account,
        "username": caller.username,
        "plan": caller.key.plan,
    }


@query.field("orders")
def resolve_orders(_: object, info: GraphQLResolveInfo[Any]) -> list[dict[str, Any]]:
    return ORDERS.get(admission_of(info).caller.account, [])


app = Guard(GraphQL(make_executable_schema(TYPES, query)), service="orders")
