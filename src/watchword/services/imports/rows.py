"""Turns records into rows of the tables. Knows the columns' order, and no SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.services.records.dataset import (
    TABLES_OF,
    AnyRecord,
    CharitableDonationRecord,
    MembershipRecord,
    OrganizationRecord,
    PersonRecord,
    PoliticalDonationRecord,
    RoleRecord,
    RoleType,
    WealthAssetRecord,
)
from watchword.services.records.details import encode_detail, translate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apsw import SQLiteValue

    from watchword.services.imports.numbers import Numbers
    from watchword.services.records.dataset import Place
    from watchword.services.records.details import MoneyRange, SourceKey

Row = tuple["SQLiteValue", ...]
_REFERRED_TO: Final = frozenset({"person", "organization"})
_NO_ADDRESS: Final = (None,) * 6
_UNKNOWN: Final = (None, None)


class References:
    """Finds the numbers of the records that one record names."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._source = ""
        self._place: Place | None = None

    def stand_at(self, source: str, place: Place | None) -> None:
        """Take the keys that follow as those of a record of `source` at `place`."""
        self._source = source
        self._place = place

    def person(self, key: SourceKey) -> int:
        """Return a person's number."""
        return self._numbers.refer("person", self._source, key, self._place)

    def organization(self, key: SourceKey) -> int:
        """Return an organization's number."""
        return self._numbers.refer("organization", self._source, key, self._place)

    def find_person(self, key: SourceKey | None) -> int | None:
        """Return a person's number, or None without a key."""
        return None if key is None else self.person(key)

    def find_organization(self, key: SourceKey | None) -> int | None:
        """Return an organization's number, or None without a key."""
        return None if key is None else self.organization(key)


class RowMaker:
    """Makes the rows of one data set's records."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._references = References(numbers)

    def rows(self, record: AnyRecord, place: Place | None) -> Iterator[tuple[str, Row]]:
        """Yield the rows of a record, each with its table; the record's own comes first."""
        table = TABLES_OF[type(record)]
        number = self._numbers.own(
            table, record.source, record.key, is_referred_to=table in _REFERRED_TO
        )
        self._references.stand_at(record.source, place)
        columns = _columns(record, self._references)
        yield table, (number, *columns, record.source, record.source_url)
        if isinstance(record, CharitableDonationRecord | PoliticalDonationRecord):
            donors = table.removesuffix("donation") + "donor"
            for donor in sorted(record.donors):
                yield donors, (number, self._references.person(donor))


def _columns(record: AnyRecord, references: References) -> Row:  # noqa: PLR0911 - one for each sort
    # The commonest come first.
    match record:
        case RoleRecord():
            return _role(record, references)
        case PersonRecord():
            return _person(record, references)
        case OrganizationRecord():
            return _organization(record)
        case MembershipRecord():
            return _membership(record, references)
        case CharitableDonationRecord():
            return _charitable_donation(record, references)
        case PoliticalDonationRecord():
            return _political_donation(record, references)
        case WealthAssetRecord():
            return _wealth_asset(record, references)


def _person(record: PersonRecord, references: References) -> Row:
    detail = encode_detail(translate(record.detail, references.organization, references.person))
    return (
        record.first_name,
        record.middle_name,
        record.last_name,
        record.name,
        record.nickname,
        record.gender,
        record.date_of_birth,
        record.nationality,
        record.birthplace,
        record.relationship_status,
        record.earning_indicator,
        detail,
    )


def _organization(record: OrganizationRecord) -> Row:
    address = record.address
    where = (
        _NO_ADDRESS
        if address is None
        else (
            address.address_line1,
            address.city,
            address.state,
            address.postal_code,
            address.country,
            address.phone,
        )
    )
    return (
        record.name,
        record.type,
        record.website,
        *where,
        record.ticker,
        record.industry,
        record.sector,
        record.date_founded,
        encode_detail(record.metrics),
    )


def _role(record: RoleRecord, references: References) -> Row:
    start = record.start_date or ""
    return (
        references.person(record.person),
        references.organization(record.organization),
        record.title,
        start,
        record.end_date,
        *(int(type_ in record.types) for type_ in RoleType),
        # Until all of the person's roles at the organization are known.
        start,
        encode_detail(record.detail),
    )


def _membership(record: MembershipRecord, references: References) -> Row:
    return (
        references.person(record.person),
        references.organization(record.organization),
        record.title,
        record.start_date or "",
        record.end_date,
    )


def _charitable_donation(record: CharitableDonationRecord, references: References) -> Row:
    return (
        references.find_organization(record.donor_organization),
        references.find_organization(record.recipient_organization),
        *_bounds(record.amount),
        record.measurement_date or "",
    )


def _political_donation(record: PoliticalDonationRecord, references: References) -> Row:
    return (
        references.find_organization(record.recipient_organization),
        references.find_person(record.recipient_person),
        references.find_organization(record.party),
        *_bounds(record.amount),
        record.measurement_date or "",
    )


def _wealth_asset(record: WealthAssetRecord, references: References) -> Row:
    return (
        references.person(record.owner),
        record.name,
        record.classification,
        record.type,
        record.liquidity_type,
        record.remarks,
        *_bounds(record.value),
        record.ownership_percentage,
        *_bounds(record.ownership_value),
        references.find_organization(record.organization),
        record.purchase_date,
        record.ticker,
    )


def _bounds(amount: MoneyRange | None) -> tuple[float | None, float | None]:
    return _UNKNOWN if amount is None else (amount.usd_min, amount.usd_max)
