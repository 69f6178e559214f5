"""The GraphQL endpoints: the guard first, then GraphQL over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from watchword.access.errors import DocumentRefusal
from watchword.services.documents import Answer, DocumentNotRun, Terms
from watchword.web.http import Response
from watchword.web.media_types import choose_answer_type
from watchword.web.questions import read_body, read_url
from watchword.web.responses import call_refusal, correlation_header
from watchword.web.trusted_documents import choose_document

if TYPE_CHECKING:
    from watchword.access.model import ServiceName
    from watchword.access.trusted_documents import TrustedDocuments
    from watchword.services.documents import Documents
    from watchword.web.admitting import CallGate
    from watchword.web.http import Request
    from watchword.web.media_types import AnswerType

_ALLOW_POST: Final = (b"allow", b"POST")
_PARTIAL: Final = 294
"""Data and errors in one answer (GraphQL over HTTP, edition of September 2026)."""


class GraphQLEndpoint:
    """Answers calls to one service.

    Args:
        service: Which.
        documents: What answers.
        trusted: The documents that operators have registered.
        gate: What admits.
        body_limit: The largest body, in bytes.
        resource_metadata: Where this resource describes itself (RFC 9728).
        methods: The methods served at this path; no OPTIONS: preflights pass `/authorize` alone.
    """

    kind: ClassVar[str] = "graphql"

    def __init__(
        self,
        service: ServiceName,
        documents: Documents,
        *,
        trusted: TrustedDocuments,
        gate: CallGate,
        body_limit: int,
        resource_metadata: str,
        methods: tuple[str, ...],
    ) -> None:
        self._service = service
        self._documents = documents
        self._trusted = trusted
        self._gate = gate
        self._body_limit = body_limit
        self._resource_metadata = resource_metadata
        self._methods = methods

    async def answer(self, request: Request) -> Response:
        """Admit the call and answer it, or raise what stands in the way."""
        request.require_method(*self._methods)
        await self._gate.admit(
            request, self._service, method=request.method, query=request.query_string
        )
        answer_type = choose_answer_type(request.join_header(b"accept"))
        # Read after the guard: a caller that is not let in gets no memory of ours.
        if request.method == "GET":
            question, named = read_url(request)
        else:
            question, named = await read_body(request, self._body_limit)
        question = await choose_document(question, named, request, self._trusted)
        # What is asked for by name is known even where no answer comes.
        request.operation = question.operation_name or ""
        answer = await self._documents.answer(
            question, _terms(request), request.correlation_id, request.wait_for_disconnect
        )
        request.operation = answer.operation
        code = answer.code
        if code is not None:
            raise DocumentNotRun(answer, code)
        return _to_response(answer, answer_type, request.correlation_id)

    def refuse(self, error: Exception, request: Request) -> Response:
        """Word a refusal for gateways' clients and for GraphQL's."""
        if isinstance(error, DocumentRefusal):
            answer_type = choose_answer_type(request.join_header(b"accept"))
            refused = (
                error.answer
                if isinstance(error, DocumentNotRun)
                else _refused(error, request.correlation_id)
            )
            return _to_response(refused, answer_type, request.correlation_id)
        return call_refusal(
            error,
            request.correlation_id,
            resource_metadata=self._resource_metadata,
            scope=self._service,
        )


def _terms(request: Request) -> Terms:
    if request.admission is None:
        raise AssertionError("an answer without an admission")
    caller = request.admission.caller
    return Terms(caller.standing.documents, caller.standing.packages, caller.account)


def _refused(error: DocumentRefusal, correlation_id: str) -> Answer:
    extensions = {"code": error.code, "correlationId": correlation_id}
    members = {"errors": [{"message": error.public, "extensions": extensions}]}
    return Answer(members, is_executed=False)


def _to_response(answer: Answer, answer_type: AnswerType, correlation_id: str) -> Response:
    headers = [correlation_header(correlation_id)]
    status = _status_of(answer) if answer_type.has_statuses else 200
    if answer.is_method_refused:
        status = 405
        headers.append(_ALLOW_POST)
    return Response(status, headers, answer.to_json(), shared=answer_type.headers)


def _status_of(answer: Answer) -> int:
    if not answer.is_executed:
        return 400
    return _PARTIAL if answer.has_errors else 200
