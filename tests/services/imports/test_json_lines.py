"""Lines of JSON are read strictly: a bad one is refused by file, line and member."""

from __future__ import annotations

import gzip
from io import BytesIO
from typing import TYPE_CHECKING

import pytest

from services.imports.tables import everything, select
from support.fakes import StoppedClock
from watchword.services.imports import ImportReport, import_json_lines
from watchword.services.imports.json_lines import LONGEST_LINE
from watchword.services.records import ImportRefused

if TYPE_CHECKING:
    from pathlib import Path

PERSON = (
    '{"record":"person","source":"s","key":"a","firstName":"Quartz","lastName":"Moss",'
    '"name":"Quartz Moss"}'
)
ORGANIZATION = '{"record":"organization","source":"s","key":"o","name":"Made-up Ltd","type":"x"}'
ROLE = (
    '{"record":"role","source":"s","key":"r","person":"a","organization":"o","title":"Chair",'
    '"types":["BOARD"],"startDate":"2001-05","endDate":"2001"}'
)
GIFT = (
    '{"record":"charitableDonation","source":"s","key":"c","donors":["a"],'
    '"amount":{"usdMin":1,"usdMax":2.5},"measurementDate":"2020-01-01"}'
)
HEADER = '{"record":"dataset","format":1}'
INVENTED = '{"record":"dataset","format":1,"invented":true}'
GOOD = f"{HEADER}\n{PERSON}\n{ORGANIZATION}\n{ROLE}\n{GIFT}\n"

BROKEN = [
    (PERSON, "{", "line 2: this is not JSON"),
    (PERSON, "[]", "line 2: this is a list; write an object"),
    (
        PERSON,
        '{"record":"dog"}',
        "line 2: 'record' is 'dog'; it may be charitableDonation, ",
    ),
    (PERSON, HEADER, "line 2: the header must be the first line"),
    ('"format":1', '"format":2', "line 1: this is format 2, and this watchword reads format 1"),
    (
        '"name":"Quartz Moss"',
        '"nmae":"Quartz Moss"',
        "line 2: there is no member 'nmae'",
    ),
    (',"name":"Quartz Moss"', "", "line 2: 'name' is missing"),
    ('"Quartz"', '""', "line 2: 'firstName' is an empty text"),
    ('"Quartz"', "null", "line 2: 'firstName' is null; write a text"),
    ('"Quartz"', '"\\ud800"', "line 2: this is not JSON"),
    ('"Quartz"', '"Qu\\u0000rtz"', "line 2: a text holds the character U+0000"),
    ('"Quartz"', '"Qu\x00rtz"', "line 2: this is not JSON"),
    (
        '"BOARD"',
        '"KING"',
        "line 4: 'types[0]' is 'KING'; it may be BOARD, COMMITTEE, ",
    ),
    ('["BOARD"]', "[]", "line 4: 'types' is an empty list"),
    ('"2001-05"', '"2001-02-31"', "line 4: '2001-02-31' is no date"),
    ('"2001-05"', '"2002-01"', "line 4: it ends (2001) before it starts (2002-01)"),
    ('"2001-05"', '"May 2001"', "line 4: 'May 2001' is no date"),
    ('"usdMin":1', '"usdMin":3', "line 5: 'amount': 'usdMin' is above 'usdMax'"),
    ('"usdMin":1', '"usdMin":1e999', "line 5: 'amount.usdMin': Number out of range"),
    ('"usdMin":1', '"usdMin":NaN', "line 5: this is not JSON"),
    ('"donors":["a"]', '"donors":["b"]', "line 5: there is no person b"),
    ('"Quartz"', "true", "line 2: 'firstName' is true or false; write a text"),
    ('"Quartz"', '"Quartz","gender":7', "line 2: 'gender' is a number; write a text"),
    (
        '"type":"x"',
        '"type":"x","metrics":[{"measurementType":"LUCK"}]',
        "line 3: 'metrics[0].measurementType' is 'LUCK'; it may be ",
    ),
    ('"person":"a"', '"person":7', "line 4: 'person' is a number; write a text"),
]


