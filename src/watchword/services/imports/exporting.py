"""Reads everything that is served back into records, from one state of the database."""

from __future__ import annotations

from contextlib import closing, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from msgspec import json

from watchword.services.records.dataset import (
    CharitableDonationRecord,
    MembershipRecord,
    OrganizationRecord,
    PersonRecord,
    PoliticalDonationRecord,
    RoleRecord,
    RoleType,
    WealthAssetRecord,
)
from watchword.services.records.details import (
    Address,
    MoneyRange,
    SourceKey,
    decode_metrics,
    decode_person_detail,
    decode_role_detail,
    translate,
)
from watchword.services.records.errors import NobodyYet
from watchword.services.records.tables import connect_for_reading, explained

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    import apsw

    from watchword.services.records.dataset import AnyRecord
    from watchword.services.records.details import PersonDetail

    _Row = dict[str, Any]

_PATIENCE: Final = timedelta(seconds=10)

_PERSON: Final = "(SELECT source_key FROM person_identity WHERE id = {})"
_ORGANIZATION: Final = "(SELECT source_key FROM organization_identity WHERE id = {})"
# All of it is our own text.
_DONORS: Final = "(SELECT json_group_array({donor}) FROM {table} WHERE donation_id = data.id)"


def _select(table: str, **references: str) -> str:
    """Return a query for all records of a table by id, with the keys of what they refer to."""
    keys = "".join(f", {text} AS {name}" for name, text in references.items())
    # Nothing of the caller's is in the text.
    return (
        f"SELECT source_key AS key, data.*{keys} FROM {table} AS data "  # noqa: S608 - see above
        f"JOIN {table}_identity USING (id, source) ORDER BY data.id"
    )


_PERSON_OF: Final = _PERSON.format("person_id")
_AT: Final = _ORGANIZATION.format("organization_id")
_RECIPIENT: Final = _ORGANIZATION.format("recipient_organization_id")


@contextmanager
def exported(database: Path) -> Generator[tuple[bool, Iterator[AnyRecord]]]:
    """Give all records, and whether they are invented. Imports go on meanwhile, unseen.

    Importing the records into an empty database makes the same answers; records keep their source
    keys, from which ids are made in the order that they come.

    Raises:
        NobodyYet: If nothing was ever imported.
        DatabaseUnusable: If the database cannot be read.
    """
    with explained(database), closing(connect_for_reading(database, _PATIENCE)) as connection:
        connection.execute("BEGIN")
        origin = connection.execute("SELECT is_invented FROM origin").fetchone()
        if origin is None:
            raise NobodyYet
        yield bool(origin[0]), _records(connection)


def _records(connection: apsw.Connection) -> Iterator[AnyRecord]:
    details = _Details(connection)
    for row in _rows(connection, _select("organization")):
        yield _organization(row)
    for row in _rows(connection, _select("person")):
        yield _person(row, details)
    for row in _rows(connection, _select("role", person=_PERSON_OF, organization=_AT)):
        yield _role(row)
    for row in _rows(connection, _select("membership", person=_PERSON_OF, organization=_AT)):
        yield MembershipRecord(
            **_common(row), **_named(row, "person", "organization", "title"), **_dates(row)
        )
    yield from _donations(connection)
    query = _select("wealth_asset", owner=_PERSON.format("owner_id"), organization=_AT)
    for row in _rows(connection, query):
        yield _wealth_asset(row)


def _donations(connection: apsw.Connection) -> Iterator[AnyRecord]:
    query = _select(
        "charitable_donation",
        donors=_donors("charitable_donor"),
        donor_organization=_ORGANIZATION.format("donor_organization_id"),
        recipient_organization=_RECIPIENT,
    )
    for row in _rows(connection, query):
        names = _named(row, "donor_organization", "recipient_organization")
        yield CharitableDonationRecord(**_common(row), **names, **_gift(row))
    query = _select(
        "political_donation",
        donors=_donors("political_donor"),
        recipient_organization=_RECIPIENT,
        recipient_person=_PERSON.format("recipient_person_id"),
        party=_ORGANIZATION.format("party_organization_id"),
    )
    for row in _rows(connection, query):
        names = _named(row, "recipient_organization", "recipient_person", "party")
        yield PoliticalDonationRecord(**_common(row), **names, **_gift(row))


def _donors(table: str) -> str:
    return _DONORS.format(donor=_PERSON.format("person_id"), table=table)


class _Details:
    """Puts source keys in the place of numbers."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def read(self, column: str | None) -> PersonDetail[SourceKey]:
        return translate(decode_person_detail(column), self._organization, self._person)

    def _person(self, number: int) -> SourceKey:
        return self._key(_PERSON, number)

    def _organization(self, number: int) -> SourceKey:
        return self._key(_ORGANIZATION, number)

    def _key(self, query: str, number: int) -> SourceKey:
        return SourceKey(
            str(self._connection.execute(f"SELECT {query.format('?')}", (number,)).get)
        )


def _rows(connection: apsw.Connection, query: str) -> Iterator[_Row]:
    cursor = connection.execute(query)
    names: list[str] | None = None
    for row in cursor:
        if names is None:
            names = [name for name, _ in cursor.get_description()]
        yield dict(zip(names, row, strict=True))


def _common(row: _Row) -> _Row:
    return _named(row, "source", "key", "source_url")


def _named(row: _Row, *names: str) -> _Row:
    return {name: row[name] for name in names}


def _dates(row: _Row) -> _Row:
    return {"start_date": row["start_date"] or None, "end_date": row["end_date"]}


def _gift(row: _Row) -> _Row:
    return {
        "donors": frozenset(json.decode(row["donors"])),
        "amount": _amount(row, "usd"),
        "measurement_date": row["measurement_date"] or None,
    }


def _amount(row: _Row, prefix: str) -> MoneyRange | None:
    lowest, highest = row[f"{prefix}_min"], row[f"{prefix}_max"]
    return None if lowest is None and highest is None else MoneyRange(lowest, highest)


def _person(row: _Row, details: _Details) -> PersonRecord:
    columns = ("first_name", "middle_name", "last_name", "name", "nickname", "gender")
    life = ("date_of_birth", "nationality", "birthplace", "relationship_status")
    return PersonRecord(
        **_common(row),
        **_named(row, *columns, *life, "earning_indicator"),
        detail=details.read(row["detail"]),
    )


def _organization(row: _Row) -> OrganizationRecord:
    where = _named(row, *Address.__struct_fields__)
    return OrganizationRecord(
        **_common(row),
        **_named(row, "name", "type", "website", "ticker", "industry", "sector", "date_founded"),
        address=Address(**where) if any(where.values()) else None,
        metrics=decode_metrics(row["metrics"]),
    )


def _role(row: _Row) -> RoleRecord:
    return RoleRecord(
        **_common(row),
        **_named(row, "person", "organization", "title"),
        **_dates(row),
        types=frozenset(type_ for type_ in RoleType if row[f"is_{type_.lower()}"]),
        detail=decode_role_detail(row["detail"]),
    )


def _wealth_asset(row: _Row) -> WealthAssetRecord:
    sorts = ("name", "classification", "type", "liquidity_type", "remarks")
    return WealthAssetRecord(
        **_common(row),
        **_named(row, "owner", "organization", *sorts),
        **_named(row, "ownership_percentage", "purchase_date", "ticker"),
        value=_amount(row, "usd"),
        ownership_value=_amount(row, "ownership_usd"),
    )
