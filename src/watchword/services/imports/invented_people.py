"""Makes plainly invented people: names, life, and what is shown beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.services.imports.invented_dice import Dice, Ranking
from watchword.services.imports.invented_organizations import SOURCE
from watchword.services.imports.invented_words import (
    CITIES,
    EARNINGS,
    EXAMPLE,
    FIRST_NAMES,
    FORTUNES,
    HONOURS,
    INTERESTS,
    MIDDLE_NAMES,
    NATIONALITIES,
    NICKNAMES,
    QUALIFICATIONS,
    STATUSES,
    TIES,
    draw_last_name,
)
from watchword.services.records.dataset import PersonRecord
from watchword.services.records.dates import PartialDate
from watchword.services.records.details import (
    Achievement,
    Address,
    Education,
    Interest,
    MoneyRange,
    NetWorth,
    PersonDetail,
    Relationship,
    SocialAccount,
    SourceKey,
)

if TYPE_CHECKING:
    from watchword.services.imports.invented_organizations import Organizations

_FIRST: Final = Ranking(len(FIRST_NAMES), 16)
_PLACES_APART: Final = 7_919


class People:
    """The people of a set, one after another."""

    def __init__(self, seed: int, organizations: Organizations) -> None:
        self._seed = seed
        self._organizations = organizations

    def record(self, n: int) -> PersonRecord:
        """Return a person."""
        dice = Dice(self._seed, f"person {n}")
        first, middle, last = _names(dice, n)
        # Old enough for every role that the set has.
        born = dice.date(1940, 1972)
        return PersonRecord(
            source=SOURCE,
            key=person_key(n),
            first_name=first,
            middle_name=middle,
            last_name=last,
            name=" ".join(part for part in (first, middle, last) if part),
            nickname=dice.pick(NICKNAMES) if dice.is_one_in(20) else None,
            gender=dice.pick(("F", "M")),
            date_of_birth=born,
            nationality=dice.pick(NATIONALITIES),
            birthplace=dice.pick(CITIES),
            relationship_status=dice.pick(STATUSES) if dice.is_one_in(2) else None,
            earning_indicator=dice.pick(EARNINGS) if dice.is_one_in(3) else None,
            detail=self._detail(dice, n, int(born[:4]), f"{first}.{last}".lower()),
        )

    def _detail(self, dice: Dice, n: int, born: int, handle: str) -> PersonDetail[SourceKey]:
        net_worth, tier = _fortune(dice) if dice.is_one_in(4) else (None, None)
        address = Address(
            f"{dice.between(1, 99)} Imaginary Lane", dice.pick(CITIES), country="Examplia"
        )
        return PersonDetail(
            emails=(f"{handle}@people.example",) if dice.is_one_in(2) else (),
            addresses=(address,) if dice.is_one_in(3) else (),
            education=self._education(dice, born),
            achievements=self._achievements(dice) if dice.is_one_in(10) else (),
            interests=(_interest(dice),) if dice.is_one_in(3) else (),
            relationships=self._relationships(dice, n) if dice.is_one_in(4) else (),
            social_accounts=_accounts(handle) if dice.is_one_in(8) else (),
            net_worth=net_worth,
            wealth_tier=tier,
        )

    def _education(self, dice: Dice, born: int) -> tuple[Education[SourceKey], ...]:
        studies: list[Education[SourceKey]] = []
        for i in range(dice.pick((0, 1, 1, 2))):
            qualification, category = dice.pick(QUALIFICATIONS)
            start = born + 18 + 5 * i
            studies.append(
                Education(
                    qualification=qualification,
                    qualification_category=category,
                    organization=self._organizations.university(dice),
                    start_date=PartialDate(f"{start}"),
                    end_date=PartialDate(f"{start + 3}"),
                )
            )
        return tuple(studies)

    def _achievements(self, dice: Dice) -> tuple[Achievement[SourceKey], ...]:
        giver, day = self._organizations.charity(dice), dice.date(2000, 2024)
        return (Achievement(name=dice.pick(HONOURS), organization=giver, date=day),)

    def _relationships(self, dice: Dice, n: int) -> tuple[Relationship[SourceKey], ...]:
        # Every other one is a person of the set: whoever came before.
        other = n - dice.between(1, 9) if dice.is_one_in(2) else -1
        names = _names(Dice(self._seed, f"person {other}") if other >= 0 else dice, other)
        return (
            Relationship(
                name=" ".join(part for part in names if part),
                type=dice.pick(TIES),
                status="current",
                person=person_key(other) if other >= 0 else None,
            ),
        )


def person_key(n: int) -> SourceKey:
    """Return the key of a person, counted from 0."""
    return SourceKey(f"person:{n + 1}")


def _names(dice: Dice, n: int) -> tuple[str, str | None, str]:
    if n == 0:
        return EXAMPLE
    first, last = _FIRST.place(dice), draw_last_name(dice)
    # Far apart in the list, so that the commonest names do not all begin alike.
    return (
        FIRST_NAMES[first * _PLACES_APART % len(FIRST_NAMES)],
        dice.pick(MIDDLE_NAMES),
        last,
    )


def _interest(dice: Dice) -> Interest:
    pursuit, category, name = dice.pick(INTERESTS)
    return Interest(pursuit=pursuit, category=category, name=name)


def _accounts(handle: str) -> tuple[SocialAccount, ...]:
    return (SocialAccount(platform="examplegram", handle=handle, url=f"https://{handle}.example"),)


def _fortune(dice: Dice) -> tuple[NetWorth, str]:
    lowest, tier = dice.pick(FORTUNES)
    worth = float(lowest * dice.between(1, 3))
    liquid = worth * dice.between(1, 9) / 10
    fortune = NetWorth(
        estimated_net_worth=MoneyRange(worth, worth * 1.25),
        total_assets_found=MoneyRange(worth, worth),
        estimated_liquid_asset=MoneyRange(liquid, None),
        source_of_wealth="Imagination",
    )
    return fortune, tier
