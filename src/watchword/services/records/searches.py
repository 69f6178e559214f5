"""Searches for people and organizations by criteria, all of which must hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.services.records.criteria import (
    MOST_IDS,
    Conditions,
    OrganizationSearchFilter,
    PersonSearchFilter,
    read_text,
    read_words,
)
from watchword.services.records.dates import OLDEST_AGE
from watchword.services.records.finding import ORGANIZATIONS, PEOPLE
from watchword.services.records.folding import fold
from watchword.services.records.ids import Kind
from watchword.services.records.keywords import begun_in
from watchword.services.records.leads import (
    Lead,
    by_title,
    find_lead_by_type,
    type_condition,
)
from watchword.services.records.lists import TableListing
from watchword.services.records.orders import ByNumber
from watchword.services.records.paging import bad_input
from watchword.services.records.roles import add_status
from watchword.services.records.statements import Shape, as_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from watchword.services.records.reading import Reader

_OLDEST: Final = 150
# The full-text table goes first, so that its hits come in order and no more than a page of them.
_NAMED: Final = "{0} CROSS JOIN {1} ON {1}.id = {0}.rowid"
_NAMES: Final = {"person": "person_name_keyword", "organization": "organization_keyword"}


def person_search(asked: PersonSearchFilter | None, reader: Reader, today: date) -> TableListing:
    """Return the list of the people who meet the criteria.

    Args:
        asked: The caller's; None is everybody.
        reader: Tells which of two ways is the quicker.
        today: The day that ages and the status of roles are of.

    Raises:
        GraphQLError: If a criterion makes no sense.
    """
    asked = asked or PersonSearchFilter()
    conditions = Conditions("persons")
    names = [
        begun_in(column, argument, text, "persons")
        for column, argument, text in (
            ("first_name", "firstName", asked.first_name),
            ("last_name", "lastName", asked.last_name),
        )
        if text is not None
    ]
    conditions.add_ids("ids", Kind.PERSON, asked.ids, "person.id IN {}")
    if asked.gender is not None:
        _add_any(conditions, "gender", "gender", [asked.gender])
    if asked.nationality is not None:
        _add_any(conditions, "nationality", "nationality", [asked.nationality])
    _add_ages(conditions, asked, today)
    _add_roles(conditions, asked, reader, is_narrow=bool(names or asked.ids is not None))
    conditions.bindings["today"] = today.isoformat()
    return _listing("ps", "person", names, conditions)


def organization_search(asked: OrganizationSearchFilter | None) -> TableListing:
    """Return the list of the organizations that meet the criteria; None is all of them.

    Raises:
        GraphQLError: If a criterion makes no sense.
    """
    asked = asked or OrganizationSearchFilter()
    conditions = Conditions("organizations")
    names = (
        []
        if asked.organization_name is None
        else [begun_in("name", "organizationName", asked.organization_name, "organizations")]
    )
    conditions.add_ids("ids", Kind.ORGANIZATION, asked.ids, "organization.id IN {}")
    _add_any(conditions, "type", "organizationTypes", asked.organization_types)
    _add_any(conditions, "sector", "sectors", asked.sectors)
    _add_any(conditions, "industry", "industries", asked.industries)
    if asked.ticker is not None:
        _add_any(conditions, "organization.ticker", "ticker", [asked.ticker])
    if asked.country is not None:
        _add_any(conditions, "country", "country", [asked.country])
    return _listing("os", "organization", names, conditions)


def _listing(tag: str, table: str, names: Sequence[str], conditions: Conditions) -> TableListing:
    records = PEOPLE if table == "person" else ORGANIZATIONS
    origin, identity = table, f"{table}.id"
    if names:
        words = _NAMES[table]
        origin, identity = _NAMED.format(words, table), f"{words}.rowid"
        conditions.add(f"{words} MATCH :names", names=" AND ".join(f"({name})" for name in names))
    shape = Shape(
        origin,
        records.columns,
        ByNumber(identity),
        None,
        tuple(conditions.texts),
        identity,
    )
    return TableListing(tag, conditions.noun, shape, records.make, conditions.bindings)


def _add_any(conditions: Conditions, column: str, name: str, texts: Sequence[str] | None) -> None:
    if texts is None:
        return
    if len(texts) > MOST_IDS:
        raise bad_input(f"'{name}' may hold {MOST_IDS} texts at most @ {conditions.noun}")
    wanted = [fold(read_text(name, text, conditions.noun)) for text in texts]
    field = column.rpartition(".")[2]
    # The spellings that the records have are few; so few texts are folded, and an index can serve.
    conditions.add(
        f"{column} IN (SELECT text FROM spelling WHERE field = '{field}' "  # noqa: S608 - text of this program
        f"AND folded IN (SELECT value FROM json_each(:{name})))",
        **{name: as_json(wanted)},
    )


def _add_ages(conditions: Conditions, asked: PersonSearchFilter, today: date) -> None:
    ages = {"ageFrom": asked.age_from, "ageTo": asked.age_to}
    for name, age in ages.items():
        if age is not None and not 0 <= age <= _OLDEST:
            raise bad_input(f"'{name}' must be from 0 to {_OLDEST}, not {age} @ persons")
    if asked.age_from is None and asked.age_to is None:
        return
    if asked.age_from is not None and asked.age_to is not None and asked.age_from > asked.age_to:
        raise bad_input("'ageFrom' must not be above 'ageTo' @ persons")
    oldest = OLDEST_AGE if asked.age_to is None else min(asked.age_to, OLDEST_AGE)
    conditions.add(
        "length(date_of_birth) = 10 "
        "AND date_of_birth > :born_after AND date_of_birth <= :born_until",
        born_after=_years_before(today, oldest + 1),
        born_until=_years_before(today, asked.age_from or 0),
    )


def _years_before(today: date, years: int) -> str:
    # Compared as text, so that 29 February may be of any year.
    return f"{today.year - years:04d}-{today.month:02d}-{today.day:02d}"


def _add_roles(
    conditions: Conditions, asked: PersonSearchFilter, reader: Reader, *, is_narrow: bool
) -> None:
    roles = Conditions(conditions.noun)
    roles.add_ids(
        "organizationIds", Kind.ORGANIZATION, asked.organization_ids, "organization_id IN {}"
    )
    leads: list[Lead] = []
    if asked.role_title is not None:
        lead = by_title(read_words("roleTitle", asked.role_title, conditions.noun))
        leads.append(lead)
        roles.add(lead.text)
        roles.bindings |= lead.bindings
    if asked.role_types is not None:
        roles.add(type_condition(asked.role_types))
        of_types = find_lead_by_type(asked.role_types)
        leads += [] if of_types is None else [of_types]
    add_status(roles, asked.role_status)
    if not roles.texts:
        return
    fitting = " AND ".join(f"({text})" for text in roles.texts)
    # Either people are looked at one after another, or the roles that fit are found first.
    if is_narrow or (
        asked.organization_ids is None and all(lead.leads_to_many(reader) for lead in leads)
    ):
        text = f"EXISTS (SELECT 1 FROM role WHERE person_id = person.id AND {fitting})"  # noqa: S608 - text of this program
    else:
        text = f"person.id IN (SELECT person_id FROM role WHERE {fitting})"  # noqa: S608 - text of this program
    conditions.add(text)
    conditions.bindings |= roles.bindings
