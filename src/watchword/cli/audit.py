"""`watchword audit`: the audit log, read, verified and pruned."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from datetime import timedelta  # noqa: TC003 - cyclopts reads the annotations at run time
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

from cyclopts import App, Parameter, validators
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from watchword.access.audit import AuditFilter, Edge, KeptRecord
from watchword.access.names import word_duration
from watchword.access.paging import LONGEST_PAGE
from watchword.cli.audit_lines import Lines, follow_lines
from watchword.cli.confirming import Yes, require_yes
from watchword.cli.context import DEFAULT, OPERATOR, Common
from watchword.cli.durations import LENGTH, WHOLE
from watchword.system import SystemClock

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from cyclopts import Token

    from watchword.access.auditing import AuditTrail, Soundness
    from watchword.deployment import Deployment

T = TypeVar("T")
_HEAD: Final = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{64})", re.ASCII)
_PAUSE_SECONDS: Final = 0.05
_NOT_NEGATIVE: Final = validators.Number(gte=0)

app = App(name="audit", help="The audit log: what happened, chained so that a change shows.")


def _to_head(_kind: object, tokens: Sequence[Token]) -> Edge:
    found = _HEAD.fullmatch(tokens[0].value.lower())
    if found is None:
        raise ValueError("write the head as 'watchword audit verify' printed it: 120:3f9a...")
    return Edge(int(found[1]), bytes.fromhex(found[2]))


@app.command
def tail(
    *,
    count: Annotated[int, WHOLE, Parameter(validator=_NOT_NEGATIVE)] = 20,
    follow: Annotated[bool, Parameter(negative="")] = False,
    common: Common = DEFAULT,
) -> None:
    """Print the newest records, oldest first.

    On a terminal in columns, in a pipe with tabs, with --json as JSON Lines.

    Args:
        count: How many.
        follow: Go on with what is recorded from now on, until Ctrl-C.
    """
    lines = Lines(is_json=common.json)
    # Ctrl-C is how the reader ends it.
    with suppress(*((KeyboardInterrupt,) if follow else ())):
        common.open(lambda deployment: _tail(deployment, lines, count, is_endless=follow))


@app.command
def search(
    *,
    username: str | None = None,
    account: str | None = None,
    event: str | None = None,
    text: str | None = None,
    count: Annotated[int, WHOLE, Parameter(validator=_NOT_NEGATIVE)] = 20,
    common: Common = DEFAULT,
) -> None:
    """Print the newest records of a service user, an account or an event, oldest first.

    Args:
        username: About this service user. These are found at once, however long the log is.
        account: About this account.
        event: That tell this, as token.revoked; with a dot at its end, of this family, as key.
        text: In which this stands, whatever its case.
        count: How many.
    """
    lines = Lines(is_json=common.json)
    wanted = AuditFilter(username=username, account=account, event=event, text=text)

    async def find(deployment: Deployment) -> list[KeptRecord]:
        trail, found, after = deployment.trail(SystemClock()), list[KeptRecord](), None
        while len(found) < count:
            page = await trail.search(wanted, after, min(count - len(found), LONGEST_PAGE))
            found += page.items
            after = page.next
            if after is None:
                break
        return found

    found = common.open(find)
    lines.write_header()
    lines.write_all(reversed(found))


@app.command
def export(
    *,
    after: Annotated[int, WHOLE, Parameter(validator=_NOT_NEGATIVE)] = 0,
    common: Common = DEFAULT,
) -> None:
    """Print all records as JSON Lines: each as it was recorded, and its sequence number.

    Args:
        after: The sequence number of the last record that you have already.
    """

    async def write(deployment: Deployment) -> None:
        await Lines(is_json=True).write(deployment.trail(SystemClock()), after)

    common.open(write)


@app.command
def verify(
    *,
    head: Annotated[Edge | None, Parameter(converter=_to_head, accepts_keys=False)] = None,
    common: Common = DEFAULT,
) -> int:
    """Look whether a record was changed, added or taken away. Exit code 1 when one was.

    Prints the head, the newest record's number and link. Note it where nobody who can write to
    this machine can change it: that shows later that the log was not set back.

    Args:
        head: A head that was printed earlier. It has to be found in the log.
    """

    async def look(trail: AuditTrail, tell: Callable[[int, int], None]) -> Soundness:
        return await trail.verify(tell, noted=head)

    soundness = _with_progress(common, look)
    newest = soundness.head
    common.output.record(
        {
            "is_sound": soundness.problem is None,
            "problem": soundness.problem,
            "first": soundness.first,
            "last": newest.sequence,
            "head": f"{newest.sequence}:{newest.link.hex()}",
        }
    )
    if soundness.problem is not None:
        common.output.remark("Keep the database as it is: it is evidence. Compare your backups.")
        return 1
    common.output.remark(
        "Note the head outside this machine. Later, 'watchword audit verify --head ...' finds it."
    )
    return 0


@app.command
def prune(
    *,
    older_than: Annotated[timedelta, LENGTH],
    yes: Yes = False,
    common: Common = DEFAULT,
) -> None:
    """Forget old records for good, and record that. Only of a log that is sound.

    Args:
        older_than: How old the records are that go: 400d.
        yes: Do not ask whether it is meant.
    """
    require_yes(
        f"Audit records older than {word_duration(older_than)} will be forgotten for good; "
        "export them first if you need them.",
        is_yes=yes,
    )

    async def carry_out(trail: AuditTrail, tell: Callable[[int, int], None]) -> int:
        return await trail.prune(older_than, OPERATOR, tell, lambda: asyncio.sleep(_PAUSE_SECONDS))

    common.output.record({"pruned": _with_progress(common, carry_out)})


async def _tail(deployment: Deployment, lines: Lines, count: int, *, is_endless: bool) -> None:
    trail = deployment.trail(SystemClock())
    lines.write_header()
    last = await lines.write(trail, await trail.find_last(count))
    if is_endless:
        await follow_lines(lines, deployment.store, trail, last)


def _with_progress(
    common: Common, work: Callable[[AuditTrail, Callable[[int, int], None]], Awaitable[T]]
) -> T:
    """Run a long work with a progress bar on a terminal, and without one elsewhere."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    is_shown = console.is_terminal and not common.json
    with Progress(*columns, console=console, disable=not is_shown, transient=True) as bar:
        task = bar.add_task("Verifying", total=None)

        def tell(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        return common.open(lambda deployment: work(deployment.trail(SystemClock()), tell))
