"""The GraphQL endpoints: the guard first, then GraphQL over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

import msgspec

from watchword.access.errors import (
    DocumentRefusal,
    InvalidRequest,
    MalformedRequest,
    UnsupportedContentType,
)
from watchword.services.documents import Answer, Question, Terms
from watchword.web.forms import parse_form
from watchword.web.http import Response
from watchword.web.responses import call_refusal, correlation_header
from watchword.web.trusted_documents import choose_document, read_document_id

if TYPE_CHECKING:
    from watchword.access.model import ServiceName
    from watchword.access.trusted_documents import DocumentId, TrustedDocuments
    from watchword.services.documents import Documents
    from watchword.web.admitting import CallGate
    from watchword.web.http import Request

    _Asked = tuple[Question, DocumentId | None]

_GRAPHQL_JSON: Final = "application/graphql-response+json"
_PLAIN_JSON: Final = "application/json"
_decode_json: Final = msgspec.json.Decoder().decode


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
        # Read after the guard: a caller that is not let in gets no memory of ours.
        if request.method == "GET":
            question, named = _read_url(request.query_string)
        else:
            question, named = await self._read_body(request)
        question = await choose_document(question, named, request, self._trusted)
        request.operation = question.operation_name or ""
        answer = await self._documents.answer(question, _terms(request), request.correlation_id)
        return _to_response(answer, request)

    def refuse(self, error: Exception, request: Request) -> Response:
        """Word a refusal for gateways' clients and for GraphQL's."""
        if isinstance(error, DocumentRefusal):
            return _to_response(_refused(error, request.correlation_id), request)
        return call_refusal(
            error,
            request.correlation_id,
            resource_metadata=self._resource_metadata,
            scope=self._service,
        )

    async def _read_body(self, request: Request) -> _Asked:
        content_type = request.find_header(b"content-type")
        if content_type is not None:
            media_type = content_type.partition(";")[0].strip().lower()
            if media_type != _PLAIN_JSON:
                raise UnsupportedContentType
        body = await request.read_body(self._body_limit)
        try:
            members = _decode_json(body)
        except (msgspec.DecodeError, RecursionError) as error:
            raise MalformedRequest(public="The request body is not JSON.") from error
        return _to_question(members, is_query_only=False)


def _terms(request: Request) -> Terms:
    if request.admission is None:
        raise AssertionError("an answer without an admission")
    standing = request.admission.caller.standing
    return Terms(standing.documents, standing.packages)


def _read_url(query_string: bytes) -> _Asked:
    try:
        parameters: dict[str, Any] = dict(parse_form(query_string, may_break_lines=True))
        for name in ("variables", "extensions"):
            if name in parameters:
                parameters[name] = _decode_json(parameters[name])
    except InvalidRequest as error:
        raise MalformedRequest(public=error.public) from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise MalformedRequest(
            public="The parameter 'variables' or 'extensions' is not JSON."
        ) from error
    return _to_question(parameters, is_query_only=True)


def _to_question(members: object, *, is_query_only: bool) -> _Asked:
    if not isinstance(members, dict):
        raise MalformedRequest(public="Send one JSON object with a member 'query'.")
    request = cast("dict[str, Any]", members)
    query = request.get("query")
    variables = request.get("variables")
    operation_name = request.get("operationName")
    named = read_document_id(request)
    if query is None and named is not None:
        query = ""  # comes from the registered documents
    if not isinstance(query, str):
        raise MalformedRequest(public="The member 'query' is missing or no text.")
    if variables is not None and not isinstance(variables, dict):
        raise MalformedRequest(public="The member 'variables' is no object.")
    if operation_name is not None and not isinstance(operation_name, str):
        raise MalformedRequest(public="The member 'operationName' is no text.")
    if not isinstance(request.get("extensions"), dict | None):
        raise MalformedRequest(public="The member 'extensions' is no object.")
    question = Question(
        query, cast("dict[str, Any] | None", variables), operation_name or None, is_query_only
    )
    return question, named


def _refused(error: DocumentRefusal, correlation_id: str) -> Answer:
    extensions = {"code": error.code, "correlationId": correlation_id}
    members = {"errors": [{"message": error.public, "extensions": extensions}]}
    return Answer(members, is_executed=False)


def _to_response(answer: Answer, request: Request) -> Response:
    accept = request.join_header(b"accept")
    is_graphql = _GRAPHQL_JSON in accept
    # A refused document is 400 to a client that knows the media type, and 200 to one that
    # takes anything but 200 for a gateway's error (GraphQL over HTTP, section 6.4).
    status = 400 if is_graphql and not answer.is_executed else 200
    headers = [
        (b"content-type", (_GRAPHQL_JSON if is_graphql else _PLAIN_JSON).encode()),
        (b"cache-control", b"no-store"),
        correlation_header(request.correlation_id),
    ]
    if answer.is_method_refused:
        status = 405
        headers.append((b"allow", b"POST"))
    return Response(status, headers, msgspec.json.encode(answer.members))
