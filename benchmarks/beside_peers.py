"""Measures token requests and introspection beside other servers; see README.md.

All servers run on one core, each with one worker, and the load generator on another; in every
round each server takes its turn.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from cases import introspection_call, token_call
from cores import choose_cores, on_core
from customers import make_deployment
from launching import floor_command, running, watchword_command
from peer_report import show
from peer_servers import PEERS, check_introspection, check_peer, check_token, find_versions
from program import add_options, carry_out
from results import PeerCaseResult, PeerResults, describe_machine
from rounds import Contender, take_turns
from wrk import CONNECTIONS, ask

if TYPE_CHECKING:
    from cores import Cores
    from customers import Deployment
    from launching import Server
    from peer_servers import Peer
    from wrk import Call

_HERE: Final = Path(__file__).parent
_BUILD: Final = _HERE.parent / "build"
_JWKS_PATH: Final = "/.well-known/jwks.json"
_CASES: Final = {
    "token": "token request of one client",
    "introspect": "introspection of a live token by its client",
}


@dataclass(frozen=True, slots=True)
class _Run:
    """What all cases have in common."""

    deployment: Deployment
    options: argparse.Namespace
    cores: Cores
    folder: Path

    @property
    def log(self) -> Path:
        return self.folder / "log"


def main() -> int:
    """Measure, print, and write the results; return the exit code."""
    options = _read_options()
    return carry_out(
        options, _measure, show, kept="{date}-peers.json", otherwise="bench-peers.json"
    )


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser, list(_CASES))
    names = [peer.name for peer in PEERS]
    parser.add_argument("--peer", action="append", choices=names, help="only this; repeatable")
    parser.add_argument("--without-ours", action="store_true", help="the other servers alone")
    return parser.parse_args()


def _measure(options: argparse.Namespace, folder: Path) -> PeerResults:
    cores, versions = choose_cores(), find_versions()
    date, load_average = datetime.now(UTC), os.getloadavg()[0]
    run = _Run(make_deployment(folder / "data", 0), options, cores, folder)
    with on_core(cores.server):
        machine = describe_machine(folder, time.perf_counter)
    chosen = [name for name in _CASES if not options.case or name in options.case]
    return PeerResults(
        date=f"{date:%Y-%m-%dT%H:%M:%SZ}",
        connections=CONNECTIONS,
        rounds=options.rounds,
        seconds=options.seconds,
        load_average=load_average,
        machine=machine,
        peers=versions,
        cases=[_measure_case(name, run) for name in chosen],
    )


def _measure_case(case: str, run: _Run) -> PeerCaseResult:
    print(f"Measuring: {_CASES[case]} ...", file=sys.stderr)
    contenders: dict[str, Contender] = {}
    with ExitStack() as stack:
        if not run.options.without_ours:
            contenders |= _start_ours(case, run, stack)
        for peer in PEERS:
            if not run.options.peer or peer.name in run.options.peer:
                contenders[peer.name] = _start_peer(peer, case, run, stack)
        taken = take_turns(list(contenders.values()), run.options.rounds, run.cores, run.folder)
    return PeerCaseResult(case, _CASES[case], dict(zip(contenders, taken, strict=True)))


def _start_ours(case: str, run: _Run, stack: ExitStack) -> dict[str, Contender]:
    """Start watchword and its floor, once a token was looked at."""
    server = _start(watchword_command(run.deployment.settings.data_dir), run, stack)
    asked = token_call(run.deployment, run.deployment.caller)
    issued = msgspec.json.decode(ask(server.port, asked).body)
    check_token(issued["access_token"], server.port, _JWKS_PATH)
    call = asked if case == "token" else introspection_call(run.deployment, server.port)
    if case == "introspect":
        check_introspection(server.port, call)
    answer = run.folder / f"answer-{case}.json"
    answer.write_bytes(msgspec.json.encode(ask(server.port, call)))
    floor = _start(floor_command(answer), run, stack)
    seconds = run.options.seconds
    return {
        "floor": Contender(floor, [call], seconds),
        "watchword": Contender(server, [call], seconds),
    }


def _start_peer(peer: Peer, case: str, run: _Run, stack: ExitStack) -> Contender:
    client = run.deployment.caller
    folder = run.folder / f"{case} {peer.name}"
    server = _start(peer.command(folder, client), run, stack)
    check_peer(peer, server, client)
    call: Call = peer.token_call(client)
    if case == "introspect":
        call = peer.introspection_call(client, server.port)
    return peer.contender(server, call, run.options.seconds)


def _start(command: list[str], run: _Run, stack: ExitStack) -> Server:
    return stack.enter_context(running(command, core=run.cores.server, log=run.log))


if __name__ == "__main__":
    sys.exit(main())
