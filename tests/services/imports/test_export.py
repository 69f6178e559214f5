"""What goes out as JSON Lines comes in as it was, and a file is never written over by accident."""

from __future__ import annotations

import gzip
import os
from contextlib import suppress
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.json import Decoder

from services.imports.generated import record_sets
from services.imports.tables import everything
from support.fakes import StoppedClock
from watchword.services.imports import (
    WrittenFile,
    export_json_lines,
    generate_json_lines,
    import_invented,
    import_json_lines,
    write_file,
)
from watchword.services.imports.json_lines_decoding import End, Header, Line
from watchword.services.imports.json_lines_writing import encode_lines
from watchword.services.records import ExportRefused, NobodyYet
from watchword.services.records.dataset import INVENTED, AnyRecord
from watchword.services.records.tables import connect

if TYPE_CHECKING:
    from collections.abc import Iterator


LINE: Decoder[Line] = Decoder(Line)


def load(database: Path, lines: bytes) -> None:
    import_json_lines(database, [BytesIO(lines)], clock=StoppedClock())


def identity(record: Line) -> tuple[str, str, str]:
    assert not isinstance(record, Header | End)
    return type(record).__name__, record.source, record.key


def dump(database: Path) -> bytes:
    with export_json_lines(database) as lines:
        return b"".join(lines)


@pytest.mark.slow
@settings(deadline=None, max_examples=30)
@given(data=st.data(), is_invented=st.booleans())
def test_an_export_of_an_import_is_what_was_imported(
    data: st.DataObject, *, is_invented: bool
) -> None:
    records = data.draw(record_sets((INVENTED,)) if is_invented else record_sets())
    lines = list(encode_lines(records, is_invented=is_invented))
    with TemporaryDirectory() as folder:
        database = Path(folder) / "profile.db"

        load(database, b"".join(lines))

        header, *found, end = map(LINE.decode, dump(database).splitlines())
    assert header == Header(format=1, invented=is_invented, ends=True)
    assert end == End(records=len(records))
    assert sorted(found, key=identity) == sorted(records, key=identity)


@pytest.mark.slow
@settings(deadline=None, max_examples=10)
@given(records=record_sets())
def test_an_import_of_an_export_elsewhere_holds_the_same_records_under_the_same_keys(
    records: list[AnyRecord],
) -> None:
    with TemporaryDirectory() as folder:
        here, there = Path(folder) / "here.db", Path(folder) / "there.db"
        load(here, b"".join(encode_lines(records, is_invented=False)))

        load(there, dump(here))

        assert sorted(dump(there).splitlines()) == sorted(dump(here).splitlines())


def test_an_import_of_an_export_into_an_empty_database_keeps_the_ids(tmp_path: Path) -> None:
    import_invented(tmp_path / "here.db", seed=3, people=80, clock=StoppedClock())

    load(tmp_path / "there.db", dump(tmp_path / "here.db"))

    assert everything(tmp_path / "there.db") == everything(tmp_path / "here.db")


@pytest.mark.slow
def test_an_export_goes_on_from_one_state_while_people_are_imported(tmp_path: Path) -> None:
    database = tmp_path / "p.db"
    import_invented(database, seed=1, people=20, clock=StoppedClock())
    calm = dump(database)

    with export_json_lines(database) as lines:
        first = next(lines)
        import_invented(database, seed=2, people=3, clock=StoppedClock())
        torn = first + b"".join(lines)

    assert torn == calm
    assert dump(database) != calm


def test_a_database_without_people_is_not_exported(tmp_path: Path) -> None:
    connect(tmp_path / "p.db", timedelta(seconds=1)).close()

    with pytest.raises(NobodyYet, match="there are no people yet: run 'watchword profile import'"):
        dump(tmp_path / "p.db")


def test_a_file_that_is_there_is_kept_unless_forced(tmp_path: Path) -> None:
    file = tmp_path / "people.jsonl"
    file.write_text("mine", "utf-8")

    with pytest.raises(ExportRefused, match=r"is there already; .* add --force"):
        write_file(file, [b"a"], is_forced=False)
    assert file.read_text("utf-8") == "mine"
    write_file(file, [b"a", b"b"], is_forced=True)

    assert file.read_text("utf-8") == "ab"


def test_a_link_stays_a_link_to_the_new_file(tmp_path: Path) -> None:
    (tmp_path / "people.jsonl").write_text("mine", "utf-8")
    link = tmp_path / "link.jsonl"
    link.symlink_to("people.jsonl")

    written = write_file(link, [b"a\n", b"b\n"], is_forced=True)

    assert link.is_symlink()
    assert (tmp_path / "people.jsonl").read_text("utf-8") == "a\nb\n"
    assert written == WrittenFile(tmp_path / "people.jsonl", lines=2, octets=4)


def test_a_pipe_is_written_into_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    # Open at both ends, so that nobody waits for the other.
    reader = os.open(pipe, os.O_RDWR)

    write_file(pipe, [b"a", b"b"], is_forced=True)

    assert os.read(reader, 10) == b"ab"
    assert pipe.is_fifo()
    os.close(reader)


def test_a_device_stays_a_device() -> None:
    write_file(Path(os.devnull), [b"a"], is_forced=True)

    assert Path(os.devnull).is_char_device()


def test_a_folder_that_is_not_there_or_is_named_itself_is_told(tmp_path: Path) -> None:
    with pytest.raises(ExportRefused, match=f"there is no folder {tmp_path}/none; make it"):
        write_file(tmp_path / "none" / "people.jsonl", [], is_forced=False)
    with pytest.raises(ExportRefused, match=f"{tmp_path} is a folder; name a file in it"):
        write_file(tmp_path, [], is_forced=True)


def test_a_name_that_ends_in_gz_is_compressed_to_the_same_bytes_each_time(tmp_path: Path) -> None:
    for name in ("a.jsonl.gz", "b.jsonl.gz"):
        write_file(tmp_path / name, generate_json_lines(1, 5), is_forced=False)

    packed = (tmp_path / "a.jsonl.gz").read_bytes()
    assert gzip.decompress(packed) == b"".join(generate_json_lines(1, 5))
    assert packed == (tmp_path / "b.jsonl.gz").read_bytes()


def test_a_file_that_could_not_be_written_to_its_end_leaves_nothing(tmp_path: Path) -> None:
    def lines() -> Iterator[bytes]:
        yield b"a"
        raise OSError

    with suppress(OSError):
        write_file(tmp_path / "people.jsonl", lines(), is_forced=False)

    assert list(tmp_path.iterdir()) == []
