"""What every command shares: two options, and how it reaches the operator's functions."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path  # noqa: TC003 - cyclopts reads the annotations at run time
from typing import TYPE_CHECKING, Annotated, TypeVar

from cyclopts import Parameter

from watchword.access.audit import By
from watchword.access.paging import read_all
from watchword.cli.durations import LENGTH
from watchword.cli.output import Output
from watchword.deployment import open_deployment
from watchword.settings import Settings, load_settings
from watchword.system import SystemClock, SystemRandomness, find_operator

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from watchword.access.paging import Page
    from watchword.access.registration import Registry
    from watchword.deployment import Deployment

T = TypeVar("T")


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Common:
    """The options of every command."""

    data_dir: Annotated[Path | None, Parameter(help="The deployment's data directory.")] = None
    json: Annotated[bool, Parameter(help="Print the result as JSON.", negative="")] = False

    @property
    def output(self) -> Output:
        """Where the command prints."""
        return Output(is_json=self.json)

    def settings(self, **flags: object) -> Settings:
        """Return the settings, with the command's flags."""
        return load_settings(data_dir=self.data_dir, **flags)

    def ask(self, question: Callable[[Registry], Awaitable[T]]) -> T:
        """Carry out one of the operator's functions."""
        return self.open(
            lambda deployment: question(
                deployment.registry(SystemClock(), SystemRandomness(), OPERATOR)
            )
        )

    def list_all(self, list_page: Callable[[Registry, str | None], Awaitable[Page[T]]]) -> list[T]:
        """Carry out one of the operator's `list_*` functions, page by page to the end."""
        return self.ask(lambda registry: read_all(lambda after: list_page(registry, after)))

    def open(self, question: Callable[[Deployment], Awaitable[T]]) -> T:
        """Ask the open deployment."""

        async def carry_out() -> T:
            async with open_deployment(self.settings(), SystemClock()) as deployment:
                return await question(deployment)

        return asyncio.run(carry_out())


DEFAULT = Common()
OPERATOR = By(find_operator())
"""Who runs the command."""
Overlap = Annotated[
    timedelta,
    LENGTH,
    Parameter(show_default=lambda overlap: f"{overlap // timedelta(hours=1)}h"),
]
"""How long the old of two credentials stays valid: 0s, 30m, 24h, 7d."""