def load(database: Path, *files: Path | BytesIO) -> ImportReport:
    return import_json_lines(database, files, clock=StoppedClock())


@pytest.fixture
def database(tmp_path: Path) -> Path:
    database = tmp_path / "profile.db"
    load(database, BytesIO(GOOD.encode()))
    return database


def test_lines_are_imported(tmp_path: Path) -> None:
    report = load(tmp_path / "p.db", BytesIO(GOOD.encode()))

    assert (report.people, report.organizations, report.roles) == (1, 1, 1)
    assert report.charitable_donations == 1
    assert select(tmp_path / "p.db", "SELECT usd_min, usd_max FROM charitable_donation") == [
        (1.0, 2.5)
    ]


@pytest.mark.parametrize(("old", "new", "expected"), BROKEN)
def test_one_bad_line_refuses_everything(
    database: Path, tmp_path: Path, old: str, new: str, expected: str
) -> None:
    assert old in GOOD
    before = everything(database)
    file = tmp_path / "people.jsonl"
    file.write_text(GOOD.replace(old, new, 1), "utf-8")

    with pytest.raises(ImportRefused) as refused:
        load(database, file)

    assert str(refused.value).startswith(f"people.jsonl {expected}")
    assert "Nothing was changed." in str(refused.value)
    assert everything(database) == before


ENDS = '{"record":"dataset","format":1,"ends":true}'
WHOLE = [ENDS, PERSON, ORGANIZATION, ROLE, '{"record":"end","records":3}']


@pytest.mark.parametrize("kept", [1, 2, 3, 4])
def test_a_file_that_was_cut_off_between_two_lines_is_refused(database: Path, kept: int) -> None:
    before = everything(database)

    with pytest.raises(ImportRefused, match=r"before its last record: it was cut off\. Nothing"):
        load(database, BytesIO("\n".join(WHOLE[:kept]).encode()))

    assert everything(database) == before


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([*WHOLE[:2], *WHOLE[3:]], "line 4: 3 records should stand before the end, and 2 do"),
        ([*WHOLE, PERSON], "line 6: the end must be the last line"),
        ([PERSON, '{"record":"end","records":2}'], "line 2: 2 records should stand before the end"),
    ],
)
def test_a_file_from_which_lines_are_lost_is_refused(
    tmp_path: Path, lines: list[str], expected: str
) -> None:
    with pytest.raises(ImportRefused, match=expected):
        load(tmp_path / "p.db", BytesIO("\n".join(lines).encode()))


def test_a_file_with_its_end_is_imported_beside_one_without(tmp_path: Path) -> None:
    (tmp_path / "whole.jsonl").write_text("\n".join(WHOLE), "utf-8")
    (tmp_path / "by-hand.jsonl").write_text(GIFT, "utf-8")

    report = load(tmp_path / "p.db", tmp_path / "whole.jsonl", tmp_path / "by-hand.jsonl")

    assert (report.people, report.charitable_donations) == (1, 1)


def test_no_people_replace_people_only_where_that_is_meant(database: Path) -> None:
    before = everything(database)

    with pytest.raises(ImportRefused, match=r"holds people, and this data set none.*--allow-empty"):
        load(database, BytesIO(HEADER.encode()))
    assert everything(database) == before
    import_json_lines(database, [BytesIO(HEADER.encode())], clock=StoppedClock(), may_empty=True)

    assert select(database, "SELECT count(*) FROM person") == [0]


def test_no_people_into_a_database_without_people_are_no_loss(tmp_path: Path) -> None:
    assert load(tmp_path / "p.db", BytesIO(HEADER.encode())).people == 0


def test_text_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="standard input line 2: this is not UTF-8"):
        load(tmp_path / "p.db", BytesIO(GOOD.replace("Quartz", "Quärtz").encode("latin-1")))


