"""Passes calls on to the upstream of a registered service: the guard first, then the upstream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from watchword.access.errors import NotFound, RequestTooSlow
from watchword.services.upstream import Question
from watchword.web.passed_headers import only_preflight, to_upstream_headers
from watchword.web.passing_back import to_response
from watchword.web.responses import call_refusal, correlation_header
from watchword.web.standing_headers import IDENTITY_PREFIX, identity_headers
from watchword.web.tracing import trace_upstream
from watchword.web.upload import Upload, read_upload
from watchword.web.watching import Watch

if TYPE_CHECKING:
    from watchword.access.identity import IdentitySigner
    from watchword.access.model import ServiceEntry
    from watchword.access.ports import ServiceReads
    from watchword.services.upstream import Answer, Upstreams
    from watchword.web.admitting import CallGate, Require
    from watchword.web.http import Headers, Request, Response
    from watchword.web.resources import Resources
    from watchword.web.tracing import Tracer

_SIGNED_IDENTITY: Final = IDENTITY_PREFIX + b"identity"


@dataclass(frozen=True, slots=True)
class ProxyParts:
    """What every endpoint of the proxy asks.

    Attributes:
        services: Knows where calls are passed on to.
        upstreams: Answer them.
        gate: Admits them.
        signer: Says who calls to upstreams that trust no header.
        resources: Where the services describe themselves.
        body_limit: The largest body of a call, in bytes.
        scheme: That of the URL under which callers reach us.
        tracer: Traces calls; None for none.
    """

    services: ServiceReads
    upstreams: Upstreams
    gate: CallGate
    signer: IdentitySigner
    resources: Resources
    body_limit: int
    scheme: str
    tracer: Tracer | None


class ProxyEndpoint:
    """Answers calls to every service that has an upstream, at one path under it.

    Args:
        parts: What is asked.
        methods: The methods served at this path.
    """

    kind: ClassVar[str] = "proxy"

    def __init__(self, parts: ProxyParts, methods: tuple[str, ...]) -> None:
        self._parts = parts
        self._methods = methods

    async def answer(self, request: Request) -> Response:
        """Admit the call and pass it on, or raise what stands in the way."""
        service = await self._get_service(request)
        require = await self._parts.gate.admit(
            request,
            service.name,
            method=request.method,
            query=request.query_string,
            served=self._methods,
        )
        return await self._pass_on(request, service, require)

    def refuse(self, error: Exception, request: Request) -> Response:
        """Word a refusal for gateways' clients and for GraphQL's."""
        _, metadata = self._parts.resources.find(request)
        return call_refusal(
            error,
            request.correlation_id,
            resource_metadata=metadata,
            scope=request.service or "",
        )

    async def _get_service(self, request: Request) -> ServiceEntry:
        name = request.service
        service = None if name is None else await self._parts.services.find_service(name)
        if service is None or service.upstream is None:
            raise NotFound(reason="no such service has an upstream")
        return service

    async def _pass_on(self, request: Request, service: ServiceEntry, require: Require) -> Response:
        # Read after the guard: a caller that is not let in gets no memory of ours.
        is_known = request.admission is not None
        body = await read_upload(request, self._parts.body_limit) if is_known else None
        own = await self._own_headers(request, service)
        with trace_upstream(self._parts.tracer, request.method, service.name) as span:
            question = Question(
                method=request.method,
                url=service.upstream or "",
                query=request.query_string if is_known else b"",
                headers=to_upstream_headers(
                    request.headers if is_known else only_preflight(request.headers),
                    [*own, *span.headers],
                ),
                body=body,
                length=request.content_length if isinstance(body, Upload) else None,
                account="" if request.admission is None else request.admission.caller.account,
                service=service.name,
            )
            answer = await self._ask(request, question)
            span.answered(answer.status)
            return await to_response(answer, request, require)

    async def _ask(self, request: Request, question: Question) -> Answer:
        answers: list[Answer] = []

        async def ask() -> None:
            answers.append(await self._parts.upstreams.ask(question))

        # What nobody waits for any more does not keep the upstream busy.
        watch = Watch(lambda: _raise_when_gone(request))
        watch.begin()
        try:
            await watch.run(ask())
        except Exception:
            body = question.body
            if isinstance(body, Upload) and body.failure is not None:
                raise body.failure from None
            raise
        return answers[0]

    async def _own_headers(self, request: Request, service: ServiceEntry) -> Headers:
        caller = None if request.admission is None else request.admission.caller
        headers = [
            *identity_headers(caller),
            (b"x-forwarded-proto", self._parts.scheme.encode()),
            (b"x-forwarded-host", request.join_header(b"host").encode("latin-1")),
            correlation_header(request.correlation_id),
        ]
        if request.address is not None:
            headers.append((b"x-forwarded-for", request.address.encode()))
        if service.signs_identity and caller is not None:
            signed = await self._parts.signer.sign(caller)
            headers.append((_SIGNED_IDENTITY, signed.encode()))
        return headers


async def _raise_when_gone(request: Request) -> None:
    await request.wait_for_disconnect()
    raise RequestTooSlow(reason="the caller went away")
