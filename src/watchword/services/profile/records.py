"""What a data set says, before it has numbers: people, organizations and roles by source key."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NewType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from watchword.services.profile.dates import PartialDate

SourceKey = NewType("SourceKey", str)
"""Names a record inside its source for ever: `bioguide:C000127`."""


class RoleType(StrEnum):
    """Sorts of roles, by their published names."""

    BOARD = "BOARD"
    COMMITTEE = "COMMITTEE"
    EMPLOYMENT = "EMPLOYMENT"
    GOVERNMENT = "GOVERNMENT"


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """A person as the source has them."""

    key: SourceKey
    first_name: str
    middle_name: str | None
    last_name: str
    name: str
    gender: str | None
    date_of_birth: PartialDate | None


@dataclass(frozen=True, slots=True)
class Address:
    """Where an organization is."""

    address_line1: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class OrganizationRecord:
    """An organization as the source has it."""

    key: SourceKey
    name: str
    type: str
    website: str | None = None
    address: Address = Address()


@dataclass(frozen=True, slots=True)
class RoleRecord:
    """A role as the source has it."""

    key: SourceKey
    person: SourceKey
    organization: SourceKey
    title: str
    types: frozenset[RoleType]
    start_date: PartialDate | None = None
    end_date: PartialDate | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """Everything one source says.

    Attributes:
        source: The source's name; every row keeps it.
        is_invented: Whether the people are made up. Such people never share a database with
            real ones.
    """

    source: str
    is_invented: bool
    people: Sequence[PersonRecord]
    organizations: Sequence[OrganizationRecord]
    roles: Sequence[RoleRecord]