def test_an_escaped_backslash_before_u0000_is_no_nul(tmp_path: Path) -> None:
    load(tmp_path / "p.db", BytesIO(GOOD.replace('"Quartz"', '"\\\\u0000"').encode()))

    assert select(tmp_path / "p.db", "SELECT first_name FROM person") == ["\\u0000"]


def test_a_line_too_long_to_be_held_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="line 2: the line is over 8,388,608 bytes"):
        load(tmp_path / "p.db", BytesIO(GOOD.replace("Quartz", "Q" * LONGEST_LINE).encode()))


def test_an_empty_file_is_refused_and_blank_lines_are_passed_over(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="standard input: the file is empty"):
        load(tmp_path / "p.db", BytesIO(b"\n \n"))
    assert not (tmp_path / "p.db").exists()

    load(tmp_path / "p.db", BytesIO(("\n" + GOOD.replace("\n", "\r\n\r\n")).encode()))

    assert select(tmp_path / "p.db", "SELECT count(*) FROM role") == [1]


@pytest.mark.parametrize("begun", ["", "\n"])
def test_a_byte_order_mark_at_the_beginning_is_passed_over(tmp_path: Path, begun: str) -> None:
    load(tmp_path / "p.db", BytesIO(f"{begun}{GOOD}".encode("utf-8-sig")))

    assert select(tmp_path / "p.db", "SELECT count(*) FROM role") == [1]
    with pytest.raises(ImportRefused, match="line 2: this is not JSON"):
        load(tmp_path / "p.db", BytesIO(GOOD.replace(PERSON, f"\ufeff{PERSON}").encode()))


def test_without_a_header_the_people_are_real(tmp_path: Path) -> None:
    load(tmp_path / "p.db", BytesIO(PERSON.encode()))

    with pytest.raises(ImportRefused, match="holds real people"):
        load(tmp_path / "p.db", BytesIO(f"{INVENTED}\n{PERSON}".encode()))


def test_several_files_are_one_set_and_gz_is_read(tmp_path: Path) -> None:
    (tmp_path / "people.jsonl.gz").write_bytes(gzip.compress(f"{HEADER}\n{PERSON}\n".encode()))
    (tmp_path / "roles.jsonl").write_text(f"{ROLE}\n{ORGANIZATION}", "utf-8")

    report = load(tmp_path / "p.db", tmp_path / "roles.jsonl", tmp_path / "people.jsonl.gz")

    assert (report.people, report.organizations, report.roles) == (1, 1, 1)


def test_real_and_invented_files_are_not_mixed(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(f"{HEADER}\n{PERSON}\n", "utf-8")
    (tmp_path / "b.jsonl").write_text(f"{INVENTED}\n{ORGANIZATION}\n", "utf-8")

    with pytest.raises(ImportRefused, match=r"b\.jsonl line 1: the people of a\.jsonl are real"):
        load(tmp_path / "p.db", tmp_path / "a.jsonl", tmp_path / "b.jsonl")


def test_a_compressed_file_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    packed = gzip.compress("\n".join(PERSON.replace('"a"', f'"{n}"') for n in range(999)).encode())
    (tmp_path / "people.jsonl.gz").write_bytes(packed[:-20])

    with pytest.raises(ImportRefused, match=r"people\.jsonl\.gz line [0-9]+: the file cannot be"):
        load(tmp_path / "p.db", tmp_path / "people.jsonl.gz")


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match=r"none\.jsonl: the file cannot be read \(No such file"):
        load(tmp_path / "p.db", tmp_path / "none.jsonl")


def test_progress_counts_the_bytes_of_all_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        lines = "\n".join(PERSON.replace('"a"', f'"{name}{n}"') for n in range(1200))
        (tmp_path / f"{name}.jsonl").write_text(lines, "utf-8")
    told: list[tuple[int, int | None]] = []

    def tell(step: str, done: int, total: int | None) -> None:
        if step == "Reading records":
            told.append((done, total))

    files = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    import_json_lines(tmp_path / "p.db", files, clock=StoppedClock(), progress=tell)

    size = sum(file.stat().st_size for file in files)
    assert told == sorted(told)
    assert told[-1] == (size, size)
