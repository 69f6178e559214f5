"""What happened to a service user's tokens: the ledger's present, and the audit log's past."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from watchword.access.audit import AuditFilter, Event
from watchword.access.contention import WINDOW, Issue, Place, find_contention
from watchword.access.credentials import NO_KEY
from watchword.access.model import TOKEN_LIFETIME, Username
from watchword.access.ports import AuditLog, StandingReads
from watchword.access.register import Customers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from watchword.access.contention import Contention
    from watchword.access.model import AccountId, LiveToken
    from watchword.access.ports import Clock

MOST_ISSUES: Final = 50
MOST_CONTESTED: Final = 20
_SUPERSEDED: Final = 500
_OFTEN: Final = 3
"""One, the other, the first again and the other again: so many tokens were superseded by then."""
_RECENT: Final = timedelta(days=1)
"""A contention that is over for longer is not told of any more."""
# A token that ends another makes two records, a revocation a third.
_RECORDS: Final = 3 * MOST_ISSUES


class StoryStore(Customers, StandingReads, AuditLog, Protocol):
    """What is asked of the store."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token that was issued.

    Attributes:
        key_id: The API key that came with the request.
        took: The `jti` of the token that it ended.
        ended_at: When it ended; None while it is live.
        ended_by: What ended it: another token, a revocation, or its time.
        ended_from: Where the other token was asked for, or the revocation.
        ender: Who did it.
    """

    jti: str
    generation: int
    at: datetime
    place: Place
    key_id: str | None
    correlation_id: str | None
    expires_at: datetime
    took: str | None = None
    ended_at: datetime | None = None
    ended_by: Event | str | None = None
    ended_from: Place | None = None
    ender: str | None = None


@dataclass(frozen=True, slots=True)
class TokenStory:
    """A service user's tokens.

    Attributes:
        live: The live one; None where none is. Its issue may be older than the audit log.
        issued: As far as they are told, newest first.
        contention: Deployments that take the token from each other; of the last day.
    """

    username: Username
    account: AccountId
    live: LiveToken | None
    issued: tuple[Token, ...]
    contention: Contention | None

    @property
    def live_issue(self) -> Token | None:
        """Where the live token comes from."""
        if self.live is None:
            return None
        return next((token for token in self.issued if token.jti == self.live.jti), None)


class TokenStories:
    """Tells what happened to the tokens of service users.

    Args:
        store: Has the ledger and the audit log.
        clock: Tells the time.
    """

    def __init__(self, store: StoryStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def tell(self, username: str) -> TokenStory:
        """Return the story of a service user's tokens.

        Raises:
            Unknown: If there is no such service user.
            StoreUnavailable: If there is no answer.
        """
        user = await self._store.get_service_user(Username(username))
        now = self._clock.now()
        wanted = AuditFilter(username=user.username, event="token.")
        page = await self._store.search_audit(wanted, None, _RECORDS)
        records = [_read(record.text) for record in page.items]
        issued = _follow(records, now)[:MOST_ISSUES]
        standing = await self._store.find_standing(user.username, NO_KEY)
        live = None if standing is None else standing.live
        if live is not None and (live.jti is None or not _is_valid(live, now)):
            live = None
        recent = [Issue(token.at, token.place) for token in issued if token.at >= now - _RECENT]
        contention = find_contention(recent, now)
        return TokenStory(user.username, user.account, live, tuple(issued), contention)

    async def tell_contested(self) -> list[TokenStory]:
        """Return the stories of whom deployments take the live token from now, worst first.

        The newest tokens that were superseded are looked at, and of the service users who lost
        one often `MOST_CONTESTED` at most.

        Raises:
            StoreUnavailable: If there is no answer.
        """
        since = self._clock.now() - WINDOW
        wanted = AuditFilter(event=Event.TOKEN_SUPERSEDED)
        page = await self._store.search_audit(wanted, None, _SUPERSEDED)
        records = [_read(record.text) for record in page.items]
        lost = Counter(
            str(record["username"])
            for record in records
            if "username" in record and _moment(record) >= since
        )
        often = [name for name, times in lost.most_common(MOST_CONTESTED) if times >= _OFTEN]
        stories = [await self.tell(name) for name in often]
        return [
            story
            for story in stories
            if story.contention is not None and story.contention.until >= since
        ]


def _is_valid(live: LiveToken, now: datetime) -> bool:
    return live.expires_at is None or now < live.expires_at


def _read(text: str) -> Mapping[str, Any]:
    try:
        members = json.loads(text)
    except ValueError:  # somebody broke it; 'watchword audit verify' says so
        return {}
    return cast("dict[str, Any]", members) if isinstance(members, dict) else {}


def _follow(records: Sequence[Mapping[str, Any]], now: datetime) -> list[Token]:
    """Return the tokens that records tell of, newest first.

    Args:
        records: Newest first.
        now: The present moment.
    """
    ends = {
        str(record["jti"]): record
        for record in records
        if record.get("event") in {Event.TOKEN_SUPERSEDED, Event.TOKEN_REVOKED} and "jti" in record
    }
    took = {
        str(record["by"]): jti
        for jti, record in ends.items()
        if record["event"] == Event.TOKEN_SUPERSEDED
    }
    return [
        _to_token(record, ends.get(str(record["jti"])), took.get(str(record["jti"])), now)
        for record in records
        if record.get("event") == Event.TOKEN_ISSUED
    ]


def _to_token(
    issued: Mapping[str, Any], ended: Mapping[str, Any] | None, took: str | None, now: datetime
) -> Token:
    at = _moment(issued)
    expires_at = at + TOKEN_LIFETIME
    is_over = ended is None and expires_at <= now
    return Token(
        jti=str(issued["jti"]),
        generation=int(issued["generation"]),
        at=at,
        place=_place(issued),
        key_id=issued.get("key_id"),
        correlation_id=issued.get("correlation_id"),
        expires_at=expires_at,
        took=took,
        ended_at=_moment(ended) if ended is not None else expires_at if is_over else None,
        ended_by=Event(ended["event"]) if ended is not None else "expired" if is_over else None,
        ended_from=None if ended is None else _place(ended),
        ender=None if ended is None else str(ended.get("actor")),
    )


def _moment(record: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(record["time"])


def _place(record: Mapping[str, Any]) -> Place:
    return Place(record.get("address"), record.get("user_agent"))
