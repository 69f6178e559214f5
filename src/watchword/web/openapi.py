"""Makes the OpenAPI document (3.1) from operations that are described once, as types and errors."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import msgspec

from watchword.web.responses import phrase_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from watchword.web.http import Response

OPENAPI_PATH: Final = "/openapi.json"
JSON_TYPE: Final = "application/json"
FORM_TYPE: Final = "application/x-www-form-urlencoded"
BASIC: Final = "basic"
API_KEY: Final = "apiKey"
OPERATOR: Final = "operator"
_REFERENCE: Final = "#/components/schemas/{name}"
_Refusal = tuple[str, dict[str, object]]
"""A response and what it is called among the components."""
_CORRELATION: Final = "x-correlation-id"
_SCHEMES: Final = {
    BASIC: {
        "type": "http",
        "scheme": "basic",
        "description": "The service user's name and password, each form-encoded "
        "(RFC 6749 section 2.3.1).",
    },
    API_KEY: {
        "type": "apiKey",
        "in": "header",
        "name": "x-api-key",
        "description": "An API key of the service user's account. Opens nothing on its own.",
    },
    OPERATOR: {
        "type": "http",
        "scheme": "bearer",
        "description": "An operator token, made by `watchword operator add`.",
    },
}
_HEADERS: Final[dict[str, dict[str, Any]]] = {
    _CORRELATION: {
        "description": "Finds the request in the server's log.",
        "schema": {"type": "string"},
    },
    "location": {
        "description": "Where what was made is found.",
        "schema": {"type": "string"},
    },
    "www-authenticate": {
        "description": "How to authenticate (RFC 9110 section 11.6.1).",
        "schema": {"type": "string"},
    },
    "retry-after": {
        "description": "After how many seconds it is worth trying again.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "cache-control": {"description": "Nobody keeps it.", "schema": {"const": "no-store"}},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """An operation as the document tells it.

    Attributes:
        places: The types of what stands between braces in the path.
        query: A struct of what may stand in the URL.
        body: A struct of what is sent, in JSON or as a form.
        is_body_required: Whether it cannot be left out.
        answers: Structs; the answer is one of them. None is an answer without a body.
        refusals: An example of each error that it may be refused for.
        word: Words an error, as the endpoint does.
        refusal: A struct of what `word` says.
        security: What opens it; each item suffices.
    """

    name: str
    tag: str
    method: str
    path: str
    summary: str
    places: Mapping[str, Any] = field(default_factory=dict[str, Any])
    query: type[msgspec.Struct] | None = None
    body: type[msgspec.Struct] | None = None
    body_type: str = JSON_TYPE
    is_body_required: bool = False
    status: HTTPStatus = HTTPStatus.OK
    answers: Sequence[type[msgspec.Struct]] = ()
    is_located: bool = False
    refusals: Sequence[Exception] = ()
    word: Callable[[Exception, str], Response]
    refusal: type[msgspec.Struct]
    security: Sequence[Sequence[str]]


def build_document(
    base_url: str, version: str, operations: Iterable[Described]
) -> dict[str, object]:
    """Return the OpenAPI document.

    Args:
        base_url: Where the operations are served.
        version: The program's.
        operations: In the order in which readers see them.
    """
    listed = list(operations)
    types = {kind for operation in listed for kind in _types_of(operation)}
    ordered = sorted(types, key=lambda kind: kind.__name__)
    _, components = msgspec.json.schema_components(ordered, ref_template=_REFERENCE)
    paths: dict[str, dict[str, object]] = defaultdict(dict)
    refusals: dict[str, object] = {}
    for operation in listed:
        refused = _describe_refusals(operation)
        paths[operation.path][operation.method.lower()] = _describe(operation, refused)
        refusals |= dict(refused.values())
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "watchword",
            "version": version,
            "summary": "Tokens for callers of GraphQL services, and what operators do.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": base_url}],
        "tags": [{"name": tag} for tag in dict.fromkeys(item.tag for item in listed)],
        "paths": dict(paths),
        "components": {
            "schemas": components,
            "responses": refusals,
            "headers": {name: {**header, "required": True} for name, header in _HEADERS.items()},
            "securitySchemes": _SCHEMES,
        },
    }


def _types_of(operation: Described) -> list[type[msgspec.Struct]]:
    body = [operation.body] if operation.body is not None else []
    return [*body, *operation.answers, operation.refusal]


def _describe(operation: Described, refused: dict[str, _Refusal]) -> dict[str, object]:
    described: dict[str, object] = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
    }
    parameters = [*_describe_places(operation), *_describe_query(operation)]
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        described["requestBody"] = {
            "required": operation.is_body_required,
            "content": {operation.body_type: {"schema": _refer(operation.body)}},
        }
    described["responses"] = {
        str(operation.status.value): _describe_answer(operation),
        **{
            status: {"$ref": f"#/components/responses/{name}"}
            for status, (name, _) in refused.items()
        },
    }
    described["security"] = [{name: [] for name in schemes} for schemes in operation.security]
    return described


def _describe_places(operation: Described) -> list[dict[str, object]]:
    return [
        {"name": name, "in": "path", "required": True, **_parameter(msgspec.json.schema(kind))}
        for name, kind in operation.places.items()
    ]


def _describe_query(operation: Described) -> list[dict[str, object]]:
    if operation.query is None:
        return []
    schema = msgspec.json.schema(operation.query)["$defs"][operation.query.__name__]
    return [
        {"name": name, "in": "query", "required": name in schema["required"], **_parameter(member)}
        for name, member in schema["properties"].items()
    ]


def _parameter(schema: dict[str, Any]) -> dict[str, object]:
    described = {"description": schema["description"]} if "description" in schema else {}
    kept = {name: value for name, value in schema.items() if name != "description"}
    return {**described, "schema": kept}


def _describe_answer(operation: Described) -> dict[str, object]:
    names = [_CORRELATION, "cache-control", *(["location"] if operation.is_located else [])]
    described: dict[str, object] = {
        "description": phrase_of(operation.status),
        "headers": _refer_headers(names),
    }
    if operation.answers:
        schemas = [_refer(kind) for kind in operation.answers]
        schema = schemas[0] if len(schemas) == 1 else {"oneOf": schemas}
        described["content"] = {JSON_TYPE: {"schema": schema}}
    return described


def _describe_refusals(operation: Described) -> dict[str, _Refusal]:
    """Describe by status what the endpoint answers, by letting it answer."""
    worded: dict[int, list[Response]] = defaultdict(list)
    for error in operation.refusals:
        response = operation.word(error, "")
        worded[response.status].append(response)
    return {
        str(status): _describe_refusal(operation, HTTPStatus(status), responses)
        for status, responses in sorted(worded.items())
    }


def _describe_refusal(
    operation: Described, status: HTTPStatus, responses: list[Response]
) -> _Refusal:
    sent = [{name.decode(): value for name, value in item.headers} for item in responses]
    bodies = [msgspec.json.decode(item.body) for item in responses]
    codes = list(dict.fromkeys(body.get("code") or body["error"] for body in bodies))
    kind = operation.refusal
    described: dict[str, object] = {
        "description": f"{phrase_of(status)}: {', '.join(codes)}",
        "headers": _refer_headers(name for name in _HEADERS if all(name in one for one in sent)),
        "content": {sent[0]["content-type"].decode(): {"schema": _refer(kind)}},
    }
    return ".".join((kind.__name__, str(status.value), *codes)), described


def _refer_headers(names: Iterable[str]) -> dict[str, dict[str, str]]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _refer(kind: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": _REFERENCE.format(name=kind.__name__)}
