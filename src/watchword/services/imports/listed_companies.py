"""Makes a data set of what the package pytickersymbols knows: listed companies and key people.

The package has it from Wikipedia, whose page of the company is every record's link. Nothing is
taken that the page leaves open: which of several sectors is the first, who is who.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from watchword.services.imports.importing import PATIENCE, ImportReport, unwatched, write
from watchword.services.imports.key_people import read_key_people
from watchword.services.imports.states import STATES
from watchword.services.records.dataset import (
    Dataset,
    OrganizationRecord,
    PersonRecord,
    RoleRecord,
)
from watchword.services.records.dates import PartialDate, parse_partial_date
from watchword.services.records.details import (
    Address,
    CurrencyMetric,
    MetricType,
    MoneyRange,
    SourceKey,
)
from watchword.services.records.errors import ImportRefused

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import timedelta
    from pathlib import Path

    from watchword.access.ports import Clock
    from watchword.services.imports.importing import Progress
    from watchword.services.imports.key_people import KeyPerson
    from watchword.services.records.dataset import AnyRecord
    from watchword.services.records.details import Metrics

SOURCE: Final = "pytickersymbols"
# The eleven sectors of the Global Industry Classification Standard; all else is an industry.
_SECTORS: Final = frozenset(
    {
        "Communication Services",
        "Consumer Discretionary",
        "Consumer Staples",
        "Energy",
        "Financials",
        "Health Care",
        "Industrials",
        "Information Technology",
        "Materials",
        "Real Estate",
        "Utilities",
    }
)
_STATES: Final = frozenset(STATES.values())
_COMMA: Final = re.compile(r",\s*")
_FOUNDED: Final = re.compile(r"\( ?([0-9]{4}(?:-[0-9]{2}){0,2}) ?\)")
_WEBSITE: Final = re.compile(r"(?:https?://)?([\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?:/[\w./-]*)?)")
_DOLLARS: Final = re.compile(r"US\$ ?([0-9,]*\.?[0-9]+) (million|billion|trillion) \(([0-9]{4})\)")
_UNITS: Final = {"million": 1e6, "billion": 1e9, "trillion": 1e12}
_Written = str | int | None


class _Facts(msgspec.Struct):
    """What the page of a company says, as it is written there."""

    founded: _Written = None
    website: _Written = None
    key_people: _Written = None
    revenue: _Written = None
    total_assets: _Written = None
    wikipedia_url: str | None = None


class _Stock(msgspec.Struct):
    """A company as the package has it."""

    name: str
    symbol: str | None = None
    country: str | None = None
    industries: list[str] = []
    metadata: _Facts = msgspec.field(default_factory=_Facts)


def import_listed_companies(
    database: Path,
    *,
    clock: Clock,
    progress: Progress = unwatched,
    patience: timedelta = PATIENCE,
) -> ImportReport:
    """Replace the people of `database` by the listed companies of pytickersymbols.

    Raises:
        ImportRefused: If the package is not installed or has another form, or the database cannot
            be written. Nothing was changed.
    """
    dataset = read_listed_companies(_stocks())
    return write(database, dataset, clock=clock, progress=progress, patience=patience)


def read_listed_companies(stocks: Sequence[object]) -> Dataset:
    """Return what the package's companies say.

    Raises:
        ImportRefused: If they have another form than this watchword knows.
    """
    try:
        companies = msgspec.convert(stocks, list[_Stock])
    except msgspec.ValidationError as error:
        raise ImportRefused(
            f"pytickersymbols has another form than expected ({error}). Nothing was changed. "
            "Install the version that this watchword is tested with."
        ) from error
    records: list[AnyRecord] = []
    left_out = 0
    countries = frozenset(
        company.country for company in companies if company.country and "," not in company.country
    )
    for company in companies:
        records.append(_organization(company, countries))
        people, missed = read_key_people(str(company.metadata.key_people or ""))
        records.extend(_people(company, people))
        left_out += missed
    note = (
        f"{left_out} entries of key people are left out: they do not say for sure who holds which "
        "office now."
    )
    return Dataset(
        is_invented=False,
        records=[(record, None) for record in records],
        count=len(records),
        notes=(note,) if left_out else (),
    )


def _stocks() -> Sequence[object]:
    try:
        # An extra: whoever imports other people does without.
        from watchword.services.imports.ticker_symbols import all_stocks  # noqa: PLC0415 - above
    except ImportError as error:
        raise ImportRefused(
            "pytickersymbols is not installed. Nothing was changed. Install the extra where "
            "watchword is, python -m pip install 'watchword[pytickersymbols]', then import again."
        ) from error
    return all_stocks()


def _organization(company: _Stock, countries: Collection[str]) -> OrganizationRecord:
    facts = company.metadata
    sectors = [name for name in company.industries if name in _SECTORS]
    industries = [name for name in company.industries if name not in _SECTORS]
    website = _WEBSITE.fullmatch(str(facts.website or ""))
    return OrganizationRecord(
        source=SOURCE,
        key=_key(company),
        name=company.name,
        type="Listed company",
        website=f"https://{website[1]}" if website else None,
        address=_address(company.country, countries),
        ticker=company.symbol or None,
        industry=industries[0] if len(industries) == 1 else None,
        sector=sectors[0] if len(sectors) == 1 else None,
        date_founded=_date_founded(str(facts.founded or "")),
        metrics=_metrics(facts),
        source_url=facts.wikipedia_url or None,
    )


def _people(company: _Stock, people: Sequence[KeyPerson]) -> Iterator[AnyRecord]:
    # Whether people of one name at two companies are one person, nobody says: they are two.
    url = company.metadata.wikipedia_url or None
    seen: dict[SourceKey, int] = {}
    for person in people:
        key = SourceKey(f"{_key(company)}/person:{person.name}")
        seen[key] = seen.get(key, 0) + 1
        if seen[key] == 1:
            yield PersonRecord(
                source=SOURCE,
                key=key,
                first_name=person.first_name,
                middle_name=person.middle_name,
                last_name=person.last_name,
                name=person.name,
                source_url=url,
            )
        yield RoleRecord(
            source=SOURCE,
            key=SourceKey(f"{key}/role:{seen[key]}"),
            person=key,
            organization=_key(company),
            title=person.title,
            types=person.types,
            source_url=url,
        )


def _key(company: _Stock) -> SourceKey:
    return SourceKey(f"company:{company.name}")


def _address(where: str | None, countries: Collection[str]) -> Address | None:
    if not where or where == "none":
        return None
    *before, last = _COMMA.split(where)
    city = ", ".join(before) or None
    if last in _STATES and city is not None:
        return Address(city=city, state=last, country="United States")
    # What stands alone elsewhere is a country; what never does may be anything.
    if last in countries:
        return Address(city=city, country=last)
    return Address(address_line1=where)


def _date_founded(written: str) -> PartialDate | None:
    dates = set(_FOUNDED.findall(written))
    # Several: of the company and of those it was made of.
    if len(dates) == 1:
        try:
            return parse_partial_date(dates.pop())
        except ValueError:
            return None
    return None


def _metrics(facts: _Facts) -> Metrics:
    written = ((MetricType.REVENUE, facts.revenue), (MetricType.TOTAL_ASSETS, facts.total_assets))
    metrics: list[CurrencyMetric] = []
    for type_, text in written:
        match = _DOLLARS.fullmatch(str(text or ""))
        if match:
            dollars = float(match[1].replace(",", "")) * _UNITS[match[2]]
            metrics.append(
                CurrencyMetric(
                    measurement_type=type_,
                    measurement_date=PartialDate(match[3]),
                    amount=MoneyRange(dollars, dollars),
                    period_name="Annual",
                )
            )
    return tuple(metrics)
