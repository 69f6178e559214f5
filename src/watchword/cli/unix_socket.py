"""Listens on a Unix socket, and clears away what a server that has ended left behind."""

from __future__ import annotations

import os
import socket
import stat
from typing import TYPE_CHECKING, Final

from watchword.access.errors import NotAllowed

if TYPE_CHECKING:
    from pathlib import Path

_NOT_FOR_OTHERS: Final = 0o117  # leaves 660: to connect is to write


def listen_on_path(path: Path) -> socket.socket:
    """Return a socket that is bound to a path, for the owner and the group.

    Raises:
        NotAllowed: If a server listens there already, something else is there, or the path
            cannot be used.
    """
    listener = socket.socket(socket.AF_UNIX)
    try:
        _clear(path)
        # Not by chmod afterwards: until then anybody could connect.
        mask = os.umask(_NOT_FOR_OTHERS)
        try:
            listener.bind(str(path))
        finally:
            os.umask(mask)
    except OSError as error:
        listener.close()
        # A path that is too long has no errno.
        raise NotAllowed(f"cannot listen on {path} ({error.strerror or error})") from error
    except NotAllowed:
        listener.close()
        raise
    listener.set_inheritable(True)
    return listener


def _clear(path: Path) -> None:
    """Remove a socket that nobody listens on. Raises NotAllowed and OSError."""
    try:
        is_socket = stat.S_ISSOCK(path.lstat().st_mode)
    except FileNotFoundError:
        return
    if not is_socket:
        raise NotAllowed(f"cannot listen on {path}: it is no socket; name another path")
    with socket.socket(socket.AF_UNIX) as tried:
        try:
            tried.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise NotAllowed(f"cannot listen on {path}: another server does; stop it, or name another path")
