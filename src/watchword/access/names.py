"""What may be a name or a description, and what a length of time."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from watchword.access.errors import Malformed, NotAllowed
from watchword.access.model import AccountId, PlanName, ServiceName, Username

if TYPE_CHECKING:
    from datetime import datetime

# Neither `+`, `%` and `:` nor anything beyond ASCII: a client that skips the form-encoding
# of RFC 6749 section 2.3.1 then sends the same bytes as one that does it.
USERNAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@~-]{0,99}", re.ASCII)
LONGEST_TITLE: Final = 100
LONGEST_DESCRIPTION: Final = 200
LONGEST_UPSTREAM: Final = 2_000
UPSTREAM: Final = re.compile(rf"[!-~]{{1,{LONGEST_UPSTREAM}}}", re.ASCII)
SLUG: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)

_RESERVED: Final = frozenset(
    {
        *("account", "admin", "assets", "authorize", "console", "errors", "guides", "oauth2"),
        *("services", "sign-in", "sign-out"),
    }
)
"""No service is called so: what begins with it in a URL is something else."""


def to_username(text: str) -> Username:
    """Read a service user's name.

    Raises:
        Malformed: If it holds what a client might have to encode; the text says what may.
    """
    if not USERNAME.fullmatch(text):
        raise Malformed(
            f"{text!r} cannot be a user name: use 1 to 100 letters, digits and . _ @ ~ -"
        )
    return Username(text)


def to_account_id(text: str) -> AccountId:
    """Read an account's short name. Raises Malformed."""
    return AccountId(_slug(text, "an account's short name"))


def to_plan_name(text: str) -> PlanName:
    """Read a plan's name. Raises Malformed."""
    return PlanName(_slug(text, "a plan's name"))


def to_service_name(text: str) -> ServiceName:
    """Read a service's name, which is also a host name's label. Raises Malformed."""
    if text in _RESERVED:
        raise Malformed(f"{text!r} cannot be a service's name: its path is taken; choose another")
    return ServiceName(_slug(text, "a service's name"))


def to_upstream(text: str) -> str:
    """Read the URL to which calls are passed on. Raises Malformed."""
    try:
        parts = urlsplit(text)
        is_url = bool(parts.hostname) and parts.port != 0 and parts.scheme in {"http", "https"}
    except ValueError:
        parts, is_url = urlsplit(""), False
    if not is_url or not UPSTREAM.fullmatch(text):
        raise Malformed(
            f"{text!r} cannot be an upstream: use an http or https URL, as "
            "http://127.0.0.1:4000/graphql"
        )
    if parts.username is not None or parts.query or parts.fragment:
        raise Malformed(
            "an upstream is scheme, host, port and path alone: no user, password, query or fragment"
        )
    return text


def to_title(text: str, name: str) -> str:
    """Read what people call an account or a service: its name where that is empty.

    Raises:
        Malformed: If it is too long for a heading.
    """
    return _bounded(text.strip(), "a title", LONGEST_TITLE) or name


def to_description(text: str) -> str:
    """Read what a service or a key is for. Raises Malformed."""
    return _bounded(text, "a description", LONGEST_DESCRIPTION)


def to_operator_name(text: str) -> str:
    """Read the name of whoever holds an operator token. Raises Malformed."""
    return _slug(text, "an operator's name")


def to_console_name(text: str) -> str:
    """Read the name of a person who signs in to the console. Raises Malformed."""
    return _slug(text, "a name in the console")


def to_end(now: datetime, duration: timedelta) -> datetime:
    """Return when a length of time is over that begins now.

    Raises:
        NotAllowed: If it is negative, or longer than the calendar.
    """
    return _shift(now, duration, 1)


def to_begin(now: datetime, duration: timedelta) -> datetime:
    """Return when a length of time began that is over now. Raises as `to_end`."""
    return _shift(now, duration, -1)


def _shift(now: datetime, duration: timedelta, direction: int) -> datetime:
    if duration < timedelta():
        raise NotAllowed("a length of time cannot be negative")
    try:
        return now + direction * duration
    except OverflowError:
        raise NotAllowed("that is longer than the calendar; choose a shorter time") from None


def word_duration(duration: timedelta) -> str:
    """Return a length of time as an operator writes it, to the second: `5m10s`."""
    if duration < timedelta():
        return f"-{word_duration(-duration)}"
    minutes, seconds = divmod(duration // timedelta(seconds=1), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s"))
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0s"


def _bounded(text: str, what: str, longest: int) -> str:
    if len(text) > longest:
        raise Malformed(f"{what} has up to {longest} characters, not {len(text):,}")
    return text


def _slug(text: str, what: str) -> str:
    if not SLUG.fullmatch(text):
        raise Malformed(
            f"{text!r} cannot be {what}: use 1 to 63 lower-case letters, digits and hyphens"
        )
    return text
