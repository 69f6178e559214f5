"""The ids of registered documents, as people type them: the beginning of one is enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from watchword.access.errors import Malformed, Unknown
from watchword.access.paging import read_all

if TYPE_CHECKING:
    from watchword.access.registration.documents import DocumentRegistry

_PREFIX: Final = "sha256:"
_SHOWN: Final = 12
_MORE: Final = "…"


def shorten(document: str) -> str:
    """Return the beginning of an id that a list has room for."""
    return document[: len(_PREFIX) + _SHOWN] + _MORE


async def complete(
    documents: DocumentRegistry, service: str, beginning: str, account: str | None
) -> str:
    """Return the one id of a service's documents that begins like this.

    Args:
        documents: The operator's functions.
        service: The service.
        beginning: Of an id, with or without `sha256:`, or all of it.
        account: Whose the document is alone; None for everybody.

    Raises:
        Unknown: If there is none; the text says whose it is where it is somebody's.
        Malformed: If there are several.
    """
    wanted = f"{_PREFIX}{beginning.removesuffix(_MORE).removeprefix(_PREFIX)}"
    listed = await read_all(lambda after: documents.list_documents(service, None, after))
    fitting = [found for found in listed if found.id.startswith(wanted)]
    own = [found.id for found in fitting if found.account == account]
    if len(own) > 1:
        raise Malformed(f"{len(own)} documents of {service} begin with {beginning!r}: name more")
    if own:
        return own[0]
    missing = f"there is no document {beginning!r} of {service} for {account or 'everybody'}"
    others = sorted({found.account or "" for found in fitting})
    if not others:
        raise Unknown(missing)
    if others[0]:
        raise Unknown(f"{missing}; it is {others[0]}'s: add --account {others[0]}")
    raise Unknown(f"{missing}; it is everybody's: leave out --account")
