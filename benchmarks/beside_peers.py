"""Measures token requests and introspection beside other servers; see README.md.

All servers run on one core, each with one worker, and the load generator on another; in every
round each server takes its turn.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Final

from beside import Contest, SideBySide, measure_beside
from beside_report import per_core_second, show
from cases import ask_token, introspection_call, token_call
from customers import make_deployment
from launching import watchword_command
from peer_servers import PEERS, check_introspection, check_peer, check_token, find_versions
from program import add_options, carry_out
from rounds import Contender
from wrk import ask

if TYPE_CHECKING:
    from pathlib import Path

    from beside import Run
    from customers import Deployment
    from peer_servers import Peer
    from results import BesideCase, BesideResults
    from wrk import Call

_JWKS_PATH: Final = "/.well-known/jwks.json"
_OURS: Final = "watchword"
_FLOOR: Final = "floor"
_CASES: Final = {
    "token": "token request of one client",
    "introspect": "introspection of a live token by its client",
}


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


def _measure(options: argparse.Namespace, folder: Path) -> BesideResults:
    versions = find_versions()
    deployment = make_deployment(folder / "data", 0)
    cases = [
        SideBySide(name, title, partial(_prepare, name, deployment))
        for name, title in _CASES.items()
    ]
    return measure_beside(options, folder, cases, versions)


def _prepare(case: str, deployment: Deployment, run: Run) -> Contest:
    contenders: dict[str, Contender] = {}
    if not run.options.without_ours:
        contenders |= _start_ours(case, deployment, run)
    others = [peer for peer in PEERS if not run.options.peer or peer.name in run.options.peer]
    for peer in others:
        contenders[peer.name] = _start_peer(peer, case, deployment, run)
    if run.options.without_ours:
        return Contest(contenders, [])
    compared = [(_OURS, name) for name in contenders if name != _OURS]
    return Contest(contenders, compared, _name_best)


def _start_ours(case: str, deployment: Deployment, run: Run) -> dict[str, Contender]:
    """Start watchword and its floor, once a token was looked at."""
    server = run.start(watchword_command(deployment.settings.data_dir))
    check_token(ask_token(deployment.caller, server.port), server.port, _JWKS_PATH)
    call = token_call(deployment.caller)
    if case == "introspect":
        call = introspection_call(deployment, server.port)
        check_introspection(server.port, call)
    floor = run.start_floor(ask(server.port, call))
    return {
        _FLOOR: Contender(floor, [call], run.seconds),
        _OURS: Contender(server, [call], run.seconds),
    }


def _start_peer(peer: Peer, case: str, deployment: Deployment, run: Run) -> Contender:
    client = deployment.caller
    folder = run.folder / f"{case} {peer.name}"
    server = run.start(peer.command(folder, client))
    check_peer(peer, server, client)
    call: Call = peer.token_call(client)
    if case == "introspect":
        call = peer.introspection_call(client, server.port)
    return peer.contender(server, call, run.seconds)


def _name_best(case: BesideCase) -> str:
    others = {
        name: median(map(per_core_second, taken))
        for name, taken in case.servers.items()
        if name not in {_OURS, _FLOOR}
    }
    return f"The best of the others is {max(others, key=others.__getitem__)}." if others else ""


if __name__ == "__main__":
    sys.exit(main())
