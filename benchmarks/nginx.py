"""An nginx of our own: its configuration, with nothing of the machine's in it, and its command."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_SERVERS: Final = "/usr/sbin"
"""Where Debian keeps nginx, out of the way of most users."""
# Without the figures, connections are closed after a thousand requests.
_MAIN: Final = """
daemon off;
# One process, which does what a worker does: nothing is left behind when it is ended.
master_process off;
pid nginx.pid;
error_log stderr warn;
events { worker_connections 1024; }
http {
    access_log off;
    default_type application/json;
    keepalive_requests 1000000000;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
%s
}
"""
# An idle connection is kept a second less than those behind keep it: none ends under a request.
_BEHIND: Final = """
    upstream behind-%(port)d {
        server 127.0.0.1:%(port)d;
        keepalive 64;
        keepalive_requests 1000000000;
        keepalive_timeout 4s;
    }
"""
_STATIC: Final = """
    server {
        listen 127.0.0.1:%(port)d;
        location / { return 200 '%(body)s'; }
    }
"""
_OPEN: Final = """
    server {
        listen 127.0.0.1:%(port)d;
        location / {
%(pass_on)s
        }
    }
"""
# What a call costs that passes, as the documented configuration has it.
_GUARDED: Final = """
    server {
        listen 127.0.0.1:%(port)d;
        location = /judge {
            internal;
            proxy_pass http://behind-%(judge)d%(path)s;
            proxy_http_version 1.1;
            proxy_pass_request_body off;
            proxy_set_header Connection "";
            proxy_set_header Content-Length "";
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Host $host;
            proxy_set_header X-Forwarded-Method $request_method;
            proxy_set_header X-Forwarded-Uri $request_uri;
            proxy_set_header X-Original-Uri "";
            proxy_set_header X-Watchword-Proxy "";
        }
        location / {
            auth_request /judge;
            auth_request_set $ww_status $upstream_http_x_watchword_status;
            auth_request_set $ww_body $upstream_http_x_watchword_body;
            auth_request_set $ww_challenge $upstream_http_www_authenticate;
            auth_request_set $ww_retry_after $upstream_http_retry_after;
            auth_request_set $ww_ratelimit $upstream_http_ratelimit;
            auth_request_set $ww_ratelimit_policy $upstream_http_ratelimit_policy;
            auth_request_set $ww_correlation_id $upstream_http_x_correlation_id;
            auth_request_set $ww_user $upstream_http_x_watchword_user;
            auth_request_set $ww_account $upstream_http_x_watchword_account;
            auth_request_set $ww_key_id $upstream_http_x_watchword_key_id;
            auth_request_set $ww_plan $upstream_http_x_watchword_plan;
            auth_request_set $ww_scopes $upstream_http_x_watchword_scopes;
            auth_request_set $ww_token_id $upstream_http_x_watchword_token_id;
            auth_request_set $ww_api $upstream_http_x_watchword_api;
            proxy_set_header X-Watchword-User $ww_user;
            proxy_set_header X-Watchword-Account $ww_account;
            proxy_set_header X-Watchword-Key-Id $ww_key_id;
            proxy_set_header X-Watchword-Plan $ww_plan;
            proxy_set_header X-Watchword-Scopes $ww_scopes;
            proxy_set_header X-Watchword-Token-Id $ww_token_id;
            proxy_set_header X-Watchword-Api $ww_api;
            proxy_set_header Authorization "";
            proxy_set_header X-Api-Key "";
%(pass_on)s
        }
    }
"""
_TO_UPSTREAM: Final = """
            proxy_pass http://behind-%(upstream)d;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Host $host;
"""


@dataclass(frozen=True, slots=True)
class Judge:
    """Who is asked by `auth_request`, and at which path."""

    port: int
    path: str


@dataclass(frozen=True, slots=True)
class Site:
    """A port on which calls are passed on to another one, those that a judge lets pass."""

    port: int
    upstream: int
    judge: Judge | None = None


def nginx_command(folder: Path, sites: Sequence[Site]) -> list[str]:
    """Write the configuration into a folder, and return the command that serves the sites."""
    ports = {site.upstream for site in sites}
    ports |= {site.judge.port for site in sites if site.judge is not None}
    behind = [_BEHIND % {"port": port} for port in sorted(ports)]
    return _command(folder, [*behind, *map(_to_server, sites)])


def static_command(folder: Path, port: int, body: str) -> list[str]:
    """Return the command of an nginx that answers everything with a body."""
    return _command(folder, [_STATIC % {"port": port, "body": body}])


def _to_server(site: Site) -> str:
    pass_on = _TO_UPSTREAM % {"upstream": site.upstream}
    if site.judge is None:
        return _OPEN % {"port": site.port, "pass_on": pass_on}
    judge = {"judge": site.judge.port, "path": site.judge.path}
    return _GUARDED % {"port": site.port, "pass_on": pass_on, **judge}


def _command(folder: Path, parts: Sequence[str]) -> list[str]:
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:{_SERVERS}")
    if program is None:
        raise RuntimeError("nginx is not installed")
    folder.mkdir()
    (folder / "nginx.conf").write_text(_MAIN % "".join(parts))
    # The prefix ends with a slash: nginx puts its own names right behind it.
    return [program, "-p", f"{folder.resolve()}/", "-c", "nginx.conf", "-e", "stderr"]
