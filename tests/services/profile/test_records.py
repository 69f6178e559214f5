"""Every field of every record answers what the tables hold of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from services.asking import Asker
from support.fakes import StoppedClock
from watchword.services.profile import ProfileService
from watchword.services.records.dates import PartialDate
from watchword.services.records.details import (
    Achievement,
    Address,
    CurrencyMetric,
    Education,
    Interest,
    MetricType,
    MoneyRange,
    NetWorth,
    PersonDetail,
    Relationship,
    RoleDetail,
    SocialAccount,
    TitleCategory,
    encode_detail,
)
from watchword.services.records.tables import KEYWORDS, connect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DETAIL: PersonDetail[int] = PersonDetail(
    emails=("ada@example.com",),
    addresses=(Address(address_line1="1 Road", city="Town", phone="555"),),
    education=(
        Education(
            qualification="BSc",
            qualification_category="Bachelor",
            organization=2,
            start_date=PartialDate("1990"),
        ),
        Education(organization_name="A school without a record"),
    ),
    achievements=(Achievement(name="Prize", organization=1, date=PartialDate("2001-05")),),
    interests=(Interest(pursuit="Plays", category="Sports", name="Chess"),),
    relationships=(
        Relationship(name="Bob", type="spouse", status="current", person=2),
        Relationship(name="Somebody else", type="child"),
    ),
    social_accounts=(SocialAccount(platform="X", handle="ada", url="https://x.example/ada"),),
    net_worth=NetWorth(
        estimated_net_worth=MoneyRange(usd_min=1.5, usd_max=2), source_of_wealth="Self-made"
    ),
    wealth_tier="Very high",
)
METRICS = (
    CurrencyMetric(
        measurement_type=MetricType.MARKET_CAP,
        measurement_date=PartialDate("2024-01-02"),
        amount=MoneyRange(usd_min=10, usd_max=20),
        period_name="Daily",
        unit_type="USD",
    ),
    CurrencyMetric(
        measurement_type=MetricType.MARKET_CAP,
        measurement_date=PartialDate("2025-01-02"),
        amount=MoneyRange(usd_min=11),
        period_name="Daily",
    ),
    CurrencyMetric(
        measurement_type=MetricType.REVENUE,
        measurement_date=PartialDate("2026"),
        period_name="Quarterly",
    ),
    CurrencyMetric(
        measurement_type=MetricType.REVENUE,
        measurement_date=PartialDate("2024"),
        amount=MoneyRange(usd_max=7),
        period_name="Annual",
    ),
    CurrencyMetric(measurement_type=MetricType.TOTAL_ASSETS),
)
ROLE = RoleDetail(
    title_categories=(TitleCategory(name="Chief executive", role_groups=("Management", "Board")),),
    email="ceo@example.com",
    is_executive_director=True,
    is_non_executive_director=False,
    is_part_of_leadership_team=True,
)


ROWS: dict[str, list[tuple[str | int | float | None, ...]]] = {
    "person": [
        (
            *(1, "Ada", None, "Ames", "Ada Ames", "Addy", "F", "1970-11-24", "British", "London"),
            *("Married", "Certain", encode_detail(DETAIL), "test", "https://example.com/ada"),
        ),
        (2, "Bob", None, "Ames", "Bob Ames", *[None] * 8, "test", None),
    ],
    "organization": [
        (
            *(1, "Acme Holdings", "Company", "https://acme.example", None, "Town", None, None),
            *("France", None, "ACME", "Tools", "Industry", "1901", encode_detail(METRICS)),
            *("test", None),
        ),
        (2, "University of Acme", "University", *[None] * 12, "test", None),
    ],
    "role": [
        (
            *(1, 1, 1, "CEO", "2020-03-15", None, 1, 0, 1, 0, "2018-01", encode_detail(ROLE)),
            *("test", "https://example.com/role"),
        ),
        (2, 1, 2, "Student", "", "1993", 0, 0, 1, 0, "", None, "test", None),
        (3, 2, 2, "Mayor", "2001", None, 0, 0, 0, 1, "2001", None, "test", None),
        (4, 2, 2, "Governor of the board", "2001", None, 1, 0, 0, 1, "2001", None, "test", None),
    ],
    "membership": [
        (1, 1, 2, "Fellow", "1999", None, "test", None),
        (2, 1, 1, None, "", None, "test", None),
        (3, 2, 1, None, "2001", None, "test", None),
    ],
    "charitable_donation": [
        (1, 1, 2, 5, None, "2020-02", "test", None),
        (2, None, 1, None, None, "", "test", None),
    ],
    "charitable_donor": [(1, 2), (1, 1)],
    "political_donation": [(1, None, 2, 2, 3, 4, "2021", "test", None)],
    "political_donor": [(1, 1)],
    "wealth_asset": [
        (
            *(1, 1, "House", "Alternative", "Home", "Low", "Old", 100, 200, 50, 50, 100, 1),
            *("2011-07", "ACME", "test", None),
        ),
    ],
}


def fill(database: Path) -> None:
    connection = connect(database, timedelta(seconds=5))
    for table, rows in ROWS.items():
        places = ", ".join("?" * len(rows[0]))
        connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608 - our own names
    connection.execute(KEYWORDS)
    connection.close()


@pytest.fixture
def handmade(tmp_path: Path) -> Iterator[Asker]:
    database = tmp_path / "handmade.db"
    fill(database)
    service = ProfileService(database, clock=StoppedClock(), version="1")
    yield Asker(service)
    service.close()


def person(ask: Asker, selection: str, number: int = 1) -> dict[str, Any]:
    found: dict[str, Any] = ask(
        f'{{ found: personIdSearch(id: "1-per-{number}") {{ ... on Person {{ {selection} }} }} }}'
    )["found"]
    return found


def organization(ask: Asker, selection: str, number: int = 1) -> dict[str, Any]:
    found: dict[str, Any] = ask(
        f'{{ found: organizationIdSearch(id: "1-org-{number}") '
        f"{{ ... on Organization {{ {selection} }} }} }}"
    )["found"]
    return found


def items(ask: Asker, field: str, selection: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(
        f"{{ found: {field} {{ items {{ {selection} }} pageInfoResponse {{ totalCount }} }} }}"
    )["found"]["items"]
    return found


def test_a_person_has_the_fields_of_its_columns(handmade: Asker) -> None:
    fields = (
        "firstName middleName lastName name gender age nationality birthplace relationshipStatus "
        "earningIndicator dateOfBirth { date } source { name url }"
    )

    assert person(handmade, fields) == {
        "firstName": "Ada",
        "middleName": None,
        "lastName": "Ames",
        "name": "Ada Ames",
        "gender": "F",
        "age": 55,
        "nationality": "British",
        "birthplace": "London",
        "relationshipStatus": "Married",
        "earningIndicator": "Certain",
        "dateOfBirth": {"date": "1970-11-24"},
        "source": {"name": "test", "url": "https://example.com/ada"},
    }


def test_a_person_has_the_fields_of_its_detail(handmade: Asker) -> None:
    fields = """
      emails addresses { addressLine1 city country phone } socialAccounts { platform handle url }
      education { qualification qualificationCategory organizationName
        organization { organizationName } startDate { displayDate } endDate { date } }
      achievements { name organization { id } date { displayDate } }
      interests { pursuit category name description }
      personalRelationships { name type status person { id } }
      netWorthSummary { estimatedNetWorth { usdValueMin usdValueMax } totalAssetsFound {
        usdValueMin } sourceOfWealth }
      wealthProfile { wealthTier }
    """

    assert person(handmade, fields) == {
        "emails": ["ada@example.com"],
        "addresses": [{"addressLine1": "1 Road", "city": "Town", "country": None, "phone": "555"}],
        "socialAccounts": [{"platform": "X", "handle": "ada", "url": "https://x.example/ada"}],
        "education": [
            {
                "qualification": "BSc",
                "qualificationCategory": "Bachelor",
                "organizationName": "University of Acme",
                "organization": {"organizationName": "University of Acme"},
                "startDate": {"displayDate": "1990"},
                "endDate": None,
            },
            {
                "qualification": None,
                "qualificationCategory": None,
                "organizationName": "A school without a record",
                "organization": None,
                "startDate": None,
                "endDate": None,
            },
        ],
        "achievements": [
            {
                "name": "Prize",
                "organization": {"id": "1-org-1"},
                "date": {"displayDate": "May 2001"},
            }
        ],
        "interests": [
            {"pursuit": "Plays", "category": "Sports", "name": "Chess", "description": None}
        ],
        "personalRelationships": [
            {"name": "Bob", "type": "spouse", "status": "current", "person": {"id": "1-per-2"}},
            {"name": "Somebody else", "type": "child", "status": None, "person": None},
        ],
        "netWorthSummary": {
            "estimatedNetWorth": {"usdValueMin": 1.5, "usdValueMax": 2.0},
            "totalAssetsFound": None,
            "sourceOfWealth": "Self-made",
        },
        "wealthProfile": {"wealthTier": "Very high"},
    }


def test_of_a_person_without_detail_lists_are_empty_and_the_rest_is_null(handmade: Asker) -> None:
    fields = (
        "emails education { qualification } netWorthSummary { sourceOfWealth } "
        "wealthProfile { wealthTier }"
    )

    assert person(handmade, fields, 2) == {
        "emails": [],
        "education": [],
        "netWorthSummary": None,
        "wealthProfile": None,
    }


def test_an_organization_has_its_fields_and_its_latest_metrics(handmade: Asker) -> None:
    fields = """
      organizationName organizationType tickerPrimary industryPrimary sectorPrimary website
      headOfficeAddress { city country phone } dateFounded { displayDate }
      latestDailyMarketCapital { measurementDate usdValueMin usdValueMax }
      latestAnnualMarketRevenue { measurementDate usdValueMin usdValueMax periodName }
      currencyMetrics { measurementType measurementDate unitType }
      source { name url }
    """

    assert organization(handmade, fields) == {
        "organizationName": "Acme Holdings",
        "organizationType": "Company",
        "tickerPrimary": "ACME",
        "industryPrimary": "Tools",
        "sectorPrimary": "Industry",
        "website": "https://acme.example",
        "headOfficeAddress": {"city": "Town", "country": "France", "phone": None},
        "dateFounded": {"displayDate": "1901"},
        "latestDailyMarketCapital": {
            "measurementDate": "2025-01-02",
            "usdValueMin": 11.0,
            "usdValueMax": None,
        },
        "latestAnnualMarketRevenue": {
            "measurementDate": "2024-01-01",
            "usdValueMin": None,
            "usdValueMax": 7.0,
            "periodName": "Annual",
        },
        "currencyMetrics": [
            {"measurementType": "REVENUE", "measurementDate": "2026-01-01", "unitType": None},
            {"measurementType": "MARKET_CAP", "measurementDate": "2025-01-02", "unitType": None},
            {"measurementType": "MARKET_CAP", "measurementDate": "2024-01-02", "unitType": "USD"},
            {"measurementType": "REVENUE", "measurementDate": "2024-01-01", "unitType": None},
            {"measurementType": "TOTAL_ASSETS", "measurementDate": None, "unitType": None},
        ],
        "source": {"name": "test", "url": None},
    }


def test_of_an_organization_without_metrics_or_address_these_are_null(handmade: Asker) -> None:
    fields = (
        "headOfficeAddress { city } currencyMetrics { unitType } "
        "latestDailyMarketCapital { unitType } latestAnnualMarketRevenue { unitType }"
    )

    assert organization(handmade, fields, 2) == {
        "headOfficeAddress": None,
        "currencyMetrics": [],
        "latestDailyMarketCapital": None,
        "latestAnnualMarketRevenue": None,
    }


def test_a_role_has_its_fields(handmade: Asker) -> None:
    fields = """rolesEmployment { items {
      id title type startDate { date } endDate { date } roleCurrentPriorStatus
      person { name } organization { organizationName }
      titleCategories { name roleGroups { name } } roleEmailPrimary monthsInRole monthsWithOrg
      isExecutiveDirector isNonExecutiveDirector isPartOfLeadershipTeam isOtherEmployee
      source { url }
    } }"""

    (first, second) = person(handmade, fields)["rolesEmployment"]["items"]

    assert first == {
        "id": "1-rol-1",
        "title": "CEO",
        "type": ["BOARD", "EMPLOYMENT"],
        "startDate": {"date": "2020-03-15"},
        "endDate": None,
        "roleCurrentPriorStatus": "CURRENT",
        "person": {"name": "Ada Ames"},
        "organization": {"organizationName": "Acme Holdings"},
        "titleCategories": [
            {"name": "Chief executive", "roleGroups": [{"name": "Management"}, {"name": "Board"}]}
        ],
        "roleEmailPrimary": "ceo@example.com",
        "monthsInRole": 80,
        "monthsWithOrg": 106,
        "isExecutiveDirector": True,
        "isNonExecutiveDirector": False,
        "isPartOfLeadershipTeam": True,
        "isOtherEmployee": None,
        "source": {"url": "https://example.com/role"},
    }
    assert second["startDate"] is None
    assert second["endDate"] == {"date": "1993-01-01"}
    assert second["roleCurrentPriorStatus"] == "PRIOR"
    assert second["titleCategories"] == []
    assert (second["monthsInRole"], second["monthsWithOrg"]) == (None, None)


def test_a_role_in_government_that_is_of_no_other_sort_is_listed_as_employment(
    handmade: Asker,
) -> None:
    fields = "rolesEmployment { items { id type } } rolesBoard { items { id type } }"

    found = person(handmade, fields, 2)

    assert found["rolesEmployment"]["items"] == [{"id": "1-rol-3", "type": ["GOVERNMENT"]}]
    assert found["rolesBoard"]["items"] == [{"id": "1-rol-4", "type": ["BOARD", "GOVERNMENT"]}]


def test_memberships_are_those_of_a_person_or_of_all(handmade: Asker) -> None:
    of_one = person(
        handmade,
        "memberships { items { title organization { id } startDate { displayDate } } "
        "pageInfoResponse { totalCount } }",
    )["memberships"]
    of_all = items(handmade, "memberships", "person { id } organization { id } endDate { date }")

    assert [item["title"] for item in of_one["items"]] == ["Fellow", None]
    assert of_one["pageInfoResponse"]["totalCount"] == 2
    assert [(item["person"]["id"], item["organization"]["id"]) for item in of_all] == [
        ("1-per-2", "1-org-1"),
        ("1-per-1", "1-org-2"),
        ("1-per-1", "1-org-1"),
    ]
    assert len(items(handmade, 'memberships(filter: {personIds: ["1-per-2"]})', "title")) == 1
    assert len(items(handmade, 'memberships(filter: {organizationIds: ["1-org-1"]})', "title")) == 2


def test_charitable_donations_name_their_donors_in_order(handmade: Asker) -> None:
    fields = """id donorPeople { name } donorOrganization { id } recipientOrganization { id }
      amount { usdValueMin usdValueMax } measurementDate source { name }"""

    first, second = items(handmade, "charitableDonations", fields)

    assert first == {
        "id": "1-chd-1",
        "donorPeople": [{"name": "Ada Ames"}, {"name": "Bob Ames"}],
        "donorOrganization": {"id": "1-org-1"},
        "recipientOrganization": {"id": "1-org-2"},
        "amount": {"usdValueMin": 5.0, "usdValueMax": None},
        "measurementDate": "2020-02-01",
        "source": {"name": "test"},
    }
    assert second["donorPeople"] == []
    assert second["amount"] is None
    assert second["measurementDate"] is None


@pytest.mark.parametrize(
    ("field", "asked", "expected"),
    [
        ("charitableDonations", 'donorPersonIds: ["1-per-2"]', ["1-chd-1"]),
        ("charitableDonations", 'donorOrganizationIds: ["1-org-1"]', ["1-chd-1"]),
        ("charitableDonations", 'recipientOrganizationIds: ["1-org-1"]', ["1-chd-2"]),
        ("charitableDonations", "donorPersonIds: []", []),
        ("politicalDonations", 'donorPersonIds: ["1-per-1"]', ["1-pod-1"]),
        ("politicalDonations", 'donorPersonIds: ["1-per-2"]', []),
        ("politicalDonations", 'donorOrganizationIds: ["1-org-1"]', []),
        ("politicalDonations", 'recipientOrganizationIds: ["1-org-2"]', ["1-pod-1"]),
        ("wealthAssets", 'ownerPersonIds: ["1-per-1"]', ["1-ast-1"]),
        ("wealthAssets", 'ownerPersonIds: ["1-per-2"]', []),
    ],
)
def test_donations_and_assets_are_narrowed(
    handmade: Asker, field: str, asked: str, expected: list[str]
) -> None:
    found = items(handmade, f"{field}(filter: {{{asked}}})", "id")

    assert [item["id"] for item in found] == expected


def test_a_political_donation_and_an_asset_have_their_fields(handmade: Asker) -> None:
    (gift,) = items(
        handmade,
        "politicalDonations",
        """donorPeople { id } recipientOrganization { id } recipientPerson { id }
        recipientPoliticalPartyOrganization { id } amount { usdValueMax } measurementDate""",
    )
    (asset,) = items(
        handmade,
        "wealthAssets",
        """owner { id } name classification type liquidityType remarks value { usdValueMin }
        ownershipPercentage ownershipValue { usdValueMax } relatedOrganization { id }
        purchaseDate organizationTicker""",
    )

    assert gift == {
        "donorPeople": [{"id": "1-per-1"}],
        "recipientOrganization": None,
        "recipientPerson": {"id": "1-per-2"},
        "recipientPoliticalPartyOrganization": {"id": "1-org-2"},
        "amount": {"usdValueMax": 4.0},
        "measurementDate": "2021-01-01",
    }
    assert asset == {
        "owner": {"id": "1-per-1"},
        "name": "House",
        "classification": "Alternative",
        "type": "Home",
        "liquidityType": "Low",
        "remarks": "Old",
        "value": {"usdValueMin": 100.0},
        "ownershipPercentage": 50.0,
        "ownershipValue": {"usdValueMax": 100.0},
        "relatedOrganization": {"id": "1-org-1"},
        "purchaseDate": "2011-07-01",
        "organizationTicker": "ACME",
    }


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ('ticker: "acme"', ["1-org-1"]),
        ('sectors: ["INDUSTRY", "None"]', ["1-org-1"]),
        ('industries: ["Industry"]', []),
        ('country: "france"', ["1-org-1"]),
        ('country: "france", ticker: "X"', []),
        ('ids: ["1-org-2", "1-org-9"]', ["1-org-2"]),
        ("organizationTypes: []", []),
    ],
)
def test_organizations_are_found_by_their_columns(
    handmade: Asker, asked: str, expected: list[str]
) -> None:
    found = items(handmade, f"organizationSearch(filter: {{{asked}}})", "id")

    assert [item["id"] for item in found] == expected


def test_people_are_found_by_nationality(handmade: Asker) -> None:
    found = items(handmade, 'personSearch(filter: {nationality: "BRITISH"})', "id")

    assert [item["id"] for item in found] == ["1-per-1"]
