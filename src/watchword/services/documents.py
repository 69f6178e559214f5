"""Answers questions to one service. Whatever goes wrong is an answer, too."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from watchword.access.errors import DocumentRefusal, MethodNotAllowed
from watchword.access.model import DocumentLimits
from watchword.services.encoding import encode, encode_in_pieces
from watchword.services.engine.errors import Code, DocumentRefused
from watchword.services.engine.judging import TOO_DEEP, judge, word_error
from watchword.services.engine.operations import VariablesRefused
from watchword.services.engine.remembering import Remembered
from watchword.services.engine.variables import require_small
from watchword.services.running_documents import Runnable
from watchword.services.slow_documents import SlowDocuments

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from watchword.services.directory import Service, ServiceRequest
    from watchword.services.engine.judging import Judged
    from watchword.services.engine.operations import Compiled, Operation
    from watchword.services.engine.pricing import Price

_SHORT: Final = 2_000
"""Characters. A longer document is judged beside the event loop when it is new."""
_QUICK: Final = 2_000
"""Points. What costs more is answered beside the event loop, so that others are served."""
_LARGEST: Final = 67_108_864
_NO_PACKAGES: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Question:
    """What a caller asks of a service (GraphQL over HTTP, section 5.1)."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None
    is_query_only: bool
    """Refuse anything but a query, as a GET must."""


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a caller asks.

    Attributes:
        limits: What documents its plan lets through.
        packages: What its account has beyond the core.
        account: Whose slow documents its own wait behind.
    """

    limits: DocumentLimits = field(default_factory=DocumentLimits)
    packages: frozenset[str] = _NO_PACKAGES
    account: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A GraphQL response.

    Attributes:
        members: `data`, `errors`, `extensions`, as JSON values; none where a thread has encoded
            them, and freed them there.
        is_executed: False when the document was refused before it ran.
        is_method_refused: The document holds more than a query, and only one may run.
        has_errors: Whether something is told of what ran.
        encoded: All of it as JSON, where it was executed.
        operation: What the operation is called that was asked for; "" where that is not known.
    """

    members: dict[str, Any]
    is_executed: bool
    is_method_refused: bool = False
    has_errors: bool = False
    encoded: bytes | None = None
    operation: str = ""

    @property
    def code(self) -> str | None:
        """Why it was not executed; None where it was."""
        return None if self.is_executed else self.members["errors"][0]["extensions"]["code"]

    def to_json(self) -> bytes:
        """Return it as it is sent."""
        return msgspec.json.encode(self.members) if self.encoded is None else self.encoded


class DocumentNotRun(DocumentRefusal):
    """A document is over a limit of its plan, or is none that the service can run.

    Attributes:
        code: One of the engine's.
        answer: What the caller reads, which is more than the log says: it may quote the document.
    """

    default_public = "The document does not run."

    def __init__(self, answer: Answer, code: str) -> None:
        facts = answer.members["errors"][0]["extensions"]
        told = [f"{name} {fact}" for name, fact in facts.items() if isinstance(fact, int)]
        super().__init__(reason=", ".join((self.default_public.rstrip("."), *told)))
        self.answer = answer
        self.code = code


@dataclass(frozen=True, slots=True)
class _Ready:
    """A question that may run."""

    compiled: Compiled
    price: Price
    variables: Any


async def _for_ever() -> None:
    await asyncio.get_running_loop().create_future()


