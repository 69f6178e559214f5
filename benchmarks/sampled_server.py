"""The real server with a sampler in it: where the CPU time of each thread goes.

Every millisecond of CPU time a signal interrupts the loop's thread. The CPU time that each thread
used since is added to what that thread is doing now. Two things to know: time in C counts for the
Python function that called it or, for C called by the event loop, for the next one; and a
thread other than the loop's is seen where it last gave up the interpreter's lock.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections import Counter, defaultdict
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

import msgspec

from watchword.cli import serving
from watchword.cli.output import print_json
from watchword.settings import load_settings
from watchword.store.sqlite.groups import GroupWriter

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

    import apsw

    from watchword.settings import Settings

    Note = Callable[[int, int], None]

_INTERVAL_SECONDS: Final = 0.001
_ROOTS: Final = ("site-packages/", "src/", "python3.11/")


class ThreadProfile(msgspec.Struct):
    """Nanoseconds of CPU time of one thread, by function: its own, and with what it called."""

    cpu: int
    own: dict[str, int]
    total: dict[str, int]


class Group(msgspec.Struct):
    """One group of changes that the writer carried out; times in nanoseconds.

    The changes run on the event loop, the commit on the writer's thread.
    """

    size: int
    wall: int
    cpu: int
    commit_wall: int
    commit_cpu: int


class Profile(msgspec.Struct):
    """What was seen, by the names of the threads."""

    threads: dict[str, ThreadProfile]
    groups: list[Group]


class Sampler:
    """Adds CPU time to what each thread is doing."""

    def __init__(self) -> None:
        self.names = {threading.get_ident(): "event loop"}
        self._before: dict[int, int] = {}
        self._own: defaultdict[int, Counter[CodeType]] = defaultdict(Counter)
        self._total: defaultdict[int, Counter[CodeType]] = defaultdict(Counter)

    def start(self) -> None:
        """Begin; on the main thread."""
        signal.signal(signal.SIGPROF, self._take)
        signal.siginterrupt(signal.SIGPROF, False)
        signal.setitimer(signal.ITIMER_PROF, _INTERVAL_SECONDS, _INTERVAL_SECONDS)

    def stop(self) -> dict[str, ThreadProfile]:
        """End, and return what was seen."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        return {
            self.names.get(ident, f"thread {ident}"): ThreadProfile(
                own.total(), _by_name(own), _by_name(self._total[ident])
            )
            for ident, own in self._own.items()
        }

    def _take(self, _number: int, interrupted: FrameType | None) -> None:
        here = threading.get_ident()
        for ident, current in sys._current_frames().items():  # noqa: SLF001 - made for this
            used = time.clock_gettime_ns(time.pthread_getcpuclockid(ident))
            spent = used - self._before.get(ident, used)
            self._before[ident] = used
            frame = interrupted if ident == here else current
            if not spent or frame is None:
                continue
            self._own[ident][frame.f_code] += spent
            seen: set[CodeType] = set()
            step: FrameType | None = frame
            while step is not None:
                seen.add(step.f_code)
                step = step.f_back
            for code in seen:
                self._total[ident][code] += spent


class _TimedConnection:
    """A connection that notes what its commits take, and on which thread."""

    def __init__(self, connection: apsw.Connection, sampler: Sampler, note: Note) -> None:
        self._connection = connection
        self._sampler = sampler
        self._note = note

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)

    def __enter__(self) -> object:
        return self._connection.__enter__()

    def __exit__(self, *failure: Any) -> bool | None:  # noqa: ANN401, PYI036 - passed on
        return self._connection.__exit__(*failure)

    def execute(self, statement: str, *bindings: Any) -> apsw.Cursor:  # noqa: ANN401 - passed on
        if statement != "COMMIT":
            return self._connection.execute(statement, *bindings)
        self._sampler.names[threading.get_ident()] = threading.current_thread().name
        wall, cpu = time.perf_counter_ns(), time.thread_time_ns()
        try:
            return self._connection.execute(statement)
        finally:
            self._note(time.perf_counter_ns() - wall, time.thread_time_ns() - cpu)


def _noting(groups: list[Group], sampler: Sampler) -> Callable[[Any, list[Any]], None]:
    carry_out: Callable[[Any, list[Any]], None] = GroupWriter._carry_out  # noqa: SLF001
    changes: list[tuple[int, int, int]] = []

    def note(commit_wall: int, commit_cpu: int) -> None:
        groups.append(Group(*changes[-1], commit_wall, commit_cpu))
        changes.clear()

    def carry_out_group(writer: Any, group: list[Any]) -> None:  # noqa: ANN401 - a timed connection
        if not isinstance(writer._connection, _TimedConnection):  # noqa: SLF001
            timed = _TimedConnection(writer._connection, sampler, note)  # noqa: SLF001
            writer._connection = timed  # noqa: SLF001
        wall, cpu = time.perf_counter_ns(), time.thread_time_ns()
        carry_out(writer, group)
        wall, cpu = time.perf_counter_ns() - wall, time.thread_time_ns() - cpu
        changes.append((len(group), wall, cpu))

    return carry_out_group


def _by_name(counted: Counter[CodeType]) -> dict[str, int]:
    named: Counter[str] = Counter()
    for code, spent in counted.items():
        file = code.co_filename
        for root in _ROOTS:
            file = file.rpartition(root)[2]
        named[f"{file}: {code.co_qualname}"] += spent
    return dict(named)


def main() -> None:
    """Serve the named data directory until SIGTERM, then write the profile to the named file."""
    data_dir, target = Path(sys.argv[1]), Path(sys.argv[2])
    sampler, groups = Sampler(), list[Group]()

    def announce(settings: Settings) -> None:
        print_json({"base_url": settings.public_url})
        sampler.start()

    # A server that was told to stop leaves by SystemExit.
    with (
        suppress(SystemExit),
        patch.object(GroupWriter, "_carry_out", _noting(groups, sampler)),
    ):
        serving.run_server(load_settings(data_dir=data_dir, port=0, workers=1), announce)
    target.write_bytes(msgspec.json.encode(Profile(sampler.stop(), groups)))


if __name__ == "__main__":
    main()
