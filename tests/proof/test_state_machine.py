"""Whatever is done to users, accounts and keys, the live token is what a one-line model says."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any, Final

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from proof.extent import EXAMPLES, IS_SOAK, STEPS
from proof.load import read_generation
from support.deployment import GRANT, IN_NOBODYS_WAY, ROOMY, Deployment, basic, code_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import httpx2

    from watchword.access.registration import Registry

_LIFETIME: Final = timedelta(hours=8)
_OVERLAP: Final = timedelta(hours=1)
_STEPS_BETWEEN_STARTS: Final = 8  # a start takes as long as fifty other steps
_MEMBERS: Final = {"svc-one": "acme", "svc-two": "acme", "svc-three": "umbra"}

users = st.sampled_from(sorted(_MEMBERS))
accounts = st.sampled_from(sorted(set(_MEMBERS.values())))


@dataclass(slots=True)
class Token:
    """A token that was answered."""

    text: str = field(repr=False)
    generation: int
    expires_at: datetime


@dataclass(slots=True)
class User:
    """What the model knows of a service user: `newest` is the rule, the rest are conditions."""

    username: str
    account: str
    newest: Token | None = None
    is_revoked: bool = False
    is_enabled: bool = True
    tokens: list[Token] = field(default_factory=list)
    passwords: dict[str, datetime | None] = field(default_factory=dict)


@dataclass(slots=True)
class Account:
    """What the model knows of an account."""

    key: str
    key_id: str
    is_enabled: bool = True
    is_key_enabled: bool = True


class LiveTokens(RuleBasedStateMachine):
    """A deployment, and a model of it: live is the newest token, unless something ended it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(mkdtemp(prefix="watchword-proof-"))
        self.deployment = Deployment(self.folder / "deployment")
        self.users: dict[str, User] = {}
        self.accounts: dict[str, Account] = {}
        self.steps_since_start = 0

    @initialize()
    def make(self) -> None:
        async def make(registry: Registry) -> None:
            await registry.add_plan(ROOMY, {"profile": IN_NOBODYS_WAY})
            for name in sorted(set(_MEMBERS.values())):
                await registry.add_account(name, name, ["profile"])
                made = await registry.add_api_key(name, ROOMY, "", None)
                self.accounts[name] = Account(made.key, made.record.id)
            for username, account in _MEMBERS.items():
                added = await registry.add_service_user(account, username)
                user = User(username, account, passwords={added.password: None})
                self.users[username] = user

        self.deployment.operate(make)

    @rule(username=users)
    def issue(self, username: str) -> None:
        user = self.users[username]

        answer = self._ask(user)

        if self._is_let_in(user, answer):
            self._take(user, answer)

    @rule(username=users, count=st.integers(2, 5))
    def issue_at_once(self, username: str, count: int) -> None:
        user = self.users[username]
        request = self._request(user)

        async def ask() -> list[httpx2.Response]:
            asked = [self.deployment._client.request(**request) for _ in range(count)]
            return await asyncio.gather(*asked)

        answers = self.deployment.run(ask())

        issued = [answer for answer in answers if self._is_let_in(user, answer)]
        for answer in sorted(issued, key=lambda one: read_generation(_token(one))):
            self._take(user, answer)

    @rule(username=users, wrong=st.sampled_from(["password", "another user's", "another's key"]))
    def issue_with_wrong_credentials(self, username: str, wrong: str) -> None:
        user = self.users[username]
        password, account = self._password(user), user.account
        if wrong == "password":
            password = password[::-1]
        elif wrong == "another user's":
            password = self._password(self.users[_other(self.users, username)])
        else:
            account = _other(self.accounts, account)
        request = self._request(user, password=password, key=self.accounts[account].key)

        answer = self.deployment.request(**request)

        assert answer.status_code in {401, 429}, answer.text

    @rule(username=users, age=st.integers(0, 20))
    def call(self, username: str, age: int) -> None:
        user = self.users[username]
        if user.tokens:
            self._require_as_the_model_says(user, user.tokens[-1 - age % len(user.tokens)])

    @rule(username=users)
    def revoke_as_operator(self, username: str) -> None:
        self.deployment.operate(lambda registry: registry.revoke_tokens(username))
        self._end_newest(self.users[username])

    @rule(username=users, age=st.integers(0, 3))
    def revoke_as_client(self, username: str, age: int) -> None:
        user = self.users[username]
        if not user.tokens:
            return
        token = user.tokens[-1 - age % len(user.tokens)]

        answer = self._ask(user, "revoke", f"token={token.text}")

        if self._is_let_in(user, answer, needs_key=False) and token is user.newest:
            self._end_newest(user)

    @rule(username=users, of_another=users)
    def revoke_a_token_of_another_user(self, username: str, of_another: str) -> None:
        user, another = self.users[username], self.users[of_another]
        if user.account != another.account and another.tokens:
            answer = self._ask(user, "revoke", f"token={another.tokens[-1].text}")

            assert answer.status_code in {200, 400, 401, 403, 429}, answer.text

    @rule(username=users, overlap=st.sampled_from([timedelta(0), _OVERLAP]))
    def rotate_password(self, username: str, overlap: timedelta) -> None:
        rotated = self.deployment.operate(
            lambda registry: registry.rotate_password(username, overlap)
        )
        user = self.users[username]
        until = self.deployment.clock.now() + overlap
        newest = list(user.passwords)[-1]
        user.passwords = {newest: until, rotated.password: None}

    @rule(username=users, is_enabled=st.booleans())
    def set_user_enabled(self, username: str, *, is_enabled: bool) -> None:
        self.deployment.operate(
            lambda registry: registry.set_service_user_enabled(username, is_enabled=is_enabled)
        )
        self.users[username].is_enabled = is_enabled

    @rule(name=accounts, is_enabled=st.booleans())
    def set_account_enabled(self, name: str, *, is_enabled: bool) -> None:
        self.deployment.operate(
            lambda registry: registry.set_account_enabled(name, is_enabled=is_enabled)
        )
        self.accounts[name].is_enabled = is_enabled

    @rule(name=accounts, is_enabled=st.booleans())
    def set_key_enabled(self, name: str, *, is_enabled: bool) -> None:
        account = self.accounts[name]
        self.deployment.operate(
            lambda registry: registry.set_api_key_enabled(account.key_id, is_enabled=is_enabled)
        )
        account.is_key_enabled = is_enabled

    @precondition(lambda self: any(user.tokens for user in self.users.values()))
    @rule(
        duration=st.sampled_from(
            [timedelta(minutes=1), _OVERLAP, _LIFETIME - timedelta(seconds=1), _LIFETIME]
        )
    )
    def let_time_pass(self, duration: timedelta) -> None:
        self.deployment.clock.advance(duration)

    @precondition(lambda self: self.steps_since_start > _STEPS_BETWEEN_STARTS)
    @rule()
    def restart(self) -> None:
        self.steps_since_start = 0
        before = self.deployment
        before.close()
        self.deployment = Deployment(self.folder / "deployment")
        self.deployment.clock.moment = before.clock.moment
        # The dice go on: a server that draws the same numbers again is another test's.
        self.deployment.dice._draws = before.dice._draws

    @invariant()
    def the_newest_tokens_are_as_the_model_says(self) -> None:
        self.steps_since_start += 1
        for user in self.users.values():
            for token in user.tokens[-2:]:
                self._require_as_the_model_says(user, token)

    def teardown(self) -> None:
        self.deployment.close()
        shutil.rmtree(self.folder)

    def _require_as_the_model_says(self, user: User, token: Token) -> None:
        reasons = self._reasons_to_refuse(user, token)

        answer = self.deployment.call(token.text, self.accounts[user.account].key)

        if reasons:
            assert answer.status_code == (403 if reasons == {"API_KEY_INVALID"} else 401)
            assert code_of(answer) in reasons
        else:
            assert answer.status_code == 200, answer.text

    def _reasons_to_refuse(self, user: User, token: Token) -> set[str]:
        account = self.accounts[user.account]
        ended = "TOKEN_REVOKED" if user.is_revoked else "TOKEN_SUPERSEDED"
        conditions = {
            ended: token is not user.newest,
            "TOKEN_EXPIRED": self.deployment.clock.now() >= token.expires_at,
            "ACCOUNT_DISABLED": not (user.is_enabled and account.is_enabled),
            "API_KEY_INVALID": not account.is_key_enabled,
        }
        return {code for code, holds in conditions.items() if holds}

    def _ask(self, user: User, endpoint: str = "token", form: str = GRANT) -> httpx2.Response:
        """Ask with the right credentials, and again when the limiter says how long to wait."""
        request = self._request(user, endpoint, form)
        answer = self.deployment.request(**request)
        if answer.status_code == 429:
            self.deployment.clock.advance(timedelta(seconds=int(answer.headers["retry-after"])))
            answer = self.deployment.request(**self._request(user, endpoint, form))
        return answer

    def _request(
        self,
        user: User,
        endpoint: str = "token",
        form: str = GRANT,
        *,
        password: str = "",
        key: str = "",
    ) -> dict[str, Any]:
        """Return a request with the right credentials, but for those that are given."""
        return {
            "method": "POST",
            "url": f"/oauth2/{endpoint}",
            "headers": [
                ("x-api-key", key or self.accounts[user.account].key),
                ("authorization", basic(user.username, password or self._password(user))),
                ("content-type", "application/x-www-form-urlencoded"),
            ],
            "content": form,
        }

    def _is_let_in(self, user: User, answer: httpx2.Response, *, needs_key: bool = True) -> bool:
        """Tell whether the answer is a success, and hold it against the model."""
        account = self.accounts[user.account]
        is_enabled = user.is_enabled and account.is_enabled
        if answer.status_code == 429:
            return False  # others of many at once failed
        if is_enabled and account.is_key_enabled:
            assert answer.status_code == 200, answer.text
        elif needs_key or not is_enabled:
            assert answer.status_code == 401, answer.text
        return answer.status_code == 200

    def _take(self, user: User, answer: httpx2.Response) -> None:
        text = _token(answer)
        generation = read_generation(text)
        # A revocation raises it too.
        assert generation > max((token.generation for token in user.tokens), default=0)
        user.newest = Token(text, generation, self.deployment.clock.now() + _LIFETIME)
        user.tokens.append(user.newest)
        user.is_revoked = False

    def _end_newest(self, user: User) -> None:
        user.newest = None
        user.is_revoked = True

    def _password(self, user: User) -> str:
        """Return the oldest password that is valid: during an overlap, the outgoing one."""
        now = self.deployment.clock.now()
        return next(
            password for password, until in user.passwords.items() if until is None or now < until
        )


def _token(answer: httpx2.Response) -> str:
    return str(answer.json()["access_token"])


def _other(names: Iterable[str], name: str) -> str:
    return next(other for other in sorted(names, reverse=True) if other != name)


TestLiveTokens = LiveTokens.TestCase
TestLiveTokens.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=tuple(Phase) if IS_SOAK else (Phase.explicit, Phase.generate, Phase.shrink),
)
