"""Reads what `watchword user` is given: a list of users from another server, a password."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING, Final

from watchword.access.errors import Malformed
from watchword.access.user_import import ImportedUser
from watchword.cli.csv_file import Columns, read_rows

if TYPE_CHECKING:
    from pathlib import Path

_COLUMNS: Final = Columns(
    ("username", "account", "password_hash"), with_commas="the hash, it has commas"
)


def read_users(path: Path) -> list[ImportedUser]:
    """Read a CSV file of service users.

    Raises:
        Malformed: If it is none; the text names the line, and holds nothing of a hash.
    """
    return [ImportedUser(line, **cells) for line, cells in read_rows(path, _COLUMNS)]


def read_password() -> str:
    """Read a chosen password: asked for twice on a terminal, else the first line that comes.

    Raises:
        Malformed: If the two differ, or it is not UTF-8.
    """
    if sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if getpass.getpass("Once more: ") != password:
            raise Malformed("the two passwords differ")
        return password
    try:
        return sys.stdin.buffer.readline().decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise Malformed("the password is not UTF-8") from error
