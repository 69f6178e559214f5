"""A package that is built from the checkout holds the front end, or is not built."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

from support.processes import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

_STATIC = "watchword/web/static"


def build(checkout: Path, into: Path, target: str = "wheel") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(into)],
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_wheel_holds_every_file_that_the_pages_ask_for(tmp_path: Path) -> None:
    done = build(REPOSITORY, tmp_path)

    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as held:
        names = set(held.namelist())
        entries = json.loads(held.read(f"{_STATIC}/manifest.json"))
    assert set(entries) == {"graphiql", "portal", "style"}
    asked = {f"{_STATIC}/assets/{file}" for files in entries.values() for file in files}
    assert asked <= names
    assert f"{_STATIC}/LICENSES.md" in names


def test_a_package_is_not_built_without_the_front_end_and_says_what_to_do(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    for name in ("pyproject.toml", "README.md", "LICENSE", "tools/hatch_build.py"):
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, checkout / name)
    (checkout / "src/watchword").mkdir(parents=True)
    (checkout / "src/watchword/__init__.py").touch()

    for target in ("wheel", "sdist"):
        done = build(checkout, tmp_path / "dist", target)

        assert done.returncode != 0
        assert "The front end is not built" in done.stderr
        assert "make install" in done.stderr
    assert not list((tmp_path / "dist").glob("*.*"))


def test_no_file_of_the_bundle_names_a_place_to_load_from_or_a_map_of_its_source() -> None:
    assets = REPOSITORY / "src" / _STATIC / "assets"
    styles = [file.read_text() for file in assets.glob("*.css")]
    scripts = [file.read_text() for file in assets.glob("*.js")]
    assert styles
    assert scripts

    assert not [text for text in styles if re.search(r"(?:@import|url\(['\"]?)\s*['\"]?http", text)]
    assert not [text for text in styles if "font/" in text and "data:font" in text]
    assert not [text for text in styles + scripts if "sourceMappingURL=" in text]
    assert not list(assets.glob("*.map"))
