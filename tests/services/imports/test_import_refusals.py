"""A broken file or database is refused by file and line, and nothing is changed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import apsw
import pytest

from services.imports.tables import everything
from support.fakes import StoppedClock
from watchword.services.imports import import_congress, import_invented
from watchword.services.records import ImportRefused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PEOPLE = """\
- id:
    bioguide: X000001
  name:
    first: Quartz
    last: Samplewright
  bio:
    birthday: '1950-01-31'
    gender: F
  leadership_roles:
  - title: Speaker of Nothing
    chamber: house
    start: '2001-01-03'
  terms:
  - type: rep
    start: '1999-01-03'
    end: '2001-01-03'
    state: WA
    district: 1
"""
PRESIDENTS = """\
- id:
    govtrack: 1
  name:
    first: Nettle
    last: Testerby
  terms:
  - type: prez
    start: '1789-04-30'
    end: '1793-03-04'
"""
COMMITTEES = """\
- type: house
  name: Committee on Nothing
  thomas_id: HSNO
  subcommittees:
  - name: Less
    thomas_id: '01'
"""
SEATS = """\
HSNO:
- name: Quartz Samplewright
  bioguide: X000001
HSNO01:
- name: Quartz Samplewright
  bioguide: X000001
  title: Chair
"""
FILES = {
    "legislators-current.yaml": PEOPLE,
    "executive.yaml": PRESIDENTS,
    "committees-current.yaml": COMMITTEES,
    "committee-membership-current.yaml": SEATS,
}
P, E, C, M = FILES
FORMER = """\
- type: house
  name: Committee on Nothing
  thomas_id: HSNO
  subcommittees:
  - name: Lesser
    thomas_id: '02'
"""
OFFICES = """\
- id:
    bioguide: X000001
  offices:
  - id: X000001-nowhere
    address: 1 Nowhere St.
    suite: 247
    city: Inventon
    state: WA
    zip: '98000'
"""
ACCOUNTS = """\
- id:
    bioguide: X000001
  social:
    twitter: QuartzS
