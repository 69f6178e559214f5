"""Measures the Profile service beside Strawberry and Ariadne; see README.md.

All servers run on one core, each with one worker, and the load generator on another; in every
round each server takes its turn. They read one database and are asked the same, with one token.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from beside import Contest, SideBySide, measure_beside
from cases import ask_token
from customers import make_deployment
from graphql_peers import PEERS, check_admission, check_answers, find_versions, name_callers
from graphql_people import draw_keywords, find_sample, keep_people
from graphql_questions import CASES, calls, questions
from graphql_report import show
from launching import watchword_command
from program import BUILD, add_options, carry_out
from rounds import Contender
from wrk import ask

if TYPE_CHECKING:
    from pathlib import Path

    from beside import Run
    from customers import Deployment
    from graphql_questions import GraphQLCase
    from launching import Server
    from results import BesideResults

OURS: Final = "watchword"
FLOOR: Final = "floor"
_PEOPLE: Final = 1_000_000
_FRESH: Final = 12_000
"""Searches of a round: more than any server answers in it."""
_CHECKED: Final = 100
_WARM_UP_SECONDS: Final = 2


@dataclass(frozen=True, slots=True)
class _Subject:
    """What all cases are about."""

    deployment: Deployment
    database: Path
    sample: str
    keywords: list[str]


def main() -> int:
    """Measure, print, and write the results; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser, [case.name for case in CASES])
    parser.add_argument("--people", type=int, default=_PEOPLE, help="in the database")
    return carry_out(
        parser.parse_args(),
        _measure,
        show,
        kept="{date}-graphql.json",
        otherwise="bench-graphql.json",
    )


def _measure(options: argparse.Namespace, folder: Path) -> BesideResults:
    versions = find_versions()
    database = keep_people(BUILD, options.people)
    drawn = draw_keywords(database, _FRESH * (options.rounds + 1))
    subject = _Subject(
        make_deployment(folder / "data", 0, database), database, find_sample(database), drawn
    )
    cases = [
        SideBySide(
            case.name, f"{case.title}, of {options.people:,}", partial(_prepare, case, subject)
        )
        for case in CASES
    ]
    return measure_beside(options, folder, cases, versions)


def _prepare(case: GraphQLCase, subject: _Subject, run: Run) -> Contest:
    caller = subject.deployment.caller
    ours = run.start(watchword_command(subject.deployment.settings.data_dir))
    token = ask_token(caller, ours.port)
    asked = calls(token, caller, questions(case, subject.sample, subject.keywords))
    name_callers(run.folder, ours.port, token, caller.api_key)
    chosen = [peer for peer in PEERS if case.name in peer.cases]
    servers: dict[str, Server] = {OURS: ours}
    servers |= {peer.name: run.start(peer.command(run.folder, subject.database)) for peer in chosen}
    for name, server in servers.items():
        check_admission(name, server, asked[0])
    # Not from the front: what was counted for a check would be remembered in the rounds.
    check_answers(servers, asked[-_CHECKED:])
    if case.name == "person":
        servers = {FLOOR: run.start_floor(ask(ours.port, asked[0])), **servers}
    contenders = {
        name: Contender(
            server,
            asked,
            run.seconds,
            warm_up_seconds=_WARM_UP_SECONDS,
            connections=case.connections,
            fresh=_FRESH if case.is_search else 0,
        )
        for name, server in servers.items()
    }
    return Contest(contenders, [(OURS, name) for name in contenders if name != OURS])


if __name__ == "__main__":
    sys.exit(main())
