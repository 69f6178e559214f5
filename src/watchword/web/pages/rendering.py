"""Makes pages of templates, and says with each what a browser may load for it."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, cast

from jinja2 import Environment, PackageLoader, StrictUndefined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from watchword.web.http import Headers

_log: Final = logging.getLogger("watchword.pages")
_HTML: Final = (b"content-type", b"text/html; charset=utf-8")
# Nothing of another host, nothing that stands in the page itself: what somebody manages to write
# into a page does not run.
_POLICY: Final = (
    "default-src 'none'; "
    "script-src 'self'; "
    "style-src 'self'; "
    "img-src 'self' data:; "
    "font-src 'self'; "
    "connect-src 'self'; "
    "worker-src 'self'; "
    "form-action 'self'; "
    "frame-ancestors 'none'; "
    "base-uri 'none'"
)
SAFE: Final = [
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
]
PRIVATE: Final = (b"cache-control", b"no-store")
"""Of pages that tell something of their reader."""
_MANIFEST: Final = "manifest.json"
ASSETS_PREFIX: Final = "/assets/"


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture beside the name; `kind` is its media type."""

    kind: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Brand:
    """How the operator's portal is named and looks.

    Attributes:
        name: Stands in the header of every page.
        logo: Its picture.
        color: Of links and buttons, as `#0a5c5c`; "" for the usual one.
    """

    name: str
    logo: Logo | None
    color: str


def read_assets() -> dict[str, list[str]]:
    """Return the files of each entry of the front end: the script first, then style sheets.

    Where it was not built, the log says so, and pages are shown without.
    """
    try:
        text = resources.files("watchword.web").joinpath("static", _MANIFEST).read_text("utf-8")
    except FileNotFoundError:
        _log.warning(
            "the front end was not built",
            extra={"reason": "run 'make install' in the checkout; pages are plain until then"},
        )
        return {}
    return cast("dict[str, list[str]]", json.loads(text))


class Pages:
    """The templates, and what all of them know.

    Args:
        brand: How the portal is named.
        assets: The files of each entry of the front end.

    Attributes:
        brand: The same.
    """

    def __init__(self, brand: Brand, assets: Mapping[str, list[str]]) -> None:
        self.brand = brand
        self._assets = assets
        self._environment = Environment(
            loader=PackageLoader("watchword.web.pages"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        # What every template knows; typed by Jinja2 as what it brings itself.
        known: dict[str, Any] = self._environment.globals
        known.update(brand=brand, scripts_of=self._scripts_of, styles_of=self._styles_of)

    def render(self, template: str, **values: object) -> bytes:
        """Return a page."""
        return self._environment.get_template(template).render(values).encode()

    def _scripts_of(self, entry: str) -> list[str]:
        files = self._assets.get(entry, [])
        return [ASSETS_PREFIX + name for name in files if name.endswith(".js")]

    def _styles_of(self, entry: str) -> list[str]:
        files = self._assets.get(entry, [])
        return [ASSETS_PREFIX + name for name in files if name.endswith(".css")]


def page_headers(*more: tuple[bytes, bytes]) -> Headers:
    """Return the headers of a page."""
    return [_HTML, PRIVATE, *SAFE, *more]
