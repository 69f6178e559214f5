"""When `watchword.Guard` opens the data directory and closes it, and what if it cannot."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

import watchword
from library.apps import Recorder
from library.lives import (
    SHUTDOWN,
    STARTUP,
    Life,
    Openings,
    Starlike,
    listen_and_fail,
    refuse_lifespan,
    return_at_once,
)
from support.deployment import code_of
from watchword import Guard
from watchword.access.errors import NotAllowed
from watchword.settings import SettingError
from watchword.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator
    from pathlib import Path

    from support.deployment import Deployment
    from watchword.web.http import App, Message


@pytest.fixture
def folder(deployment: Deployment) -> Path:
    return deployment.settings.data_dir


@pytest.fixture
def openings(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Openings:
    assert folder.is_dir()
    counted = Openings()
    open_, close = SqliteStore.open, SqliteStore.close

    async def count_open(store: SqliteStore, **options: Any) -> None:
        counted.opened += 1
        counted.has_begun.set()
        await open_(store, **options)

    async def count_close(store: SqliteStore) -> None:
        counted.closed += 1
        await close(store)

    monkeypatch.setattr(SqliteStore, "open", count_open)
    monkeypatch.setattr(SqliteStore, "close", count_close)
    return counted


async def ask(app: App, **options: Any) -> httpx2.Response:
    """Call without credentials: 401 says that the guard is open, and judges."""
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:9000", verify=False
    ) as client:
        return await client.post("/graphql", **options)


@pytest.fixture
def guards(folder: Path) -> Generator[Callable[..., Guard]]:
    """Make guards; what a server without a lifespan would leave open is closed afterwards."""
    made: list[Guard] = []

    def make(app: App, service: str = "profile", data_dir: Path | None = None) -> Guard:
        made.append(Guard(app, service=service, data_dir=data_dir or folder))
        return made[-1]

    yield make
    assert [guard._opening for guard in made] == [None] * len(made)


def run(deployment: Deployment, talk: Awaitable[None], guard: Guard) -> None:
    async def carry_out() -> None:
        try:
            await talk
        finally:
            await guard._close()

    deployment.run(carry_out())


@pytest.mark.parametrize("app", [refuse_lifespan, return_at_once, listen_and_fail])
def test_the_data_directory_is_open_for_the_servers_life_though_the_app_knows_no_lifespan(
    deployment: Deployment, openings: Openings, guards: Callable[..., Guard], app: App
) -> None:
    guard = guards(app)

    async def live() -> None:
        life = Life(guard)
        assert await life.tell(STARTUP) == "lifespan.startup.complete"
        assert (openings.opened, openings.closed) == (1, 0)
        assert (await ask(guard)).status_code == 401
        assert await life.tell(SHUTDOWN) == "lifespan.shutdown.complete"
        assert await life.end() is None

    run(deployment, live(), guard)

    assert (openings.opened, openings.closed) == (1, 1)


def test_the_apps_own_lifespan_runs_inside_the_guards(
    deployment: Deployment, openings: Openings, guards: Callable[..., Guard]
) -> None:
    app = Starlike(openings)
    guard = guards(app)

    async def live() -> None:
        life = Life(guard)
        assert await life.tell(STARTUP) == "lifespan.startup.complete"
        assert openings.open_now == 1
        assert await life.tell(SHUTDOWN) == "lifespan.shutdown.complete"
        # Closed by now: a server may end the process as soon as it hears this.
        assert openings.open_now == 0
        assert await life.end() is None
        assert len(life.said) == 2

    run(deployment, live(), guard)

    assert app.lived == ["started with 1 open", "stopped with 1 open"]


def test_a_failed_start_of_the_app_is_told_to_the_server_and_leaves_nothing_open(
    deployment: Deployment, openings: Openings, guards: Callable[..., Guard]
) -> None:
    guard = guards(Starlike(openings, fails=True))

    async def live() -> None:
        life = Life(guard)
        assert await life.tell(STARTUP) == "lifespan.startup.failed"
        assert isinstance(await life.end(), ZeroDivisionError)
        assert life.said == [{"type": "lifespan.startup.failed", "message": "no database"}]

    run(deployment, live(), guard)

    assert openings.open_now == 0


def test_a_server_does_not_start_over_a_folder_that_is_not_initialised(
    deployment: Deployment, guards: Callable[..., Guard], tmp_path: Path
) -> None:
    guard = guards(Recorder(), data_dir=tmp_path / "nothing")

    async def live() -> None:
        life = Life(guard)
        assert await life.tell(STARTUP) == "lifespan.startup.failed"
        assert isinstance(await life.end(), NotAllowed)
        assert f"{tmp_path / 'nothing'} is not initialised" in life.said[0]["message"]

    run(deployment, live(), guard)


def test_a_server_does_not_start_for_a_service_that_nobody_has_registered(
    deployment: Deployment, openings: Openings, guards: Callable[..., Guard]
) -> None:
    guard = guards(Recorder(), service="ordres")

    async def live() -> None:
        life = Life(guard)
        assert await life.tell(STARTUP) == "lifespan.startup.failed"
        assert isinstance(await life.end(), NotAllowed)
        assert "no service 'ordres'" in life.said[0]["message"]
        assert "watchword service add ordres" in life.said[0]["message"]

    run(deployment, live(), guard)

    assert openings.open_now == 0


def test_without_a_lifespan_the_first_requests_open_the_data_directory_once_together(
    deployment: Deployment, openings: Openings, guards: Callable[..., Guard]
) -> None:
    guard = guards(Recorder())

    async def live() -> None:
        answers = await asyncio.gather(*(ask(guard) for _ in range(8)))
        assert {answer.status_code for answer in answers} == {401}
        assert (await ask(guard)).status_code == 401

    run(deployment, live(), guard)

    assert (openings.opened, openings.closed) == (1, 1)


def test_a_first_request_that_goes_away_takes_nothing_from_the_others(
    deployment: Deployment, openings: Openings, guards: Callable[..., Guard]
) -> None:
    guard = guards(Recorder())

    async def live() -> None:
        first = asyncio.ensure_future(ask(guard))
        second = asyncio.ensure_future(ask(guard))
        await openings.has_begun.wait()
        first.cancel()
        assert (await second).status_code == 401
        with suppress(asyncio.CancelledError):
            await first

    run(deployment, live(), guard)

    assert openings.opened == 1


def test_what_cannot_be_opened_is_503_with_the_reason_in_the_log_until_it_can(
    deployment: Deployment,
    guards: Callable[..., Guard],
    caplog: pytest.LogCaptureFixture,
) -> None:
    guard = guards(Recorder(), service="orders")

    async def ask_early() -> None:
        early = await ask(guard)
        assert (early.status_code, code_of(early)) == (503, "STORE_UNAVAILABLE")
        assert early.headers["retry-after"] == "1"
        assert "orders" not in early.text
        (record,) = [item for item in caplog.records if item.levelname == "ERROR"]
        assert "watchword service add orders" in vars(record)["reason"]
        assert vars(record)["correlation_id"] == early.headers["x-correlation-id"]

    async def ask_late() -> None:
        assert (await ask(guard)).status_code == 401

    run(deployment, ask_early(), guard)
    deployment.operate(lambda registry: registry.add_service("orders", "", ""))
    run(deployment, ask_late(), guard)


def test_a_websocket_is_refused_before_it_is_accepted_and_the_app_never_sees_it(
    deployment: Deployment, guards: Callable[..., Guard]
) -> None:
    app = Recorder()
    guard = guards(app)
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    run(deployment, guard({"type": "websocket", "path": "/"}, receive, send), guard)

    assert sent == [{"type": "websocket.close", "code": 1008}]
    assert app.scopes == []


def test_what_is_no_known_kind_of_connection_never_reaches_the_app(
    deployment: Deployment, guards: Callable[..., Guard]
) -> None:
    app = Recorder()
    guard = guards(app)

    with pytest.raises(ValueError, match="cannot serve webtransport"):
        run(deployment, guard({"type": "webtransport"}, None, None), guard)  # type: ignore[arg-type]  # never asked

    assert app.scopes == []


def test_a_setting_that_cannot_be_used_is_named_where_the_guard_is_made(folder: Path) -> None:
    with pytest.raises(SettingError, match="base_url is https"):
        Guard(Recorder(), service="profile", data_dir=folder, base_url="http://api.example.com")


def test_a_refusal_names_the_server_where_the_guard_was_told_it_is(
    deployment: Deployment, folder: Path
) -> None:
    url = "https://api.example.com"
    guard = Guard(Recorder(), service="profile", data_dir=folder, base_url=url)

    async def live() -> None:
        challenge = (await ask(guard)).headers["www-authenticate"]
        path = "/.well-known/oauth-protected-resource/profile/v1/graphql"
        assert f'resource_metadata="{url}{path}"' in challenge

    run(deployment, live(), guard)


@pytest.mark.parametrize(
    ("is_accepted", "code"), [(True, "TOKEN_INVALID"), (None, "TOKEN_INVALID")]
)
def test_a_bare_token_is_read_when_the_guard_was_told_to(
    deployment: Deployment, folder: Path, is_accepted: bool | None, code: str
) -> None:
    guard = Guard(
        Recorder(), service="profile", data_dir=str(folder), accept_bare_token=is_accepted
    )

    async def live() -> None:
        refused = await ask(guard, headers={"authorization": "eyJh.e.30"})
        says_how_to_send_it = "Bearer <token>" in refused.json()["errors"][0]["message"]
        assert code_of(refused) == code
        assert says_how_to_send_it is not bool(is_accepted)

    run(deployment, live(), guard)


def test_importing_watchword_imports_no_server() -> None:
    code = (
        "import sys, watchword; "
        "print([name for name in sys.modules if name.startswith('watchword.')]); "
        "print(watchword.Guard.__module__, watchword.Admission.__module__)"
    )

    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    ).stdout

    assert printed == "[]\nwatchword.middleware watchword.access.guard\n"


def test_what_watchword_does_not_export_is_no_attribute_of_it() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Guardian'"):
        _ = watchword.Guardian  # type: ignore[attr-defined]  # that is the question
    assert set(watchword.__all__) == {"Admission", "Guard", "__version__"}
