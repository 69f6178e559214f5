"""What a data set says, before it has numbers: records by source key, as JSON Lines spell them.

A record names another one by its key, and means the one of its own source.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence  # noqa: TC003 - msgspec reads the annotations at run time
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final, NamedTuple

from msgspec import Meta

from watchword.services.records.dates import PartialDate, require_dates, require_order
from watchword.services.records.details import (
    NO_DETAIL,
    NO_ROLE_DETAIL,
    Address,
    Metrics,
    MoneyRange,
    PersonDetail,
    RoleDetail,
    SourceKey,
    Text,
    Value,
)

Key = Annotated[SourceKey, Meta(min_length=1)]
PersonKey = Annotated[SourceKey, Meta(min_length=1, description="A person's key.")]
OrganizationKey = Annotated[SourceKey, Meta(min_length=1, description="An organization's key.")]


class RoleType(StrEnum):
    """Sorts of roles, by their published names."""

    BOARD = "BOARD"
    COMMITTEE = "COMMITTEE"
    EMPLOYMENT = "EMPLOYMENT"
    GOVERNMENT = "GOVERNMENT"


class Record(Value, frozen=True, kw_only=True, tag_field="record"):
    """What all records have.

    Attributes:
        source: The name of who says so; every row keeps it.
        key: Names the record among those of its sort and source.
        source_url: A page where the same can be read.
    """

    source: Text
    key: Key
    source_url: Text | None = None


class PersonRecord(Record, frozen=True, kw_only=True, tag="person"):
    """A person as the source has them."""

    first_name: Text
    middle_name: Text | None = None
    last_name: Text
    name: Text
    nickname: Text | None = None
    gender: Text | None = None
    date_of_birth: PartialDate | None = None
    nationality: Text | None = None
    birthplace: Text | None = None
    relationship_status: Text | None = None
    earning_indicator: Text | None = None
    detail: PersonDetail[SourceKey] = NO_DETAIL

    def __post_init__(self) -> None:
        """Raise ValueError where the date is none."""
        require_dates(self.date_of_birth)


class OrganizationRecord(Record, frozen=True, kw_only=True, tag="organization"):
    """An organization as the source has it."""

    name: Text
    type: Text
    website: Text | None = None
    address: Address | None = None
    ticker: Text | None = None
    industry: Text | None = None
    sector: Text | None = None
    date_founded: PartialDate | None = None
    metrics: Metrics = ()

    def __post_init__(self) -> None:
        """Raise ValueError where the date is none."""
        require_dates(self.date_founded)


class RoleRecord(Record, frozen=True, kw_only=True, tag="role"):
    """A role as the source has it."""

    person: PersonKey
    organization: OrganizationKey
    title: Text
    types: Annotated[frozenset[RoleType], Meta(min_length=1)]
    start_date: PartialDate | None = None
    end_date: PartialDate | None = None
    detail: RoleDetail = NO_ROLE_DETAIL

    def __post_init__(self) -> None:
        """Raise ValueError where a date is none, or the dates run backwards."""
        require_order(self.start_date, self.end_date)


class MembershipRecord(Record, frozen=True, kw_only=True, tag="membership"):
    """A person's membership of a party, a club or an association."""

    person: PersonKey
    organization: OrganizationKey
    title: Text | None = None
    start_date: PartialDate | None = None
    end_date: PartialDate | None = None

    def __post_init__(self) -> None:
        """Raise ValueError where a date is none, or the dates run backwards."""
        require_order(self.start_date, self.end_date)


class CharitableDonationRecord(Record, frozen=True, kw_only=True, tag="charitableDonation"):
    """A gift of people, or of an organization, to an organization. Donors have no order."""

    donors: frozenset[PersonKey] = frozenset()
    donor_organization: OrganizationKey | None = None
    recipient_organization: OrganizationKey | None = None
    amount: MoneyRange | None = None
    measurement_date: PartialDate | None = None

    def __post_init__(self) -> None:
        """Raise ValueError where the date is none."""
        require_dates(self.measurement_date)


class PoliticalDonationRecord(Record, frozen=True, kw_only=True, tag="politicalDonation"):
    """A gift of people to a candidate, a party or its organization. Donors have no order."""

    donors: frozenset[PersonKey] = frozenset()
    recipient_organization: OrganizationKey | None = None
    recipient_person: PersonKey | None = None
    party: OrganizationKey | None = None
    amount: MoneyRange | None = None
    measurement_date: PartialDate | None = None

    def __post_init__(self) -> None:
        """Raise ValueError where the date is none."""
        require_dates(self.measurement_date)


class WealthAssetRecord(Record, frozen=True, kw_only=True, tag="wealthAsset"):
    """Something that a person owns."""

    owner: PersonKey
    name: Text | None = None
    classification: Text | None = None
    type: Text | None = None
    liquidity_type: Text | None = None
    remarks: Text | None = None
    value: MoneyRange | None = None
    ownership_percentage: Annotated[float, Meta(ge=0, le=100)] | None = None
    ownership_value: MoneyRange | None = None
    organization: OrganizationKey | None = None
    purchase_date: PartialDate | None = None
    ticker: Text | None = None

    def __post_init__(self) -> None:
        """Raise ValueError where the date is none."""
        require_dates(self.purchase_date)


INVENTED: Final = "invented"
"""The source of all people who are made up, and of nobody else."""

AnyRecord = (
    PersonRecord
    | OrganizationRecord
    | RoleRecord
    | MembershipRecord
    | CharitableDonationRecord
    | PoliticalDonationRecord
    | WealthAssetRecord
)

TABLES_OF: Final[Mapping[type[AnyRecord], str]] = {
    PersonRecord: "person",
    OrganizationRecord: "organization",
    RoleRecord: "role",
    MembershipRecord: "membership",
    CharitableDonationRecord: "charitable_donation",
    PoliticalDonationRecord: "political_donation",
    WealthAssetRecord: "wealth_asset",
}
"""Where the records of each sort go."""


class Place(NamedTuple):
    """Where a record stands: in which file, and from which line on."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Dataset:
    """Everything that is to be served, of one source or several, in any order.

    Attributes:
        is_invented: Whether the people are made up. Such people never share a database with
            real ones.
        records: Each with its place; None where it stands nowhere. Read once.
        count: How many records there are, where that is known before. Where it is not, the
            records tell of their progress as they are read.
        notes: What the reader of the report should know, a sentence each.
    """

    is_invented: bool
    records: Iterable[tuple[AnyRecord, Place | None]]
    count: int | None = None
    notes: Sequence[str] = ()
