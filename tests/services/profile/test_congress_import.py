"""What an import of the real data set puts into the database, and what a second one changes."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import apsw

from services.profile.asking import Asker
from support.fakes import StoppedClock
from support.processes import people_folder
from watchword.services.profile import ImportReport, ProfileService, import_congress

if TYPE_CHECKING:
    from pathlib import Path

TERMS = """
query ($id: String!) {
  personIdSearch(id: $id) { ... on Person {
    id name firstName middleName lastName gender age
    dateOfBirth { date datePrecision displayDate }
    rolesEmployment(pageInfo: {first: 100}) { items {
      id title type roleCurrentPriorStatus organization { organizationName organizationType }
      startDate { date datePrecision displayDate } endDate { date } person { name }
    } }
    rolesCommittee(pageInfo: {first: 100}) { items {
      title type startDate { date } roleCurrentPriorStatus organization { organizationName }
    } }
    rolesBoard { pageInfoResponse { totalCount } }
  } }
}
"""
FIND = """
query ($words: String!) {
  personKeywordSearch(filter: {searchKeyword: $words}, pageInfo: {first: 100}) {
    items { id name lastName }
  }
}
"""


def person(ask: Asker, words: str) -> dict[str, Any]:
    found = ask(FIND, words=words)["personKeywordSearch"]["items"][0]
    answer: dict[str, Any] = ask(TERMS, id=found["id"])["personIdSearch"]
    return answer


def everything(database: Path) -> list[tuple[Any, ...]]:
    connection = apsw.Connection(str(database))
    rows = [
        (table, *row)
        for table in ("person", "organization", "role", "person_identity", "role_identity")
        for row in connection.execute(f"SELECT * FROM {table} ORDER BY id")  # noqa: S608 - named above
    ]
    connection.close()
    return rows


def test_the_counts_are_those_of_the_source(congress_report: tuple[Path, ImportReport]) -> None:
    _, report = congress_report

    assert report == ImportReport(617, 234, 6929, "congress-legislators")


def test_every_record_of_the_report_is_in_the_database(congress_database: Path) -> None:
    connection = apsw.Connection(str(congress_database))

    counts = {
        table: connection.execute(f"SELECT count(*) FROM {table}").get  # noqa: S608 - named below
        for table in ("person", "organization", "role", "person_identity", "role_identity")
    }

    connection.close()
    assert counts == {
        "person": 617,
        "organization": 234,
        "role": 6929,
        "person_identity": 617,
        "role_identity": 6929,
    }


def test_every_record_keeps_its_source_and_key(congress_database: Path) -> None:
    connection = apsw.Connection(str(congress_database))

    row = connection.execute(
        "SELECT source, source_key FROM person JOIN person_identity USING (id) "
        "WHERE last_name = 'Cantwell'"
    ).fetchone()

    connection.close()
    assert row == ("congress-legislators", "bioguide:C000127")


def test_a_senator_has_her_dated_terms_in_both_chambers(congress: Asker) -> None:
    cantwell = person(congress, "cantwell")

    terms = [
        (role["title"], role["startDate"]["date"], role["endDate"]["date"])
        for role in cantwell["rolesEmployment"]["items"]
    ]
    assert terms == [
        ("Senator for Washington", "2025-01-03", "2031-01-03"),
        ("Senator for Washington", "2019-01-03", "2025-01-03"),
        ("Senator for Washington", "2013-01-03", "2019-01-03"),
        ("Senator for Washington", "2007-01-04", "2013-01-03"),
        ("Senator for Washington", "2001-01-03", "2007-01-03"),
        ("Representative for Washington, district 1", "1993-01-05", "1995-01-03"),
    ]
    house = cantwell["rolesEmployment"]["items"][-1]
    assert house["organization"]["organizationName"] == "United States House of Representatives"
    assert house["startDate"]["displayDate"] == "5 January 1993"
    assert house["roleCurrentPriorStatus"] == "PRIOR"
    assert house["type"] == ["EMPLOYMENT", "GOVERNMENT"]
    assert house["person"]["name"] == "Maria Cantwell"
    assert cantwell["rolesEmployment"]["items"][0]["roleCurrentPriorStatus"] == "CURRENT"


def test_a_person_has_names_gender_age_and_date_of_birth(congress: Asker) -> None:
    cantwell = person(congress, "cantwell")

    assert cantwell["name"] == "Maria Cantwell"
    assert (cantwell["firstName"], cantwell["lastName"]) == ("Maria", "Cantwell")
    assert cantwell["middleName"] is None
    assert cantwell["gender"] == "F"
    assert cantwell["age"] == 68
    assert cantwell["dateOfBirth"] == {
        "date": "1958-10-13",
        "datePrecision": "DAY",
        "displayDate": "13 October 1958",
    }


def test_committee_seats_are_committee_roles_without_dates(congress: Asker) -> None:
    cantwell = person(congress, "cantwell")

    seat = cantwell["rolesCommittee"]["items"][0]
    assert seat == {
        "title": "Ranking Member",
        "type": ["COMMITTEE"],
        "startDate": None,
        "roleCurrentPriorStatus": "CURRENT",
        "organization": {
            "organizationName": "Senate Committee on Commerce, Science, and Transportation"
        },
    }
    assert cantwell["rolesBoard"]["pageInfoResponse"]["totalCount"] == 0


def test_a_president_before_1900_has_dates_and_no_age(congress: Asker) -> None:
    washington = person(congress, "george washington")

    assert washington["dateOfBirth"]["displayDate"] == "22 February 1732"
    assert washington["age"] is None
    terms = [
        (role["title"], role["startDate"]["displayDate"], role["organization"]["organizationName"])
        for role in washington["rolesEmployment"]["items"]
    ]
    assert terms == [
        ("President", "4 March 1793", "Presidency of the United States"),
        ("President", "30 April 1789", "Presidency of the United States"),
    ]


def test_leadership_roles_are_government_employment_at_their_chamber(congress: Asker) -> None:
    palmer = person(congress, "gary palmer")

    roles = [
        (role["type"], role["endDate"]["date"], role["organization"]["organizationName"])
        for role in palmer["rolesEmployment"]["items"]
        if role["title"] == "House Republican Policy Committee Chair"
    ]
    # The source has him in office from the same day twice, with two ends: two roles, no error.
    kind, house = ["EMPLOYMENT", "GOVERNMENT"], "United States House of Representatives"
    assert sorted(roles) == [
        (kind, "2021-01-03", house),
        (kind, "2023-01-03", house),
        (kind, "2025-01-03", house),
    ]


def test_members_of_territories_are_delegates_and_of_single_districts_at_large(
    congress: Asker,
) -> None:
    query = """
    query ($title: String!) {
      rolesEmployment(filter: {titleContains: $title}) {
        items { title } pageInfoResponse { totalCount }
      }
    }
    """

    def titles(title: str) -> set[str]:
        return {role["title"] for role in congress(query, title=title)["rolesEmployment"]["items"]}

    assert titles("guam") == {"Delegate for Guam"}
    assert titles("puerto rico") == {"Resident Commissioner for Puerto Rico"}
    assert titles("wyoming, ") == {"Representative for Wyoming, at large"}


def test_a_subcommittee_has_its_committees_name_before_its_own_and_its_address(
    congress: Asker,
) -> None:
    committee = congress(
        """query ($id: String!) { organizationIdSearch(id: $id) { ... on Organization {
          id organizationName organizationType website
          headOfficeAddress { addressLine1 city state postalCode country phone }
          rolesCommittee(pageInfo: {first: 1}) { pageInfoResponse { totalCount } }
        } } }""",
        id="1-org-5",
    )["organizationIdSearch"]

    assert committee == {
        "id": "1-org-5",
        "organizationName": "House Committee on Agriculture",
        "organizationType": "Committee",
        "website": "https://agriculture.house.gov/",
        "headOfficeAddress": {
            "addressLine1": "1301 LHOB",
            "city": "Washington",
            "state": "DC",
            "postalCode": "20515-6001",
            "country": "United States",
            "phone": "(202) 225-2171",
        },
        "rolesCommittee": {"pageInfoResponse": {"totalCount": 53}},
    }
    subcommittee = congress(
        '{ organizationIdSearch(id: "1-org-6") { ... on Organization { organizationName '
        "organizationType website } } }"
    )["organizationIdSearch"]
    assert subcommittee == {
        "organizationName": "House Committee on Agriculture: Forestry and Horticulture",
        "organizationType": "Subcommittee",
        "website": None,
    }


def test_importing_twice_is_importing_once(own_congress_database: Path) -> None:
    before = everything(own_congress_database)

    report = import_congress(own_congress_database, people_folder(), clock=StoppedClock())

    assert report == ImportReport(617, 234, 6929, "congress-legislators")
    assert everything(own_congress_database) == before


def small_copy(directory: Path, target: Path) -> Path:
    """Four files of two people, one committee and one seat, cut from the real ones."""
    target.mkdir()
    people = (directory / "legislators-current.yaml").read_text("utf-8").split("\n- id:")
    (target / "legislators-current.yaml").write_text("\n- id:".join(people[:2]) + "\n", "utf-8")
    presidents = (directory / "executive.yaml").read_text("utf-8").split("\n- id:")
    (target / "executive.yaml").write_text(presidents[0] + "\n", "utf-8")
    shutil.copy(directory / "committees-current.yaml", target)
    (target / "committee-membership-current.yaml").write_text(
        "HSAG15:\n- name: Maria Cantwell\n  party: majority\n  rank: 1\n  bioguide: C000127\n",
        "utf-8",
    )
    return target


def test_what_left_the_source_is_removed_and_comes_back_under_its_old_id(
    own_congress_database: Path, tmp_path: Path
) -> None:
    before = everything(own_congress_database)
    fewer = small_copy(people_folder(), tmp_path / "fewer")

    report = import_congress(own_congress_database, fewer, clock=StoppedClock())
    service = ProfileService(own_congress_database, clock=StoppedClock(), version="1")
    ask = Asker(service)

    assert (report.people, report.roles) == (3, 6 + 4 + 4 + 2 + 1)
    assert ask(FIND, words="sanders")["personKeywordSearch"]["items"] == []
    assert [
        found["id"] for found in ask(FIND, words="cantwell")["personKeywordSearch"]["items"]
    ] == ["1-per-1"]
    import_congress(own_congress_database, people_folder(), clock=StoppedClock())
    identities = [row for row in everything(own_congress_database) if "identity" in row[0]]
    assert {row for row in before if "identity" in row[0]} <= set(identities)
    assert [r for r in everything(own_congress_database) if r[0] in {"person", "organization"}] == [
        r for r in before if r[0] in {"person", "organization"}
    ]
    service.close()


def test_readers_are_served_the_old_records_until_the_import_commits(
    own_congress_database: Path,
) -> None:
    service = ProfileService(own_congress_database, clock=StoppedClock(), version="1")
    ask = Asker(service)
    names: list[str] = []

    def look(step: str, done: int, total: int) -> None:
        del done, total
        if step == "Writing records":
            names.append(ask(FIND, words="cantwell")["personKeywordSearch"]["items"][0]["name"])

    import_congress(own_congress_database, people_folder(), clock=StoppedClock(), progress=look)

    assert set(names) == {"Maria Cantwell"}
    assert len(names) > 10
    service.close()


def test_progress_counts_up_to_the_total_of_each_step(tmp_path: Path) -> None:
    told: dict[str, list[tuple[int, int]]] = {}

    def tell(step: str, done: int, total: int) -> None:
        told.setdefault(step, []).append((done, total))

    import_congress(tmp_path / "p.db", people_folder(), clock=StoppedClock(), progress=tell)

    assert told["Reading files"] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    written = told["Writing records"]
    assert written == sorted(written)
    assert written[-1] == (617 + 234 + 6929, 617 + 234 + 6929)
