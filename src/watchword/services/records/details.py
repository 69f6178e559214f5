"""What is kept of a person, a role or an organization beside the columns, as JSON.

Owns the JSON of the columns `person.detail`, `role.detail` and `organization.metrics`. Nothing in
it is searched. A reference is a source key in a record, and a record's number in the database:
hence `PersonDetail[SourceKey]` and `PersonDetail[int]`.
"""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003 - msgspec reads the annotations at run time
from enum import StrEnum
from typing import Annotated, Final, Generic, NewType, TypeVar

from msgspec import Meta, Struct, json

from watchword.services.records.dates import PartialDate, require_dates, require_order

SourceKey = NewType("SourceKey", str)
"""Names a record inside its source for ever: `bioguide:C000127`."""
Text = Annotated[str, Meta(min_length=1)]
Reference = TypeVar("Reference")
_Other = TypeVar("_Other")


class Value(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"):
    """Part of a record; what is not known is left out."""


class MetricType(StrEnum):
    """What a currency metric measures, by its published name."""

    MARKET_CAP = "MARKET_CAP"
    TOTAL_ASSETS = "TOTAL_ASSETS"
    ASSETS_UNDER_MANAGEMENT = "ASSETS_UNDER_MANAGEMENT"
    REVENUE = "REVENUE"


class MoneyRange(Value, frozen=True):
    """An amount in US dollars, from and to; one of the two may be unknown."""

    usd_min: float | None = None
    usd_max: float | None = None

    def __post_init__(self) -> None:
        """Raise ValueError where nothing is said, or the range runs backwards."""
        if self.usd_min is None and self.usd_max is None:
            raise ValueError("neither 'usdMin' nor 'usdMax' is given")
        if self.usd_min is not None and self.usd_max is not None and self.usd_min > self.usd_max:
            raise ValueError("'usdMin' is above 'usdMax'")


class Address(Value, frozen=True):
    """Where an organization is, or a person can be reached."""

    address_line1: Text | None = None
    city: Text | None = None
    state: Text | None = None
    postal_code: Text | None = None
    country: Text | None = None
    phone: Text | None = None

    def __post_init__(self) -> None:
        """Raise ValueError where nothing is said."""
        parts = (self.address_line1, self.city, self.state, self.postal_code, self.country)
        if not any(parts) and not self.phone:
            raise ValueError("the address is empty")


class Education(Value, Generic[Reference], frozen=True, kw_only=True):
    """Where and what a person studied.

    Attributes:
        organization: The school, where it is a record.
        organization_name: Its name, where it is none.
    """

    qualification: Text | None = None
    qualification_category: Text | None = None
    organization: Reference | None = None
    organization_name: Text | None = None
    start_date: PartialDate | None = None
    end_date: PartialDate | None = None

    def __post_init__(self) -> None:
        """Raise ValueError where a date is none, or the dates run backwards."""
        require_order(self.start_date, self.end_date)


class Achievement(Value, Generic[Reference], frozen=True, kw_only=True):
    """An award or an honour, and who gave it."""

    name: Text
    organization: Reference | None = None
    date: PartialDate | None = None

    def __post_init__(self) -> None:
        """Raise ValueError where the date is none."""
        require_dates(self.date)


class Interest(Value, frozen=True, kw_only=True):
    """What a person likes to do or to support."""

    pursuit: Text | None = None
    category: Text | None = None
    name: Text | None = None
    description: Text | None = None


class Relationship(Value, Generic[Reference], frozen=True, kw_only=True):
    """A tie to another person.

    Attributes:
        name: The other's name.
        type: What the other is to the person: `spouse`, `child`.
        status: `current` or `prior`, or as the source words it.
        person: The other, where they are a record.
    """

    name: Text | None = None
    type: Text | None = None
    status: Text | None = None
    start_date: PartialDate | None = None
    end_date: PartialDate | None = None
    person: Reference | None = None

    def __post_init__(self) -> None:
        """Raise ValueError where a date is none, or the dates run backwards."""
        require_order(self.start_date, self.end_date)


class SocialAccount(Value, frozen=True, kw_only=True):
    """An account of a person at a social network."""

    platform: Text
    handle: Text | None = None
    url: Text | None = None


class NetWorth(Value, frozen=True, kw_only=True):
    """What a person is estimated to own, and where it comes from."""

    estimated_net_worth: MoneyRange | None = None
    total_assets_found: MoneyRange | None = None
    estimated_liquid_asset: MoneyRange | None = None
    estimated_family_net_worth: MoneyRange | None = None
    estimated_family_liquid_asset: MoneyRange | None = None
    source_of_wealth: Text | None = None


class PersonDetail(Value, Generic[Reference], frozen=True, kw_only=True):
    """What is shown of a person, and never searched."""

    other_names: tuple[Text, ...] = ()
    emails: tuple[Text, ...] = ()
    addresses: tuple[Address, ...] = ()
    education: tuple[Education[Reference], ...] = ()
    achievements: tuple[Achievement[Reference], ...] = ()
    interests: tuple[Interest, ...] = ()
    relationships: tuple[Relationship[Reference], ...] = ()
    social_accounts: tuple[SocialAccount, ...] = ()
    net_worth: NetWorth | None = None
    wealth_tier: Text | None = None


class TitleCategory(Value, frozen=True, kw_only=True):
    """A category that a title falls under, and the groups of roles it belongs to."""

    name: Text
    role_groups: tuple[Text, ...] = ()


class RoleDetail(Value, frozen=True, kw_only=True):
    """What is shown of a role, and never searched."""

    title_categories: tuple[TitleCategory, ...] = ()
    email: Text | None = None
    is_executive_director: bool | None = None
    is_non_executive_director: bool | None = None
    is_part_of_leadership_team: bool | None = None
    is_other_employee: bool | None = None


class CurrencyMetric(Value, frozen=True, kw_only=True):
    """An amount that an organization was measured by on a day or in a period."""

    measurement_type: MetricType
    measurement_date: PartialDate | None = None
    amount: MoneyRange | None = None
    period_name: Text | None = None
    unit_type: Text | None = None

    def __post_init__(self) -> None:
        """Raise ValueError where the date is none."""
        require_dates(self.measurement_date)


Metrics = tuple[CurrencyMetric, ...]
NO_DETAIL: Final[PersonDetail[SourceKey]] = PersonDetail()
NO_ROLE_DETAIL: Final = RoleDetail()

_people: Final[json.Decoder[PersonDetail[int]]] = json.Decoder(PersonDetail[int])
_roles: Final[json.Decoder[RoleDetail]] = json.Decoder(RoleDetail)
_metrics: Final[json.Decoder[Metrics]] = json.Decoder(Metrics)
_encoder: Final = json.Encoder()


def encode_detail(detail: PersonDetail[int] | RoleDetail | Metrics) -> str | None:
    """Return the value of a column; None where there is nothing to say."""
    encoded = _encoder.encode(detail)
    return None if encoded in {b"{}", b"[]"} else encoded.decode()


def decode_person_detail(column: str | None) -> PersonDetail[int]:
    """Return what `person.detail` holds."""
    return PersonDetail() if column is None else _people.decode(column)


def decode_role_detail(column: str | None) -> RoleDetail:
    """Return what `role.detail` holds."""
    return NO_ROLE_DETAIL if column is None else _roles.decode(column)


def decode_metrics(column: str | None) -> Metrics:
    """Return what `organization.metrics` holds."""
    return () if column is None else _metrics.decode(column)


def translate(
    detail: PersonDetail[Reference],
    organization: Callable[[Reference], _Other],
    person: Callable[[Reference], _Other],
) -> PersonDetail[_Other]:
    """Return `detail` with every reference replaced by what the functions make of it."""
    return PersonDetail(
        other_names=detail.other_names,
        emails=detail.emails,
        addresses=detail.addresses,
        education=tuple(_education(item, organization) for item in detail.education),
        achievements=tuple(
            Achievement(
                name=item.name, organization=_map(item.organization, organization), date=item.date
            )
            for item in detail.achievements
        ),
        interests=detail.interests,
        relationships=tuple(_relationship(item, person) for item in detail.relationships),
        social_accounts=detail.social_accounts,
        net_worth=detail.net_worth,
        wealth_tier=detail.wealth_tier,
    )


def _education(
    item: Education[Reference], organization: Callable[[Reference], _Other]
) -> Education[_Other]:
    return Education(
        qualification=item.qualification,
        qualification_category=item.qualification_category,
        organization=_map(item.organization, organization),
        organization_name=item.organization_name,
        start_date=item.start_date,
        end_date=item.end_date,
    )


def _relationship(
    item: Relationship[Reference], person: Callable[[Reference], _Other]
) -> Relationship[_Other]:
    return Relationship(
        name=item.name,
        type=item.type,
        status=item.status,
        start_date=item.start_date,
        end_date=item.end_date,
        person=_map(item.person, person),
    )


def _map(reference: Reference | None, function: Callable[[Reference], _Other]) -> _Other | None:
    return None if reference is None else function(reference)
