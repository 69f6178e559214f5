"""What every page of the console is made with: who looks, what is asked, and the forms."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
from msgspec.structs import asdict

from watchword.access.errors import MalformedRequest, OperationRefused, OperatorError
from watchword.web.admin.bodies import Body
from watchword.web.admin.operations import Call
from watchword.web.admin.table import OPERATIONS
from watchword.web.pages.console.fields import PLACE, Kind, list_fields, to_place_field, to_typed
from watchword.web.pages.console.mistakes import word_mistake

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from watchword.access.console import ConsoleUser
    from watchword.web.admin.table import AnyOperation
    from watchword.web.http import Response
    from watchword.web.pages.console.fields import Field
    from watchword.web.pages.visit import Visit

BY_NAME: Final[Mapping[str, AnyOperation]] = {operation.name: operation for operation in OPERATIONS}
SURE: Final = "sure"
"""The box that is ticked before anything grave."""
LISTED: Final = 1_000
"""So many choices are offered at most."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A form that was sent and not carried out: it is shown again with what was typed.

    Attributes:
        told: Why not.
        field: The name of the field that is to be corrected; "" where that is not known.
    """

    operation: str
    form: Mapping[str, str] = field(repr=False)
    told: str
    status: int
    field: str


@dataclass(frozen=True, slots=True)
class Form:
    """A form that carries out an operation.

    Attributes:
        places: What stands in the path already.
        fields: What is filled in, the rest of the path first.
        typed: What stands in the fields.
        choices: What may be chosen, for some of the fields.
        told: Why it was refused; "" for a form that was not.
        wrong: The name of the field that is to be corrected.
    """

    operation: AnyOperation
    title: str
    page: str
    places: Mapping[str, str]
    fields: Sequence[Field]
    typed: Mapping[str, str] = field(repr=False)
    choices: Mapping[str, Sequence[str]]
    told: str
    wrong: str = ""

    def choices_of(self, item: Field) -> Sequence[str]:
        """Return what may be chosen for a field; nothing where anything may be typed."""
        return self.choices.get(item.name.removeprefix(PLACE), ())

    @property
    def subject(self) -> str:
        """What it is about, for who hears its button alone: the last thing in the path."""
        for place, value in reversed(list(self.places.items())):
            return f"{place.removesuffix('_id')} {value}"
        return ""

    @property
    def id(self) -> str:
        """Names the form, and its fields, on its page."""
        return "-".join((self.operation.name, *self.places.values()))


@dataclass(frozen=True, slots=True)
class Desk:
    """One page of the console, for one person.

    Attributes:
        page: Its address, with its query.
        query: Its parameters.
        refused: The form that was sent and not carried out.
        told: The forms that stand on the page and tell why they were not.
    """

    visit: Visit
    user: ConsoleUser
    page: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    refused: Refused | None = None
    told: set[str] = field(default_factory=set[str])

    async def ask(
        self, operation: str, path: Mapping[str, str] | None = None, /, **asks: str | int | None
    ) -> Any:  # noqa: ANN401 - each operation has an answer of its own
        """Return the answer of an operation that changes nothing. Empty parameters are left out.

        Raises:
            OperationRefused: If it has none.
            MalformedRequest: If a parameter cannot be one.
        """
        found = BY_NAME[operation]
        if found.method != "GET":
            raise ValueError(f"{operation} changes something")
        said = {name: value for name, value in asks.items() if value not in (None, "")}
        try:
            asked = cast("Body", msgspec.convert(said, found.asks, strict=False))
            return await found.carry_out(
                Call(path or {}, asked, self.visit.by, self.visit.parts.functions)
            )
        except OperatorError as error:
            raise OperationRefused(error) from None
        except msgspec.ValidationError as error:
            raise MalformedRequest(public=str(word_mistake(error))) from error

    async def list_plans(self) -> list[str]:
        """Return the names of plans, for a choice."""
        return [plan.plan for plan in (await self.ask("list_plans", limit=LISTED)).items]

    async def list_services(self) -> list[str]:
        """Return the names of services, for a choice."""
        found = await self.ask("list_services", limit=LISTED)
        return [service.service for service in found.items]

    def form(
        self,
        operation: str,
        title: str,
        *,
        places: Mapping[str, str] | None = None,
        usual: Body | Mapping[str, object] | None = None,
        choices: Mapping[str, Sequence[str]] | None = None,
    ) -> Form | None:
        """Return a form; None for somebody who may only look.

        Args:
            operation: What it carries out.
            title: What its button says.
            places: What stands in the operation's path already.
            usual: What stands in the fields at first.
            choices: What may be chosen.
        """
        if not self.user.may_change:
            return None
        found, known = BY_NAME[operation], places or {}
        others = [to_place_field(name) for name in found.places if name not in known]
        fields = [*others, *list_fields(found.asks)]
        refused = self._refusal_of(operation, known)
        if refused is not None:
            typed = refused.form
            self.told.add(operation)
        else:
            begun = asdict(usual) if isinstance(usual, Body) else usual or {}
            typed = {item.name: item.usual for item in fields} | to_typed(begun)
        told, wrong = (refused.told, refused.field) if refused is not None else ("", "")
        return Form(found, title, self.page, known, fields, typed, choices or {}, told, wrong)

    def render(self, template: str, **values: object) -> Response:
        """Return the page."""
        refused = self.refused
        return self.visit.render(
            f"console/{template}",
            status=200 if refused is None else refused.status,
            me=self.user,
            page=self.page,
            query=self.query,
            # Told beside its form, or above all where that stands here no more.
            refused=None if self.told else refused,
            kinds=Kind,
            **values,
        )

    def _refusal_of(self, operation: str, places: Mapping[str, str]) -> Refused | None:
        refused = self.refused
        # Told once: of forms that fit, the first, which has more in its path already.
        if refused is None or refused.operation != operation or self.told:
            return None
        is_same = all(refused.form.get(PLACE + name) == value for name, value in places.items())
        return refused if is_same else None
