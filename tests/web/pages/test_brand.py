"""The portal looks as the operator's settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.browsing import Browser
from support.deployment import Deployment
from watchword.settings import SettingError, load_settings
from watchword.web.pages.brand import text_color

if TYPE_CHECKING:
    from pathlib import Path

PICTURE = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
MOST = 255


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, as WCAG 2.2 defines it."""

    def luminance(color: str) -> float:
        parts = [int(color[at : at + 2], 16) / MOST for at in (1, 3, 5)]
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)

    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_portal_has_the_name_colour_and_picture_of_the_settings(tmp_path: Path) -> None:
    logo = tmp_path / "logo.SVG"
    logo.write_bytes(PICTURE)
    deployment = Deployment(
        tmp_path / "d", brand_name="Acme <Data>", brand_color="#0af", brand_logo=str(logo)
    )

    browser = Browser(deployment)

    page = deployment.request("GET", "/services")
    browser.sign_in(deployment.make_customer(), "/account")
    explorer = browser.get("/profile/v1/graphiql/").text
    style = deployment.request("GET", "/assets/brand.css")
    picture = deployment.request("GET", "/assets/brand")
    deployment.close()

    assert "Acme &lt;Data&gt;" in page.text
    assert '<img src="/assets/brand"' in page.text
    assert 'data-brand="Acme &lt;Data&gt;"' in explorer
    assert 'data-logo="/assets/brand"' in explorer
    assert style.text == ":root{--brand:#0af;--brand-text:#000}\n"
    assert (picture.content, picture.headers["content-type"]) == (PICTURE, "image/svg+xml")


def test_without_settings_pages_look_as_they_come(deployment: Deployment) -> None:
    style = deployment.request("GET", "/assets/brand.css")
    icon = deployment.request("GET", "/assets/icon.svg")

    assert (style.status_code, style.text) == (200, "")
    assert icon.headers["content-type"] == "image/svg+xml"
    assert 'fill="#0a5c5c"' in icon.text
    assert '/assets/brand"' not in deployment.request("GET", "/services").text


@given(st.integers(0, 0xFFFFFF))
def test_text_on_the_colour_can_be_read(number: int) -> None:
    color = f"#{number:06x}"

    chosen = {"#000": "#000000", "#fff": "#ffffff"}[text_color(color)]

    assert contrast(color, chosen) >= 4.5


@pytest.mark.parametrize("color", ["red", "#12", "#12345g", "#123456;}*{display:none", "#abcd"])
def test_what_is_no_colour_is_refused(tmp_path: Path, color: str) -> None:
    with pytest.raises(SettingError, match="brand_color is a colour as #0a5c5c"):
        load_settings(data_dir=tmp_path, brand_color=color)


def test_a_picture_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="brand_logo cannot be read"):
        load_settings(data_dir=tmp_path, brand_logo=str(tmp_path / "missing.png"))


def test_a_picture_of_a_kind_that_pages_do_not_show_is_refused(tmp_path: Path) -> None:
    (tmp_path / "logo.tiff").write_bytes(b"")

    with pytest.raises(SettingError, match=r"ends in \.svg, \.png"):
        load_settings(data_dir=tmp_path, brand_logo=str(tmp_path / "logo.tiff"))
