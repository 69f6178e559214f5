"""What is noted of every request once it is answered: usage, metrics, both logs of requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from watchword.access.errors import CallRefusal
from watchword.web.responses import code_of
from watchword.web.server_log import log_request

if TYPE_CHECKING:
    import asyncio

    from watchword.access.refusals import RefusalCounter
    from watchword.access.request_log import RequestLogger, Whose
    from watchword.access.usage import UsageCounter
    from watchword.web.counting import Counts
    from watchword.web.http import Endpoint, Request, Response
    from watchword.web.relaying import Relayed


@dataclass(slots=True)
class Observed:
    """A request that was answered. One is made for every request, and a frozen one costs more.

    Attributes:
        error: What was raised instead of an answer, or while it was sent.
        started: When it began, on the stopwatch.
        answered: When there was an answer.
        ending: What ends the connection once the answer is sent.
        ended: When all was sent.
        size: The bytes of the body that was sent; None where nobody counted.
        is_whole: Whether all was sent.
    """

    request: Request
    endpoint: Endpoint
    response: Response | Relayed
    error: Exception | None
    started: float
    answered: float
    ending: asyncio.CancelledError | None = None
    ended: float = 0.0
    size: int | None = None
    is_whole: bool = False

    @property
    def status(self) -> int:
        """What the caller read."""
        return self.response.status

    @property
    def seconds(self) -> float:
        """How long it took until all was sent."""
        return self.ended - self.started


class Observer:
    """Notes requests.

    Args:
        usage: Counts what was admitted, for reports.
        refusals: Counts what was refused, for reports.
        counts: Counts for the metrics.
        requests: Keeps calls for those who made them; None where they are not kept.
        logs_requests: Whether every request is worth a line in the log.
    """

    def __init__(
        self,
        usage: UsageCounter,
        refusals: RefusalCounter,
        counts: Counts,
        requests: RequestLogger | None,
        *,
        logs_requests: bool,
    ) -> None:
        self._usage = usage
        self._refusals = refusals
        self._counts = counts
        self._requests = requests
        self._logs_requests = logs_requests

    def note(self, observed: Observed) -> None:
        """Note one request. On the path of all of them: nothing here waits, or asks the store."""
        request, kind, error = observed.request, observed.endpoint.kind, observed.error
        counts = self._counts
        counts.note_request(kind, observed.answered - observed.started)
        code: str | None = None
        if error is not None:
            code = code_of(error)
            counts.note_refused(code)
        elif request.has_issued:
            counts.note_issued()
        admission = request.admission
        whose: Whose | None = None
        if admission is not None:
            whose = admission.caller
            counts.note_admitted(whose.service)
            self._usage.count(admission, request.operation)
        elif isinstance(error, CallRefusal):
            whose = error.about
        if whose is not None:
            self._note_call(observed, whose, code)
        if self._logs_requests:
            log_request(observed)

    def _note_call(self, observed: Observed, whose: Whose, code: str | None) -> None:
        if code is not None:
            self._refusals.count(whose, code)
        requests = self._requests
        if requests is None:
            return
        request = observed.request
        admission = request.admission
        requests.note(
            (
                whose,
                None if admission is None else admission.allowance.at,
                request.operation,
                observed.status,
                code,
                observed.seconds,
                request.correlation_id,
                request.address,
                request.is_signed_in,
            )
        )
