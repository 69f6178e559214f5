"""Headers that say where a caller stands, and who it is: the same on every way to a service."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from watchword.access.metering import TOKEN
from watchword.web.http import SharedHeaders

if TYPE_CHECKING:
    from watchword.access.guard import Caller
    from watchword.access.metering import Allowance
    from watchword.access.model import Limit
    from watchword.web.http import Headers

IDENTITY_PREFIX: Final = b"x-watchword-"
"""What begins so is ours: a caller's own is never passed on."""
_FOR_US_ALONE: Final = (b"authorization", b"x-api-key", b"x-correlation-id")
_DAY_SECONDS: Final = 86_400
_SECOND: Final = timedelta(seconds=1)


def identity_headers(caller: Caller | None) -> Headers:
    """Return who calls, for the service: always all of them, empty where nothing is known."""
    return share_identity(caller).headers


def share_identity(caller: Caller | None) -> SharedHeaders:
    """Return the same, worded once for all answers to a caller."""
    return _NOBODY if caller is None else _to_identity(caller)


@lru_cache(maxsize=16_384)
def _to_identity(caller: Caller) -> SharedHeaders:
    key = caller.key
    values = (
        caller.username,
        caller.account,
        key.id,
        key.plan,
        caller.scope,
        caller.token_id,
        caller.service,
    )
    return SharedHeaders(
        [(name, value.encode()) for name, value in zip(IDENTITY_HEADERS, values, strict=True)]
    )


IDENTITY_HEADERS: Final = (
    b"x-watchword-user",
    b"x-watchword-account",
    b"x-watchword-key-id",
    b"x-watchword-plan",
    b"x-watchword-scopes",
    b"x-watchword-token-id",
    b"x-watchword-api",
)
_NOBODY: Final = SharedHeaders([(name, b"") for name in IDENTITY_HEADERS])


def without_credentials(headers: Headers) -> Headers:
    """Return a call's headers without its secrets, and without what would pass for ours."""
    return [(name, value) for name, value in headers if _may_pass(name)]


def rate_limit_headers(allowance: Allowance) -> Headers:
    """Return the plan and what is left of it (IETF draft ratelimit-headers, of 2025-09)."""
    limit, tokens, quota_left, at, day_ends = allowance
    # Whole seconds, rounded up; in one division, as this is done for every answer.
    full_in = -((tokens - limit.burst * TOKEN) // (limit.rate * TOKEN))
    left = f'"burst";r={tokens // TOKEN};t={full_in}'
    if quota_left is not None:
        left += f',"daily";r={quota_left};t={-((at - day_ends) // _SECOND)}'
    return [(b"ratelimit-policy", _to_policy(limit)), (b"ratelimit", left.encode())]


def _may_pass(name: bytes) -> bool:
    # `X_Watchword_User` is the same as `X-Watchword-User` to whatever reads headers as CGI does,
    # WSGI apps for one.
    spelled = name.lower().replace(b"_", b"-")
    return spelled not in _FOR_US_ALONE and not spelled.startswith(IDENTITY_PREFIX)


@lru_cache(maxsize=1_024)
def _to_policy(limit: Limit) -> bytes:
    window = max(1, -(-limit.burst // limit.rate))
    policy = f'"burst";q={limit.burst};w={window}'
    if limit.quota is not None:
        policy += f',"daily";q={limit.quota};w={_DAY_SECONDS}'
    return policy.encode()
