"""A server with one thing broken on purpose, to show that a test would see it.

    python broken_server.py VARIANT [ARGUMENTS OF watchword]

`leaky`: whoever names an unknown user is answered at once, and no refusal waits for the tick.
`dying`: the process ends after a token was recorded and before it is answered, once a file named
`die` lies in the data directory.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from watchword.access.authenticating import ClientAuthenticator, Presented
from watchword.access.errors import InvalidClient
from watchword.access.issuing import IssuedToken, TokenIssuer, TokenRequest
from watchword.cli.main import main
from watchword.web.oauth import OAuthEndpoint, read_form

if TYPE_CHECKING:
    from collections.abc import Callable

    from watchword.access.authenticating import Authenticated
    from watchword.access.ledger import Verdict
    from watchword.web.http import Request, Response

T = TypeVar("T")

_settle = ClientAuthenticator.settle
_issue = TokenIssuer.issue


async def _answer_at_once(endpoint: OAuthEndpoint, request: Request) -> Response:
    request.require_method("POST")
    return await endpoint._answer(request, await read_form(request))


async def _refuse_unknown_early(
    authenticator: ClientAuthenticator,
    presented: Presented,
    act: Callable[[Authenticated], Verdict[T]],
) -> T:
    found = await authenticator._ledger.find_client(authenticator._ask(presented))
    if found.client is None:
        raise InvalidClient(reason="the service user is unknown")
    return await _settle(authenticator, presented, act)


async def _die_after_the_commit(issuer: TokenIssuer, request: TokenRequest) -> IssuedToken:
    issued = await _issue(issuer, request)
    folder = Path(sys.argv[sys.argv.index("--data-dir") + 1])
    if (folder / "die").exists():
        os._exit(1)
    return issued


def break_server(variant: str) -> None:
    """Break one thing."""
    if variant == "leaky":
        OAuthEndpoint.answer = _answer_at_once  # type: ignore[assignment, method-assign]
        ClientAuthenticator.settle = _refuse_unknown_early  # type: ignore[assignment, method-assign]
    elif variant == "dying":
        TokenIssuer.issue = _die_after_the_commit  # type: ignore[assignment, method-assign]
    else:
        raise SystemExit(f"there is no variant {variant!r}")


if __name__ == "__main__":
    break_server(sys.argv.pop(1))
    main()
