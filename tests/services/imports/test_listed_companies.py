"""Listed companies and their key people: what is sure is taken, all else is left out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from services.imports.tables import everything, select
from support.fakes import StoppedClock
from watchword.services.imports import ImportReport, import_listed_companies
from watchword.services.imports.key_people import read_key_people
from watchword.services.imports.listed_companies import read_listed_companies
from watchword.services.records import ImportRefused
from watchword.services.records.dataset import OrganizationRecord, RoleType

if TYPE_CHECKING:
    from pathlib import Path

BOARD, EMPLOYMENT = RoleType.BOARD, RoleType.EMPLOYMENT

LINES = [
    ("Ann Moss ( CEO )", [("Ann Moss", "CEO", {EMPLOYMENT})], 0),
    (
        "Ann Moss ( chairman and CEO ) , Bo Flint ( CFO )",
        [("Ann Moss", "chairman and CEO", {BOARD, EMPLOYMENT}), ("Bo Flint", "CFO", {EMPLOYMENT})],
        0,
    ),
    ("Ann Moss (Managing Director)", [("Ann Moss", "Managing Director", {EMPLOYMENT})], 0),
    (
        "Ann Moss (President (title) , CEO)",
        [("Ann Moss", "President (title), CEO", {EMPLOYMENT})],
        0,
    ),
    ("Ann Moss ( chairman emeritus )", [], 1),
    ("Ann Moss ( former CEO ) Bo Flint ( CEO, 1999-2004 )", [], 2),
    ("Ann Moss Bo Flint Cy Chalk (deputy CEOs)", [], 1),
    ("Ann Moss Bo Flint ( CEO )", [], 1),
    ("Ann Moss and Bo Flint ( CEO )", [], 1),
    ("Ann Moss, CEO", [], 1),
    ("Ann Moss ( CEO ) Bo Flint", [("Ann Moss", "CEO", {EMPLOYMENT})], 1),
    ("Vacant ( CEO )", [], 1),
    ("Ann Moss ( businesswoman )", [], 1),
    ("(", [], 1),
    ("", [], 0),
]
NAMES = [
    ("Pauline van der Meer Moss", "Pauline", None, "van der Meer Moss"),
    ("James P. Moss", "James", "P.", "Moss"),
    ("Dr. Ann Moss, Jr.", "Ann", None, "Moss"),
    ("Rafael del Pino", "Rafael", None, "del Pino"),
]


@pytest.mark.parametrize(("line", "expected", "left_out"), LINES)
def test_key_people_are_taken_where_it_is_sure_who_holds_which_office_now(
    line: str, expected: list[tuple[str, str, set[RoleType]]], left_out: int
) -> None:
    people, missed = read_key_people(line)

    assert [(person.name, person.title, set(person.types)) for person in people] == expected
    assert missed == left_out


@pytest.mark.parametrize(("name", "first", "middle", "last"), NAMES)
def test_a_name_is_parted_and_kept_as_it_is_written(
    name: str, first: str, middle: str | None, last: str
) -> None:
    ((person,), _) = read_key_people(f"{name} (CEO)")

    assert (person.first_name, person.middle_name, person.last_name) == (first, middle, last)
    assert person.name == name


def company(**rest: Any) -> OrganizationRecord:
    dataset = read_listed_companies([{"name": "Made-up Ltd", **rest}])
    (record,) = [record for record, _ in dataset.records]
    assert isinstance(record, OrganizationRecord)
    return record


def test_one_sector_and_one_industry_are_the_companys_and_of_several_none_is() -> None:
    one = company(industries=["Financial services", "Financials"])
    several = company(industries=["Banks", "Financials", "Industrials", "Insurance"])

    assert (one.sector, one.industry) == ("Financials", "Financial services")
    assert (several.sector, several.industry) == (None, None)


@pytest.mark.parametrize(
    ("founded", "expected"),
    [
        ("May 14, 1958 ; 67 years ago ( 1958-05-14 )", "1958-05-14"),
        ("1988 ; 38 years ago ( 1988 )", "1988"),
        ("1853 ; ( 1853 ) - Public, as Harsco (1956 ; 70 years ago ( 1956 ) )", None),
        (1958, None),
        ("", None),
    ],
)
def test_a_company_was_founded_when_its_page_names_one_date(
    founded: str | int, expected: str | None
) -> None:
    assert company(metadata={"founded": founded}).date_founded == expected


def test_only_us_dollars_of_a_named_year_are_measured() -> None:
    metrics = company(
        metadata={"revenue": "US$ 1.99 billion (2023)", "total_assets": "C$1.1 billion (2023)"}
    ).metrics

    (revenue,) = metrics
    assert revenue.amount is not None
    assert (revenue.amount.usd_min, revenue.measurement_date) == (1.99e9, "2023")


def test_a_city_of_a_state_is_in_the_united_states() -> None:
    address = company(country="Wood Dale, Illinois").address
    assert address is not None
    assert (address.city, address.state, address.country) == (
        "Wood Dale",
        "Illinois",
        "United States",
    )
    abroad = company(country="Hamilton, Bermuda").address
    assert abroad is not None
    assert (abroad.address_line1, abroad.country) == ("Hamilton, Bermuda", None)


@pytest.mark.parametrize(
    ("where", "city", "state", "country"),
    [
        ("Dublin, Ireland", "Dublin", None, "Ireland"),
        ("Warmley,Bristol, Ireland", "Warmley, Bristol", None, "Ireland"),
        ("Pittsburgh,Pennsylvania", "Pittsburgh", "Pennsylvania", "United States"),
        ("Ireland", None, None, "Ireland"),
    ],
)
def test_what_stands_alone_elsewhere_is_a_country(
    where: str, city: str | None, state: str | None, country: str
) -> None:
    companies = [{"name": "A", "country": where}, {"name": "B", "country": "Ireland"}]

    (first, _), _ = read_listed_companies(companies).records

    assert isinstance(first, OrganizationRecord)
    assert first.address is not None
    address = first.address
    assert (address.address_line1, address.city, address.state, address.country) == (
        None,
        city,
        state,
        country,
    )


@pytest.mark.slow
def test_the_package_has_1837_companies_and_every_key_person_has_the_companys_page(
    tmp_path: Path,
) -> None:
    database = tmp_path / "p.db"

    report = import_listed_companies(database, clock=StoppedClock())

    assert report.organizations == 1837
    assert report.organization_types == {"Listed company": 1837}
    assert report.people > 2_000
    assert report.roles >= report.people
    assert "are left out" in report.notes[0]
    for table in ("person", "role"):
        query = f"SELECT count(*) FROM {table} WHERE source_url NOT LIKE 'https://%wikipedia%'"  # noqa: S608 - above
        assert select(database, query) == [0]
    query = "SELECT ticker, sector FROM organization WHERE name = 'Bristow Group Inc.'"
    assert select(database, query) == [("VTOL", "Energy")]


@pytest.mark.slow
def test_importing_twice_is_importing_once(tmp_path: Path) -> None:
    def load() -> ImportReport:
        return import_listed_companies(tmp_path / "p.db", clock=StoppedClock())

    first, before = load(), everything(tmp_path / "p.db")

    assert load() == first
    assert everything(tmp_path / "p.db") == before


def test_without_the_package_it_is_said_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pytickersymbols", None)
    monkeypatch.delitem(sys.modules, "watchword.services.imports.ticker_symbols", raising=False)

    with pytest.raises(ImportRefused, match=r"pip install 'watchword\[pytickersymbols\]'"):
        import_listed_companies(tmp_path / "p.db", clock=StoppedClock())

    assert not (tmp_path / "p.db").exists()


def test_a_package_of_another_form_is_refused() -> None:
    with pytest.raises(ImportRefused, match="has another form than expected"):
        read_listed_companies([{"name": 7}])
