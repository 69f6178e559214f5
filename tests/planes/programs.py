"""The real nginx, Caddy and Envoy, run with the very files that the pages show.

Only ports, addresses and paths are other ones. Each runs in a folder of its own, needs no
rights, and is ended by its process id.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from support.processes import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

EXAMPLES = REPOSITORY / "docs" / "examples"
SECONDS = 20
_POLL_SECONDS = 0.02

_NGINX = """\
daemon off;
{user}worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 128; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""
_CADDY = """\
{{
    admin off
    auto_https off
    default_bind 127.0.0.1
}}
import {folder}/site
"""


def example(name: str, replacements: Mapping[str, str]) -> str:
    """Return a file of the pages with ports and addresses of this run."""
    text = (EXAMPLES / name).read_text("utf-8")
    pattern = "|".join(rf"(?<![\w.-]){re.escape(old)}(?![\w.-])" for old in replacements)
    found = set(re.findall(pattern, text))
    assert found == set(replacements), f"{name} does not name {set(replacements) - found}"
    return re.sub(pattern, lambda match: replacements[match[0]], text)


@contextmanager
def running_nginx(folder: Path, watchword: str, upstream: int, more: str = "") -> Generator[int]:
    """Run nginx; `watchword` is where it asks, as `server` takes it, and `more` a location."""
    port = free_port()
    text = example(
        "nginx.conf",
        {
            "server 127.0.0.1:8080": f"server {watchword}",
            "127.0.0.1:4000": f"127.0.0.1:{upstream}",
            "listen 8000": f"listen 127.0.0.1:{port}",
        },
    )
    text = text.replace("    location / {", f"{more}    location / {{")
    (folder / "site.conf").write_text(text, "utf-8")
    # Run by root, the worker would be another user, who may not enter the folder.
    user = "user root;\n" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, user=user), "utf-8")
    program = find_program("nginx")
    # A compiled-in log file would be opened before the configured one, but for -e.
    command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]
    with running_program(command, folder, port):
        yield port


@contextmanager
def running_caddy(folder: Path, watchword: str, upstream: int) -> Generator[int]:
    """Run Caddy without its admin endpoint and without certificates."""
    port = free_port()
    text = example(
        "Caddyfile",
        {
            "api.example.com": f"http://api.example.com:{port}",
            "127.0.0.1:8080": watchword,
            "127.0.0.1:4000": f"127.0.0.1:{upstream}",
        },
    )
    (folder / "site").write_text(text, "utf-8")
    (folder / "Caddyfile").write_text(_CADDY.format(folder=folder), "utf-8")
    command = [find_program("caddy"), "run", "--config", str(folder / "Caddyfile")]
    with running_program([*command, "--adapter", "caddyfile"], folder, port):
        yield port


@contextmanager
def running_envoy(folder: Path, watchword: str, upstream: int) -> Generator[int]:
    """Run Envoy."""
    port = free_port()
    text = example(
        "envoy.yaml",
        {
            "0.0.0.0": "127.0.0.1",
            "8000": str(port),
            "8080": watchword.rpartition(":")[2],
            "4000": str(upstream),
        },
    )
    (folder / "envoy.yaml").write_text(text, "utf-8")
    command = [str(Path(sys.executable).with_name("envoy")), "-c", str(folder / "envoy.yaml")]
    options = ["--disable-hot-restart", "--concurrency", "1", "--log-level", "warning"]
    with running_program([*command, *options], folder, port):
        yield port


def find_program(name: str) -> str:
    """Return where a program is; Debian keeps servers out of the way of most users."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    assert found, f"{name} is not installed: tools/need {name}"
    return found


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def running_program(command: list[str], folder: Path, port: int) -> Generator[None]:
    """Run a program until the end of the block; it begins when the port is listened on."""
    environment = {
        **os.environ,
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_CONFIG_HOME": str(folder / "config"),
    }
    log = folder / "log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=output, stderr=output
        )
    try:
        deadline = time.monotonic() + SECONDS
        while not _is_listened_on(port):
            assert process.poll() is None, f"{command[0]} ended: {log.read_text('utf-8')}"
            assert time.monotonic() < deadline, f"{command[0]} waits: {log.read_text('utf-8')}"
            time.sleep(_POLL_SECONDS)
        yield
    finally:
        process.terminate()
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _is_listened_on(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0
