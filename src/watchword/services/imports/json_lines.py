"""Reads JSON Lines: one record a line, as `records/dataset.py` names its members. Owns the format.

The first line may be a header that says whether the people are invented. Files whose names end in
`.gz` are compressed.
"""

from __future__ import annotations

import codecs
import gzip
import os
import stat
import zlib
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from watchword.services.imports.importing import PATIENCE, ImportReport, unwatched, write
from watchword.services.imports.json_lines_decoding import End, Header, decode
from watchword.services.records.dataset import Dataset, Place
from watchword.services.records.errors import ImportRefused, refused

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from datetime import timedelta

    from watchword.access.ports import Clock
    from watchword.services.imports.importing import Progress
    from watchword.services.imports.json_lines_decoding import Line
    from watchword.services.records.dataset import AnyRecord

FORMAT: Final = 1
"""What this watchword writes, and the highest it reads."""
LONGEST_LINE: Final = 8 * 1024 * 1024
"""In bytes: a line is read whole."""
READING: Final = "Reading records"
"""The step whose progress is told in bytes."""
_BETWEEN_LOOKS: Final = 500
COMPRESSED: Final = ".gz"


def import_json_lines(
    database: Path,
    files: Sequence[Path | IO[bytes]],
    *,
    clock: Clock,
    progress: Progress = unwatched,
    patience: timedelta = PATIENCE,
    may_empty: bool = False,
) -> ImportReport:
    """Replace the people of `database` by those of all the files together.

    Args:
        database: The records' database; made where there is none.
        files: Paths, or open streams such as standard input.
        clock: Tells when the import took place.
        progress: Told of the bytes that are read, as far as the files have a size.
        patience: How long to wait for another import to end.
        may_empty: Files without people may replace people.

    Raises:
        ImportRefused: If a line or the database is not as it must be. Nothing was changed.
    """
    with ExitStack() as stack:
        readers = [stack.enter_context(_opened(file)) for file in files]
        sizes = [reader.size for reader in readers]
        known = [size for size in sizes if size is not None]
        total = sum(known) if len(known) == len(sizes) else None
        dataset = Dataset(
            is_invented=readers[0].header.invented,
            records=_all_records(readers, total, progress),
        )
        return write(
            database,
            dataset,
            clock=clock,
            progress=progress,
            patience=patience,
            may_empty=may_empty,
        )


class _Reader:
    """Reads the lines of one file.

    Attributes:
        header: The first line, or the one that it stands for where it is left out.
        size: How many bytes the file has on disk, where that is known.
    """

    def __init__(
        self, name: str, raw: IO[bytes], lines: gzip.GzipFile | IO[bytes], size: int | None
    ) -> None:
        self.size = size
        self.header = Header(format=FORMAT)
        self.name = name
        self._raw = raw
        self._lines = lines
        self._first: tuple[Line, Place] | None = None
        self._number = 0
        self._begin()

    @property
    def done(self) -> int:
        """How many bytes of the file on disk have been read."""
        return 0 if self.size is None else self._raw.tell()

    def records(self) -> Iterator[tuple[AnyRecord, Place]]:
        """Yield the records, each with its place, and refuse a file that was cut off."""
        for count, (record, place) in enumerate(self._lines_left()):
            if isinstance(record, Header):
                raise refused(*place, "the header must be the first line")
            if isinstance(record, End):
                self._require_end(record, place, count)
                return
            yield record, place
        if self.header.ends:
            raise refused(
                self.name, self._number, "the file ends before its last record: it was cut off"
            )

    def _lines_left(self) -> Iterator[tuple[Line, Place]]:
        if self._first is not None:
            yield self._first
        while (found := self._next()) is not None:
            yield found

    def _require_end(self, end: End, place: Place, count: int) -> None:
        if end.records != count:
            raise refused(
                *place, f"{end.records:,} records should stand before the end, and {count:,} do"
            )
        if (more := self._next()) is not None:
            raise refused(*more[1], "the end must be the last line")

    def _begin(self) -> None:
        found = self._next()
        if found is None:
            raise refused(self.name, None, "the file is empty")
        line, place = found
        if not isinstance(line, Header):
            self._first = (line, place)
        elif line.format != FORMAT:
            raise refused(
                *place, f"this is format {line.format}, and this watchword reads format {FORMAT}"
            )
        else:
            self.header = line

    def _next(self) -> tuple[Line, Place] | None:
        while True:
            raw = self._read()
            if not raw:
                return None
            self._number += 1
            if not raw.isspace():
                place = Place(self.name, self._number)
                return decode(raw, place), place

    def _read(self) -> bytes:
        try:
            raw = self._lines.readline(LONGEST_LINE + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise refused(
                self.name, self._number + 1, f"the file cannot be read ({error})"
            ) from error
        if self._number == 0:
            # Some programs on Windows begin a text with it.
            raw = raw.removeprefix(codecs.BOM_UTF8)
        if len(raw) > LONGEST_LINE:
            raise refused(self.name, self._number + 1, f"the line is over {LONGEST_LINE:,} bytes")
        return raw


@contextmanager
def _opened(file: Path | IO[bytes]) -> Generator[_Reader]:
    if not isinstance(file, Path):
        yield _Reader("standard input", file, file, None)
        return
    with ExitStack() as stack:
        try:
            raw = stack.enter_context(file.open("rb"))
        except OSError as error:
            raise ImportRefused(
                f"{file}: the file cannot be read ({error.strerror}). Nothing was changed."
            ) from error
        status = os.fstat(raw.fileno())
        size = status.st_size if stat.S_ISREG(status.st_mode) else None
        lines: gzip.GzipFile | IO[bytes] = (
            stack.enter_context(gzip.GzipFile(fileobj=raw, mode="rb"))
            if file.name.endswith(COMPRESSED)
            else raw
        )
        yield _Reader(file.name, raw, lines, size)


def _all_records(
    readers: Sequence[_Reader], total: int | None, progress: Progress
) -> Iterator[tuple[AnyRecord, Place]]:
    before = 0
    for reader in readers:
        if reader.header.invented is not readers[0].header.invented:
            raise refused(
                reader.name,
                1,
                f"the people of {readers[0].name} are "
                f"{'invented' if readers[0].header.invented else 'real'}, and these are not; "
                "they never share a database",
            )
        for number, found in enumerate(reader.records()):
            if number % _BETWEEN_LOOKS == 0:
                progress(READING, before + reader.done, total)
            yield found
        before += reader.done
    progress(READING, before, total)
