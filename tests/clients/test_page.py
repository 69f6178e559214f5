"""The page of clients names the versions that the tests run."""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from pathlib import Path

_FOLDER = Path(__file__).parent
_PAGE = _FOLDER.parents[1] / "docs" / "reference" / "clients.md"
_EXAMPLE = _FOLDER.parents[1] / "docs" / "examples" / "token.sh"


def test_the_page_names_every_client_with_the_version_that_is_tested() -> None:
    packages = json.loads((_FOLDER / "package-lock.json").read_text("utf-8"))["packages"]
    tested = {name: version(name) for name in ("Authlib", "requests-oauthlib", "httpx-auth")}
    tested |= packages[""]["dependencies"]

    told = re.findall(r"^\| (\S+) \| ([\d.]+) \|", _PAGE.read_text("utf-8"), re.MULTILINE)

    assert dict(told) == tested


def test_the_page_has_the_published_call_of_curl() -> None:
    assert f"```sh\n{_EXAMPLE.read_text('utf-8')}```\n" in _PAGE.read_text("utf-8")


def test_the_lock_file_names_hashes_and_no_host() -> None:
    lock = json.loads((_FOLDER / "package-lock.json").read_text("utf-8"))

    packages = [package for path, package in lock["packages"].items() if path]

    assert all(package["integrity"].startswith("sha512-") for package in packages)
    assert not any("resolved" in package for package in packages)
