"""What an operation of the admin API is: one value that is dispatched by, and described from."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Generic, TypeVar

from watchword.web.admin.bodies import Body
from watchword.web.matching import match_segments

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from watchword.access.audit import By
    from watchword.access.auditing import AuditTrail
    from watchword.access.errors import OperatorError
    from watchword.access.ports import Clock
    from watchword.access.refusal_reports import RefusalReports
    from watchword.access.registration import Registry
    from watchword.access.registration.documents import DocumentRegistry
    from watchword.access.rotation import SigningRotation
    from watchword.access.token_story import TokenStories
    from watchword.access.usage_reports import UsageReports

AsksT = TypeVar("AsksT", bound=Body)
AnswerT = TypeVar("AnswerT", bound=Body)


@dataclass(frozen=True, slots=True)
class OperatorFunctions:
    """What operators may do: the same functions that the CLI calls."""

    registry: Callable[[By], Registry]
    documents: Callable[[By], DocumentRegistry]
    rotation: Callable[[By], SigningRotation]
    trail: AuditTrail
    usage: UsageReports
    stories: TokenStories
    refusals: RefusalReports
    clock: Clock


@dataclass(frozen=True, slots=True)
class Call(Generic[AsksT]):
    """A request to carry out an operation.

    Attributes:
        path: What stood in the places of the path.
        asks: What was asked for: in the query of a GET, in the body of any other.
        by: Who operates.
    """

    path: Mapping[str, str]
    asks: AsksT
    by: By
    functions: OperatorFunctions

    @property
    def registry(self) -> Registry:
        """The operator's functions."""
        return self.functions.registry(self.by)

    @property
    def documents(self) -> DocumentRegistry:
        """The operator's functions over registered documents."""
        return self.functions.documents(self.by)


@dataclass(frozen=True, slots=True)
class Operation(Generic[AsksT, AnswerT]):
    """One thing that the admin API does.

    Attributes:
        name: Names it among all; generated clients make a function of it.
        path: Under the prefix, with names of places between braces.
        summary: What it does, in a line.
        refusals: Why the operator's functions may refuse it. What any request may be refused
            for is not named here.
        location: Where what it made is found; its places are members of the answer.
        is_grave: Whether it stops a customer's programs, at once or later: the console asks
            twice. None for what changes nothing, and for nothing else.
    """

    name: str
    method: str
    path: str
    summary: str
    carry_out: Callable[[Call[AsksT]], Awaitable[AnswerT]]
    asks: type[AsksT]
    answer: type[AnswerT]
    status: HTTPStatus = HTTPStatus.OK
    refusals: tuple[type[OperatorError], ...] = ()
    location: str | None = None
    is_grave: bool | None = None
    segments: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        if (self.is_grave is None) != (self.method == "GET"):
            raise ValueError(f"whether {self.name} is grave has to be said")
        object.__setattr__(self, "segments", tuple(self.path.split("/")[1:]))

    @property
    def places(self) -> list[str]:
        """The names of the places in the path."""
        return [segment[1:-1] for segment in self.segments if segment.startswith("{")]

    def match(self, segments: tuple[str, ...]) -> dict[str, str] | None:
        """Return what stands in the places of a path; None for another's path."""
        return match_segments(self.segments, segments)
