"""Every code that a caller can meet: what it means, what to do, and how it is answered.

Made from the classes and by the functions that answer. The pages of errors and the reference of
the docs are made from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import msgspec

from watchword.access.errors import (
    AnswerTooLarge,
    CallRefusal,
    ContentTooLarge,
    DocumentNotFound,
    DocumentNotTrusted,
    LimitRefusal,
    MethodNotAllowed,
    OAuthRefusal,
    OperatorRefused,
    QuotaExceeded,
    Refusal,
    RequestRefusal,
    RequestTooSlow,
    ServiceBusy,
    SlowDown,
    StoreUnavailable,
    UpstreamFailure,
)
from watchword.services.engine.errors import ADVICE, ERROR_TYPES, Code
from watchword.services.records.errors import QueryTooSlow, RecordsUnavailable
from watchword.services.records.paging import BAD_USER_INPUT
from watchword.web.error_advice import WHAT_TO_DO
from watchword.web.responses import call_refusal, code_of, oauth_refusal, phrase_of, status_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from watchword.web.http import Response

METADATA_URL: Final = "https://.../.well-known/oauth-protected-resource/..."
HEADERS_TOLD: Final = (b"www-authenticate", b"allow", b"retry-after", b"connection")
_TO_MIDNIGHT: Final = timedelta(hours=8, minutes=20, seconds=11)
_AN_ID: Final = "4f1c2a9e0000002a"


class Place(StrEnum):
    """Where a code is met."""

    OAUTH = "at an OAuth endpoint"
    SERVICE = "at a service"
    DOCUMENT = "in a GraphQL answer: the document does not run"
    FIELD = "in a GraphQL answer: a field has no answer"


@dataclass(frozen=True, slots=True)
class Answer:
    """How a code is answered at one place.

    Attributes:
        text: What a person reads.
        head: The status line and the headers that matter, a line for each.
        body: The JSON, indented.
    """

    place: Place
    text: str
    head: str
    body: str


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A code.

    Attributes:
        meaning: What it says, for each thing that it may say.
        advice: What to do.
        statuses: Those under which it is answered.
    """

    code: str
    meaning: tuple[str, ...]
    advice: str
    statuses: tuple[int, ...]
    answers: tuple[Answer, ...]


def list_catalogue() -> Mapping[str, CatalogueEntry]:
    """Return every code that a caller can meet, by code."""
    found: dict[str, list[tuple[str, int, Answer]]] = {}
    for code, meaning, status, answer in _list_answers():
        found.setdefault(code, []).append((meaning, status, answer))
    return MappingProxyType({code: _to_entry(code, told) for code, told in found.items()})


def classes_at_oauth() -> Sequence[type[Exception]]:
    """Return what the OAuth endpoints refuse with."""
    own = (OperatorRefused, ContentTooLarge, RequestTooSlow, MethodNotAllowed)
    return (*_leaves(OAuthRefusal), *own, StoreUnavailable, RuntimeError)


def classes_at_services() -> Sequence[type[Exception]]:
    """Return what a call to a service is refused with."""
    bases = (CallRefusal, RequestRefusal, UpstreamFailure)
    refusals = [kind for base in bases for kind in _leaves(base)]
    return (*refusals, ServiceBusy, StoreUnavailable, RuntimeError)


def example_of(kind: type[Exception]) -> Exception:
    """Return an error of a class, as it is raised."""
    if kind is MethodNotAllowed:
        return MethodNotAllowed("POST")
    if kind is QuotaExceeded:
        return QuotaExceeded(retry_after=_TO_MIDNIGHT)
    if issubclass(kind, SlowDown | LimitRefusal):
        return kind(retry_after=timedelta(seconds=1))
    return kind()


def document_answers() -> list[tuple[str, str]]:
    """Return what can be wrong with a document, by code."""
    return [
        *((code.value, ADVICE[code]) for code in Code),
        (
            MethodNotAllowed.code,
            "A GET asks for more than a query. Use POST. The status is always 405.",
        ),
        *(
            (kind.code, f"{summary_of(kind)} The text: *{kind.default_public}*")
            for kind in (DocumentNotFound, DocumentNotTrusted, AnswerTooLarge)
        ),
    ]


