"""The service as the server runs it: typed errors, an empty database, a failing one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import apsw
import pytest

from services.asking import CORRELATION_ID, Asker
from support.fakes import StoppedClock
from watchword.services.imports import import_invented
from watchword.services.profile import ProfileService
from watchword.services.records import DatabaseUnusable, RecordsUnavailable, sample_person_id

if TYPE_CHECKING:
    from collections.abc import Iterator

BY_ID = """
query ($id: String!) { found: %sIdSearch(id: $id) {
  __typename
  ... on Person { id }
  ... on Organization { id }
  ... on Error { errorMessage correlationId }
  ... on ValidationError { code validationErrorCode errorCode }
  ... on EntityNotFoundError { entityNotFoundErrorCode }
  ... on GenericError { code genericErrorCode errorCode }
} }
"""
PERSON = BY_ID.replace("%s", "person").replace("  ... on Organization { id }\n", "")
ORGANIZATION = BY_ID.replace("%s", "organization").replace("  ... on Person { id }\n", "")
FIND = '{ personKeywordSearch(filter: {searchKeyword: "a"}) { items { id } } }'
PUBLIC = "The service cannot read its records at the moment. Please try again later."


@pytest.fixture
def broken(invented_database: Path, tmp_path: Path) -> Iterator[Asker]:
    """A service whose database is damaged."""
    database = tmp_path / "broken.db"
    whole = invented_database.read_bytes()
    database.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))
    service = ProfileService(database, clock=StoppedClock(), version="1")
    yield Asker(service)
    service.close()


def test_the_service_names_itself() -> None:
    service = ProfileService(Path("never-opened.db"), clock=StoppedClock(), version="1")

    assert (service.name, service.title) == ("profile", "Profile")
    assert service.description.endswith(".")


def test_info_answers_name_version_and_status(congress: Asker) -> None:
    assert congress("{ info { name version status } }") == {
        "info": {"name": "profile", "version": "1.2.3", "status": "UP"}
    }


@pytest.mark.parametrize(
    "malformed",
    [
        "",
        "1",
        "per",
        "1-per-",
        "1-per-0",
        "1-per-01",
        "1-per--1",
        "1-per-1 ",
        "1-per-1\n",
        "1-PER-1",
        "2-per-1",
        "1-rol-1",
        "1-per-x",
        "1-per-٣",
        "1-per-9223372036854775808",
        "1-per-" + "9" * 5000,
        "1-per-1 OR 1=1",
        "\ud800",
    ],
)
def test_a_malformed_id_is_a_validation_error(congress: Asker, malformed: str) -> None:
    assert congress(PERSON, id=malformed)["found"] == {
        "__typename": "ValidationError",
        "errorMessage": "Malformed id; the id of a person reads 1-per-1, for example.",
        "correlationId": CORRELATION_ID,
        "code": "MALFORMED_ID",
        "validationErrorCode": "MALFORMED_ID",
        "errorCode": "MALFORMED_ID",
    }


def test_a_persons_id_is_no_organizations(congress: Asker) -> None:
    found = congress(ORGANIZATION, id="1-per-1")["found"]

    assert found["__typename"] == "ValidationError"
    assert found["errorMessage"] == (
        "Malformed id; the id of an organization reads 1-org-1, for example."
    )


@pytest.mark.parametrize("number", [618, 999_999_999_999_999_999])
def test_an_unknown_id_is_not_found(congress: Asker, number: int) -> None:
    assert congress(PERSON, id=f"1-per-{number}")["found"] == {
        "__typename": "EntityNotFoundError",
        "errorMessage": f"There is no person 1-per-{number}.",
        "correlationId": CORRELATION_ID,
        "entityNotFoundErrorCode": "ENTITY_NOT_FOUND",
    }


def test_an_unknown_organization_is_not_found(congress: Asker) -> None:
    found = congress(ORGANIZATION, id="1-org-999999")["found"]

    assert found["errorMessage"] == "There is no organization 1-org-999999."


def test_a_new_database_answers_empty_pages(tmp_path: Path) -> None:
    service = ProfileService(tmp_path / "new.db", clock=StoppedClock(), version="1")
    service.open()
    ask = Asker(service)

    answer = ask(
        '{ personKeywordSearch(filter: {searchKeyword: "a"}) { items { id } '
        "pageInfoResponse { totalCount } } "
        "rolesEmployment { items { id } pageInfoResponse { totalCount } } "
        "info { status } }"
    )

    empty = {"items": [], "pageInfoResponse": {"totalCount": 0}}
    assert answer == {
        "personKeywordSearch": empty,
        "rolesEmployment": empty,
        "info": {"status": "UP"},
    }
    service.close()


def test_opening_twice_and_closing_twice_is_once(tmp_path: Path) -> None:
    service = ProfileService(tmp_path / "new.db", clock=StoppedClock(), version="1")

    service.open()
    service.open()
    service.close()
    service.close()

    assert Asker(service)("{ info { status } }") == {"info": {"status": "UP"}}
    service.close()


def test_a_served_database_sees_the_next_import(tmp_path: Path) -> None:
    database = tmp_path / "new.db"
    service = ProfileService(database, clock=StoppedClock(), version="1")
    service.open()
    ask = Asker(service)
    assert ask(PERSON, id="1-per-1")["found"]["__typename"] == "EntityNotFoundError"

    import_invented(database, seed=1, people=1, clock=StoppedClock())

    assert ask(PERSON, id="1-per-1")["found"] == {"__typename": "Person", "id": "1-per-1"}
    service.close()


def test_nothing_can_be_written_through_the_service(
    invented_database: Path, connections: list[apsw.Connection]
) -> None:
    service = ProfileService(invented_database, clock=StoppedClock(), version="1")
    Asker(service)(FIND)

    with pytest.raises(apsw.ReadOnlyError):
        connections[0].execute("DELETE FROM person")

    service.close()


def test_opening_a_file_that_is_no_database_says_what_to_do(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear reader, " * 1000, "utf-8")

    with pytest.raises(DatabaseUnusable, match="it is no SQLite database; name another file"):
        ProfileService(letter, clock=StoppedClock(), version="1").open()


def test_opening_another_programs_database_says_what_to_do(tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    connection = apsw.Connection(str(other))
    connection.execute("CREATE TABLE person (name TEXT)")
    connection.close()

    with pytest.raises(DatabaseUnusable, match="another program's database; name another file"):
        ProfileService(other, clock=StoppedClock(), version="1").open()


def test_a_failing_database_is_a_generic_error_that_tells_nothing_of_it(broken: Asker) -> None:
    assert broken(PERSON, id="1-per-1")["found"] == {
        "__typename": "GenericError",
        "errorMessage": PUBLIC,
        "correlationId": CORRELATION_ID,
        "code": "SERVICE_UNAVAILABLE",
        "genericErrorCode": "SERVICE_UNAVAILABLE",
        "errorCode": "SERVICE_UNAVAILABLE",
    }


def test_a_failing_database_is_an_error_that_the_server_recognises(broken: Asker) -> None:
    result = broken.result(FIND)

    assert result.data == {"personKeywordSearch": None}
    assert result.errors is not None
    (error,) = result.errors
    assert error.message == PUBLIC
    assert error.extensions == {"code": "SERVICE_UNAVAILABLE"}
    assert isinstance(error.original_error, RecordsUnavailable)
    assert isinstance(error.original_error.__cause__, DatabaseUnusable)


def test_why_a_database_fails_is_in_the_log_only(
    broken: Asker, caplog: pytest.LogCaptureFixture
) -> None:
    answer = str(broken.result(FIND).formatted)

    (record,) = caplog.records
    assert "broken.db cannot be read" in record.message
    assert "CorruptError" in vars(record)["cause"]
    assert "CorruptError" not in answer
    assert "broken.db" not in answer


def test_a_failing_request_is_logged_once_under_its_correlation_id(
    broken: Asker, caplog: pytest.LogCaptureFixture
) -> None:
    broken.result("{ info { status } " + FIND[1:-1] + " more: " + FIND[1:])

    (record,) = caplog.records
    assert vars(record)["correlation_id"] == CORRELATION_ID
    assert record.exc_info is None


def test_after_a_failure_a_request_reads_no_other_state(
    tmp_path: Path, invented_database: Path
) -> None:
    database = tmp_path / "late.db"
    service = ProfileService(database, clock=StoppedClock(), version="1")
    with service.request(CORRELATION_ID) as context:
        with pytest.raises(RecordsUnavailable):
            context.reader.check()
        database.write_bytes(invented_database.read_bytes())

        with pytest.raises(RecordsUnavailable):
            context.reader.check()
    service.close()


def test_a_failing_database_is_told_as_down(broken: Asker) -> None:
    assert broken("{ info { status } }") == {"info": {"status": "DOWN"}}


def test_a_database_that_is_put_right_is_read_again_without_a_restart(
    tmp_path: Path, invented_database: Path
) -> None:
    database = tmp_path / "late.db"
    service = ProfileService(database, clock=StoppedClock(), version="1")
    ask = Asker(service)
    assert ask(PERSON, id="1-per-1")["found"]["__typename"] == "GenericError"

    database.write_bytes(invented_database.read_bytes())

    assert ask(PERSON, id="1-per-1")["found"]["__typename"] == "Person"
    service.close()


def test_a_failing_batch_is_tried_once_not_by_every_sibling(
    invented_database: Path, tmp_path: Path, connections: list[apsw.Connection]
) -> None:
    database = tmp_path / "half.db"
    database.write_bytes(invented_database.read_bytes())
    connection = apsw.Connection(str(database))
    connection.execute("DROP TABLE role")
    connection.close()
    service = ProfileService(database, clock=StoppedClock(), version="1")
    ask = Asker(service)
    connections.clear()

    result = ask.result(
        '{ personKeywordSearch(filter: {searchKeyword: "p"}, pageInfo: {first: 5}) '
        "{ items { rolesEmployment { items { id } } } } }"
    )

    assert result.errors is not None
    assert len(result.errors) == 5
    assert {error.message for error in result.errors} == {PUBLIC}
    assert len(connections) == 1
    service.close()


STATUSES = """
{ rolesEmployment(filter: {personIds: ["1-per-1"], status: %s}, pageInfo: {first: 100}) {
  items { id roleCurrentPriorStatus }
} }
"""


def test_a_role_is_current_until_the_day_of_its_end(congress_database: Path) -> None:
    # Cantwell's term as a Representative ended on 3 January 1995.
    def current(moment: datetime) -> set[str]:
        service = ProfileService(congress_database, clock=StoppedClock(moment), version="1")
        items = Asker(service)(STATUSES.replace("%s", "CURRENT"))["rolesEmployment"]["items"]
        service.close()
        assert all(item["roleCurrentPriorStatus"] == "CURRENT" for item in items)
        return {item["id"] for item in items}

    before = current(datetime(1995, 1, 2, tzinfo=UTC))
    after = current(datetime(1995, 1, 3, tzinfo=UTC))

    assert before - after == {"1-rol-1"}


def test_current_and_prior_roles_part_all_roles(congress: Asker) -> None:
    current = congress(STATUSES.replace("%s", "CURRENT"))["rolesEmployment"]["items"]
    prior = congress(STATUSES.replace("%s", "PRIOR"))["rolesEmployment"]["items"]

    assert (len(current), len(prior)) == (1, 5)
    assert {item["roleCurrentPriorStatus"] for item in prior} == {"PRIOR"}


FILTERED = """
query ($filter: RoleFilter) {
  rolesCommittee(filter: $filter) { pageInfoResponse { totalCount } }
}
"""


def test_conditions_of_a_role_filter_must_all_hold(congress: Asker) -> None:
    def total(**conditions: object) -> int:
        answer = congress(FILTERED, filter=conditions)["rolesCommittee"]
        count: int = answer["pageInfoResponse"]["totalCount"]
        return count

    assert total() == 3879
    assert total(personIds=None, titleContains=None) == 3879
    assert total(organizationIds=["1-org-5"]) == 53
    assert total(organizationIds=["1-org-5"], titleContains="CHAIR") == 2
    assert total(organizationIds=["1-org-5"], personIds=["1-per-1"]) == 0
    assert total(organizationIds=[]) == 0
    assert total(status="PRIOR") == 0
    assert total(titleContains="' OR 1=1 --") == 0
    assert total(titleContains="%") == 0


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"personIds": ["x"]}, "'personIds' holds 'x', which is no id of a person; one "),
        ({"organizationIds": ["1-per-1"]}, "'organizationIds' holds '1-per-1', which is no id "),
        ({"personIds": ["1-per-1"] * 101}, "'personIds' may hold 100 ids at most @ roles"),
        ({"titleContains": ""}, "'titleContains' must be text of 1 to 200 characters"),
        ({"titleContains": "x" * 201}, "'titleContains' must be text of 1 to 200 characters"),
        ({"titleContains": "\ud800"}, "'titleContains' must be text of 1 to 200 characters"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(
    congress: Asker, conditions: dict[str, object], expected: str
) -> None:
    assert congress.refusal(FILTERED, filter=conditions).startswith(expected)


@pytest.mark.parametrize("database", ["congress_database", "invented_database"])
def test_the_sample_person_has_five_roles_and_an_employment(
    request: pytest.FixtureRequest, database: str
) -> None:
    path: Path = request.getfixturevalue(database)
    service = ProfileService(path, clock=StoppedClock(), version="1")

    sample = sample_person_id(path)

    answer = Asker(service)(
        """query ($id: String!) { personIdSearch(id: $id) { ... on Person {
          rolesEmployment { pageInfoResponse { totalCount } }
        } } }""",
        id=sample,
    )["personIdSearch"]
    connection = apsw.Connection(str(path))
    number = int(sample.removeprefix("1-per-"))
    assert connection.execute("SELECT count(*) FROM role WHERE person_id = ?", (number,)).get == 5
    assert answer["rolesEmployment"]["pageInfoResponse"]["totalCount"] >= 1
    assert sample_person_id(path) == sample
    connection.close()
    service.close()


def test_there_is_no_sample_without_people(tmp_path: Path) -> None:
    database = tmp_path / "new.db"
    with pytest.raises(DatabaseUnusable, match="there are no people yet"):
        sample_person_id(database)
    ProfileService(database, clock=StoppedClock(), version="1").open()

    with pytest.raises(DatabaseUnusable, match="there are no people yet"):
        sample_person_id(database)


def test_there_is_no_sample_in_another_programs_database(tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    connection = apsw.Connection(str(other))
    connection.execute("CREATE TABLE person (name TEXT)")
    connection.close()

    with pytest.raises(DatabaseUnusable, match="another program's database"):
        sample_person_id(other)


def test_an_older_versions_database_is_brought_up_to_date_by_the_server(tmp_path: Path) -> None:
    database = tmp_path / "old.db"
    ProfileService(database, clock=StoppedClock(), version="1").open()
    connection = apsw.Connection(str(database))
    connection.pragma("user_version", 1)
    connection.close()

    with pytest.raises(DatabaseUnusable, match="an older version: 'watchword serve' brings it up"):
        sample_person_id(database)


def test_an_empty_file_has_no_sample(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()

    with pytest.raises(DatabaseUnusable, match="there are no people yet"):
        sample_person_id(tmp_path / "empty.db")
