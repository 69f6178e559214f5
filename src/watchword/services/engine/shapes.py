"""Measures a document before it is validated, in time that grows with its length only.

Validation takes a step for each pair of fields that share a name, and follows every fragment: a
few thousand characters can keep it busy for seconds. So what is too large never comes to it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
)

if TYPE_CHECKING:
    from graphql import DocumentNode, SelectionSetNode

_SCHEMA_FIELDS: Final = frozenset({"__schema", "__type"})
_CUT: Final = 1_000_000
"""No measure needs to be told above."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a document is.

    Attributes:
        depth: Levels of fields within fields, of the deepest operation.
        aliases: Fields under another name, in all.
        root_fields: Fields of the widest operation itself.
        repeats: How often one field is asked for in one place, at most.
        asks_schema: Whether it asks for the schema.
    """

    depth: int
    aliases: int
    root_fields: int
    repeats: int
    asks_schema: bool


def measure(document: DocumentNode) -> Shape:
    """Measure a parsed document, whether it is valid or not.

    Raises:
        RecursionError: If it nests deeper than Python goes.
    """
    return _Measuring(document).measure()


class _Measuring:
    def __init__(self, document: DocumentNode) -> None:
        self._document = document
        self._fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        self._depths: dict[str, int] = {}
        self._names: dict[str, Counter[str]] = {}
        self._open: set[str] = set()
        self._aliases = 0
        self._repeats = 0
        self._asks_schema = False

    def measure(self) -> Shape:
        """Measure all operations, and all fragments once."""
        depth = root_fields = 0
        for node in self._document.definitions:
            if isinstance(node, OperationDefinitionNode):
                depth = max(depth, self._place(node.selection_set))
                root_fields = max(root_fields, len(self._top(node.selection_set)))
        for name in self._fragments:
            self._depth_of_fragment(name)
        return Shape(
            depth,
            self._aliases,
            root_fields,
            min(self._repeats, _CUT),
            self._asks_schema,
        )

    def _place(self, selected: SelectionSetNode) -> int:
        """Return the levels below one place of the answer."""
        self._repeats = max(self._repeats, *self._top(selected).values(), 0)
        return self._depth(selected)

    def _depth(self, selected: SelectionSetNode) -> int:
        """Return the levels below, and take note of everything on the way."""
        deepest = 0
        for node in selected.selections:
            if isinstance(node, FieldNode):
                self._note(node)
                below = 0 if node.selection_set is None else self._place(node.selection_set)
                deepest = max(deepest, 1 + below)
            elif isinstance(node, InlineFragmentNode):
                deepest = max(deepest, self._depth(node.selection_set))
            elif isinstance(node, FragmentSpreadNode):
                deepest = max(deepest, self._depth_of_fragment(node.name.value))
        return deepest

    def _note(self, node: FieldNode) -> None:
        self._aliases += node.alias is not None
        self._asks_schema |= node.name.value in _SCHEMA_FIELDS

    def _depth_of_fragment(self, name: str) -> int:
        fragment = self._fragments.get(name)
        if name in self._depths or fragment is None:
            return self._depths.get(name, 0)
        if name in self._open:
            return 0  # it holds itself: validation says so
        self._open.add(name)
        self._depths[name] = self._place(fragment.selection_set)
        self._open.discard(name)
        return self._depths[name]

    def _top(self, selected: SelectionSetNode) -> Counter[str]:
        """Return how often each name is asked for in one place, fragments unfolded."""
        names: Counter[str] = Counter()
        spread: Counter[str] = Counter()
        for node in selected.selections:
            if isinstance(node, FieldNode):
                names[(node.alias or node.name).value] += 1
            elif isinstance(node, InlineFragmentNode):
                names += self._top(node.selection_set)
            elif isinstance(node, FragmentSpreadNode):
                spread[node.name.value] += 1
        for name, times in spread.items():
            for field, count in self._top_of_fragment(name).items():
                names[field] += min(count * times, _CUT)
        return names

    def _top_of_fragment(self, name: str) -> Counter[str]:
        fragment = self._fragments.get(name)
        if fragment is None or name in self._names:
            return self._names.get(name, Counter())
        # Empty while it is open: a fragment that holds itself is found by its depth.
        self._names[name] = Counter()
        self._names[name] = self._top(fragment.selection_set)
        return self._names[name]