def field_answers() -> list[tuple[str, str]]:
    """Return why a field has no answer, by code."""
    return [
        (
            BAD_USER_INPUT,
            "A filter, a page or a cursor makes no sense. Correct what the text names.",
        ),
        *((kind.code, kind.public) for kind in (QueryTooSlow, RecordsUnavailable)),
        (
            code_of(RuntimeError()),
            "The service failed. Tell your provider the `correlationId` beside the code.",
        ),
    ]


def soft_answers() -> list[tuple[str, str]]:
    """Return what an error says that takes nothing from the rest of the answer, by its type."""
    return list(ERROR_TYPES.items())


def summary_of(kind: type[Exception]) -> str:
    """Return what a class of errors says of itself, in a sentence."""
    return (kind.__doc__ or "").partition("\n")[0]


def _leaves(base: type[Refusal]) -> Iterator[type[Refusal]]:
    """Yield every class under `base` that callers can meet, in the order of the source."""
    for kind in base.__subclasses__():
        if hasattr(kind, "code"):
            yield kind
        yield from _leaves(kind)


def _list_answers() -> Iterator[tuple[str, str, int, Answer]]:
    for kind in classes_at_oauth():
        response = oauth_refusal(example_of(kind), _AN_ID)
        told = msgspec.json.decode(response.body, type=dict[str, str])
        answer = _to_answer(Place.OAUTH, response, told["error_description"])
        yield told["error"], _meaning_of(kind), response.status, answer
    for kind in classes_at_services():
        error = example_of(kind)
        response = call_refusal(error, _AN_ID, resource_metadata=METADATA_URL, scope="profile")
        text = error.public if isinstance(error, Refusal) else ""
        yield (
            code_of(error),
            _meaning_of(kind),
            status_of(error).value,
            _to_answer(Place.SERVICE, response, text),
        )
    for place, rows in ((Place.DOCUMENT, document_answers()), (Place.FIELD, field_answers())):
        for code, text in rows:
            if code != MethodNotAllowed.code:  # it is answered with its own status
                yield code, text, 200, _to_graphql_answer(place, code)


def _meaning_of(kind: type[Exception]) -> str:
    if issubclass(kind, StoreUnavailable):
        return "Nobody can be judged at the moment."
    # What callers read; the class says it to engineers.
    return kind.default_public if issubclass(kind, Refusal) else "The server failed."


def _to_answer(place: Place, response: Response, text: str) -> Answer:
    status = status_line(response.status)
    lines = [
        f"{name.decode()}: {value.decode()}"
        for name, value in response.headers
        if name in HEADERS_TOLD
    ]
    body = msgspec.json.format(response.body, indent=2).decode()
    return Answer(place, text, "\n".join((status, *lines)), body)


def _to_graphql_answer(place: Place, code: str) -> Answer:
    extensions = {"code": code, "correlationId": _AN_ID}
    error: dict[str, object] = {"message": "...", "extensions": extensions}
    members: dict[str, object] = {"errors": [error]}
    if place is Place.FIELD:
        error["path"] = ["personSearch"]
        members["data"] = {"personSearch": None}
    body = msgspec.json.format(msgspec.json.encode(members), indent=2).decode()
    return Answer(place, "", status_line(200), body)


def status_line(status: int) -> str:
    """Return the first line of an answer."""
    return f"HTTP/1.1 {status} {phrase_of(HTTPStatus(status))}"


def _to_entry(code: str, told: Sequence[tuple[str, int, Answer]]) -> CatalogueEntry:
    answers: dict[tuple[Place, str], Answer] = {}
    for _, _, answer in told:
        answers.setdefault((answer.place, answer.head), answer)
    return CatalogueEntry(
        code=code,
        meaning=tuple(dict.fromkeys(meaning for meaning, _, _ in told)),
        advice=WHAT_TO_DO[code],
        statuses=tuple(dict.fromkeys(status for _, status, _ in told)),
        answers=tuple(answers.values()),
    )
