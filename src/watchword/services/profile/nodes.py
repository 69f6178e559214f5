"""What queries are answered from: people, organizations and roles as they were read.

Every node carries the batch of the list it was read in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from watchword.services.profile.batches import Batch
    from watchword.services.profile.dates import PartialDate
    from watchword.services.profile.records import Address, RoleType

RoleStatus = Literal["CURRENT", "PRIOR"]


class Side(StrEnum):
    """Whose roles are asked for; the value is the column of `role`."""

    PERSON = "person_id"
    ORGANIZATION = "organization_id"


@dataclass(frozen=True, slots=True)
class Person:
    """A person."""

    number: int
    first_name: str
    middle_name: str | None
    last_name: str
    name: str
    gender: str | None
    date_of_birth: PartialDate | None
    batch: Batch = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization."""

    number: int
    name: str
    type: str
    website: str | None
    address: Address | None
    batch: Batch = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Role:
    """A role, with the batches of the people and of the organizations of its list."""

    number: int
    person: int
    organization: int
    title: str
    start_date: PartialDate | None
    end_date: PartialDate | None
    status: RoleStatus
    types: tuple[RoleType, ...]
    people: Batch = field(repr=False, compare=False)
    organizations: Batch = field(repr=False, compare=False)
