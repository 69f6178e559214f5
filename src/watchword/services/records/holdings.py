"""Lists of memberships, donations and assets: of whom, narrowed how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from watchword.services.records.criteria import (
    Conditions,
    DonationFilter,
    MembershipFilter,
    WealthAssetFilter,
)
from watchword.services.records.ids import Kind
from watchword.services.records.lists import TableListing
from watchword.services.records.nodes import (
    ASSET_COLUMNS,
    CHARITABLE_COLUMNS,
    MEMBERSHIP_COLUMNS,
    POLITICAL_COLUMNS,
    CharitableDonation,
    Membership,
    PoliticalDonation,
    WealthAsset,
)
from watchword.services.records.orders import ByNumber, NewestFirst
from watchword.services.records.statements import Shape

if TYPE_CHECKING:
    from collections.abc import Callable

    from watchword.services.records.orders import TableOrder

_BY_START: Final = NewestFirst("start_date")
_BY_MEASUREMENT: Final = NewestFirst("measurement_date")
_BY_NUMBER: Final = ByNumber()
_GIVEN_BY: Final = "id IN (SELECT donation_id FROM {0} WHERE person_id IN {{}})"

_OF_PERSON: Final = Shape("membership", MEMBERSHIP_COLUMNS, _BY_START, "person_id")


def membership_listing(asked: MembershipFilter | None) -> TableListing:
    """Return the list of memberships.

    Raises:
        GraphQLError: If the filter holds a malformed id or is too large.
    """
    asked = asked or MembershipFilter()
    conditions = Conditions("memberships")
    conditions.add_ids("personIds", Kind.PERSON, asked.person_ids, "person_id IN {}")
    conditions.add_ids(
        "organizationIds", Kind.ORGANIZATION, asked.organization_ids, "organization_id IN {}"
    )
    return _listing("mb", "membership", MEMBERSHIP_COLUMNS, Membership, _BY_START, conditions)


def memberships_of_people() -> TableListing:
    """Return the lists of the memberships of people, who own one each."""
    return TableListing("mb", "memberships", _OF_PERSON, Membership, {})


def charitable_listing(asked: DonationFilter | None) -> TableListing:
    """Return the list of charitable donations.

    Raises:
        GraphQLError: If the filter holds a malformed id or is too large.
    """
    asked = asked or DonationFilter()
    conditions = _donations(asked, "charitable_donor")
    conditions.add_ids(
        "donorOrganizationIds",
        Kind.ORGANIZATION,
        asked.donor_organization_ids,
        "donor_organization_id IN {}",
    )
    conditions.add_ids(
        "recipientOrganizationIds",
        Kind.ORGANIZATION,
        asked.recipient_organization_ids,
        "recipient_organization_id IN {}",
    )
    return _listing(
        "cd",
        "charitable_donation",
        CHARITABLE_COLUMNS,
        CharitableDonation,
        _BY_MEASUREMENT,
        conditions,
    )


def political_listing(asked: DonationFilter | None) -> TableListing:
    """Return the list of political donations.

    Raises:
        GraphQLError: If the filter holds a malformed id or is too large.
    """
    asked = asked or DonationFilter()
    conditions = _donations(asked, "political_donor")
    # No organization is known to have made one.
    conditions.add_ids(
        "donorOrganizationIds",
        Kind.ORGANIZATION,
        asked.donor_organization_ids,
        "NULL IN {}",
    )
    conditions.add_ids(
        "recipientOrganizationIds",
        Kind.ORGANIZATION,
        asked.recipient_organization_ids,
        "recipient_organization_id IN {0} OR party_organization_id IN {0}",
    )
    return _listing(
        "pd",
        "political_donation",
        POLITICAL_COLUMNS,
        PoliticalDonation,
        _BY_MEASUREMENT,
        conditions,
    )


def asset_listing(asked: WealthAssetFilter | None) -> TableListing:
    """Return the list of assets.

    Raises:
        GraphQLError: If the filter holds a malformed id or is too large.
    """
    asked = asked or WealthAssetFilter()
    conditions = Conditions("assets")
    conditions.add_ids("ownerPersonIds", Kind.PERSON, asked.owner_person_ids, "owner_id IN {}")
    return _listing("wa", "wealth_asset", ASSET_COLUMNS, WealthAsset, _BY_NUMBER, conditions)


def _donations(asked: DonationFilter, donors: str) -> Conditions:
    conditions = Conditions("donations")
    conditions.add_ids(
        "donorPersonIds", Kind.PERSON, asked.donor_person_ids, _GIVEN_BY.format(donors)
    )
    return conditions


def _listing(
    tag: str,
    table: str,
    columns: str,
    make: Callable[..., Any],
    order: TableOrder,
    conditions: Conditions,
) -> TableListing:
    shape = Shape(table, columns, order, None, tuple(conditions.texts))
    return TableListing(tag, conditions.noun, shape, make, conditions.bindings)