class Documents:
    """Answers questions to one service.

    Args:
        service: Whom to ask.
        remembered: How many judged documents are kept, refused ones too.
        answer_limit: The largest answer, in bytes.
    """

    def __init__(self, service: Service, *, remembered: int, answer_limit: int = _LARGEST) -> None:
        self._service = service
        self._remembered = Remembered(remembered)
        self._answer_limit = answer_limit
        self._slow = SlowDocuments()

    async def answer(
        self,
        question: Question,
        terms: Terms,
        correlation_id: str,
        until: Callable[[], Awaitable[object]] = _for_ever,
    ) -> Answer:
        """Answer a question.

        Args:
            question: What is asked.
            terms: On what terms.
            correlation_id: Finds the request in the log.
            until: Returns when the caller has gone away; asked where the answer takes long.

        Raises:
            ServiceBusy: If too many slow documents wait already.
            RequestTooSlow: If the caller goes away before there is an answer.
            AnswerTooLarge: If the answer is larger than one may be.
        """
        judged = await self._judge(question.query, terms, until)
        ready = self._prepare(judged, question, terms)
        name = question.operation_name or judged.name
        if isinstance(ready, Answer):
            return _correlated(ready, correlation_id, name)
        runnable = Runnable(
            ready.compiled,
            ready.variables,
            terms.packages,
            ready.price.points,
            terms.limits.cost,
            correlation_id,
        )
        request = self._service.request(correlation_id)
        if not ready.compiled.is_slow and ready.price.points <= _QUICK:
            members = runnable.run(request)
            encoded = encode(members, self._answer_limit)
            return Answer(
                members,
                is_executed=True,
                has_errors="errors" in members,
                encoded=encoded,
                operation=name,
            )
        work = partial(self._run_slowly, runnable, request, name)
        return await self._slow.run(terms.account, work, until)

    def close(self) -> None:
        """End the threads. Closing twice is closing once."""
        self._slow.close()

    def _run_slowly(self, runnable: Runnable, request: ServiceRequest, name: str) -> Answer:
        members = runnable.run(request)
        has_errors = "errors" in members
        encoded = encode_in_pieces(members, self._answer_limit)
        return Answer({}, is_executed=True, has_errors=has_errors, encoded=encoded, operation=name)

    def _prepare(self, judged: Judged, question: Question, terms: Terms) -> _Ready | Answer:
        limits = terms.limits
        try:
            judged.require(limits)
            if not judged.operations:
                errors = judged.errors if limits.introspection else judged.bare_errors
                return Answer({"errors": errors}, is_executed=False)
            operation = _choose(judged, question.operation_name)
            if question.is_query_only and not operation.is_query:
                return _METHOD_REFUSED
            given = question.variables or {}
            require_small(given)
            variables = operation.coerce(given)
            size = operation.size
            compiled = operation.compile(given)
            if operation.size != size:
                self._remembered.keep(question.query, judged)
            price = compiled.prices.find(given)
            _require_price(price, limits)
        except DocumentRefused as refused:
            return _refusal(refused)
        except VariablesRefused as refused:
            errors = [
                word_error(error, Code.VARIABLES_INVALID, may_suggest=limits.introspection)
                for error in refused.errors
            ]
            return Answer({"errors": errors}, is_executed=False)
        except RecursionError:
            return _refusal(DocumentRefused(Code.DOCUMENT_TOO_DEEP, TOO_DEEP))
        return _Ready(compiled, price, variables)

    async def _judge(
        self, query: str, terms: Terms, until: Callable[[], Awaitable[object]]
    ) -> Judged:
        judged = self._remembered.find(query)
        if judged is None or not judged.is_known_to(terms.limits):
            judging = partial(judge, self._service.schema, query, terms.limits)
            if len(query) > _SHORT:
                # To look at it for the first time may take a tenth of a second.
                judged = await self._slow.run(terms.account, judging, until)
            else:
                judged = judging()
            self._remembered.keep(query, judged)
        return judged


_METHOD_REFUSED: Final = Answer(
    {
        "errors": [
            {
                "message": "Use POST for anything but a query.",
                "extensions": {"code": MethodNotAllowed.code},
            }
        ]
    },
    is_executed=False,
    is_method_refused=True,
)


def _choose(judged: Judged, name: str | None) -> Operation:
    operations = judged.operations
    if name is not None:
        operation = operations.get(name)
        if operation is None:
            raise DocumentRefused(
                Code.OPERATION_UNKNOWN, "The document has no operation of the name that is asked."
            )
        return operation
    if len(operations) > 1:
        raise DocumentRefused(
            Code.OPERATION_UNKNOWN,
            "The document has several operations. Name one by 'operationName'.",
        )
    return next(iter(operations.values()))


def _require_price(price: Price, limits: DocumentLimits) -> None:
    if price.largest > limits.list_size:
        raise DocumentRefused(
            Code.LIST_TOO_LARGE,
            f"The document asks for a page or list of {price.largest}, and {limits.list_size} "
            "are let through. Ask for smaller pages.",
            limit=limits.list_size,
            requested=price.largest,
        )
    if price.points > limits.cost:
        raise DocumentRefused(
            Code.COST_TOO_HIGH,
            f"The document costs up to {price.points} points, and {limits.cost} are let through. "
            "Ask for smaller pages or fewer fields.",
            limit=limits.cost,
            requested=price.points,
        )


def _refusal(refused: DocumentRefused) -> Answer:
    extensions = {"code": refused.code.value, **refused.facts}
    return Answer(
        {"errors": [{"message": refused.message, "extensions": extensions}]}, is_executed=False
    )


def _correlated(answer: Answer, correlation_id: str, name: str) -> Answer:
    # Copied: what is remembered of a document is every caller's.
    errors = [
        {**error, "extensions": {**error["extensions"], "correlationId": correlation_id}}
        for error in answer.members["errors"]
    ]
    return replace(answer, members={"errors": errors}, operation=name)
