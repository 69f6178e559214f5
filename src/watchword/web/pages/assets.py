"""The front end's files: scripts, style sheets, fonts, and what the operator's brand adds."""

from __future__ import annotations

import asyncio
import gzip
import mimetypes
import re
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Final

from watchword.access.errors import NotFound
from watchword.web.http import Response
from watchword.web.pages.rendering import ASSETS_PREFIX
from watchword.web.pages.visit import Route

if TYPE_CHECKING:
    from watchword.web.pages.visit import Visit

_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", re.ASCII)
# Their names change with what they hold.
_FOR_EVER: Final = (b"cache-control", b"public, max-age=31536000, immutable")


async def _send(visit: Visit) -> Response:
    name = visit.path["file"]
    is_packed = _may_be_packed(visit.request.join_header(b"accept-encoding"))
    # Away from the event loop: the largest takes a tenth of a second, once.
    body = await asyncio.to_thread(_pack if is_packed else _read, name)
    if body is None:
        raise NotFound(reason="there is no such file of the front end")
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = [
        (b"content-type", kind.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"vary", b"accept-encoding"),
        _FOR_EVER,
    ]
    if is_packed:
        headers.append((b"content-encoding", b"gzip"))
    return Response(200, headers, body)


# GraphiQL alone has some fifty; all of them take a few MB, and only where pages are asked for.
@lru_cache(maxsize=128)
def _read(name: str) -> bytes | None:
    if not _NAME.fullmatch(name):
        return None
    file = resources.files("watchword.web").joinpath("static", "assets", name)
    return file.read_bytes() if file.is_file() else None


@lru_cache(maxsize=128)
def _pack(name: str) -> bytes | None:
    body = _read(name)
    return None if body is None else gzip.compress(body, mtime=0)


def _may_be_packed(accepted: str) -> bool:
    """Tell whether a browser unpacks gzip: all do, and none says so with a quality of nothing."""
    return "gzip" in [part.strip().lower() for part in accepted.split(",")]


ROUTES: Final = (Route("GET", ASSETS_PREFIX + "{file}", _send),)
