"""The access layer for GraphQL data APIs."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

__all__ = ["Admission", "Guard", "__version__"]
__version__ = version("watchword")
_MODULES: Final = {"Admission": "watchword.access.guard", "Guard": "watchword.middleware"}

if TYPE_CHECKING:
    from watchword.access.guard import Admission
    from watchword.middleware import Guard
else:
    # Imported when they are first asked for: the guard brings the rules and the store with it, and
    # whoever wants the version alone would pay for them. Type checkers would take any name for one.
    def __getattr__(name: str) -> object:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(_MODULES[name]), name)
