"""Writes JSON Lines: what is served, or invented people, to be imported elsewhere."""

from __future__ import annotations

import gzip
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, TYPE_CHECKING, Final

import msgspec

from watchword.services.imports.exporting import exported
from watchword.services.imports.importing import unwatched
from watchword.services.imports.invented import invent
from watchword.services.imports.json_lines import COMPRESSED, FORMAT, Header
from watchword.services.records.errors import ExportRefused

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from watchword.services.imports.importing import Progress
    from watchword.services.records.dataset import AnyRecord

_LEVEL: Final = 6
# Sets are sorted, so that the same records are the same bytes.
_encoder: Final = msgspec.json.Encoder(order="deterministic")


@contextmanager
def export_json_lines(database: Path) -> Generator[Iterator[bytes]]:
    """Give the lines of everything that is served, of one state of the database.

    Raises:
        DatabaseUnusable: If the database cannot be read, or nothing was ever imported.
    """
    with exported(database) as (is_invented, records):
        yield encode_lines(records, is_invented=is_invented)


def generate_json_lines(seed: int, people: int, progress: Progress = unwatched) -> Iterator[bytes]:
    """Return the lines of invented people.

    Raises:
        ImportRefused: If the number of people is out of range.
    """
    dataset = invent(seed, people, progress)
    return encode_lines((record for record, _ in dataset.records), is_invented=True)


def encode_lines(records: Iterable[AnyRecord], *, is_invented: bool) -> Iterator[bytes]:
    """Yield the header and a line for each record."""
    encode = _encoder.encode
    yield encode(Header(format=FORMAT, invented=is_invented)) + b"\n"
    for record in records:
        yield encode(record) + b"\n"


def write_file(path: Path, lines: Iterable[bytes], *, is_forced: bool) -> None:
    """Write a file, compressed where its name says so; all of it or nothing.

    Raises:
        ExportRefused: If there is such a file, unless forced.
    """
    if path.exists() and not is_forced:
        raise ExportRefused(f"{path} is there already; name another file, or add --force.")
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as raw:
        part = Path(raw.name)
        try:
            with ExitStack() as stack:
                # Without a name and a time in it: the same records are the same bytes.
                file: gzip.GzipFile | IO[bytes] = (
                    stack.enter_context(gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0))
                    if path.name.endswith(COMPRESSED)
                    else raw
                )
                file.writelines(lines)
            raw.flush()
            part.replace(path)
        except BaseException:
            part.unlink()
            raise
