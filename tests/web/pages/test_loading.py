"""Pages are found by how their paths begin, and loaded when the first is asked for."""

from __future__ import annotations

import subprocess
import sys

from watchword.bootstrap.pages import PAGE_PLACES
from watchword.web.pages.table import ROUTES

_OF_THE_PAGES = ("watchword.web.pages", "jinja2", "markdown_it", "pygments")


def test_every_route_of_the_pages_begins_at_a_place_of_theirs_and_no_place_is_idle() -> None:
    begins = {route.path.removeprefix("/").partition("/")[0] for route in ROUTES}

    assert begins == PAGE_PLACES


def test_a_server_that_is_asked_for_no_page_loads_none_of_what_makes_them() -> None:
    program = (
        "import sys, watchword.cli.serving\n"
        f"print([name for name in sys.modules if name.startswith({_OF_THE_PAGES!r})])\n"
        "import watchword.web.pages.site\n"
        f"print(all(name in sys.modules for name in {_OF_THE_PAGES!r}))\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )

    assert done.stdout.split("\n")[:2] == ["[]", "True"]
