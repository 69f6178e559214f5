"""Makes plainly invented organizations: companies, charities, universities, clubs and parties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.services.imports.invented_dice import Dice
from watchword.services.imports.invented_words import (
    CITIES,
    LAST_NAMES,
    SECTORS,
    draw_last_name,
    last_name,
)
from watchword.services.records.dataset import INVENTED, OrganizationRecord
from watchword.services.records.dates import PartialDate
from watchword.services.records.details import (
    Address,
    CurrencyMetric,
    MetricType,
    MoneyRange,
    SourceKey,
)

if TYPE_CHECKING:
    from watchword.services.records.details import Metrics

SOURCE: Final = INVENTED
_COMPANY: Final = "Company"
# Organizations come in blocks of the same make-up, so that each sort is found by arithmetic.
_BLOCK: Final = (
    *((form, _COMPANY) for form in ("Ltd", "plc", "Inc", "Ltd", "Ltd", "Inc", "plc", "Ltd", "Inc")),
    ("Foundation", "Charity"),
    ("Trust", "Charity"),
    ("University", "University"),
    ("Club", "Club"),
)
_PARTIES: Final = 2
_PEOPLE_OF_A_BLOCK: Final = 20 * (len(_BLOCK) + _PARTIES)
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_COMPANIES: Final = tuple(i for i, (_, type_) in enumerate(_BLOCK) if type_ == _COMPANY)
_CHARITIES: Final = tuple(i for i, (_, type_) in enumerate(_BLOCK) if type_ == "Charity")
_UNIVERSITY: Final = 11
_CLUB: Final = 12


class Organizations:
    """The organizations of a set of so many people: about one for twenty."""

    def __init__(self, seed: int, people: int) -> None:
        self._seed = seed
        self._blocks = max(1, people // _PEOPLE_OF_A_BLOCK)
        self.count = self._blocks * len(_BLOCK) + _PARTIES

    def company(self, dice: Dice) -> SourceKey:
        """Return one of the companies."""
        return self._of(dice, dice.pick(_COMPANIES))

    def charity(self, dice: Dice) -> SourceKey:
        """Return one of the charities."""
        return self._of(dice, dice.pick(_CHARITIES))

    def university(self, dice: Dice) -> SourceKey:
        """Return one of the universities."""
        return self._of(dice, _UNIVERSITY)

    def club(self, dice: Dice) -> SourceKey:
        """Return one of the clubs."""
        return self._of(dice, _CLUB)

    def party(self, dice: Dice) -> SourceKey:
        """Return one of the parties."""
        return _key(dice.between(0, _PARTIES - 1))

    def record(self, n: int) -> OrganizationRecord:
        """Return an organization; the parties come first."""
        dice = Dice(self._seed, f"organization {n}")
        if n < _PARTIES:
            form, type_ = "Party", "Political party"
        else:
            form, type_ = _BLOCK[(n - _PARTIES) % len(_BLOCK)]
        name = f"{_name(self._seed, n)} {form}"
        is_company = type_ == _COMPANY
        sector, industry = SECTORS[n % len(SECTORS)] if is_company else (None, None)
        is_listed = is_company and dice.is_one_in(3)
        return OrganizationRecord(
            source=SOURCE,
            key=_key(n),
            name=name,
            type=type_,
            # `.example` is reserved: the address leads nowhere, for ever (RFC 2606).
            website=f"https://{name.lower().replace(' ', '-')}.example",
            address=Address(
                f"{dice.between(1, 99)} Nowhere Street", dice.pick(CITIES), country="Examplia"
            ),
            ticker=_ticker(n) if is_listed else None,
            industry=industry,
            sector=sector,
            date_founded=dice.date(1890, 1994),
            metrics=_metrics(dice, is_listed=is_listed) if is_company else (),
        )

    def _of(self, dice: Dice, slot: int) -> SourceKey:
        return _key(_PARTIES + dice.between(0, self._blocks - 1) * len(_BLOCK) + slot)


def _key(n: int) -> SourceKey:
    return SourceKey(f"organization:{n + 1}")


def _name(seed: int, n: int) -> str:
    # The first word is as common or rare as last names are; the others go from the rarest
    # on, so that no two names are alike. A word that many share would find everybody.
    words = [draw_last_name(Dice(seed, f"name of organization {n}")), last_name(-1 - n)]
    turn = n // len(LAST_NAMES)
    if turn:
        words.append(last_name(turn))
    return " ".join(words)


def _ticker(n: int) -> str:
    letters = ""
    while n:
        n, letter = divmod(n, len(_LETTERS))
        letters += _LETTERS[letter]
    return f"X{letters or 'A'}.EX"


def _metrics(dice: Dice, *, is_listed: bool) -> Metrics:
    revenue = dice.between(1, 900) * 1_000_000.0
    year = dice.between(2021, 2024)
    metrics = [
        CurrencyMetric(
            measurement_type=MetricType.REVENUE,
            measurement_date=PartialDate(f"{year}-12-31"),
            amount=MoneyRange(revenue, revenue),
            period_name="Annual",
        )
    ]
    if is_listed:
        worth = revenue * dice.between(1, 9)
        metrics.append(
            CurrencyMetric(
                measurement_type=MetricType.MARKET_CAP,
                measurement_date=dice.day(2025, 2025),
                amount=MoneyRange(worth, worth),
                period_name="Daily",
            )
        )
    return tuple(metrics)
