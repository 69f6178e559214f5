"""Reads what `watchword user` is given: a list of users from another server, a password."""

from __future__ import annotations

import csv
import getpass
import sys
from typing import TYPE_CHECKING, Final

from watchword.access.errors import Malformed
from watchword.access.user_import import ImportedUser

if TYPE_CHECKING:
    from pathlib import Path

_COLUMNS: Final = ("username", "account", "password_hash")


def read_users(path: Path) -> list[ImportedUser]:
    """Read a CSV file of service users (RFC 4180, UTF-8, a first line with the columns' names).

    Raises:
        Malformed: If it is none; the text names the line, and holds nothing of a hash.
    """
    users: list[ImportedUser] = []
    nothing: list[str] = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        try:
            columns = _to_columns(next(reader, nothing))
            before = reader.line_num
            for row in reader:
                # A line that is empty has no columns at all; at the end of a file it is usual.
                if row:
                    users.append(_to_user(before + 1, columns, row))
                before = reader.line_num
        except csv.Error as error:
            raise Malformed(f"line {reader.line_num}: {error}; nothing was imported") from error
        except UnicodeDecodeError as error:
            raise Malformed(f"{path} is not UTF-8; nothing was imported") from error
    return users


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


def _to_columns(head: list[str]) -> list[str]:
    columns = [name.strip() for name in head]
    if sorted(columns) != sorted(_COLUMNS):
        raise Malformed(f"line 1 has to name the columns {', '.join(_COLUMNS)}, and no others")
    return columns


def _to_user(line: int, columns: list[str], row: list[str]) -> ImportedUser:
    if len(row) != len(columns):
        hint = "; quote the hash, it has commas" if len(row) > len(columns) else ""
        raise Malformed(
            f"line {line}: it has {len(row)} columns instead of {len(columns)}{hint}; "
            "nothing was imported"
        )
    cells = dict(zip(columns, row, strict=True))
    username, account, password_hash = (cells[name].strip() for name in _COLUMNS)
    return ImportedUser(line, username, account, password_hash)
