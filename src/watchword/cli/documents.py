"""`watchword document`: the GraphQL documents that calls may name by their ids."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

from cyclopts import App, CycloptsError, Parameter

from watchword.access.errors import Malformed
from watchword.access.paging import read_all
from watchword.access.trusted_documents import LONGEST_DOCUMENT
from watchword.bootstrap.services import build_services
from watchword.cli.context import DEFAULT, OPERATOR, Common
from watchword.cli.document_ids import complete, shorten
from watchword.services.directory import ANSWERED_HERE
from watchword.services.trusted_documents import DocumentJudge
from watchword.system import SystemClock

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from watchword.access.registration.documents import DocumentRegistry
    from watchword.access.trusted_documents import ListedDocument, TrustedDocument
    from watchword.cli.output import Record

T = TypeVar("T")
_STDIN = Path("-")

app = App(name="document", help="Registered GraphQL documents: calls may name them by their ids.")

_Service = Annotated[str, Parameter(help="The service that they ask.")]
_Document = Annotated[
    str,
    Parameter(help="The document's id, or a beginning that no other has: sha256:..."),
]
# A hyphen alone is no option.
_File = Annotated[Path, Parameter(allow_leading_hyphen=True)]
_Account = Annotated[
    str | None, Parameter(help="The account that it is for alone; left out: everybody.")
]


@app.command
def add(
    service: _Service, file: _File, /, *, account: _Account = None, common: Common = DEFAULT
) -> None:
    """Register a GraphQL document, and print its id. Twice is once.

    The id is made of the file's bytes: a line end more makes another document.

    Args:
        file: The document, of one operation or of several; - for standard input.
    """
    text = _read(file)
    made = _ask(common, lambda documents: documents.add_document(service, text, account))
    common.output.record(_to_record(made))
    if service not in ANSWERED_HERE:
        common.output.remark(
            f"{service} is not answered by watchword itself: calls to it are passed on unread, "
            "and what documents it runs is for its own server to say."
        )


@app.command(name="list")
def list_documents(
    *,
    service: Annotated[str | None, Parameter(help="Only those of this service.")] = None,
    account: Annotated[str | None, Parameter(help="Only this account's own.")] = None,
    common: Common = DEFAULT,
) -> None:
    """List all registered documents, with how each begins."""

    async def carry_out(documents: DocumentRegistry) -> list[ListedDocument]:
        return await read_all(lambda after: documents.list_documents(service, account, after))

    found = _ask(common, carry_out)
    common.output.records(
        [_to_listed(document) for document in found],
        "There is no document yet. Register one: watchword document add SERVICE FILE",
        brief=[_to_brief(document) for document in found],
    )


@app.command
def show(
    service: _Service,
    document: _Document,
    /,
    *,
    account: _Account = None,
    text: Annotated[
        bool, Parameter(help="Print the text alone, to the byte.", negative="")
    ] = False,
    common: Common = DEFAULT,
) -> None:
    """Show one document with its text."""
    if text and common.json:
        raise CycloptsError(msg="give --text or --json, not both")

    async def carry_out(documents: DocumentRegistry) -> TrustedDocument:
        whole = await complete(documents, service, document, account)
        return await documents.get_document(service, whole, account)

    found = _ask(common, carry_out)
    if common.json:
        common.output.record({**_to_record(found), "text": found.text})
        return
    if not text:
        common.output.record(_to_record(found))
        sys.stdout.write("\n")
    # Past the layer that would spell line ends in the system's way.
    sys.stdout.flush()
    sys.stdout.buffer.write(found.text.encode())


@app.command
def remove(
    service: _Service, document: _Document, /, *, account: _Account = None, common: Common = DEFAULT
) -> None:
    """Take a document away: from the next request on it runs by its id no more."""

    async def carry_out(documents: DocumentRegistry) -> TrustedDocument:
        whole = await complete(documents, service, document, account)
        return await documents.remove_document(service, whole, account)

    common.output.record(_to_record(_ask(common, carry_out)))


def _ask(common: Common, question: Callable[[DocumentRegistry], Awaitable[T]]) -> T:
    clock = SystemClock()
    judge = DocumentJudge(build_services(common.settings(), clock))
    return common.open(
        lambda deployment: question(deployment.documents(clock, OPERATOR, judge.require_valid))
    )


def _read(file: Path) -> str:
    # A byte more than may be: whoever names a disk by mistake does not wait for all of it.
    if file == _STDIN:
        octets = sys.stdin.buffer.read(LONGEST_DOCUMENT + 1)
    else:
        with file.open("rb") as opened:
            octets = opened.read(LONGEST_DOCUMENT + 1)
    if len(octets) > LONGEST_DOCUMENT:
        raise Malformed(f"a document is at most {LONGEST_DOCUMENT:,} bytes long")
    try:
        return octets.decode()
    except UnicodeDecodeError as error:
        raise Malformed(f"{file} is not UTF-8") from error


def _to_record(document: TrustedDocument) -> Record:
    return {
        "document": document.id,
        "service": document.service,
        "account": document.account,
        "added_at": document.added_at,
    }


def _to_listed(document: ListedDocument) -> Record:
    return {
        "document": document.id,
        "service": document.service,
        "account": document.account,
        "added_at": document.added_at,
        "size": document.size,
        "beginning": document.beginning,
    }


def _to_brief(document: ListedDocument) -> Record:
    return {
        "document": shorten(document.id),
        "service": document.service,
        "account": document.account,
        "beginning": document.beginning,
    }
