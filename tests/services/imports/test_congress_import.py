"""What an import of the real data set puts into the database, and what a second one changes."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import apsw
import pytest

from services.imports.tables import IDENTITIES, everything, found, select
from support.fakes import StoppedClock
from support.processes import people_folder
from watchword.services.imports import ImportReport, import_congress

if TYPE_CHECKING:
    from pathlib import Path

TYPES = {
    "Former subcommittee": 302,
    "Subcommittee": 181,
    "Committee": 49,
    "Former committee": 27,
    "Political party": 7,
    "Executive office": 2,
    "Legislative chamber": 2,
}
REPORT = ImportReport(
    people=617,
    organizations=570,
    roles=6929,
    memberships=620,
    charitable_donations=0,
    political_donations=0,
    wealth_assets=0,
    organization_types=TYPES,
    sources=("congress-legislators",),
)
ROLES = """
SELECT title, role.start_date, end_date, organization.name FROM role
JOIN person ON person.id = person_id JOIN organization ON organization.id = organization_id
WHERE last_name = ? AND is_committee = ? ORDER BY role.start_date DESC, role.id
"""
MEMBERSHIPS = """
SELECT organization.name, start_date, end_date FROM membership
JOIN person ON person.id = person_id JOIN organization ON organization.id = organization_id
WHERE last_name = ? ORDER BY start_date
"""


def detail(database: Path, last_name: str) -> Any:
    (column,) = select(database, "SELECT detail FROM person WHERE last_name = ?", last_name)
    return json.loads(column)


def test_the_counts_are_those_of_the_source(congress_report: tuple[Path, ImportReport]) -> None:
    _, report = congress_report

    assert report == REPORT
    in_use = ("Legislative chamber", "Executive office", "Committee", "Subcommittee")
    assert sum(report.organization_types[type_] for type_ in in_use) == 234


def test_every_record_of_the_report_is_in_the_database_and_has_an_id_of_its_own(
    congress_database: Path,
) -> None:
    held = {name: len(rows) for name, rows in everything(congress_database).items()}

    assert held["person"] == held["person_identity"] == 617
    assert held["organization"] == held["organization_identity"] == 570
    assert held["role"] == held["role_identity"] == 6929
    assert held["membership"] == held["membership_identity"] == 620


def test_every_record_keeps_its_source_its_key_and_a_link(congress_database: Path) -> None:
    rows = select(
        congress_database,
        "SELECT person.source, source_key, source_url FROM person "
        "JOIN person_identity USING (id) WHERE last_name IN ('Cantwell', 'Trump')",
    )

    assert rows == [
        (
            "congress-legislators",
            "bioguide:C000127",
            "https://bioguide.congress.gov/search/bio/C000127",
        ),
        (
            "congress-legislators",
            "govtrack:412733",
            "https://www.govtrack.us/congress/members/412733",
        ),
    ]
    for table in ("person", "organization", "role", "membership"):
        query = f"SELECT count(*) FROM {table} WHERE source_url NOT LIKE 'http%'"  # noqa: S608 - above
        assert select(congress_database, query) == [0]


def test_a_senator_has_her_dated_terms_in_both_chambers(congress_database: Path) -> None:
    senate, house = "United States Senate", "United States House of Representatives"

    assert select(congress_database, ROLES, "Cantwell", 0) == [
        ("Senator for Washington", "2025-01-03", "2031-01-03", senate),
        ("Senator for Washington", "2019-01-03", "2025-01-03", senate),
        ("Senator for Washington", "2013-01-03", "2019-01-03", senate),
        ("Senator for Washington", "2007-01-04", "2013-01-03", senate),
        ("Senator for Washington", "2001-01-03", "2007-01-03", senate),
        ("Representative for Washington, district 1", "1993-01-05", "1995-01-03", house),
    ]


def test_every_role_knows_since_when_the_person_is_at_the_organization(
    congress_database: Path,
) -> None:
    rows = select(
        congress_database,
        "SELECT DISTINCT organization.name, since_with_organization FROM role "
        "JOIN person ON person.id = person_id JOIN organization ON organization.id = "
        "organization_id WHERE last_name = 'Cantwell' AND is_government ORDER BY 1",
    )

    assert rows == [
        ("United States House of Representatives", "1993-01-05"),
        ("United States Senate", "2001-01-03"),
    ]


def test_terms_are_government_employment_and_seats_are_committee_roles_without_dates(
    congress_database: Path,
) -> None:
    query = (
        "SELECT DISTINCT is_board, is_committee, is_employment, is_government, start_date = '' "
        "FROM role ORDER BY is_committee"
    )

    assert select(congress_database, query) == [(0, 0, 1, 1, 0), (0, 1, 0, 0, 1)]
    assert select(congress_database, ROLES, "Cantwell", 1)[0] == (
        "Ranking Member",
        "",
        None,
        "Senate Committee on Commerce, Science, and Transportation",
    )


def test_leaders_are_part_of_the_leadership_team_at_their_chamber(congress_database: Path) -> None:
    rows = select(
        congress_database,
        "SELECT end_date, organization.name, role.detail FROM role "
        "JOIN person ON person.id = person_id JOIN organization ON organization.id = "
        "organization_id WHERE last_name = 'Palmer' AND title LIKE '%Policy%' ORDER BY 1",
    )

    # The source has him in office from the same day twice, with two ends: two roles, no error.
    leads = '{"isPartOfLeadershipTeam":true}'
    house = "United States House of Representatives"
    assert rows == [(end, house, leads) for end in ("2021-01-03", "2023-01-03", "2025-01-03")]
    query = "SELECT count(*) FROM role WHERE detail IS NOT NULL"
    assert select(congress_database, query) == [127]


def test_members_of_territories_are_delegates_and_of_single_districts_at_large(
    congress_database: Path,
) -> None:
    def titles(part: str) -> list[str]:
        query = "SELECT DISTINCT title FROM role WHERE title LIKE ?"
        return select(congress_database, query, f"%{part}%")

    assert titles("guam") == ["Delegate for Guam"]
    assert titles("puerto rico") == ["Resident Commissioner for Puerto Rico"]
    assert titles("wyoming, ") == ["Representative for Wyoming, at large"]


def test_terms_of_one_party_are_one_membership_and_who_changed_has_two(
    congress_database: Path,
) -> None:
    assert select(congress_database, MEMBERSHIPS, "Cantwell") == [
        ("Democratic Party", "1993-01-05", None)
    ]
    assert select(congress_database, MEMBERSHIPS, "Van Drew") == [
        ("Democratic Party", "2019-01-03", "2019-12-18"),
        ("Republican Party", "2019-12-19", None),
    ]
    assert select(congress_database, MEMBERSHIPS, "Kiley") == [
        ("Republican Party", "2023-01-03", "2026-03-08"),
        ("Independent", "2026-03-09", None),
    ]
    assert select(congress_database, MEMBERSHIPS, "Jefferson") == [
        ("Democratic-Republican Party", "1797-03-04", "1809-03-04")
    ]


def test_the_office_of_the_term_comes_before_the_offices_in_the_district(
    congress_database: Path,
) -> None:
    addresses = detail(congress_database, "Cantwell")["addresses"]

    assert addresses[:2] == [
        {
            "addressLine1": "511 Hart Senate Office Building",
            "city": "Washington",
            "state": "DC",
            "postalCode": "20510",
            "country": "United States",
            "phone": "202-224-3441",
        },
        {
            "addressLine1": "2930 Wetmore Ave., Suite 9B",
            "city": "Everett",
            "state": "WA",
            "postalCode": "98201",
            "country": "United States",
            "phone": "425-303-0114",
        },
    ]
    total = "SELECT sum(json_array_length(detail, '$.addresses')) FROM person"
    # 536 of 537 members have an office in Washington.
    assert select(congress_database, total) == [1312 + 536]


def test_accounts_at_social_networks_have_their_handle_and_a_page(congress_database: Path) -> None:
    accounts = detail(congress_database, "Pingree")["socialAccounts"]

    assert {"platform": "mastodon", "handle": "@chelliepingree@mastodon.social",
            "url": "https://mastodon.social/@chelliepingree"} in accounts  # fmt: skip
    query = "SELECT count(*) FROM person WHERE detail ->> '$.socialAccounts' IS NOT NULL"
    assert select(congress_database, query) == [519]


def test_a_relative_is_what_they_are_to_the_person(congress_database: Path) -> None:
    ties = {
        name: detail(congress_database, name)["relationships"][0]
        for name in ("Capito", "Matsui", "Carson", "Clyburn", "Sánchez")
    }

    assert ties == {
        "Capito": {"name": "Arch Alfred Moore Jr.", "type": "parent"},
        "Matsui": {"name": "Robert Matsui", "type": "spouse"},
        "Carson": {"name": "Julia Carson", "type": "grandparent"},
        "Clyburn": {"name": "George Washington Murray", "type": "relative"},
        "Sánchez": {"name": "Loretta Sanchez", "type": "sibling"},
    }


def test_people_have_their_nicknames_and_are_found_by_them(congress_database: Path) -> None:
    query = "SELECT count(*) FROM person WHERE nickname IS NOT NULL"

    assert select(congress_database, query) == [36]
    assert found(congress_database, "dick cheney") == ["Richard Bruce Cheney"]


def test_a_subcommittee_has_its_committees_name_before_its_own_and_its_address(
    congress_database: Path,
) -> None:
    columns = "name, type, website, address_line1, city, state, postal_code, country, phone"
    query = f"SELECT {columns} FROM organization WHERE id IN (5, 6)"  # noqa: S608 - above

    committee, subcommittee = select(congress_database, query)

    assert committee == (
        "House Committee on Agriculture",
        "Committee",
        "https://agriculture.house.gov/",
        "1301 LHOB",
        "Washington",
        "DC",
        "20515-6001",
        "United States",
        "(202) 225-2171",
    )
    name = "House Committee on Agriculture: Forestry and Horticulture"
    assert subcommittee[:3] == (name, "Subcommittee", None)


def test_a_former_subcommittee_of_a_committee_of_today_keeps_its_committees_name(
    congress_database: Path,
) -> None:
    query = "SELECT type, name FROM organization WHERE name LIKE ? ORDER BY id"

    agriculture = select(congress_database, query, "House Committee on Agriculture: %")
    assert (
        "Former subcommittee",
        "House Committee on Agriculture: Wheat, Soybeans, and Feed Grains",
    ) in agriculture
    assert select(congress_database, query, "%Coronavirus Pandemic") == [
        ("Former committee", "House Select Subcommittee on the Coronavirus Pandemic")
    ]


def test_importing_twice_is_importing_once(own_congress_database: Path) -> None:
    before = everything(own_congress_database)

    report = import_congress(own_congress_database, people_folder(), clock=StoppedClock())

    assert report == REPORT
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

    assert (report.people, report.roles) == (3, 6 + 4 + 4 + 2 + 1)
    assert found(own_congress_database, "sanders") == []
    assert found(own_congress_database, "cantwell") == ["Maria Cantwell"]
    import_congress(own_congress_database, people_folder(), clock=StoppedClock())
    after = everything(own_congress_database)
    assert after["person"] == before["person"]
    assert after["organization"] == before["organization"]
    for table in IDENTITIES:
        assert set(before[table]) <= set(after[table])


def test_a_report_says_which_of_the_lesser_files_are_missing(tmp_path: Path) -> None:
    fewer = small_copy(people_folder(), tmp_path / "fewer")

    report = import_congress(tmp_path / "p.db", fewer, clock=StoppedClock())

    assert report.notes == (
        "legislators-district-offices.yaml is not in the folder: there are no district offices.",
        "legislators-social-media.yaml is not in the folder: there are no social media accounts.",
        "committees-historical.yaml is not in the folder: there are no former committees.",
    )


def test_a_smaller_import_gives_the_disk_back(own_congress_database: Path, tmp_path: Path) -> None:
    before = own_congress_database.stat().st_size
    fewer = small_copy(people_folder(), tmp_path / "fewer")

    # Who else holds the file open keeps SQLite from removing what it needed for the import.
    reader = apsw.Connection(str(own_congress_database))
    reader.execute("SELECT count(*) FROM person").fetchall()

    import_congress(own_congress_database, fewer, clock=StoppedClock())

    assert own_congress_database.stat().st_size < before / 2
    wal = own_congress_database.with_name(own_congress_database.name + "-wal")
    assert wal.stat().st_size == 0
    reader.close()


def test_readers_are_served_the_old_records_until_the_import_commits(
    own_congress_database: Path,
) -> None:
    names: list[str] = []

    def look(step: str, done: int, total: int | None) -> None:
        del step, done, total
        names.extend(found(own_congress_database, "cantwell"))

    import_congress(own_congress_database, people_folder(), clock=StoppedClock(), progress=look)

    assert set(names) == {"Maria Cantwell"}
    assert len(names) > 10


@pytest.mark.parametrize("step", ["Reading files", "Writing records", "Making indexes"])
def test_progress_counts_up_to_the_total_of_each_step(tmp_path: Path, step: str) -> None:
    told: dict[str, list[tuple[int, int | None]]] = {}

    def tell(step: str, done: int, total: int | None) -> None:
        told.setdefault(step, []).append((done, total))

    import_congress(tmp_path / "p.db", people_folder(), clock=StoppedClock(), progress=tell)

    assert told[step] == sorted(told[step])
    assert len({total for _, total in told[step]}) == 1
    assert told[step][-1][0] == told[step][-1][1]
