"""What the measuring programs share: their common options, and how they end."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from subprocess import SubprocessError
from typing import TYPE_CHECKING, Final, TypeVar

from launching import end_on_signals
from results import BesideResults, Results, save

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

R = TypeVar("R", Results, BesideResults)

_HERE: Final = Path(__file__).parent
BUILD: Final = _HERE.parent / "build"
_INTERRUPTED: Final = 130


def add_options(parser: argparse.ArgumentParser, cases: Sequence[str], *, seconds: int = 4) -> None:
    """Add the options that every measuring program has."""
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each case")
    parser.add_argument("--seconds", type=int, default=seconds, help="of a round, each server")
    parser.add_argument("--case", action="append", choices=cases, help="only this; repeatable")
    parser.add_argument("--save", action="store_true", help="keep the results under their date")
    parser.add_argument(
        "--directory", type=Path, default=BUILD, help="where the databases lie for the time"
    )


def carry_out(
    options: argparse.Namespace,
    measure: Callable[[argparse.Namespace, Path], R],
    show: Callable[[R], None],
    *,
    kept: str,
    otherwise: str,
) -> int:
    """Measure, print, and write the results; return the exit code.

    Args:
        options: Of the command line.
        measure: Gets a folder that is removed afterwards.
        show: Prints the results.
        kept: The file's name among the kept results, with a place for the date.
        otherwise: Its name among what is built.
    """
    end_on_signals()
    options.directory.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix="bench-", dir=options.directory) as folder:
            results = measure(options, Path(folder))
    except KeyboardInterrupt:
        return _INTERRUPTED
    except (RuntimeError, SubprocessError, OSError) as error:
        print(f"The benchmark failed: {error}", file=sys.stderr)
        return 1
    show(results)
    where = _HERE / "results" / kept.format(date=results.date[:10])
    save(results, where if options.save else BUILD / otherwise)
    return 0
