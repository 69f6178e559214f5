"""Measures nginx with and without `auth_request`, and the built-in proxy beside it; see README.md.

All servers run on one core, and the load generator on another. What each costs is counted apart.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from functools import partial
from http.client import UNAUTHORIZED
from typing import TYPE_CHECKING, Final

from beside import Contest, SideBySide, measure_beside
from beside_report import show
from cases import PROFILE_PATH, SMALLEST, ask_token, authorize_call, graphql_call, person_question
from customers import make_deployment, pass_on
from floor import CapturedAnswer
from launching import Server, find_free_port, watchword_command
from nginx import Judge, Site, nginx_command, static_command
from program import add_options, carry_out
from rounds import Contender
from wrk import Call, ask

if TYPE_CHECKING:
    from pathlib import Path

    from beside import Run
    from customers import Deployment
    from results import BesideResults

_ORDERS: Final = "orders"
_ORDERS_PATH: Final = f"/{_ORDERS}/v1/graphql"
_ANSWER: Final = '{"data":{"info":{"name":"Profile"}}}'
_KEPT_HEADERS: Final = ("content-type", "content-length")
# The names of what is measured.
_ALONE: Final = "nginx"
_WITH_FLOOR: Final = "nginx, asking a floor"
_WITH_US: Final = "nginx, asking watchword"
_PROXY: Final = "watchword"
_UPSTREAM: Final = "the upstream itself"


def main() -> int:
    """Measure, print, and write the results; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser, [name for name, _, _ in _CASES])
    return carry_out(
        parser.parse_args(),
        _measure,
        show,
        kept="{date}-planes.json",
        otherwise="bench-planes.json",
    )


def _measure(options: argparse.Namespace, folder: Path) -> BesideResults:
    deployment = make_deployment(folder / "data", 0)
    cases = [
        SideBySide(name, title, partial(prepare, deployment)) for name, title, prepare in _CASES
    ]
    return measure_beside(options, folder, cases, {"nginx": _find_version(folder / "version")})


def _prepare_nginx(deployment: Deployment, run: Run) -> Contest:
    """Start nginx before an upstream that costs next to nothing."""
    watchword = run.start(watchword_command(deployment.settings.data_dir))
    token = ask_token(deployment.caller, watchword.port)
    path = "/profile/authorize/nginx"
    floor = run.start_floor(ask(watchword.port, authorize_call(token, deployment.caller, path)))
    port = find_free_port()
    static = run.start(static_command(run.folder / "static", port, _ANSWER), port=port)
    alone, asking_floor, asking_us = _start_nginx(
        run, static, None, Judge(floor.port, path), Judge(watchword.port, path)
    )
    calls = [graphql_call(token, deployment.caller, PROFILE_PATH, SMALLEST)]
    parts = {"nginx": alone, "upstream": static}
    contest = Contest(
        {
            _ALONE: _contender(run, alone, calls, parts),
            _WITH_FLOOR: _contender(run, asking_floor, calls, {**parts, "floor": floor}),
            _WITH_US: _contender(run, asking_us, calls, {**parts, "watchword": watchword}),
        },
        [(_WITH_US, _WITH_FLOOR), (_WITH_US, _ALONE), (_WITH_FLOOR, _ALONE)],
    )
    _check(contest, calls[0], guarded=(_WITH_US,))
    return contest


def _prepare_proxy(deployment: Deployment, run: Run) -> Contest:
    """Start the built-in proxy and nginx before one upstream: a person with five roles."""
    caller = deployment.caller
    watchword = run.start(watchword_command(deployment.settings.data_dir))
    question = person_question(deployment)
    token = ask_token(caller, watchword.port)
    answered = ask(watchword.port, graphql_call(token, caller, PROFILE_PATH, question))
    upstream = run.start_floor(_without_ours(answered))
    pass_on(deployment, _ORDERS, f"http://127.0.0.1:{upstream.port}{_ORDERS_PATH}")
    # A token is for the services that its account had when it was issued.
    token = ask_token(caller, watchword.port)
    judge = Judge(watchword.port, f"/{_ORDERS}/authorize/nginx")
    alone, asking = _start_nginx(run, upstream, None, judge)
    calls = [graphql_call(token, caller, _ORDERS_PATH, question)]
    ours, theirs, behind = {"watchword": watchword}, {"nginx": alone}, {"upstream": upstream}
    contest = Contest(
        {
            _UPSTREAM: _contender(run, upstream, calls, behind),
            _ALONE: _contender(run, alone, calls, theirs | behind),
            _WITH_US: _contender(run, asking, calls, theirs | ours | behind),
            _PROXY: _contender(run, watchword, calls, ours | behind),
        },
        [(_PROXY, _WITH_US), (_PROXY, _ALONE), (_WITH_US, _ALONE)],
    )
    _check(contest, calls[0], guarded=(_WITH_US, _PROXY))
    return contest


def _start_nginx(run: Run, upstream: Server, *judges: Judge | None) -> list[Server]:
    """Start one nginx before an upstream, and return it once for each judge."""
    sites = [Site(find_free_port(), upstream.port, judge) for judge in judges]
    command = nginx_command(run.folder / f"nginx-{upstream.port}", sites)
    started = run.start(command, port=sites[0].port)
    return [Server(started.process, site.port) for site in sites]


def _contender(run: Run, asked: Server, calls: list[Call], parts: dict[str, Server]) -> Contender:
    return Contender(asked, calls, run.seconds, parts=parts)


def _check(contest: Contest, call: Call, guarded: tuple[str, ...]) -> None:
    """Make sure that the call passes everywhere, and only with a token where one is asked for.

    Raises:
        RuntimeError: If something else would be measured.
    """
    bare = tuple((name, value) for name, value in call.headers if name != "Authorization")
    for name, contender in contest.contenders.items():
        ask(contender.server.port, call)
        if name in guarded:
            refused = Call(call.path, bare, call.body)
            ask(contender.server.port, refused, expected=UNAUTHORIZED)


def _without_ours(answer: CapturedAnswer) -> CapturedAnswer:
    headers = [(name, value) for name, value in answer.headers if name in _KEPT_HEADERS]
    return CapturedAnswer(answer.status, headers, answer.body)


def _find_version(folder: Path) -> str:
    program = nginx_command(folder, [])[0]
    shown = subprocess.run([program, "-v"], capture_output=True, text=True, check=True)
    return shown.stderr.partition("/")[2].strip()


_CASES: Final = (
    ("nginx", "nginx with and without auth_request", _prepare_nginx),
    ("proxy", "the built-in proxy beside nginx", _prepare_proxy),
)

if __name__ == "__main__":
    sys.exit(main())
