"""Writes JSON Lines: what is served, or invented people, to be imported elsewhere."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import msgspec

from watchword.services.imports.exporting import exported
from watchword.services.imports.importing import unwatched
from watchword.services.imports.invented import invent
from watchword.services.imports.json_lines import FORMAT
from watchword.services.imports.json_lines_decoding import End, Header

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from pathlib import Path

    from watchword.services.imports.importing import Progress
    from watchword.services.records.dataset import AnyRecord

# Sets are sorted, so that the same records are the same bytes.
_encoder: Final = msgspec.json.Encoder(order="deterministic")


@contextmanager
def export_json_lines(database: Path) -> Generator[Iterator[bytes]]:
    """Give the lines of everything that is served, of one state of the database.

    Raises:
        NobodyYet: If nothing was ever imported.
        DatabaseUnusable: If the database cannot be read.
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
    """Yield the header, a line for each record, and the end."""
    encode = _encoder.encode
    yield encode(Header(format=FORMAT, invented=is_invented, ends=True)) + b"\n"
    count = 0
    for count, record in enumerate(records, 1):  # noqa: B007 - used below
        yield encode(record) + b"\n"
    yield encode(End(records=count)) + b"\n"
