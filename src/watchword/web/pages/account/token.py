"""`/account/token`: the live token's story, and its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.access.sessions import SessionKind
from watchword.web.pages.account.owner import get_owner
from watchword.web.pages.visit import Route

if TYPE_CHECKING:
    from watchword.web.http import Response
    from watchword.web.pages.visit import Visit

_PATH: Final = "/account/token"


async def _show(visit: Visit) -> Response:
    owner = await get_owner(visit)
    story = await visit.parts.functions.stories.tell(owner.user.username)
    return visit.render(
        "account/token.html",
        owner=owner,
        story=story,
        contention=story.contention,
        now=visit.parts.clock.now(),
    )


async def _revoke(visit: Visit) -> Response:
    owner = await get_owner(visit)
    await visit.parts.functions.registry(visit.by).revoke_tokens(owner.user.username)
    return visit.redirect(_PATH)


ROUTES: Final = (
    Route("GET", _PATH, _show, needs=SessionKind.USER),
    Route("POST", f"{_PATH}/revoke", _revoke, needs=SessionKind.USER),
)
