"""Clients that issue and call at once on a few connections, and record what they see."""

from __future__ import annotations

import asyncio
import base64
import json
import time
import zlib
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from proof.extent import make_dice
from proof.history import FOREVER, Answer, Kind, Operation

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

_BODY: Final = b'{"query":"{ __typename }"}'
_LINK_LIFE: Final = 100
"""Exchanges on one connection; a new one may reach another worker."""
_REMEMBERED: Final = 8
_AT_HOME: Final = 0.7
"""How much of what a client asks is for one user: so it often knows that user's newest token."""
_ANSWER_SECONDS: Final = 30
_PAUSE_SECONDS: Final = 0.02
BROKEN: Final = (ConnectionError, asyncio.IncompleteReadError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Customer:
    """A service user with the key of its account, and its requests as they are sent."""

    username: str
    password: str = field(repr=False)
    api_key: str = field(repr=False)

    def token_request(self) -> bytes:
        return to_request("POST /oauth2/token?grant_type=client_credentials", *self._credentials())

    def revoke_request(self, token: str) -> bytes:
        form = "content-type: application/x-www-form-urlencoded"
        body = f"token={token}".encode()
        return to_request("POST /oauth2/revoke", form, *self._credentials(), body=body)

    def call_request(self, token: str) -> bytes:
        return to_request(
            "POST /profile/v1/graphql",
            f"authorization: Bearer {token}",
            f"x-api-key: {self.api_key}",
            "content-type: application/json",
            body=_BODY,
        )

    def _credentials(self) -> tuple[str, str]:
        pair = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        return f"authorization: Basic {pair}", f"x-api-key: {self.api_key}"


class Reply(NamedTuple):
    """An answer as it came."""

    status: int
    body: bytes
    worker: int


class Token(NamedTuple):
    """A token that this client got, and the requests that call with it and revoke it."""

    generation: int
    call: bytes
    revoke: bytes


@dataclass(slots=True)
class Purse:
    """What one client knows of one service user."""

    customer: Customer
    ask: bytes
    tokens: deque[Token] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    def add(self, token: str) -> int:
        """Keep a token, by its generation; return that."""
        generation = read_generation(token)
        customer = self.customer
        made = Token(generation, customer.call_request(token), customer.revoke_request(token))
        self.tokens = deque(sorted((*self.tokens, made)), maxlen=_REMEMBERED)
        return generation

    def choose(self, dice: random.Random) -> Token:
        """Return mostly the newest token, at times the one before, at times any."""
        chance = dice.random()
        if chance < 0.7 or len(self.tokens) == 1:
            return self.tokens[-1]
        return self.tokens[-2] if chance < 0.85 else dice.choice(self.tokens)


class Link:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> Link:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def exchange(self, request: bytes) -> Reply:
        """Send a request and return the whole answer. Raises what is in `BROKEN`."""
        async with asyncio.timeout(_ANSWER_SECONDS):
            self._writer.write(request)
            head = await self._reader.readuntil(b"\r\n\r\n")
            length = int(_find_header(head, b"content-length") or 0)
            body = await self._reader.readexactly(length)
        worker = _find_header(head, b"x-correlation-id")[:8]
        return Reply(int(head[9:12]), body, zlib.crc32(worker) if worker else 0)

    def close(self) -> None:
        self._writer.transport.abort()


class Client:
    """Keeps several connections busy, each with one request at a time.

    Args:
        port: Where the server listens on loopback.
        customers: The service users; their places are the numbers in the history.
        record: Takes each operation when it has ended.
        seed: What is asked depends on it and on the answers.
        issues: The share of token requests in what is asked.
        revocations: The share of revocations.
    """

    def __init__(
        self,
        port: int,
        customers: list[Customer],
        record: Callable[[Operation], None],
        seed: int,
        issues: float = 0.03,
        revocations: float = 0.0,
    ) -> None:
        self.port = port
        self.purses = [Purse(customer, customer.token_request()) for customer in customers]
        self._record = record
        self._dice = make_dice(seed)
        self._home = seed % len(customers)
        self._issues = issues
        self._revocations = revocations
        self._is_stopped = False
        self.rest_seconds = 0.0
        """How long each connection rests after an answer."""
        self.link_life = _LINK_LIFE

    async def run(self, connections: int) -> None:
        """Ask and call until `stop`."""
        self._is_stopped = False
        async with asyncio.TaskGroup() as group:
            for _ in range(connections):
                group.create_task(self._converse())

    def stop(self) -> None:
        """Let every connection end after the request that is under way."""
        self._is_stopped = True

    async def issue(self, link: Link, user: int) -> Operation:
        """Ask for a token and keep it."""
        purse = self.purses[user]
        start = time.monotonic_ns()
        try:
            reply = await link.exchange(purse.ask)
        except BROKEN as error:
            return self._broken(user, Kind.ISSUE, 0, start, error)
        end = time.monotonic_ns()
        answer, generation = read_oauth(reply), 0
        if answer is Answer.DONE:
            generation = purse.add(json.loads(reply.body)["access_token"])
        return self._done(user, Kind.ISSUE, answer, generation, start, end, reply)

    async def call(self, link: Link, user: int, token: Token) -> Operation:
        """Call with a token."""
        start = time.monotonic_ns()
        try:
            reply = await link.exchange(token.call)
        except BROKEN as error:
            return self._broken(user, Kind.CALL, token.generation, start, error)
        end = time.monotonic_ns()
        answer = read_call(reply)
        return self._done(user, Kind.CALL, answer, token.generation, start, end, reply)

    async def revoke(self, link: Link, user: int, token: Token) -> Operation:
        """Revoke a token, which may be dead already."""
        start = time.monotonic_ns()
        try:
            reply = await link.exchange(token.revoke)
        except BROKEN as error:
            return self._broken(user, Kind.REVOKE, token.generation, start, error)
        end = time.monotonic_ns()
        answer = read_oauth(reply)
        return self._done(user, Kind.REVOKE, answer, token.generation, start, end, reply)

    async def _converse(self) -> None:
        while not self._is_stopped:
            try:
                link = await Link.open(self.port)
            except OSError:
                await asyncio.sleep(_PAUSE_SECONDS)  # nobody listens at this moment
                continue
            try:
                await self._use(link)
            finally:
                link.close()

    async def _use(self, link: Link) -> None:
        """Ask and call, and after each change try the newest token and the one before."""
        planned: list[tuple[int, Kind, Token | None]] = []
        for _ in range(self.link_life):
            if self._is_stopped:
                return
            user, kind, token = planned.pop() if planned else self._choose()
            if token is None:
                done = await self.issue(link, user)
            elif kind is Kind.REVOKE:
                done = await self.revoke(link, user, token)
            else:
                done = await self.call(link, user, token)
            if kind is not Kind.CALL:
                planned = [(user, Kind.CALL, one) for one in list(self.purses[user].tokens)[-2:]]
                self._dice.shuffle(planned)
            if done.answer is Answer.UNANSWERED:
                return
            if self.rest_seconds:
                await asyncio.sleep(self.rest_seconds)

    def _choose(self) -> tuple[int, Kind, Token | None]:
        """Return a user, what to ask, and with which token; None asks for one."""
        dice = self._dice
        user = self._home if dice.random() < _AT_HOME else dice.randrange(len(self.purses))
        purse = self.purses[user]
        chance = dice.random()
        if not purse.tokens or chance < self._issues:
            return user, Kind.ISSUE, None
        is_revocation = chance < self._issues + self._revocations
        return user, Kind.REVOKE if is_revocation else Kind.CALL, purse.choose(dice)

    def _done(
        self,
        user: int,
        kind: Kind,
        answer: Answer,
        generation: int,
        start: int,
        end: int,
        reply: Reply,
    ) -> Operation:
        operation = Operation(user, kind, answer, generation, start, end, reply.worker)
        self._record(operation)
        return operation

    def _broken(
        self, user: int, kind: Kind, generation: int, start: int, error: BaseException
    ) -> Operation:
        # The system closes the connections of a killed process after its last thread has
        # ended: what was not committed then never will be. Of an answer that did not come
        # in time nobody knows.
        end = FOREVER if isinstance(error, TimeoutError) else time.monotonic_ns()
        operation = Operation(user, kind, Answer.UNANSWERED, generation, start, end)
        self._record(operation)
        return operation


def read_generation(token: str) -> int:
    """Return the claim `gen` of a token."""
    return int(json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))["gen"])


def read_oauth(reply: Reply) -> Answer:
    """Return what the token endpoint or the revocation endpoint said."""
    if reply.status == 200:
        return Answer.DONE
    if reply.status == 503 and b'"temporarily_unavailable"' in reply.body:
        return Answer.UNAVAILABLE
    return Answer.UNEXPECTED


def read_call(reply: Reply) -> Answer:
    """Return what the service said."""
    match reply.status:
        case 200 if b'"errors"' not in reply.body:
            return Answer.DONE
        case 401 if b'"TOKEN_SUPERSEDED"' in reply.body:
            return Answer.SUPERSEDED
        case 401 if b'"TOKEN_REVOKED"' in reply.body:
            return Answer.REVOKED
        case 503:
            return Answer.UNAVAILABLE
        case _:
            return Answer.UNEXPECTED


def _find_header(head: bytes, name: bytes) -> bytes:
    _, found, rest = head.partition(b"\r\n" + name + b": ")
    return rest.partition(b"\r\n")[0] if found else b""


def to_request(line: str, *headers: str, body: bytes = b"") -> bytes:
    head = [f"{line} HTTP/1.1", "host: 127.0.0.1", f"content-length: {len(body)}", *headers]
    return "\r\n".join((*head, "", "")).encode() + body
