"""What the operator's portal looks like: a colour, a picture, and an icon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.access.errors import NotFound
from watchword.web.pages.sending import send_to_all
from watchword.web.pages.visit import Route

if TYPE_CHECKING:
    from watchword.web.http import Response
    from watchword.web.pages.visit import Visit

_STYLE: Final = b"text/css; charset=utf-8"
_ICON: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<rect width="32" height="32" rx="7" fill="{color}"/>'
    '<path d="M6 9l5 14 5-12 5 12 5-14" fill="none" stroke="{text}" stroke-width="3" '
    'stroke-linecap="round" stroke-linejoin="round"/></svg>\n'
)
_USUAL: Final = "#0a5c5c"
_LINEAR_BELOW: Final = 0.04045
_WEIGHTS: Final = (0.2126, 0.7152, 0.0722)
# Above it black is read better, below it white: there both have the same contrast.
_MIDDLE: Final = 0.179


async def _send_style(visit: Visit) -> Response:
    color = visit.parts.pages.brand.color
    text = f":root{{--brand:{color};--brand-text:{text_color(color)}}}\n" if color else ""
    return send_to_all(visit, _STYLE, text.encode())


async def _send_icon(visit: Visit) -> Response:
    color = visit.parts.pages.brand.color or _USUAL
    icon = _ICON.format(color=color, text=text_color(color))
    return send_to_all(visit, b"image/svg+xml", icon.encode())


async def _send_logo(visit: Visit) -> Response:
    logo = visit.parts.pages.brand.logo
    if logo is None:
        raise NotFound(reason="no picture is set")
    return send_to_all(visit, logo.kind.encode(), logo.content)


def text_color(color: str) -> str:
    """Return black or white, whichever is read better on a colour (WCAG 2.2, contrast ratio).

    Args:
        color: As `#abc` or `#aabbcc`.
    """
    digits = color.removeprefix("#")
    if len(digits) == len("abc"):
        digits = "".join(digit * 2 for digit in digits)
    shares = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    luminance = sum(
        weight * _to_linear(share) for weight, share in zip(_WEIGHTS, shares, strict=True)
    )
    return "#000" if luminance > _MIDDLE else "#fff"


def _to_linear(share: float) -> float:
    if share <= _LINEAR_BELOW:
        return share / 12.92
    return float(((share + 0.055) / 1.055) ** 2.4)


ROUTES: Final = (
    Route("GET", "/assets/brand.css", _send_style),
    Route("GET", "/assets/brand", _send_logo),
    Route("GET", "/assets/icon.svg", _send_icon),
)
