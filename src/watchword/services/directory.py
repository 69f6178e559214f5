"""Which GraphQL services run in this process, and what each has to offer the web."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Final, Protocol

from watchword.access.errors import WatchwordError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from graphql import GraphQLSchema

ANSWERED_HERE: Final = frozenset({"events", "profile"})
"""Their names, for those who need no more of them: to load a service takes a while."""
PACKAGES: Final[Mapping[str, str]] = {
    "giving": "Charitable and political donations.",
    "personal": "Interests and personal relationships.",
    "wealth": "Net worth, wealth tier and assets.",
}
"""Parts of the data that an account is entitled to one by one; all else is the core."""


def read_schema_text(service: str) -> str:
    """Return the published schema of a service of this process: the customers' data dictionary."""
    folder = resources.files("watchword.services").joinpath(service)
    return folder.joinpath("schema.graphql").read_text("utf-8")


class ServiceFailure(WatchwordError):
    """A service cannot answer now; it has logged why. Its text is for callers."""


class Service(Protocol):
    """A GraphQL service in this process."""

    @property
    def name(self) -> str:
        """The name in paths, scopes and host names."""
        ...

    @property
    def title(self) -> str:
        """The name that people read."""
        ...

    @property
    def description(self) -> str:
        """What the service answers, in a sentence."""
        ...

    @property
    def schema(self) -> GraphQLSchema:
        """The executable schema."""
        ...

    def request(self, correlation_id: str) -> AbstractContextManager[object]:
        """Give what the resolvers of one request share, for the length of a block."""
        ...

    def open(self) -> None:
        """Open what the service reads from."""
        ...

    def close(self) -> None:
        """Close it. Twice is once."""
        ...
