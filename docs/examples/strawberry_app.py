"""A GraphQL service of orders: written with Strawberry, guarded by watchword.

uvicorn --app-dir docs/examples --no-access-log strawberry_app:app
"""

import asyncio
from collections.abc import AsyncGenerator

import strawberry
from strawberry.asgi import GraphQL
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL

from watchword import Admission, Guard


@strawberry.type
class Order:
    """Something that an account has ordered."""

    number: int
    item: str
    quantity: int


@strawberry.type
class Viewer:
    """Who asks."""

    account: str
    username: str
    plan: str


ORDERS = {
    "acme": [
        Order(number=1001, item="anvil", quantity=2),
        Order(number=1002, item="rope", quantity=9),
    ],
    "globex": [Order(number=2001, item="hammock", quantity=1)],
}


def admission_of(info: strawberry.Info) -> Admission:
    """Return what the guard knows of the call."""
    admission: Admission = info.context["request"].state.watchword
    return admission


@strawberry.type
class Query:
    """What can be asked."""

    @strawberry.field
    def viewer(self, info: strawberry.Info) -> Viewer:
        caller = admission_of(info).caller
        return Viewer(account=caller.account, username=caller.username, plan=caller.key.plan)

    @strawberry.field
    def orders(self, info: strawberry.Info) -> list[Order]:
        return ORDERS.get(admission_of(info).caller.account, [])


@strawberry.type
class Subscription:
    """What can be followed."""

    @strawberry.subscription
    async def order_placed(self, info: strawberry.Info) -> AsyncGenerator[Order, None]:
        while True:
            for order in ORDERS.get(admission_of(info).caller.account, []):
                yield order
                await asyncio.sleep(0.1)


schema = strawberry.Schema(Query, subscription=Subscription)
# Subscriptions go over an event stream: the guard refuses WebSockets.
graphql = GraphQL(schema, subscription_protocols=[GRAPHQL_SSE_PROTOCOL])
app = Guard(graphql, service="orders")
