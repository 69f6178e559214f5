"""`watchword` with the rule of one live token broken on purpose: broken_server.py VARIANT ...

Shows that the checkers see a broken rule. Each variant changes one thing of the product before
its program runs, in the supervisor and in every worker, and refuses to run when that thing is no
longer there.
"""

from __future__ import annotations

import asyncio
import sys
import time
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, Final

from watchword.access import guard
from watchword.access.ledger import require_live
from watchword.access.reading import TokenReader
from watchword.cli.main import main
from watchword.store.sqlite.groups import GroupWriter
from watchword.store.sqlite.ledger import LedgerTables

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from watchword.access.model import Digest, Generation, LiveToken, Standing, Username
    from watchword.access.signing import Claims

_CACHE_SECONDS: Final = 1.0
_SLOW_COMMIT_SECONDS: Final = 0.02


def compare_issue_times() -> None:
    """Take a token for live when it was issued in the second of the newest, or later."""
    issued_at: dict[str, datetime] = {}
    read = _find(TokenReader, "read", is_async=True)

    async def read_and_remember(self: TokenReader, token: str) -> Claims:
        claims: Claims = await read(self, token)
        issued_at[claims.jti] = claims.issued_at
        return claims

    def require_newest_second(generation: Generation, jti: str, live: LiveToken | None) -> None:
        if live is not None and live.jti is not None:
            newest = live.changed_at.replace(microsecond=0)
            if issued_at[jti].replace(microsecond=0) >= newest:
                return
        require_live(generation, jti, live)

    assert _find(guard, "require_live", is_async=False) is require_live
    _replace(TokenReader, "read", read_and_remember)
    _replace(guard, "require_live", require_newest_second)


def answer_first() -> None:
    """Send the answers of a group before its commit, which takes its time."""
    carry_out = _find(GroupWriter, "_carry_out", is_async=False)
    on_thread = _find(GroupWriter, "_on_thread", is_async=True)

    def carry_out_and_tell(self: GroupWriter, group: list[Any]) -> None:
        carry_out(self, group)
        for job in group:
            job.tell()

    async def commit_slowly(self: GroupWriter, do: Any, what: Any) -> None:
        if what == "COMMIT":
            await asyncio.sleep(_SLOW_COMMIT_SECONDS)
        await on_thread(self, do, what)

    _replace(GroupWriter, "_carry_out", carry_out_and_tell)
    _replace(GroupWriter, "_on_thread", commit_slowly)


def cache_rows() -> None:
    """Let the guard answer for a second from what it read."""
    find_standing = _find(LedgerTables, "find_standing", is_async=True)
    kept: dict[tuple[Username, Digest], tuple[float, Standing | None]] = {}

    async def find_kept(self: LedgerTables, username: Username, key: Digest) -> Standing | None:
        now = time.monotonic()
        read_at, standing = kept.get((username, key), (-_CACHE_SECONDS, None))
        if now - read_at >= _CACHE_SECONDS:
            standing = await find_standing(self, username, key)
            kept[username, key] = now, standing
        return standing

    _replace(LedgerTables, "find_standing", find_kept)


VARIANTS: Final[dict[str, Callable[[], None]]] = {
    "iat": compare_issue_times,
    "answer-first": answer_first,
    "cached": cache_rows,
}

PLACES: Final[tuple[tuple[Any, str], ...]] = (
    (guard, "require_live"),
    (TokenReader, "read"),
    (GroupWriter, "_carry_out"),
    (GroupWriter, "_on_thread"),
    (LedgerTables, "find_standing"),
)
"""What the variants change."""


def _find(owner: Any, name: str, *, is_async: bool) -> Any:
    found = vars(owner).get(name)
    assert (owner, name) in PLACES
    assert found is not None, f"{owner} has no {name} any more: break the rule where it is now"
    assert iscoroutinefunction(found) is is_async, f"{name} is called in another way now"
    return found


def _replace(owner: Any, name: str, value: object) -> None:
    setattr(owner, name, value)


if __name__ in {"__main__", "__mp_main__"}:  # a worker runs this file under the second name
    VARIANTS[sys.argv[1]]()
if __name__ == "__main__":
    main(sys.argv[2:])
