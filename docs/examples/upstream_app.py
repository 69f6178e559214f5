"""A GraphQL service that says who asks, to stand behind watchword.

uvicorn --app-dir docs/examples --port 4000 upstream_app:app
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from graphql import build_schema, graphql_sync

Message = MutableMapping[str, Any]
SCHEMA = build_schema("type Query { viewer: String! account: String! plan: String! }")


async def app(
    scope: Message,
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    """Answer a question with what watchword says of the caller."""
    if scope["type"] != "http":
        return
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    body = b""
    is_more = True
    while is_more:
        message = await receive()
        body += message.get("body", b"")
        is_more = message.get("more_body", False)
    caller = {
        "viewer": headers["x-watchword-user"],
        "account": headers["x-watchword-account"],
        "plan": headers["x-watchword-plan"],
    }
    try:
        query = str(json.loads(body)["query"])
    except (ValueError, KeyError, TypeError):
        status, said = 400, json.dumps({"errors": [{"message": "This is no JSON with a query."}]})
    else:
        status, said = 200, json.dumps(graphql_sync(SCHEMA, query, caller).formatted)
    answer = said.encode()
    told = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
    await send({"type": "http.response.start", "status": status, "headers": told})
    await send({"type": "http.response.body", "body": answer})
