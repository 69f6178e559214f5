"""Tells when deployments take the live token from each other, over and over.

Each asks for a token of the same service user, and ends that of another. What a caller sees of
it is a 401 now and then; here it is told what it is.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

WINDOW: Final = timedelta(minutes=10)
"""Whoever shares a token asks for one every few hours. Within so short a time, nobody does."""


class Place(NamedTuple):
    """Where tokens are asked for from: two deployments at one address differ by what they are."""

    address: str | None
    user_agent: str | None


class Issue(NamedTuple):
    """A token that was issued to a place."""

    at: datetime
    place: Place


@dataclass(frozen=True, slots=True)
class Contender:
    """A place that takes the token back.

    Attributes:
        tokens: How many it was issued within the time.
        taken_back: How often it had lost the token to another place, and took it again.
        last_at: When it was issued the last.
    """

    place: Place
    tokens: int
    taken_back: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Contention:
    """Places that take the token from each other.

    Attributes:
        contenders: Two at least; who was issued the last token comes first.
        since: The first token of theirs, of the time that was looked at.
        until: The last.
        is_over: Whether no such token was issued for longer than `WINDOW`.
    """

    contenders: tuple[Contender, ...]
    since: datetime
    until: datetime
    is_over: bool


def find_contention(issues: Sequence[Issue], now: datetime) -> Contention | None:
    """Return the newest contention; None where there was none.

    One place may be issued as many tokens as it likes, and a new deployment may follow an old one.
    It is a contention when two places each took the token back from another, within `WINDOW`.

    Args:
        issues: To one service user, in any order.
        now: The present moment.
    """
    ordered = sorted(issues, key=lambda issue: issue.at)
    for end in range(len(ordered), 0, -1):
        begin = ordered[end - 1].at - WINDOW
        within = [issue for issue in ordered[:end] if issue.at >= begin]
        contenders = _find_contenders(within)
        if len(contenders) > 1:
            # Others may have been issued tokens before, between and since.
            places = {contender.place for contender in contenders}
            since = next(issue.at for issue in within if issue.place in places)
            until = contenders[0].last_at
            return Contention(contenders, since, until, is_over=now - until > WINDOW)
    return None


def _find_contenders(issues: Sequence[Issue]) -> tuple[Contender, ...]:
    taken_back: Counter[Place] = Counter()
    tokens: Counter[Place] = Counter()
    last_at: dict[Place, datetime] = {}
    holder: Place | None = None
    for at, place in issues:
        if place in tokens and place != holder:
            taken_back[place] += 1
        tokens[place] += 1
        last_at[place] = at
        holder = place
    found = [
        Contender(place, tokens[place], count, last_at[place])
        for place, count in taken_back.items()
    ]
    return tuple(sorted(found, key=lambda contender: contender.last_at, reverse=True))
