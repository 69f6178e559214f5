"""Reads what a GraphQL request asks, from its URL or its body (GraphQL over HTTP, section 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from watchword.access.errors import InvalidRequest, MalformedRequest, UnsupportedContentType
from watchword.services.documents import Question
from watchword.web.forms import parse_form
from watchword.web.json_text import list_members, read_json
from watchword.web.media_types import require_json
from watchword.web.trusted_documents import read_document_id

if TYPE_CHECKING:
    from watchword.access.trusted_documents import DocumentId
    from watchword.web.http import Request

    Asked = tuple[Question, DocumentId | None]
    """A question, and the id of the registered document that it asks by."""

_LONGEST_READ_TWICE: Final = 65_536
"""Bytes: to read JSON with the names of all members takes a microsecond for each object."""
_BODY: Final = "The request body"
_EXAMPLE: Final = '{"query": "..."}'


def read_url(request: Request) -> Asked:
    """Read what a GET asks.

    Raises:
        MalformedRequest: If it is none that could be answered.
    """
    if request.has_body:
        raise MalformedRequest(public="A GET asks in its URL and has no body. Use POST for one.")
    try:
        parameters: dict[str, Any] = dict(parse_form(request.query_string, may_break_lines=True))
    except InvalidRequest as error:
        raise MalformedRequest(public=error.public) from error
    for name in ("variables", "extensions"):
        text = parameters.get(name)
        # An empty one is one that was left out.
        parameters[name] = read_json(text, f"The parameter '{name}'") if text else None
    return _to_question(parameters, is_query_only=True)


async def read_body(request: Request, limit: int) -> Asked:
    """Read what a POST asks.

    Args:
        request: Whose body is read.
        limit: The most bytes that are read.

    Raises:
        UnsupportedContentType: If the body is no JSON by its own account, or compressed.
        ContentTooLarge: If there is more.
        RequestTooSlow: If it does not arrive in time.
        MalformedRequest: If it is none that could be answered.
    """
    require_json(request.find_header(b"content-type"))
    encoding = request.find_header(b"content-encoding")
    if encoding is not None and encoding.strip().lower() != "identity":
        raise UnsupportedContentType(public="Send the body without a 'Content-Encoding'.")
    body = await request.read_body(limit)
    members = read_json(body, _BODY, _EXAMPLE)
    asked = _to_question(members, is_query_only=False)
    _require_once(body)
    return asked


def _to_question(members: object, *, is_query_only: bool) -> Asked:
    if isinstance(members, list):
        raise MalformedRequest(
            public="Several requests in one are not answered. Send one JSON object at a time."
        )
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


def _require_once(body: bytes) -> None:
    """Pass when no member stands twice: whoever looked at the request before may count another.

    Raises:
        MalformedRequest: If one does.
    """
    # Only a body that could hold one twice, spelled out or escaped, is read a second time. In a
    # row and not in a loop, which would cost a microsecond of every request.
    if (
        body.count(b'"query"') <= 1
        and body.count(b'"variables"') <= 1
        and body.count(b'"operationName"') <= 1
        and body.count(b'"extensions"') <= 1
        and body.count(b'"documentId"') <= 1
        and b"\\u" not in body
    ):
        return
    if len(body) > _LONGEST_READ_TWICE:
        raise MalformedRequest(
            public=f"A request body of more than {_LONGEST_READ_TWICE} bytes must not escape "
            "characters by \\u, nor hold the name of one of its members a second time."
        )
    names = list_members(body, _BODY)
    if len(set(names)) != len(names):
        raise MalformedRequest(public="A member stands twice in the request body.")
