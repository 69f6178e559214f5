"""People who sign in to the console of a deployment in this process."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, TypeVar

import pyotp

from support.browsing import Browser
from support.deployment import OPERATOR
from watchword.access.console import ConsoleRole
from watchword.deployment import open_deployment

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import httpx2

    from support.deployment import Deployment
    from watchword.access.console_users import ConsoleRegistry, NewConsoleUser

T = TypeVar("T")
_LINK = re.compile(r'href="(/console[^"]*)"')
_DOING = re.compile(r'action="/console/do/(\w+)"')
_SECRET = re.compile(r"<pre data-copy><code>([^<]*)</code></pre>")
_TOLD = re.compile(r'<p class="told" role="alert"[^>]*>([^<]*)</p>')


def operate_console(
    deployment: Deployment, question: Callable[[ConsoleRegistry], Awaitable[T]]
) -> T:
    """Do what `watchword console` does."""

    async def carry_out() -> T:
        async with open_deployment(deployment.settings, deployment.clock) as opened:
            users = opened.console_users(deployment.clock, deployment.dice, OPERATOR, "watchword")
            return await question(users)

    return deployment.run(carry_out())


def invite(
    deployment: Deployment, name: str = "alice", role: ConsoleRole = ConsoleRole.ADMIN
) -> NewConsoleUser:
    """Let somebody sign in to the console."""
    return operate_console(deployment, lambda users: users.add_user(name, role))


class ConsoleBrowser(Browser):
    """A browser in which a person works in the console."""

    def __init__(self, deployment: Deployment) -> None:
        super().__init__(deployment)
        self.clock = deployment.clock

    def enter(self, made: NewConsoleUser, next_page: str = "/console") -> httpx2.Response:
        """Sign in with the password and the code of this half minute."""
        self.get("/console/sign-in")
        return self.post(
            "/console/sign-in",
            name=made.user.name,
            password=made.password or "",
            code=pyotp.TOTP(made.factor).at(self.clock.now()),
            next=next_page,
        )

    def do(
        self, operation: str, page: str = "/console", form: dict[str, str] | None = None
    ) -> httpx2.Response:
        """Send a form of the console, sure of it."""
        self.get(page)
        return self.post(
            f"/console/do/{operation}", **{"page": page, "sure": "yes", **(form or {})}
        )

    def walk(self) -> dict[str, str]:
        """Return every page of the console that links lead to, by address."""
        pages: dict[str, str] = {}
        waiting = ["/console"]
        while waiting:
            url = waiting.pop()
            if url in pages:
                continue
            answered = self.get(url)
            assert answered.status_code == 200, (url, answered.status_code)
            pages[url] = answered.text
            waiting += [unescape(found) for found in _LINK.findall(answered.text)]
        return pages


def forms_in(page: str) -> set[str]:
    """Return the operations that the forms of a page carry out."""
    return set(_DOING.findall(page))


def secrets_in(page: str) -> list[str]:
    """Return what a page shows this once."""
    return [unescape(found) for found in _SECRET.findall(page)]


def told_in(page: str) -> str:
    """Return why a page says that nothing was done; "" where it does not."""
    found = _TOLD.search(page)
    return unescape(found[1]) if found else ""


def fill(deployment: Deployment) -> None:
    """Make one of everything, enabled and disabled, so that every form stands somewhere."""
    deployment.make_customer()
    deployment.make_customer("idle", "svc-idle")

    async def work() -> None:
        async with open_deployment(deployment.settings, deployment.clock) as opened:
            registry = opened.registry(deployment.clock, deployment.dice, OPERATOR)
            await registry.set_package("acme", "wealth", is_granted=True)
            await registry.set_account_enabled("idle", is_enabled=False)
            await registry.set_service_user_enabled("svc-idle", is_enabled=False)
            for key in (await registry.list_api_keys("idle")).items:
                await registry.set_api_key_enabled(key.id, is_enabled=False)
            await registry.set_service_enabled("events", is_enabled=False)
            documents = opened.documents(deployment.clock, OPERATOR, lambda _, __: None)
            await documents.add_document("profile", "{ info { name } }")
            await documents.add_document("profile", "{ info { version } }", "acme")

    deployment.run(work())
