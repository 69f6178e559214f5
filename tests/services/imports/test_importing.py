"""How a data set is written: records in any order, all of them or none, old ones until the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import apsw
import pytest

from services.imports.tables import everything, select
from services.made import load, organization, person, role
from support.fakes import StoppedClock
from watchword.services.imports import import_invented
from watchword.services.imports.importing import write
from watchword.services.profile import ProfileService
from watchword.services.records import ImportRefused, tables
from watchword.services.records.dataset import (
    AnyRecord,
    Dataset,
    Place,
)
from watchword.services.records.details import (
    Education,
    PersonDetail,
    Relationship,
    SourceKey,
    decode_person_detail,
)
from watchword.services.records.tables import connect, give_back_disk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


KILLED = """
import os, signal, sys
from pathlib import Path
from support.fakes import StoppedClock
from watchword.services.imports import import_invented

def progress(step, done, total):
    if (step, done) == ("{step}", {done}):
        os.kill(os.getpid(), signal.SIGKILL)

import_invented(Path(sys.argv[1]), seed=2, people=2000, clock=StoppedClock(), progress=progress)
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    database = tmp_path / "profile.db"
    load(database, person("a"), organization("o"), role("r", "a", "o"))
    return database


def test_a_role_may_come_before_its_person_and_organization(tmp_path: Path) -> None:
    database = tmp_path / "p.db"

    load(database, role("r", "a", "o"), organization("o"), person("a"))

    query = (
        "SELECT person.name, organization.name FROM role JOIN person ON person.id = person_id "
        "JOIN organization ON organization.id = organization_id"
    )
    assert select(database, query) == [("Quartz Samplewright a", "The o")]


def test_two_sources_may_use_one_key_and_a_reference_stays_in_its_source(tmp_path: Path) -> None:
    database = tmp_path / "p.db"

    report = load(
        database,
        *(role("r", "a", "o", source) for source in ("here", "there")),
        *(person("a", source) for source in ("here", "there")),
        *(organization("o", source) for source in ("here", "there")),
    )

    assert report.sources == ("here", "there")
    query = "SELECT role.source, person.source FROM role JOIN person ON person.id = person_id"
    assert select(database, query) == [("here", "here"), ("there", "there")]
    assert select(database, "SELECT source FROM origin") == ["here, there"]


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        (role("r2", "nobody", "o"), "people.jsonl line 2: there is no person nobody"),
        (role("r2", "a", "nowhere"), "people.jsonl line 2: there is no organization nowhere"),
        (role("r2", "a", "o", "there"), "people.jsonl line 2: there is no person a"),
        (
            person("b", detail=PersonDetail(relationships=(Relationship(person=SourceKey("x")),))),
            "people.jsonl line 2: there is no person x",
        ),
        (person("a"), "people.jsonl line 3: the person a is here a second time"),
        (role("r", "a", "o"), "people.jsonl line 4: the role r is here a second time"),
    ],
)
def test_a_reference_to_nothing_and_a_key_given_twice_are_refused_by_line(
    database: Path, broken: AnyRecord, expected: str
) -> None:
    before = everything(database)

    with pytest.raises(ImportRefused) as refused:
        load(database, organization("o"), broken, person("a"), role("r", "a", "o"))

    assert str(refused.value).startswith(f"{expected}. Nothing was changed.")
    assert everything(database) == before


def test_a_record_of_the_last_import_is_no_reference_for_this_one(database: Path) -> None:
    with pytest.raises(ImportRefused, match="line 1: there is no person a"):
        load(database, role("r", "a", "o"), organization("o"))


def test_references_in_details_are_numbers_of_records(tmp_path: Path) -> None:
    database = tmp_path / "p.db"
    detail = PersonDetail(
        education=(Education(organization=SourceKey("o")),),
        relationships=(Relationship(person=SourceKey("b")),),
    )

    load(database, person("a", detail=detail), person("b"), organization("o"))

    column, other = select(database, "SELECT detail FROM person ORDER BY id")
    (school,) = select(database, "SELECT id FROM organization")
    (tied,) = select(database, "SELECT id FROM person WHERE name LIKE '% b'")
    decoded = decode_person_detail(column)
    assert decoded.education[0].organization == school
    assert decoded.relationships[0].person == tied
    assert other is None


def test_a_person_is_at_an_organization_since_the_earliest_known_start_of_a_role_there(
    tmp_path: Path,
) -> None:
    database = tmp_path / "p.db"

    load(
        database,
        person("a"),
        person("b"),
        organization("o"),
        organization("p"),
        role("1", "a", "o", start="2005-02"),
        role("2", "a", "o", start="1999"),
        role("3", "a", "o"),
        role("4", "a", "p", start="1990"),
        role("5", "b", "o"),
        role("6", "b", "o"),
    )

    since = select(database, "SELECT since_with_organization FROM role ORDER BY id")
    assert since == ["1999", "1999", "1999", "1990", "", ""]


