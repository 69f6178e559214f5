"""What an operation costs before it runs: points for every field of every object it may answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from watchword.services.engine.sizes import USUAL_SIZE, find_size, uses_variables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import OperationDefinitionNode

    from watchword.services.engine.selecting import Field, Selection

_MOST_KEPT: Final = 100
"""Prices of one operation: a caller may ask for many sizes."""
_NO_SIZES: Final[dict[str, int]] = {}


class Price(NamedTuple):
    """What an operation costs.

    Attributes:
        points: In all.
        largest: The largest list that it asks for.
    """

    points: int
    largest: int


class PriceList:
    """The prices of one operation, by the sizes that its variables ask for.

    Args:
        operation: As the document has it.
        selection: What it selects.
        fields: All fields within.
    """

    def __init__(
        self, operation: OperationDefinitionNode, selection: Selection, fields: list[Field]
    ) -> None:
        self._operation = operation
        self._selection = selection
        self._sized = [
            (rule, field.nodes[0])
            for field in fields
            for rule in field.rules
            if uses_variables(rule, field.nodes[0])
        ]
        self._known: dict[tuple[int, ...], Price] = {}

    def find(self, variables: Mapping[str, Any]) -> Price:
        """Return the price, where a caller gives these variables."""
        sizes = tuple(
            find_size(rule, node, variables, self._operation) for rule, node in self._sized
        )
        price = self._known.get(sizes)
        if price is None:
            if len(self._known) >= _MOST_KEPT:
                del self._known[next(iter(self._known))]
            price = self._known[sizes] = _Pricing(self._operation, variables).price(self._selection)
        return price


class _Pricing:
    """Prices every selection once, however often the document comes to it."""

    def __init__(self, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> None:
        self._operation = operation
        self._variables = variables
        self._known: dict[tuple[int, frozenset[tuple[str, int]]], int] = {}
        self._largest = 0

    def price(self, selection: Selection) -> Price:
        return Price(self._selection(selection, _NO_SIZES), self._largest)

    def _selection(self, selection: Selection, sizes: Mapping[str, int]) -> int:
        known = (id(selection), frozenset(sizes.items()))
        points = self._known.get(known)
        if points is None:
            points = sum(self._field(field, sizes) for field in selection.fields)
            self._known[known] = points
        return points

    def _field(self, field: Field, sizes: Mapping[str, int]) -> int:
        node = field.nodes[0]
        own = sizes.get(node.name.value)
        inner = _NO_SIZES
        for rule in field.rules:
            size = find_size(rule, node, self._variables, self._operation)
            self._largest = max(self._largest, size)
            if rule.sized_fields:
                inner = {**inner, **dict.fromkeys(rule.sized_fields, size)}
            elif own is None:
                own = size
        if own is None:
            own = USUAL_SIZE if field.is_list else 1
        within = max((self._selection(inside, inner) for inside in field.within), default=0)
        return field.weight + own * within
