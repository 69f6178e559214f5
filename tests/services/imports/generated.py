"""Strategies for whole sets of records that refer to one another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from watchword.services.records.dataset import (
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
    SourceKey,
    TitleCategory,
)

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

SOURCES = ("here", "there")

# As JSON and SQLite can hold them: without surrogates and U+0000.
texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=8)
maybe = st.none() | texts
days = st.dates().map(lambda day: PartialDate(day.isoformat()))
dates = st.none() | st.one_of(
    days, days.map(lambda day: PartialDate(day[:7])), days.map(lambda day: PartialDate(day[:4]))
)
numbers = st.floats(allow_nan=False, allow_infinity=False)
amounts = st.one_of(
    st.tuples(numbers, numbers).map(lambda pair: MoneyRange(min(pair), max(pair))),
    numbers.map(lambda low: MoneyRange(low, None)),
    numbers.map(lambda high: MoneyRange(None, high)),
)
maybe_amount = st.none() | amounts
addresses = st.builds(
    Address,
    address_line1=texts,
    city=maybe,
    state=maybe,
    postal_code=maybe,
    country=maybe,
    phone=maybe,
)


def some(of: SearchStrategy[Any]) -> SearchStrategy[tuple[Any, ...]]:
    return st.lists(of, max_size=2).map(tuple)


def _spell(start: PartialDate | None, end: PartialDate | None) -> dict[str, PartialDate | None]:
    if start is not None and end is not None and end[: len(start)] < start[: len(end)]:
        start, end = end, start
    return {"start_date": start, "end_date": end}


spells = st.builds(_spell, dates, dates)


def details(
    people: SearchStrategy[SourceKey], organizations: SearchStrategy[SourceKey]
) -> SearchStrategy[PersonDetail[SourceKey]]:
    educations = st.builds(
        lambda spell, **rest: Education(**rest, **spell),
        spells,
        qualification=maybe,
        qualification_category=maybe,
        organization=st.none() | organizations,
        organization_name=maybe,
    )
    ties = st.builds(
        lambda spell, **rest: Relationship(**rest, **spell),
        spells,
        name=maybe,
        type=maybe,
        status=maybe,
        person=st.none() | people,
    )
    return st.builds(
        PersonDetail,
        other_names=some(texts),
        emails=some(texts),
        addresses=some(addresses),
        education=some(educations),
        achievements=some(
            st.builds(Achievement, name=texts, organization=st.none() | organizations, date=dates)
        ),
        interests=some(st.builds(Interest, pursuit=maybe, name=maybe)),
        relationships=some(ties),
        social_accounts=some(st.builds(SocialAccount, platform=texts, handle=maybe)),
        net_worth=st.none() | st.builds(NetWorth, estimated_net_worth=maybe_amount),
        wealth_tier=maybe,
    )


flags = st.none() | st.booleans()
role_details = st.builds(
    RoleDetail,
    title_categories=some(st.builds(TitleCategory, name=texts, role_groups=some(texts))),
    email=maybe,
    is_executive_director=flags,
    is_other_employee=flags,
)
metrics = some(
    st.builds(
        CurrencyMetric,
        measurement_type=st.sampled_from(MetricType),
        measurement_date=dates,
        amount=maybe_amount,
        period_name=maybe,
    )
)


@st.composite
def record_sets(draw: DrawFn, sources: tuple[str, ...] = SOURCES) -> list[AnyRecord]:
    """Records of two sources, in any order, whose references are all to be found."""
    found: list[AnyRecord] = []
    for source in sources:
        found += draw(_records_of(source))
    return draw(st.permutations(found))


@st.composite
def _records_of(draw: DrawFn, source: str) -> list[AnyRecord]:
    person_keys = draw(st.lists(texts.map(SourceKey), unique=True, max_size=3))
    organization_keys = draw(st.lists(texts.map(SourceKey), unique=True, max_size=3))
    people = st.sampled_from(person_keys) if person_keys else st.nothing()
    organizations = st.sampled_from(organization_keys) if organization_keys else st.nothing()
    common: dict[str, Any] = {"source": st.just(source), "source_url": maybe}
    others = _others(common, people, organizations)
    count = draw(st.integers(0, 4)) if person_keys and organization_keys else 0
    return [
        *(draw(_person(key, common, people, organizations)) for key in person_keys),
        *(draw(_organization(key, common)) for key in organization_keys),
        *(draw(others(SourceKey(f"{number}"))) for number in range(count)),
    ]


def _person(
    key: SourceKey,
    common: dict[str, Any],
    people: SearchStrategy[SourceKey],
    organizations: SearchStrategy[SourceKey],
) -> SearchStrategy[PersonRecord]:
    return st.builds(
        PersonRecord,
        **common,
        key=st.just(key),
        first_name=texts,
        middle_name=maybe,
        last_name=texts,
        name=texts,
        nickname=maybe,
        gender=maybe,
        date_of_birth=dates,
        nationality=maybe,
        birthplace=maybe,
        relationship_status=maybe,
        earning_indicator=maybe,
        detail=details(people, organizations),
    )


def _organization(key: SourceKey, common: dict[str, Any]) -> SearchStrategy[OrganizationRecord]:
    return st.builds(
        OrganizationRecord,
        **common,
        key=st.just(key),
        name=texts,
        type=texts,
        website=maybe,
        address=st.none() | addresses,
        ticker=maybe,
        industry=maybe,
        sector=maybe,
        date_founded=dates,
        metrics=metrics,
    )


def _others(
    common: dict[str, Any],
    people: SearchStrategy[SourceKey],
    organizations: SearchStrategy[SourceKey],
) -> Any:
    maybe_place = st.none() | organizations
    donors = st.frozensets(people, max_size=2)
    of_role = {"types": st.frozensets(st.sampled_from(RoleType), min_size=1)}
    spelled = {"person": people, "organization": organizations}
    gift = {"donors": donors, "amount": maybe_amount, "measurement_date": dates}

    def others(key: SourceKey) -> SearchStrategy[AnyRecord]:
        named = {**common, "key": st.just(key)}
        return st.one_of(
            st.builds(
                lambda spell, **rest: RoleRecord(**rest, **spell),
                spells,
                **named,
                **spelled,
                **of_role,
                title=texts,
                detail=role_details,
            ),
            st.builds(
                lambda spell, **rest: MembershipRecord(**rest, **spell),
                spells,
                **named,
                **spelled,
                title=maybe,
            ),
            st.builds(
                CharitableDonationRecord,
                **named,
                **gift,
                donor_organization=maybe_place,
                recipient_organization=maybe_place,
            ),
            st.builds(
                PoliticalDonationRecord,
                **named,
                **gift,
                recipient_organization=maybe_place,
                recipient_person=st.none() | people,
                party=maybe_place,
            ),
            st.builds(
                WealthAssetRecord,
                **named,
                owner=people,
                name=maybe,
                classification=maybe,
                liquidity_type=maybe,
                value=maybe_amount,
                ownership_percentage=st.none() | st.floats(0, 100),
                ownership_value=maybe_amount,
                organization=maybe_place,
                purchase_date=dates,
                ticker=maybe,
            ),
        )

    return others
