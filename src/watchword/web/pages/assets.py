"""The front end's files: scripts, style sheets, fonts, and what the operator's brand adds."""

from __future__ import annotations

import asyncio
import gzip
import mimetypes
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Final

from watchword.access.errors import NotFound
from watchword.web.http import Response
from watchword.web.pages.rendering import ASSETS_PREFIX
from watchword.web.pages.visit import Route

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from watchword.web.pages.visit import Visit

# Their names change with what they hold.
_FOR_EVER: Final = (b"cache-control", b"public, max-age=31536000, immutable")


async def _send(visit: Visit) -> Response:
    name = visit.path["file"]
    # Before anything is kept in memory: names that are none drive nothing out of it.
    if name not in _list_files():
        raise NotFound(reason="there is no such file of the front end")
    is_packed = _may_be_packed(visit.request.join_header(b"accept-encoding"))
    # Away from the event loop: the largest takes a tenth of a second, once.
    body = await asyncio.to_thread(_pack if is_packed else _read, name)
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


def _folder() -> Traversable:
    return resources.files("watchword.web").joinpath("static", "assets")


@lru_cache(maxsize=1)
def _list_files() -> frozenset[str]:
    folder = _folder()
    return frozenset(file.name for file in folder.iterdir()) if folder.is_dir() else frozenset()


# GraphiQL alone has some fifty; all of them take a few MB, and only where pages are asked for.
@lru_cache(maxsize=128)
def _read(name: str) -> bytes:
    return _folder().joinpath(name).read_bytes()


@lru_cache(maxsize=128)
def _pack(name: str) -> bytes:
    return gzip.compress(_read(name), mtime=0)


def _may_be_packed(accepted: str) -> bool:
    """Tell whether a browser unpacks gzip: all do, and none says so with a quality of nothing."""
    return "gzip" in [part.strip().lower() for part in accepted.split(",")]


ROUTES: Final = (Route("GET", ASSETS_PREFIX + "{file}", _send),)
