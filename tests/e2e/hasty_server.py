"""`watchword` with shorter bounds of time: hasty_server.py BOUND=SECONDS[,...] ARGUMENTS ...

The bounds are no settings. So that the tests need not wait them out, they are changed before the
program runs, in the supervisor and in every worker; one that is no longer there is not.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from watchword.cli import protocol, serving
from watchword.cli.main import main
from watchword.web import http

if TYPE_CHECKING:
    from types import ModuleType

BOUNDS: Final[dict[str, tuple[ModuleType, str]]] = {
    "head": (protocol, "_HEAD_SECONDS"),
    "rest": (protocol, "_REST_SECONDS"),
    "write": (protocol, "_WRITE_SECONDS"),
    "body": (http, "_BODY_SECONDS"),
    "grace": (serving, "_GRACE_SECONDS"),
    "last": (serving, "_LAST_SECONDS"),
}
_LONGEST_SECONDS: Final = 60


def shorten(bounds: str) -> None:
    """Set the bounds that are named."""
    for bound in bounds.split(","):
        name, _, seconds = bound.partition("=")
        module, constant = BOUNDS[name]
        found = vars(module).get(constant)
        assert found is not None, f"{module.__name__} has no {constant} any more: where is it now?"
        assert 0 < float(seconds) < found <= _LONGEST_SECONDS, f"{constant} is {found}"
        setattr(module, constant, float(seconds))


if __name__ in {"__main__", "__mp_main__"}:  # a worker runs this file under the second name
    shorten(sys.argv[1])
if __name__ == "__main__":
    main(sys.argv[2:])
