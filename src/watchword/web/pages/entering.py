"""What signing in and out is made of, to the portal as to the console."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from watchword.access.credentials import PASSWORD_LENGTH
from watchword.web.pages.telling import tell_wait

if TYPE_CHECKING:
    import re

    from watchword.access.errors import SlowDown
    from watchword.access.sessions import SessionKind
    from watchword.web.http import Response
    from watchword.web.pages.visit import Visit


@dataclass(frozen=True, slots=True)
class Entrance:
    """Where people of one kind come in and go out.

    Attributes:
        template: Of the form.
        field: In which they say who they are.
        home: Where one goes on who has asked for no page.
        outside: Where one is who has signed out.
        own: What the pages look like that one may go on to, whatever a link says.
    """

    kind: SessionKind
    template: str
    field: str
    home: str
    outside: str
    own: re.Pattern[str]

    def form(
        self, visit: Visit, told: str = "", status: int = 200, *headers: tuple[bytes, bytes]
    ) -> Response:
        """Show the form."""
        name = visit.form.get(self.field, "")
        return visit.render(
            self.template,
            *headers,
            status=status,
            told=told,
            next_page=self._find_next(visit),
            # A password that was typed into the wrong field is not shown again.
            name=name if len(name) < PASSWORD_LENGTH else "",
        )

    def slow_down(self, visit: Visit, error: SlowDown) -> Response:
        """Show the form to who has tried too often."""
        told, header = tell_wait(error)
        return self.form(visit, told, HTTPStatus.TOO_MANY_REQUESTS, header)

    def to_page(self, address: str) -> str:
        """Return an address to go on with: that of a page of theirs, whatever it was."""
        return address if self.own.fullmatch(address) else self.home

    def go_on(self, visit: Visit, *headers: tuple[bytes, bytes]) -> Response:
        """Send the browser to the page that it asked for at first."""
        return visit.redirect(self._find_next(visit), *headers)

    async def let_in(self, visit: Visit, name: str) -> Response:
        """Begin a session of somebody who has just been authenticated."""
        parts = visit.parts
        # Another secret than before, so that nobody can have planted this one.
        new = await parts.sessions.begin(self.kind, name, visit.request.source)
        return self.go_on(visit, parts.visits.keep(new))

    async def sign_out(self, visit: Visit) -> Response:
        """End the session, if there is one."""
        if visit.visitor.session is not None:
            await visit.parts.sessions.end(visit.session)
        return self._leave(visit)

    async def sign_out_everywhere(self, visit: Visit) -> Response:
        """End all sessions of who has signed in."""
        await visit.parts.sessions.end_all(self.kind, visit.session.name, visit.by)
        return self._leave(visit)

    def _leave(self, visit: Visit) -> Response:
        return visit.redirect(self.outside, visit.parts.visits.forget(self.kind))

    def _find_next(self, visit: Visit) -> str:
        sent = visit.form if visit.request.method == "POST" else visit.query()
        return self.to_page(sent.get("next", self.home))