"""
LESSER_FILES = {
    "committees-historical.yaml": FORMER,
    "legislators-district-offices.yaml": OFFICES,
    "legislators-social-media.yaml": ACCOUNTS,
}
H, O, S = LESSER_FILES  # noqa: E741 - as the others

BROKEN = [
    pytest.param(
        P, "first: Quartz", "first: [Quartz", f"{P} line 5: this is not YAML", id="syntax"
    ),
    pytest.param(P, "  name:\n", "  name: *nobody\n", f"{P} line 3: this is not YAML", id="alias"),
    pytest.param(P, "    last: Samplewright\n", "", f"{P} line 4: 'last' is missing", id="no last"),
    pytest.param(P, "last: Samplewright", "last:", f"{P} line 5: 'last' must be text", id="null"),
    pytest.param(P, "last: Samplewright", "last: ''", f"{P} line 4: 'last' is missing", id="blank"),
    pytest.param(
        P, "last: Samplewright", "last: 7", f"{P} line 5: 'last' must be text", id="number"
    ),
    pytest.param(
        P, "last: Samplewright", "last: [a]", f"{P} line 5: 'last' must be text", id="list"
    ),
    pytest.param(P, "first: Quartz", "last: Quartz", f"{P} line 5: 'last' stands", id="twice"),
    pytest.param(
        P, "    bioguide: X000001", "    lis: S1", f"{P} line 2: 'bioguide' or", id="no id"
    ),
    pytest.param(P, "'1950-01-31'", "'1950-02-31'", f"{P} line 7: 'birthday' is no date", id="day"),
    pytest.param(P, "'1950-01-31'", "soon", f"{P} line 7: 'birthday' is no date", id="no date"),
    pytest.param(P, "'1950-01-31'", "yes", f"{P} line 7: 'birthday' must be a date", id="bool"),
    pytest.param(P, "'1999-01-03'", "'2009-01-03'", f"{P} line 14: the role ends", id="backwards"),
    pytest.param(P, "type: rep", "type: king", f"{P} line 14: 'type' is none of", id="type"),
    pytest.param(P, "state: WA", "state: XX", f"{P} line 17: 'state' is no", id="state"),
    pytest.param(P, "    state: WA\n", "", f"{P} line 14: 'state' is missing", id="no state"),
    pytest.param(P, "district: 1", "district: one", f"{P} line 18: 'district' must", id="district"),
    pytest.param(P, "district: 1", "district: 0b1_", f"{P} line 18: 'district' must", id="odd"),
    pytest.param(P, "chamber: house", "chamber: bar", f"{P} line 11: 'chamber' is", id="chamber"),
    pytest.param(P, "  terms:\n", "  turns:\n", f"{P} line 1: 'terms' is missing", id="no terms"),
    pytest.param(P, "  bio:\n", "  bio: 1\n  x:\n", f"{P} line 6: expected fields", id="no entry"),
    pytest.param(P, PEOPLE, PEOPLE + PEOPLE, f"{P} line 19: the person", id="same person"),
    pytest.param(P, PEOPLE, "", f"{P}: the file is empty", id="empty"),
    pytest.param(P, PEOPLE, "{}", f"{P} line 1: expected a list", id="no list"),
    pytest.param(P, PEOPLE, "a\x00b", f"{P}: this is not YAML", id="control character"),
    pytest.param(E, "govtrack: 1", "govtrack: x", f"{E} line 2: 'govtrack' must", id="govtrack"),
    pytest.param(C, "    thomas_id: '01'", "", f"{C} line 5: 'thomas_id' is missing", id="no code"),
    pytest.param(C, "'01'", "01", f"{C} line 6: 'thomas_id' must be text", id="number as code"),
    pytest.param(C, COMMITTEES, COMMITTEES * 2, f"{C} line 9: the committee HSNO", id="committee"),
    pytest.param(M, "HSNO01", "HSXX01", f"{M} line 5: there is no committee HSXX01", id="unknown"),
    pytest.param(M, "X000001\nH", "Y9\nH", f"{M} line 3: there is no person Y9", id="nobody"),
    pytest.param(M, "HSNO01:\n", "", f"{M} line 5: this person already", id="seat twice"),
    pytest.param(H, "name: Lesser", "x: 1", f"{H} line 5: 'name' is missing", id="former"),
    pytest.param(H, "'02'", "02", f"{H} line 6: 'thomas_id' must be text", id="former code"),
    pytest.param(O, "X000001\n", "Y9\n", f"{O} line 1: there is no person Y9", id="office"),
    pytest.param(O, OFFICES, OFFICES * 2, f"{O} line 10: the person X000001", id="offices twice"),
    pytest.param(O, "    city: Inventon\n", "", f"{O} line 4: 'city' is missing", id="no city"),
    pytest.param(S, "X000001\n", "Y9\n", f"{S} line 1: there is no person Y9", id="account"),
    pytest.param(S, "QuartzS", "[a]", f"{S} line 4: 'twitter' must be text", id="handle"),
    pytest.param(S, "  social:", "  sociable:", f"{S} line 1: 'social' is missing", id="social"),
]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    directory = tmp_path / "congress"
    directory.mkdir()
    for name, text in (FILES | LESSER_FILES).items():
        (directory / name).write_text(text, "utf-8")
    return directory


@pytest.fixture
def database(tmp_path: Path, directory: Path) -> Path:
    """Holds the unbroken files."""
    database = tmp_path / "profile.db"
    import_congress(database, directory, clock=StoppedClock())
    return database


def refusal(database: Path, directory: Path) -> str:
    before = everything(database)
    with pytest.raises(ImportRefused) as refused:
        import_congress(database, directory, clock=StoppedClock())
    assert everything(database) == before
    return str(refused.value)


def test_unbroken_files_are_imported(tmp_path: Path, directory: Path) -> None:
    report = import_congress(tmp_path / "new.db", directory, clock=StoppedClock())

    assert (report.people, report.organizations, report.roles) == (2, 7, 5)
    assert report.notes == ()


@pytest.mark.parametrize(("file", "old", "new", "expected"), BROKEN)
def test_a_broken_file_is_refused_by_file_and_line_and_nothing_is_changed(
    database: Path, directory: Path, file: str, old: str, new: str, expected: str
) -> None:
    text = (FILES | LESSER_FILES)[file]
    assert old in text
    (directory / file).write_text(text.replace(old, new, 1), "utf-8")

    message = refusal(database, directory)

    assert message.startswith(expected)
    assert message.endswith("Correct the file or fetch it anew, then import again.")


@pytest.mark.parametrize("bomb", ["[" * 100_000, "{a: " * 100_000, "- " * 100_000])
def test_a_file_nested_to_crash_the_reader_is_refused(
    database: Path, directory: Path, bomb: str
) -> None:
    (directory / P).write_text(bomb, "utf-8")

    assert refusal(database, directory).startswith(f"{P}: this nests too deep")


def test_a_file_that_is_not_utf_8_is_refused_by_line(database: Path, directory: Path) -> None:
    (directory / P).write_bytes(PEOPLE.encode().replace(b"Quartz", b"Qu\xe4rtz"))

    assert refusal(database, directory).startswith(f"{P} line 4: this is not UTF-8")


@pytest.mark.parametrize("file", FILES)
def test_a_missing_file_is_refused_by_name(database: Path, directory: Path, file: str) -> None:
    (directory / file).unlink()

    assert refusal(database, directory).startswith(f"{file}: there is no such file in {directory}")


def test_a_file_that_cannot_be_read_is_refused(database: Path, directory: Path) -> None:
    (directory / P).unlink()
    (directory / P).mkdir()

    assert refusal(database, directory).startswith(f"{P}: the file cannot be read")


def test_a_refused_file_makes_no_database(tmp_path: Path, directory: Path) -> None:
    (directory / P).unlink()

    with pytest.raises(ImportRefused):
        import_congress(tmp_path / "new.db", directory, clock=StoppedClock())

    assert not (tmp_path / "new.db").exists()


def test_invented_people_are_refused_by_a_database_of_real_ones(database: Path) -> None:
    before = everything(database)

    with pytest.raises(ImportRefused, match=r"holds real people .*never share a database"):
        import_invented(database, seed=1, people=3, clock=StoppedClock())

    assert everything(database) == before


def test_real_people_are_refused_by_a_database_of_invented_ones(
    tmp_path: Path, directory: Path
) -> None:
    database = tmp_path / "invented.db"
    import_invented(database, seed=1, people=3, clock=StoppedClock())

    assert "holds invented people" in refusal(database, directory)


def test_an_import_beside_another_one_is_refused_as_busy(database: Path, directory: Path) -> None:
    other = apsw.Connection(str(database))
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(ImportRefused, match="another process is writing to it; wait"):
        import_congress(
            database, directory, clock=StoppedClock(), patience=timedelta(milliseconds=1)
        )

    other.close()


def test_a_directory_that_does_not_exist_is_refused(tmp_path: Path, directory: Path) -> None:
    with pytest.raises(ImportRefused, match="check that its directory exists"):
        import_congress(tmp_path / "nowhere" / "p.db", directory, clock=StoppedClock())


def test_a_file_that_is_no_database_is_refused_and_left_alone(
    tmp_path: Path, directory: Path
) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear reader, " * 1000, "utf-8")

    with pytest.raises(ImportRefused, match="it is no SQLite database"):
        import_congress(letter, directory, clock=StoppedClock())

    assert letter.read_text("utf-8") == "Dear reader, " * 1000


def test_another_programs_database_is_refused_and_left_alone(
    tmp_path: Path, directory: Path
) -> None:
    other = tmp_path / "other.db"
    connection = apsw.Connection(str(other))
    connection.execute("CREATE TABLE person (name TEXT)")
    connection.close()
    before = other.read_bytes()

    with pytest.raises(ImportRefused, match="it is another program's database"):
        import_congress(other, directory, clock=StoppedClock())

    assert other.read_bytes() == before


def test_a_later_versions_database_is_refused(database: Path, directory: Path) -> None:
    connection = apsw.Connection(str(database))
    connection.pragma("user_version", 99)
    connection.close()

    assert "it is of version 99" in refusal(database, directory)


@pytest.fixture
def full_disk() -> Iterator[None]:
    def fill(connection: apsw.Connection) -> None:
        connection.pragma("max_page_count", 90)

    apsw.connection_hooks.append(fill)
    yield
    apsw.connection_hooks.remove(fill)


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_is_refused_and_nothing_is_changed(tmp_path: Path, directory: Path) -> None:
    database = tmp_path / "small.db"
    import_congress(database, directory, clock=StoppedClock())
    before = everything(database)
    text = "".join(PEOPLE.replace("X000001", f"X{n:06}") for n in range(1, 600))
    (directory / P).write_text(text, "utf-8")

    assert "the disk is full; make room and try again" in refusal(database, directory)
    assert everything(database) == before
