"""Turns what resolvers return into what the answer holds (GraphQL, section 6.4.3).

Every completer takes the values of one place for all objects of a level, and returns as many.
The usual case, in which nothing is amiss, is told by the set of their classes, and goes through
without a step of Python for each value.
"""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final, Protocol

from graphql import GraphQLEnumType, GraphQLError

from watchword.services.engine.places import ItemPlace, KeptPlace
from watchword.services.engine.running import BROKEN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from graphql import FieldNode, GraphQLLeafType

    from watchword.services.engine.places import Place
    from watchword.services.engine.running import Run
    from watchword.services.engine.selecting import Selection

_NONE: Final = type(None)
_LISTS: Final = frozenset({list, tuple})
_TEXTS: Final = frozenset({str, _NONE})
_BOOLEANS: Final = frozenset({bool, _NONE})
_INTEGERS: Final = frozenset({int, _NONE})
_LEAST_INT: Final = -(2**31)
_MOST_INT: Final = 2**31 - 1


class Completer(Protocol):
    """Completes values of one type."""

    def complete(self, run: Run, values: list[Any], place: Place) -> list[Any]:
        """Return each value as the answer holds it, or BROKEN where that failed."""
        ...


class LeafOf:
    """Completes scalars and enums.

    Attributes:
        find_done: Returns values completed, or None where one of them needs a closer look.
    """

    def __init__(self, type_: GraphQLLeafType, nodes: Sequence[FieldNode]) -> None:
        self._nodes = nodes
        self._serialize: Callable[[Any], Any] = type_.serialize
        self.find_done = _FAST.get(type_.name, _texts)
        if isinstance(type_, GraphQLEnumType):
            names: dict[object, str | None] = {
                value.value: name for name, value in type_.values.items()
            }
            names[None] = None
            self._serialize = names.__getitem__
            self.find_done = _by(names)

    def complete(self, run: Run, values: list[Any], place: Place) -> list[Any]:
        """Return each value serialized."""
        done = self.find_done(values)
        if done is not None:
            return done
        return [self._one(run, value, place, index) for index, value in enumerate(values)]

    def _one(self, run: Run, value: Any, place: Place, index: int) -> object:  # noqa: ANN401
        if value is None:
            return None
        if isinstance(value, Exception):
            return run.fail(value, self._nodes, place, index)
        try:
            return self._serialize(value)
        except KeyError:
            error = GraphQLError(f"The enum has no value {value!r}.")
            return run.fail(error, self._nodes, place, index)
        except Exception as error:  # noqa: BLE001 - of this one field, whatever it is
            return run.fail(error, self._nodes, place, index)


def _texts(values: list[Any]) -> list[Any] | None:
    """Return the values if all are texts, which are their own serialization.

    So are those of a scalar of a schema that was written as text.
    """
    return values if _TEXTS.issuperset(map(type, values)) else None


def _booleans(values: list[Any]) -> list[Any] | None:
    return values if _BOOLEANS.issuperset(map(type, values)) else None


def _integers(values: list[Any]) -> list[Any] | None:
    if not _INTEGERS.issuperset(map(type, values)):
        return None
    present = [value for value in values if value is not None]
    if not present or (min(present) >= _LEAST_INT and max(present) <= _MOST_INT):
        return values
    return None


def _no_fast_way(_values: list[Any]) -> None:
    return None


def _by(names: Mapping[object, str | None]) -> Callable[[list[Any]], list[Any] | None]:
    def find_done(values: list[Any]) -> list[Any] | None:
        try:
            return [names[value] for value in values]
        except (KeyError, TypeError):
            return None

    return find_done


_FAST: Final[Mapping[str, Callable[[list[Any]], list[Any] | None]]] = {
    "Boolean": _booleans,
    "Int": _integers,
    "Float": _no_fast_way,
}


class NonNull:
    """Completes what must not be null."""

    def __init__(self, inner: Completer, nodes: Sequence[FieldNode], name: str) -> None:
        self.inner = inner
        self._nodes = nodes
        self._name = name

    def complete(self, run: Run, values: list[Any], place: Place) -> list[Any]:
        """Return each value completed; one that is null has failed."""
        done = self.inner.complete(run, values, place)
        if None not in done:
            return done
        return [
            run.fail(self._error(), self._nodes, place, index) if value is None else value
            for index, value in enumerate(done)
        ]

    def _error(self) -> GraphQLError:
        return GraphQLError(f"Cannot return null for non-nullable field {self._name}.")


