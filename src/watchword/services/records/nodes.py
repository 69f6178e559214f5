"""What queries are answered from: records as they were read, and the columns they are read from.

Made straight from rows, so the order of a class's fields is the order of its columns. What the
database keeps as JSON is decoded when a field asks for it, once.
"""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from watchword.services.records.dataset import RoleType
from watchword.services.records.dates import PartialDate  # noqa: TC001 - msgspec reads it at run time
from watchword.services.records.details import (
    Metrics,
    PersonDetail,
    RoleDetail,
    decode_metrics,
    decode_person_detail,
    decode_role_detail,
)

RoleStatus = Literal["CURRENT", "PRIOR"]

# The rules for roles and for their events; as text, 2027-01 is after every day of 2026. A start
# known to the month or year only is taken as its first day; an end, as the last.
START_IS_TO_COME: Final = "(start_date > :today)"
"""Whether a row of `role` begins after the day `:today`; not so where the start is unknown."""
END_IS_TO_COME: Final = """(end_date > :today
  OR (length(end_date) < 10 AND instr(:today, end_date) = 1))"""
"""Whether a row of `role` that has an end reaches it after the day `:today`; else NULL."""
IS_CURRENT: Final = f"(NOT {START_IS_TO_COME} AND coalesce({END_IS_TO_COME}, TRUE))"
"""Whether a row of `role` is a current role on the day `:today`."""
IS_PRIOR: Final = f"(end_date IS NOT NULL AND NOT {END_IS_TO_COME})"
"""Whether a row of `role` is a prior role on the day `:today`; one to come is neither."""

PERSON_COLUMNS: Final = """person.id, person.first_name, middle_name, person.last_name,
  person.name, gender, date_of_birth, nationality, birthplace, relationship_status,
  earning_indicator, detail, source, source_url"""
ORGANIZATION_COLUMNS: Final = """organization.id, organization.name, type, website,
  address_line1, city, state, postal_code, country, phone, organization.ticker, industry, sector,
  date_founded, metrics, source, source_url"""
ROLE_COLUMNS: Final = f"""id, person_id, organization_id, title, nullif(start_date, ''), end_date,
  CASE WHEN {IS_CURRENT} THEN 'CURRENT' WHEN {IS_PRIOR} THEN 'PRIOR' END,
  is_board + 2 * is_committee + 4 * is_employment + 8 * is_government,
  nullif(since_with_organization, ''), detail, source, source_url"""
MEMBERSHIP_COLUMNS: Final = """id, person_id, organization_id, title, nullif(start_date, ''),
  end_date, source, source_url"""
CHARITABLE_COLUMNS: Final = """id, donor_organization_id, recipient_organization_id, usd_min,
  usd_max, nullif(measurement_date, ''), source, source_url"""
POLITICAL_COLUMNS: Final = """id, recipient_organization_id, recipient_person_id,
  party_organization_id, usd_min, usd_max, nullif(measurement_date, ''), source, source_url"""
ASSET_COLUMNS: Final = """id, owner_id, name, classification, type, liquidity_type, remarks,
  usd_min, usd_max, ownership_percentage, ownership_usd_min, ownership_usd_max, organization_id,
  purchase_date, ticker, source, source_url"""

_TYPES: Final = tuple(
    tuple(type_ for bit, type_ in enumerate(RoleType) if bits >> bit & 1)
    for bits in range(1 << len(RoleType))
)


class Person(Struct, gc=False):
    """A person; `rank` is that of a match in a keyword search."""

    number: int
    first_name: str
    middle_name: str | None
    last_name: str
    name: str
    gender: str | None
    date_of_birth: PartialDate | None
    nationality: str | None
    birthplace: str | None
    relationship_status: str | None
    earning_indicator: str | None
    detail_json: str | None
    source_name: str
    source_url: str | None
    rank: int = 0
    decoded: PersonDetail[int] | None = None

    @property
    def detail(self) -> PersonDetail[int]:
        """What is shown of the person, and never searched."""
        if self.decoded is None:
            self.decoded = decode_person_detail(self.detail_json)
        return self.decoded


class Organization(Struct, gc=False):
    """An organization; `rank` is that of a match in a keyword search."""

    number: int
    name: str
    type: str
    website: str | None
    address_line1: str | None
    city: str | None
    state: str | None
    postal_code: str | None
    country: str | None
    phone: str | None
    ticker: str | None
    industry: str | None
    sector: str | None
    date_founded: PartialDate | None
    metrics_json: str | None
    source_name: str
    source_url: str | None
    rank: int = 0
    decoded: Metrics | None = None

    @property
    def metrics(self) -> Metrics:
        """What was measured of it in money."""
        if self.decoded is None:
            self.decoded = decode_metrics(self.metrics_json)
        return self.decoded

    @property
    def address(self) -> Organization | None:
        """Itself, which holds the parts of an address; None where it holds none."""
        parts = (self.address_line1, self.city, self.state, self.postal_code, self.country)
        return self if any(parts) or self.phone else None


class Role(Struct, gc=False):
    """A role."""

    number: int
    person: int
    organization: int
    title: str
    start_date: PartialDate | None
    end_date: PartialDate | None
    status: RoleStatus | None
    type_bits: int
    since_with_organization: PartialDate | None
    detail_json: str | None
    source_name: str
    source_url: str | None
    decoded: RoleDetail | None = None

    @property
    def types(self) -> tuple[RoleType, ...]:
        """What sorts of role it is."""
        return _TYPES[self.type_bits]

    @property
    def detail(self) -> RoleDetail:
        """What is shown of the role, and never searched."""
        if self.decoded is None:
            self.decoded = decode_role_detail(self.detail_json)
        return self.decoded


class Membership(Struct, gc=False):
    """A person's membership in an organization."""

    number: int
    person: int
    organization: int
    title: str | None
    start_date: PartialDate | None
    end_date: PartialDate | None
    source_name: str
    source_url: str | None


class CharitableDonation(Struct, gc=False):
    """A gift to a good cause."""

    number: int
    donor_organization: int | None
    recipient_organization: int | None
    usd_min: float | None
    usd_max: float | None
    measurement_date: PartialDate | None
    source_name: str
    source_url: str | None


class PoliticalDonation(Struct, gc=False):
    """A gift to a politician, a committee or a party."""

    number: int
    recipient_organization: int | None
    recipient_person: int | None
    party: int | None
    usd_min: float | None
    usd_max: float | None
    measurement_date: PartialDate | None
    source_name: str
    source_url: str | None


class WealthAsset(Struct, gc=False):
    """Something of value that a person owns, whole or in part."""

    number: int
    owner: int
    name: str | None
    classification: str | None
    type: str | None
    liquidity_type: str | None
    remarks: str | None
    usd_min: float | None
    usd_max: float | None
    ownership_percentage: float | None
    ownership_usd_min: float | None
    ownership_usd_max: float | None
    organization: int | None
    purchase_date: PartialDate | None
    ticker: str | None
    source_name: str
    source_url: str | None
