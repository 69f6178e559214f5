"""Runs a page's commands one after another, as a reader pastes them into one shell."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from typing import TYPE_CHECKING

from docs.pages import REPOSITORY
from docs.servers import PROGRAMS, Server, Upstream, clean_environment, data_set, start

if TYPE_CHECKING:
    from pathlib import Path

    from docs.pages import Block

_PUBLISHED_PORT = ":8080"
_PUBLISHED_UPSTREAM = ":4000"
_PUBLISHED_DATA = "../shared/data/congress-legislators"
_PUBLISHED_FOLDERS = {
    "/var/lib/watchword": "watchword-data",
    "/var/backups/watchword": "backups",
    "/opt/watchword": ".",
}
_SERVER = re.compile(r"(?:\.venv/bin/)?watchword (serve|demo)\b(.*)\n")
_UPSTREAM = re.compile(r"\.venv/bin/(uvicorn .*)--port 4000 (.*)\n")
_PASTED = re.compile(r"read -rs (WATCHWORD_KEY|WATCHWORD_PASSWORD)\b")
_TYPED = re.compile(r"--password-stdin\b(?! *<)")
_CHOSEN = "a secret that the client has"
_SHOWN_ONCE = re.compile(r'^"?(api_key|password)"?[\t: ]+"?(\w+)', re.MULTILINE)
_SECONDS = 60
# What one block sets, the next one has: all variables are exported and kept in a file.
_SCRIPT = """
set -eu -o pipefail; set -a
[ ! -f {state} ] || . {state}
{commands}
export -p | grep -v "^declare -[a-z]*r" > {state}
"""


class Session:
    """One reader at one shell, in a folder that looks like a clone of the repository.

    A command that serves is started as a server on a free port; the pages' own address then
    means that server, and that of an upstream means the app that uvicorn serves. What `read -rs`
    asks for is the secret that was shown last; what `--password-stdin` asks for is one that the
    reader has chosen.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server: Server | None = None
        self._upstream: Upstream | None = None
        self._secrets: dict[str, str] = {}
        # Node.js and Python are on the PATH of a reader, too.
        path = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
        self._environment = clean_environment(TMPDIR=str(folder), PATH=path)
        (folder / "docs").symlink_to(REPOSITORY / "docs")
        (folder / "backups").mkdir()
        (folder / ".venv").mkdir()
        (folder / ".venv" / "bin").symlink_to(PROGRAMS)

    def run(self, block: Block) -> str:
        """Run a block's commands and return what they print."""
        if "make demo\n" in block.text:
            return self._serve("demo", [])
        if all(line.startswith("make ") for line in block.text.splitlines()):
            return ""  # what they name is checked against the Makefile
        serving = _SERVER.fullmatch(block.text)
        if serving:
            return self._serve(serving[1], shlex.split(serving[2]))
        upstream = _UPSTREAM.fullmatch(block.text)
        if upstream:
            self._upstream = Upstream(shlex.split(upstream[1] + upstream[2]), self.folder)
            return ""
        return self._paste(block)

    def stop(self) -> None:
        """Stop the server, as Ctrl-C does for the reader."""
        if self.server is not None:
            assert self.server.stop() == 0
            self.server = None

    def close(self) -> None:
        """Leave nothing running."""
        if self._upstream is not None:
            self._upstream.stop()
        self.stop()

    def _serve(self, command: str, options: list[str]) -> str:
        self.stop()
        self.server = start([command, *options], self.folder, self._environment)
        self._remember(json.dumps(self.server.ready, indent=0))
        return ""

    def _paste(self, block: Block) -> str:
        asked = [self._secrets[name] for name in _PASTED.findall(block.text)]
        asked += [_CHOSEN for _ in _TYPED.findall(block.text)]
        assert len(asked) <= 1, f"{block}: one paste must not be read by two commands"
        pasted = "".join(f"{secret}\n" for secret in asked)
        script = _SCRIPT.format(
            state=shlex.quote(str(self.folder / "shell-state")),
            commands=self._localise(block.text),
        )
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self._environment,
            input=pasted,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{block} failed:\n{done.stdout}\n{done.stderr}"
        self._remember(done.stdout)
        return done.stdout

    def _localise(self, commands: str) -> str:
        commands = commands.replace(_PUBLISHED_DATA, str(data_set()))
        for published, own in _PUBLISHED_FOLDERS.items():
            commands = commands.replace(published, str(self.folder / own))
        if self._upstream is not None:
            commands = commands.replace(_PUBLISHED_UPSTREAM, f":{self._upstream.port}")
        if self.server is not None:
            port = self.server.base_url.rpartition(":")[2]
            commands = commands.replace(_PUBLISHED_PORT, f":{port}")
        return commands

    def _remember(self, output: str) -> None:
        names = {"api_key": "WATCHWORD_KEY", "password": "WATCHWORD_PASSWORD"}
        for name, value in _SHOWN_ONCE.findall(output):
            self._secrets[names[name]] = value
