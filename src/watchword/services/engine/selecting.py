"""Answers what is selected of the objects of one type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphql import get_argument_values

from watchword.services.engine.binding import Attribute, Batch, Each
from watchword.services.engine.completing import LeafOf, NonNull, ObjectOf, all_present, heal
from watchword.services.engine.errors import DEPRECATED, SoftError, unauthorized
from watchword.services.engine.places import FieldPlace
from watchword.services.engine.running import BROKEN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from graphql import FieldNode, GraphQLField

    from watchword.services.engine.binding import Resolver
    from watchword.services.engine.completing import Completer
    from watchword.services.engine.places import Place
    from watchword.services.engine.running import Run
    from watchword.services.engine.sizes import SizeRule

_MANY: Final = 100
"""Objects. A field of more takes long enough to look at the clock before it."""


class Field:
    """One field of a selection, with whatever can be known of it before it is asked.

    Attributes:
        key: Its name in the answer.
        nodes: Where the document asks for it.
        is_nullable: Whether null may stand in its place.
        weight: What it costs, in points an object.
        is_list: Whether it answers with a list.
        rules: How long that, or a list within, may be, as far as the schema says.
        within: What is selected of its objects, by each of the types that they may be of.
        quick: Answers it where nothing is to be told of it; see `find_quick_way`.
    """

    __slots__ = (
        "_arguments",
        "_completer",
        "_definition",
        "_deprecated",
        "_package",
        "_resolver",
        "_siblings",
        "is_list",
        "is_nullable",
        "key",
        "nodes",
        "quick",
        "rules",
        "weight",
        "within",
    )

    def __init__(
        self,
        key: str,
        nodes: Sequence[FieldNode],
        definition: GraphQLField,
        *,
        resolver: Resolver,
        completer: Completer,
        is_nullable: bool,
        is_list: bool,
        package: str | None,
        deprecated: str | None,
        arguments: dict[str, Any] | None,
        weight: int,
        rules: Sequence[SizeRule],
        within: Sequence[Selection],
    ) -> None:
        self.key = key
        self.nodes = nodes
        self.is_nullable = is_nullable
        self.is_list = is_list
        self.weight = weight
        self.rules = rules
        self.within = within
        self._definition = definition
        self._resolver = resolver
        self._completer = completer
        self._package = package
        self._deprecated = deprecated
        self._arguments = arguments
        self._siblings: frozenset[str] | None = None
        is_plain = package is None and deprecated is None
        self.quick = find_quick_way(resolver, completer) if is_plain else None

    @property
    def is_slow(self) -> bool:
        """Whether it may take so long that others should be served meanwhile."""
        return self._resolver.is_slow

    def tell_siblings(self, names: frozenset[str]) -> None:
        """Tell which fields are asked of the same objects, where the resolver wants to know."""
        if isinstance(self._resolver, Batch) and self._resolver.is_told_siblings:
            self._siblings = names

    def answer(self, run: Run, sources: list[Any], parent: Place) -> list[Any]:
        """Return the field of each source, completed."""
        if self.quick is not None:
            done = self.quick(sources)
            if done is not None:
                return done
        place = FieldPlace(parent, self.key)
        if self._package is not None and self._package not in run.packages:
            run.soften(_not_entitled(self._package), self.nodes, place)
            return [None] * len(sources)
        if self._deprecated is not None:
            run.soften(SoftError(self._deprecated, DEPRECATED), self.nodes, place)
        failures = run.failures
        done = self._completer.complete(run, self._resolve(run, sources), place)
        return heal(done) if self.is_nullable and run.failures > failures else done

    def _resolve(self, run: Run, sources: list[Any]) -> list[Any]:
        try:
            arguments = self._arguments
            if arguments is None:
                arguments = get_argument_values(self._definition, self.nodes[0], run.variables)
            if self._siblings is not None:
                arguments = {**arguments, "siblings": self._siblings}
            return self._resolver.resolve(sources, run.context, arguments)
        except Exception as error:  # noqa: BLE001 - of this field alone, whatever it is
            return [error] * len(sources)


def find_quick_way(
    resolver: Resolver, completer: Completer
) -> Callable[[list[Any]], list[Any] | None] | None:
    """Return what answers a plain value of each source, or None where there is more to it.

    Plain values are scalars and enums that are read, and objects of nothing but such. The function
    returns None itself where something is amiss: then all is done again, and told.
    """
    inner = completer.inner if isinstance(completer, NonNull) else completer
    if not isinstance(resolver, (Attribute, Each)):
        return None
    if isinstance(inner, LeafOf):
        find_done = inner.find_done
    elif isinstance(inner, ObjectOf):
        find_done = inner.selection.find_quickly
    else:
        return None
    read, is_nullable = resolver.read, inner is completer

    def answer(sources: list[Any]) -> list[Any] | None:
        try:
            done = find_done(list(map(read, sources)))
        except Exception:  # noqa: BLE001 - told when it is raised again
            return None
        return done if is_nullable or done is None or None not in done else None

    return answer


class Selection:
    """What is selected of objects of one type.

    Attributes:
        fields: In the order of the answer. Set once, after it was made: types refer to themselves.
    """

    __slots__ = ("_is_breakable", "_keys", "fields")

    def __init__(self) -> None:
        self.fields: tuple[Field, ...] = ()
        self._keys: tuple[str, ...] = ()
        self._is_breakable = False

    def hold(self, fields: Sequence[Field]) -> None:
        """Take the fields."""
        self.fields = tuple(fields)
        self._keys = tuple(field.key for field in fields)
        names = frozenset(field.nodes[0].name.value for field in fields)
        for field in fields:
            field.tell_siblings(names)
        self._is_breakable = any(not field.is_nullable for field in fields)

    def answer(self, run: Run, sources: list[Any], place: Place) -> list[Any]:
        """Return one object of the answer for each source, or BROKEN."""
        failures = run.failures
        if len(sources) > _MANY:
            columns = [self._answer_in_time(field, run, sources, place) for field in self.fields]
        else:
            columns = [field.answer(run, sources, place) for field in self.fields]
        done = self._objects(columns, len(sources))
        if self._is_breakable and run.failures > failures:
            broken = {
                index
                for field, column in zip(self.fields, columns, strict=True)
                if not field.is_nullable
                for index, value in enumerate(column)
                if value is BROKEN
            }
            return [BROKEN if index in broken else value for index, value in enumerate(done)]
        return done

    def _answer_in_time(
        self, field: Field, run: Run, sources: list[Any], place: Place
    ) -> list[Any]:
        run.require_time()
        return field.answer(run, sources, place)

    def find_quickly(self, sources: list[Any]) -> list[Any] | None:
        """Return one object of the answer for each source, null for null.

        None where something is selected that needs the usual way, or is amiss.
        """
        present = sources if all_present(sources) else [s for s in sources if s is not None]
        if present is not sources and not all_present(present):
            return None
        columns: list[list[Any]] = []
        for field in self.fields:
            column = None if field.quick is None else field.quick(present)
            if column is None:
                return None
            columns.append(column)
        done = self._objects(columns, len(present))
        if present is sources:
            return done
        each = iter(done)
        return [None if source is None else next(each) for source in sources]

    def _objects(self, columns: list[list[Any]], count: int) -> list[Any]:
        keys = self._keys
        if len(keys) > 1:
            # Not strict: columns are as long as each other, and a check would take a fifth longer.
            return [dict(zip(keys, row)) for row in zip(*columns)]  # noqa: B905 - see above
        if keys:
            (key,), (column,) = keys, columns
            return [{key: value} for value in column]
        return [{} for _ in range(count)]


def _not_entitled(package: str) -> SoftError:
    return unauthorized(f"The account is not entitled to the package '{package}'.")
