"""The parts of the scripts that are rules, by Node.js's own test runner."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from support.processes import REPOSITORY

_NODE = str(Path(sys.executable).parent / "node")
_FOLDER = REPOSITORY / "frontend"


def test_the_tests_of_the_scripts_pass() -> None:
    files = sorted(str(file) for file in (_FOLDER / "tests").glob("*.test.js"))
    assert files

    done = subprocess.run(
        [_NODE, "--test", *files],
        cwd=_FOLDER,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