class ListOf:
    """Completes lists; the items of all lists of the level are completed together."""

    def __init__(self, item: Completer, nodes: Sequence[FieldNode], *, may_hold_null: bool) -> None:
        self._item = item
        self._nodes = nodes
        self._may_hold_null = may_hold_null

    def complete(self, run: Run, values: list[Any], place: Place) -> list[Any]:
        """Return each list with its items completed."""
        if _LISTS.issuperset(map(type, values)):
            return self._lists(run, values, place)
        return complete_present(run, values, place, self._nodes, self._any_iterable)

    def _any_iterable(self, run: Run, values: list[Any], place: Place) -> list[Any]:
        return self._lists(run, [list(value) for value in values], place)

    def _lists(self, run: Run, lists: list[Any], place: Place) -> list[Any]:
        failures = run.failures
        flat = list(chain.from_iterable(lists))
        items = self._item.complete(run, flat, ItemPlace(place, lists)) if flat else flat
        if run.failures > failures and self._may_hold_null:
            items = heal(items)
        each = iter(items)
        done: list[Any] = [list(islice(each, len(items))) for items in lists]
        if run.failures > failures and not self._may_hold_null:
            return [BROKEN if BROKEN in items else items for items in done]
        return done


class ObjectOf:
    """Completes objects of one type.

    Attributes:
        selection: What is selected of them.
    """

    def __init__(self, selection: Selection, nodes: Sequence[FieldNode]) -> None:
        self.selection = selection
        self._nodes = nodes

    def complete(self, run: Run, values: list[Any], place: Place) -> list[Any]:
        """Return what is selected of each object."""
        if all_present(values):
            return self.selection.answer(run, values, place)
        return complete_present(run, values, place, self._nodes, self.selection.answer)


class AnyOf:
    """Completes objects of a union or an interface, those of one type together."""

    def __init__(
        self,
        name: str,
        selections: Mapping[str, Selection],
        find_type: Callable[[Any], str],
        nodes: Sequence[FieldNode],
    ) -> None:
        self._name = name
        self._selections = selections
        self._find_type = find_type
        self._nodes = nodes

    def complete(self, run: Run, values: list[Any], place: Place) -> list[Any]:
        """Return what is selected of each object, by its type."""
        return complete_present(run, values, place, self._nodes, self._by_type)

    def _by_type(self, run: Run, values: list[Any], place: Place) -> list[Any]:
        done: list[Any] = [None] * len(values)
        groups: dict[str, list[int]] = {}
        for index, value in enumerate(values):
            groups.setdefault(self._find_type(value), []).append(index)
        for name, kept in groups.items():
            selection = self._selections.get(name)
            if selection is None:
                for index in kept:
                    done[index] = run.fail(self._error(name), self._nodes, place, index)
                continue
            chosen = [values[index] for index in kept]
            answers = selection.answer(run, chosen, KeptPlace(place, kept))
            for index, answer in zip(kept, answers, strict=True):
                done[index] = answer
        return done

    def _error(self, name: str) -> GraphQLError:
        return GraphQLError(f"{self._name} has no type {name}.")


def all_present(values: list[Any]) -> bool:
    """Tell whether no value is null or an error."""
    for class_ in set(map(type, values)):  # a loop, as a generator takes thrice as long
        if class_ is _NONE or issubclass(class_, Exception):
            return False
    return True


def complete_present(
    run: Run,
    values: list[Any],
    place: Place,
    nodes: Sequence[FieldNode],
    complete: Callable[[Run, list[Any], Place], list[Any]],
) -> list[Any]:
    """Complete what is there; null stays null, and an error is told."""
    kept: list[int] = []
    done: list[Any] = [None] * len(values)
    for index, value in enumerate(values):
        if isinstance(value, Exception):
            done[index] = run.fail(value, nodes, place, index)
        elif value is not None:
            kept.append(index)
    if not kept:
        return done
    chosen = [values[index] for index in kept]
    for index, value in zip(kept, complete(run, chosen, KeptPlace(place, kept)), strict=True):
        done[index] = value
    return done


def heal(values: list[Any]) -> list[Any]:
    """Let null stand where a value broke that may be null."""
    return [None if value is BROKEN else value for value in values]
