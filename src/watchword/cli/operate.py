"""`watchword init` and `watchword serve`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

from watchword.bootstrap.server import require_startable
from watchword.bootstrap.services import build_services
from watchword.cli.context import DEFAULT, OPERATOR, Common
from watchword.cli.durations import WHOLE
from watchword.cli.serving import run_server
from watchword.deployment import initialise
from watchword.system import SystemClock, SystemRandomness

if TYPE_CHECKING:
    from watchword.settings import Settings


def init(*, common: Common = DEFAULT) -> None:
    """Make the data directory, and print where it is."""
    settings = common.settings()
    clock = SystemClock()
    services = build_services(settings, clock)
    made = asyncio.run(initialise(settings, services, clock, SystemRandomness(), OPERATOR))
    common.output.record(
        {
            "data_dir": str(settings.data_dir.resolve()),
            "is_new": made.is_new,
            "registered": made.registered,
        }
    )
    common.output.remark(
        f"Back up {settings.secret_file} apart from the database: "
        "passwords and signing keys depend on it."
    )


def serve(
    *,
    host: str | None = None,
    port: Annotated[int | None, WHOLE] = None,
    workers: Annotated[int | None, WHOLE] = None,
    base_url: str | None = None,
    common: Common = DEFAULT,
) -> None:
    """Run the server until SIGTERM.

    Args:
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        workers: Server processes.
        base_url: The URL under which callers reach this server.
    """
    settings = common.settings(host=host, port=port, workers=workers, base_url=base_url)
    asyncio.run(require_startable(settings))

    def announce(serving: Settings) -> None:
        if common.json:
            common.output.record(
                {
                    "base_url": serving.public_url,
                    "address": serving.address,
                    "workers": serving.workers,
                }
            )
        common.output.remark(
            f"watchword serves {serving.public_url} on {serving.address} "
            f"with {serving.workers} worker(s). Ctrl-C stops it."
        )

    run_server(settings, announce)
