"""Refuses to build a package without the front end; an editable install may come before it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FrontEndRequired(BuildHookInterface[Any]):
    """Looks for the built front end before a wheel or a source package is made."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Refuse, with what to do, when the front end was not built."""
        del build_data
        manifest = Path(self.root, "src/watchword/web/static/manifest.json")
        if version != "editable" and not manifest.is_file():
            raise SystemExit(
                "The front end is not built, and a package without it has no pages. "
                "Run 'make install' in the checkout first."
            )
