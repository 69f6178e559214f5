"""Which GraphQL services run in this process, and what each has to offer the web."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Final, Protocol

from watchword.access.errors import WatchwordError

if TYPE_CHECKING:
    from collections.abc import Mapping

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


@dataclass(frozen=True, slots=True)
class Example:
    """A document that shows what may be asked.

    Attributes:
        title: What it asks for; the comment that it begins with.
    """

    name: str
    title: str
    document: str


def read_examples(service: str) -> list[Example]:
    """Return the examples of a service of this process, by name."""
    folder = resources.files("watchword.services").joinpath(service, "examples")
    files = sorted(folder.iterdir(), key=lambda file: file.name)
    return [_to_example(file.name, file.read_text("utf-8")) for file in files]


def _to_example(file: str, text: str) -> Example:
    title, _, document = text.partition("\n")
    return Example(file.removesuffix(".graphql"), title.lstrip("# "), document)


def read_changes(service: str) -> str:
    """Return what has changed in a service of this process, as a list of Markdown."""
    folder = resources.files("watchword.services").joinpath(service)
    return folder.joinpath("changes.md").read_text("utf-8")


class ServiceFailure(WatchwordError):
    """A service cannot answer now, and has logged why, once a request.

    Callers read it, so it says nothing of files, of SQLite or of this machine.

    Attributes:
        code: What programs read.
        public: What people read.
        extensions: Beside the text in GraphQL's errors.
    """

    code = "SERVICE_UNAVAILABLE"
    public = "The service cannot answer at the moment. Please try again later."

    def __init__(self) -> None:
        super().__init__(self.public)
        self.extensions = {"code": self.code}


class ServiceRequest(Protocol):
    """One request to a service; its time counts from when it was made."""

    def __enter__(self) -> object:
        """Return what its resolvers share."""
        ...

    def __exit__(self, *raised: object) -> None:
        """Give back what it was lent."""
        ...

    def require_time(self) -> None:
        """Pass while its time is not over. Asked inside of `with`, and often.

        Raises:
            ServiceFailure: If it is.
        """
        ...


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

    def request(self, correlation_id: str) -> ServiceRequest:
        """Begin the time of a request; whatever it reads, it reads inside of `with`."""
        ...

    def open(self) -> None:
        """Open what the service reads from."""
        ...

    def close(self) -> None:
        """Close it. Twice is once."""
        ...
