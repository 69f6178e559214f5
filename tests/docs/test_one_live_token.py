"""What the page about the one live token says of a backup that was restored is so."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from docs.servers import PROGRAMS, WATCHWORD, clean_environment, running
from docs.test_examples import load_ask

if TYPE_CHECKING:
    from pathlib import Path

_QUERY = "{ info { name } }"


class Deployment:
    """A deployment with one customer, who keeps all tokens it ever got."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "watchword-data" / "watchword.db"
        self.backup = folder / "backup.db"
        self.environment = clean_environment()
        self.command("init")
        self.command("account", "add", "acme", "--service", "profile")
        self.password = self.command("user", "add", "svc-acme", "--account", "acme")["password"]
        self.key = self.command("key", "add", "--account", "acme")["api_key"]

    def command(self, *arguments: str) -> Any:
        done = self._run(WATCHWORD, *arguments, "--json")
        return json.loads(done)

    def lose_what_came_after_a_backup(self) -> list[str]:
        """Get three tokens, with a backup after the first, and restore that backup."""
        with running(["serve"], self.folder, self.environment) as server:
            client = load_ask().Client(server.base_url, self.key, "svc-acme", self.password)
            first = client.request_token()
            self._run(str(PROGRAMS / "apsw"), str(self.database), f".backup {self.backup}")
            tokens = [first, client.request_token(), client.request_token()]
        self._restore()
        return tokens

    def _restore(self) -> None:
        for suffix in ("-wal", "-shm"):
            self.database.with_name(self.database.name + suffix).unlink(missing_ok=True)
        self.database.write_bytes(self.backup.read_bytes())

    def request_tokens(self, count: int) -> list[str]:
        """Serve, and ask for tokens one after another."""
        with running(["serve"], self.folder, self.environment) as server:
            client = load_ask().Client(server.base_url, self.key, "svc-acme", self.password)
            return [client.request_token() for _ in range(count)]

    def judge(self, *tokens: str) -> list[str]:
        """Serve, and say of each token what the guard says of it."""
        ask = load_ask()
        with running(["serve"], self.folder, self.environment) as server:
            client = ask.Client(server.base_url, self.key, "svc-acme", self.password)
            verdicts = []
            for client.token in tokens:
                _, answer = client._post_query(_QUERY, {})
                verdicts.append(ask.code_of(answer) if "errors" in answer else "live")
            return verdicts

    def _run(self, *command: str) -> str:
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
            timeout=30,
            check=True,
        ).stdout


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    return Deployment(tmp_path)


@pytest.mark.slow
def test_a_token_outlives_a_restart(deployment: Deployment) -> None:
    (token,) = deployment.request_tokens(1)

    assert deployment.judge(token) == ["live"]


@pytest.mark.slow
def test_after_a_restore_only_the_token_of_the_backup_is_live(deployment: Deployment) -> None:
    of_backup, later, latest = deployment.lose_what_came_after_a_backup()

    assert deployment.judge(of_backup, later, latest) == ["live", "TOKEN_REVOKED", "TOKEN_REVOKED"]


@pytest.mark.slow
def test_after_a_restore_the_next_token_is_the_only_live_one_of_its_generation(
    deployment: Deployment,
) -> None:
    of_backup, later, latest = deployment.lose_what_came_after_a_backup()

    (next_one,) = deployment.request_tokens(1)

    assert deployment.judge(of_backup, later, latest, next_one) == [
        "TOKEN_SUPERSEDED",
        "TOKEN_SUPERSEDED",
        "TOKEN_REVOKED",
        "live",
    ]


@pytest.mark.slow
def test_revoking_after_a_restore_leaves_no_token_of_before_live(deployment: Deployment) -> None:
    tokens = deployment.lose_what_came_after_a_backup()

    deployment.command("user", "revoke", "svc-acme")

    assert deployment.judge(*tokens) == ["TOKEN_REVOKED"] * 3


@pytest.mark.slow
def test_a_user_that_is_enabled_again_has_its_live_token_back(deployment: Deployment) -> None:
    (token,) = deployment.request_tokens(1)
    deployment.command("user", "disable", "svc-acme")
    while_disabled = deployment.judge(token)

    deployment.command("user", "enable", "svc-acme")

    assert while_disabled == ["ACCOUNT_DISABLED"]
    assert deployment.judge(token) == ["live"]


@pytest.mark.slow
def test_a_service_granted_again_takes_tokens_of_the_time_before(deployment: Deployment) -> None:
    (token,) = deployment.request_tokens(1)
    deployment.command("account", "withdraw", "acme", "profile")
    while_withdrawn = deployment.judge(token)

    deployment.command("account", "grant", "acme", "profile")

    assert while_withdrawn == ["SERVICE_NOT_ALLOWED"]
    assert deployment.judge(token) == ["live"]
