"""Reads by which id a GraphQL request names a registered document, and puts its text in place.

Both spellings are taken: `documentId` (GraphQL over HTTP, appendix A), and Apollo's
`extensions.persistedQuery.sha256Hash`. Which text then runs, the rules say.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from watchword.access.errors import MalformedRequest
from watchword.access.trusted_documents import DocumentId

if TYPE_CHECKING:
    from collections.abc import Mapping

    from watchword.access.trusted_documents import TrustedDocuments
    from watchword.services.documents import Question
    from watchword.web.http import Request


def read_document_id(members: Mapping[str, Any]) -> DocumentId | None:
    """Return the id that a request names a document by; None when it names none.

    Raises:
        MalformedRequest: If it names two, or what is there is no id.
    """
    named = members.get("documentId")
    if not isinstance(named, str | None):
        raise MalformedRequest(public="The member 'documentId' is no text.")
    extensions = members.get("extensions")
    persisted = extensions.get("persistedQuery") if isinstance(extensions, dict) else None
    if persisted is not None:
        digest = f"sha256:{_read_digest(persisted)}"
        if named not in {None, digest}:
            raise MalformedRequest(public="The request names two documents.")
        named = digest
    return None if named is None else DocumentId(named)


async def choose_document(
    question: Question, named: DocumentId | None, request: Request, documents: TrustedDocuments
) -> Question:
    """Return a question with the text that runs.

    Args:
        question: What is asked, without a text when the id alone came.
        named: The id.
        request: An admitted one: what may run depends on who calls.
        documents: The registered documents.

    Raises:
        DocumentRefusal: If there is no such document, or the caller runs registered ones alone.
        MalformedRequest: If the id is not the text's.
        StoreUnavailable: If nobody can say.
    """
    admission = request.admission
    if admission is None:
        raise AssertionError("a question of a request that nobody has admitted")
    caller = admission.caller
    if named is None and not caller.standing.documents.trusted_only:
        return question
    text = await documents.choose(caller.standing, caller.service, question.query, named)
    return replace(question, query=text)


def _read_digest(persisted: Any) -> str:  # noqa: ANN401 - JSON
    digest = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    if not isinstance(digest, str) or persisted.get("version") != 1:
        raise MalformedRequest(
            public="The extension 'persistedQuery' needs version 1 and a 'sha256Hash'."
        )
    return digest
