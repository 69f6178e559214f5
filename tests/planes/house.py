"""A deployment that the planes ask, and the customers of the tests."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, TypeVar

from planes.wire import Call
from support.customers import RemoteCustomer, connect
from support.deployment import IN_NOBODYS_WAY, OPERATOR
from watchword.access.registration.changes import Route
from watchword.bootstrap.services import build_services
from watchword.deployment import initialise, open_deployment
from watchword.settings import FILE_NAME, load_settings
from watchword.system import SystemClock, SystemRandomness

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from planes.wire import Headers
    from watchword.access.model import Limit
    from watchword.access.registration import Registry

T = TypeVar("T")
OTHER_SERVICE = "matching"


@dataclass(frozen=True, slots=True)
class Tenant:
    """A customer with an account of its own, so that no test uses up another's plan."""

    account: str
    key_id: str
    credentials: RemoteCustomer
    url: str

    def token(self) -> str:
        with connect(self.url) as client:
            return self.credentials.token(client)

    def headers(self, token: str) -> Headers:
        return [("Authorization", f"Bearer {token}"), ("X-Api-Key", self.credentials.api_key)]

    def call(self, token: str, *more: tuple[str, str]) -> Call:
        return Call(headers=[*self.headers(token), *more])


class House:
    """A data directory, and what an operator does with it while the server runs."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.url = ""
        self._numbers = count(1)
        folder.mkdir(mode=0o700)
        lines = [f'{name} = "{value}"\n' for name, value in settings.items()]
        (folder / FILE_NAME).write_text("".join(lines), "utf-8")
        loaded, clock = load_settings(data_dir=folder), SystemClock()
        services = build_services(loaded, clock)
        asyncio.run(initialise(loaded, services, clock, SystemRandomness(), OPERATOR))
        self.operate(_fill)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def operate(self, question: Callable[[Registry], Awaitable[T]]) -> T:
        """Do what an operator does, through a store of its own as the CLI has."""

        async def carry_out() -> T:
            clock = SystemClock()
            async with open_deployment(load_settings(data_dir=self.folder), clock) as opened:
                return await question(opened.registry(clock, SystemRandomness(), OPERATOR))

        return asyncio.run(carry_out())

    def make_tenant(self, limit: Limit = IN_NOBODYS_WAY, service: str = "profile") -> Tenant:
        name = f"tenant-{next(self._numbers)}"

        async def make(registry: Registry) -> Tenant:
            await registry.add_plan(name, {service: limit})
            await registry.add_account(name, name, [service])
            user = await registry.add_service_user(name, name)
            key = await registry.add_api_key(name, name, "", None)
            credentials = RemoteCustomer(name, user.password, key.key)
            return Tenant(name, key.record.id, credentials, self.url)

        return self.operate(make)


async def _fill(registry: Registry) -> None:
    await registry.change_service("profile", Route(allows_preflight=True))
    await registry.add_service(OTHER_SERVICE, "", "")
