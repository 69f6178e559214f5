"""What an app pays for the guard when it starts."""

from __future__ import annotations

import subprocess
import sys

_OF_THE_SERVER = ("aiohttp", "graphql", "yaml", "prometheus_client", "opentelemetry", "uvicorn")


def test_the_guard_of_an_app_loads_nothing_that_only_the_server_needs() -> None:
    program = (
        "import sys\n"
        "import watchword.middleware\n"
        f"print([name for name in {_OF_THE_SERVER!r} if name in sys.modules])\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert done.stdout.strip() == "[]"