def test_every_index_and_table_is_as_a_new_database_has_them(tmp_path: Path) -> None:
    def schema(database: Path) -> list[str]:
        return select(database, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY 1")

    load(tmp_path / "once.db", person("a"))
    load(tmp_path / "twice.db", person("a"))
    load(tmp_path / "twice.db", person("b"))
    connect(tmp_path / "new.db", timedelta(seconds=1)).close()

    assert schema(tmp_path / "twice.db") == schema(tmp_path / "once.db")
    assert schema(tmp_path / "once.db") == schema(tmp_path / "new.db")


def test_a_set_is_never_held_in_memory(tmp_path: Path) -> None:
    alive = most = 0

    class Counted(Place):
        __slots__ = ()

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    def records() -> Iterator[tuple[AnyRecord, Place]]:
        nonlocal alive, most
        for n in range(5_000):
            alive += 1
            most = max(most, alive)
            yield person(f"{n}"), Counted("people.jsonl", n)

    write(tmp_path / "p.db", Dataset(is_invented=False, records=records()), clock=StoppedClock())

    assert most < 1_000


@pytest.mark.slow
@pytest.mark.parametrize(
    ("step", "done"), [("Inventing people", 1000), ("Making indexes", 0), ("Making indexes", 16)]
)
def test_an_import_that_is_killed_has_changed_nothing(tmp_path: Path, step: str, done: int) -> None:
    database = tmp_path / "p.db"
    import_invented(database, seed=1, people=30, clock=StoppedClock())
    before = everything(database)

    program = KILLED.format(step=step, done=done)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    killed = subprocess.run(
        [sys.executable, "-c", program, str(database)], env=environment, check=False, timeout=60
    )

    assert killed.returncode == -signal.SIGKILL
    assert everything(database) == before
    import_invented(database, seed=1, people=30, clock=StoppedClock())
    assert everything(database)["person"] == before["person"]


def test_ctrl_c_stops_an_import_that_has_changed_nothing(database: Path) -> None:
    before = everything(database)

    def stop(step: str, done: int, total: int | None) -> None:
        del done, total
        if step == "Making indexes":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(database, person("b"), progress=stop)

    assert everything(database) == before


@pytest.mark.slow
def test_a_reader_in_the_middle_of_an_answer_does_not_hold_an_import_up(database: Path) -> None:
    reader = apsw.Connection(str(database))
    reader.execute("BEGIN")
    before = reader.execute("SELECT name FROM person").fetchall()

    load(database, person("b"))

    assert reader.execute("SELECT name FROM person").fetchall() == before
    reader.close()
    assert select(database, "SELECT name FROM person") == ["Quartz Samplewright b"]


@pytest.mark.parametrize(
    ("source", "is_invented", "reason"),
    [
        ("invented", False, "the source 'invented' makes people up, and the set does not say so"),
        ("here", True, "the set is said to be invented, and this is of the source 'here'"),
    ],
)
def test_a_real_and_an_invented_person_are_refused_in_one_set(
    tmp_path: Path, source: str, reason: str, *, is_invented: bool
) -> None:
    fitting = person("a", "invented" if is_invented else "here")

    with pytest.raises(ImportRefused, match=f"people.jsonl line 2: {reason}"):
        load(tmp_path / "p.db", fitting, person("b", source), is_invented=is_invented)


def test_what_an_empty_set_was_is_said_without_naming_anybody(tmp_path: Path) -> None:
    load(tmp_path / "p.db")

    with pytest.raises(ImportRefused, match=r"p\.db was made for real people; invented people"):
        load(tmp_path / "p.db", person("a", "invented"), is_invented=True)


def test_a_service_gives_back_what_a_killed_import_left_while_others_read(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = apsw.Connection(str(database))
    reader.execute("SELECT count(*) FROM person").fetchall()
    writer = connect(database, timedelta(seconds=1))
    writer.execute("UPDATE person SET first_name = 'Basalt'")
    writer.close()
    changes = database.with_name(f"{database.name}-wal")
    assert changes.stat().st_size > 0
    give_back_disk(database)
    assert changes.stat().st_size > 0
    monkeypatch.setattr(tables, "_MOST_CHANGES", 0)

    ProfileService(database, clock=StoppedClock(), version="1").open()

    assert changes.stat().st_size == 0
    reader.close()
    assert select(database, "SELECT first_name FROM person") == ["Basalt"]
