"""Estimates how many fields a document may be answered with, before it runs.

A few hundred bytes can ask for millions of fields, page within page. The estimate is what
the pages could hold, not what they will.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    InlineFragmentNode,
    IntValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    VariableNode,
    get_named_type,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import GraphQLNamedType, GraphQLSchema, SelectionSetNode, ValueNode

_PAGE_ARGUMENT: Final = "pageInfo"
_PAGE_SIZES: Final = ("first", "last")
_USUAL_PAGE: Final = 10
_LARGEST_PAGE: Final = 100


class CostEstimator:
    """Estimates one validated document.

    Args:
        schema: What the document was validated against.
        document: The document.
        variables: The caller's values; page sizes may be among them.

    Attributes:
        uses_variables: Whether the last estimate depended on the caller's values.
    """

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any] | None
    ) -> None:
        self._schema = schema
        self._variables = variables or {}
        self._operations = [
            node for node in document.definitions if isinstance(node, OperationDefinitionNode)
        ]
        self._fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        # Each fragment is estimated once, however often it is spread.
        self._known: dict[str, int] = {}
        self.uses_variables = False

    def estimate(self, operation_name: str | None) -> int:
        """Return the most fields that an operation may be answered with."""
        return max(
            (
                self._selections(node.selection_set, self._schema.get_root_type(node.operation))
                for node in self._operations
                if operation_name is None
                or (node.name is not None and node.name.value == operation_name)
            ),
            default=0,
        )

    def _selections(self, selected: SelectionSetNode, parent: GraphQLNamedType | None) -> int:
        total = 0
        for node in selected.selections:
            if isinstance(node, FieldNode):
                total += self._field(node, parent)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                inner = self._schema.get_type(condition.name.value) if condition else parent
                total += self._selections(node.selection_set, inner)
            elif isinstance(node, FragmentSpreadNode):
                total += self._fragment(node.name.value)
        return total

    def _fragment(self, name: str) -> int:
        if name not in self._known:
            fragment = self._fragments[name]
            parent = self._schema.get_type(fragment.type_condition.name.value)
            self._known[name] = self._selections(fragment.selection_set, parent)
        return self._known[name]

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None) -> int:
        if node.selection_set is None:
            return 1
        definition: GraphQLField | None = None
        if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
            definition = parent.fields.get(node.name.value)
        inner = cast(
            "GraphQLNamedType | None",
            get_named_type(cast("Any", definition.type)) if definition else None,
        )
        within = self._selections(node.selection_set, inner)
        return 1 + self._page_size(node, definition) * within

    def _page_size(self, node: FieldNode, definition: GraphQLField | None) -> int:
        if definition is None or _PAGE_ARGUMENT not in definition.args:
            return 1
        for argument in node.arguments or ():
            if argument.name.value == _PAGE_ARGUMENT:
                return self._read_page(argument.value)
        return _USUAL_PAGE

    def _read_page(self, value: ValueNode) -> int:
        if isinstance(value, VariableNode):
            self.uses_variables = True
            page = cast("dict[str, object] | None", self._variables.get(value.name.value)) or {}
            sizes = [page[name] for name in _PAGE_SIZES if page.get(name) is not None]
            return _clip(sizes[0]) if sizes else _USUAL_PAGE
        if isinstance(value, ObjectValueNode):
            for member in value.fields:
                if member.name.value in _PAGE_SIZES:
                    return self._read_size(member.value)
        return _USUAL_PAGE

    def _read_size(self, value: ValueNode) -> int:
        if isinstance(value, VariableNode):
            self.uses_variables = True
            return _clip(self._variables.get(value.name.value))
        return _clip(int(value.value)) if isinstance(value, IntValueNode) else _LARGEST_PAGE


def _clip(size: object) -> int:
    """Return a page size as it will be served; what is no size may be a default, so the most."""
    if not isinstance(size, int):
        return _LARGEST_PAGE
    return min(max(size, 0), _LARGEST_PAGE)
