"""Writes lines to a file, all of them or nothing. Knows no record."""

from __future__ import annotations

import gzip
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, TYPE_CHECKING, Final

from watchword.services.imports.json_lines import COMPRESSED
from watchword.services.records.errors import ExportRefused

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

_LEVEL: Final = 6


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """What was written.

    Attributes:
        path: Where to, with no link on the way.
        octets: How large the lines are, before they are compressed.
    """

    path: Path
    lines: int
    octets: int


def write_file(path: Path, lines: Iterable[bytes], *, is_forced: bool) -> WrittenFile:
    """Write a file, compressed where its name says so.

    A link stays a link, to the new file. What is no regular file, such as a pipe or a device,
    stays what it is: the lines are written into it.

    Raises:
        ExportRefused: If there is such a file, unless forced; if it cannot be written.
    """
    if path.exists() and not is_forced:
        raise ExportRefused(f"{path} is there already; name another file, or add --force.")
    target = path.resolve()
    if target.is_dir():
        raise ExportRefused(f"{path} is a folder; name a file in it.")
    if not target.parent.is_dir():
        raise ExportRefused(f"there is no folder {target.parent}; make it, or name another file.")
    is_replaced = target.is_file() or not target.exists()
    count = octets = 0

    def counted() -> Iterable[bytes]:
        nonlocal count, octets
        for line in lines:
            count += 1
            octets += len(line)
            yield line

    with _replaced(target) if is_replaced else target.open("wb") as raw, ExitStack() as stack:
        # Without a name and a time in it: the same records are the same bytes.
        file: gzip.GzipFile | IO[bytes] = (
            stack.enter_context(gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0))
            if path.name.endswith(COMPRESSED)
            else raw
        )
        file.writelines(counted())
    return WrittenFile(target, count, octets)


@contextmanager
def _replaced(target: Path) -> Generator[IO[bytes]]:
    """Give a file that takes the place of the target once it is whole."""
    try:
        raw = NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False)  # noqa: SIM115 - closed below
    except OSError as error:
        raise ExportRefused(
            f"cannot write {target} ({error.strerror}); name another file."
        ) from error
    part = Path(raw.name)
    try:
        with raw:
            yield raw.file
        part.replace(target)
    except BaseException:
        part.unlink()
        raise
