"""Turns a validated operation into what answers it, so that a run looks nothing up.

Selections that are the same are compiled once: what a document compiles to grows with its length,
whatever its fragments unfold to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    InlineFragmentNode,
    VariableNode,
    get_argument_values,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_object_type,
)

from watchword.services.engine.binding import find_resolver, typename
from watchword.services.engine.completing import AnyOf, LeafOf, ListOf, NonNull, ObjectOf
from watchword.services.engine.errors import Code, DocumentRefused
from watchword.services.engine.foreign import (
    SCHEMA_FIELDS,
    TYPENAME_FIELD,
    ForeignResolver,
    TypenameResolver,
)
from watchword.services.engine.selecting import Field, Selection
from watchword.services.engine.sizes import find_package, find_rules, find_weight

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from graphql import (
        DirectiveNode,
        FragmentDefinitionNode,
        GraphQLField,
        GraphQLSchema,
        SelectionSetNode,
    )

    from watchword.services.engine.binding import Resolver
    from watchword.services.engine.completing import Completer

_MOST_FIELDS: Final = 10_000
"""Of one operation. Every token of a document makes fewer."""


class Compiler:
    """Compiles one operation of a document.

    Args:
        schema: What the document was validated against.
        fragments: Those of the document, by name.
        conditions: The caller's values of the variables in `@skip` and `@include`.

    Attributes:
        fields: All that were compiled.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        conditions: Mapping[str, bool],
    ) -> None:
        self.fields: list[Field] = []
        self._schema = schema
        self._fragments = fragments
        self._conditions = conditions
        # The nodes are kept, since their ids name them.
        self._known: dict[tuple[object, ...], Selection] = {}

    def compile(self, type_: GraphQLObjectType, selected: Sequence[SelectionSetNode]) -> Selection:
        """Return what is selected of the objects of a type.

        Raises:
            DocumentRefused: If it unfolds to more than any document should.
        """
        name = (type_.name, *map(id, selected))
        known = self._known.get(name)
        if known is not None:
            return known
        selection = self._known[name] = Selection()
        asked: dict[str, list[FieldNode]] = {}
        seen: set[str] = set()
        for node in selected:
            self._collect(type_, node, asked, seen)
        fields = [self._field(type_, key, nodes) for key, nodes in asked.items()]
        selection.hold(fields)
        self.fields += fields
        if len(self.fields) > _MOST_FIELDS:
            raise DocumentRefused(
                Code.DOCUMENT_TOO_LARGE, "The document unfolds to too many fields. Ask for fewer."
            )
        return selection

    def _collect(
        self,
        type_: GraphQLObjectType,
        selected: SelectionSetNode,
        asked: dict[str, list[FieldNode]],
        seen: set[str],
    ) -> None:
        for node in selected.selections:
            if not self._is_included(node.directives or ()):
                continue
            if isinstance(node, FieldNode):
                asked.setdefault((node.alias or node.name).value, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                if self._applies(node, type_):
                    self._collect(type_, node.selection_set, asked, seen)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                fragment = self._fragments[node.name.value]
                if self._applies(fragment, type_):
                    self._collect(type_, fragment.selection_set, asked, seen)

    def _is_included(self, directives: Sequence[DirectiveNode]) -> bool:
        for name, condition in read_conditions(directives):
            is_met = condition if isinstance(condition, bool) else self._conditions[condition]
            if is_met is (name == "skip"):
                return False
        return True

    def _applies(
        self, node: InlineFragmentNode | FragmentDefinitionNode, type_: GraphQLObjectType
    ) -> bool:
        if node.type_condition is None:
            return True
        condition = self._schema.get_type(node.type_condition.name.value)
        if condition is type_:
            return True
        return is_abstract_type(condition) and self._schema.is_sub_type(condition, type_)

    def _field(self, type_: GraphQLObjectType, key: str, nodes: list[FieldNode]) -> Field:
        name = nodes[0].name.value
        definition = _find_definition(self._schema, type_, name)
        named = get_named_type(cast("Any", definition.type))
        within = self._within(named, nodes)
        completer = self._completer(definition.type, within, nodes, f"{type_.name}.{name}")
        return Field(
            key,
            nodes,
            definition,
            resolver=self._resolver(type_, name, definition),
            completer=completer,
            is_nullable=not isinstance(definition.type, GraphQLNonNull),
            is_list=_is_list(definition.type),
            package=find_package(definition),
            deprecated=_find_deprecation(type_, name, definition),
            arguments=_find_arguments(definition, nodes[0]),
            weight=find_weight(definition),
            rules=find_rules(type_.name, name, definition),
            within=list(within.values()),
        )

    def _resolver(self, type_: GraphQLObjectType, name: str, definition: GraphQLField) -> Resolver:
        if definition is TYPENAME_FIELD:
            return TypenameResolver(type_.name)
        return find_resolver(definition) or ForeignResolver(self._schema, name, definition)

    def _within(self, named: Any, nodes: Sequence[FieldNode]) -> dict[str, Selection]:  # noqa: ANN401 - graphql-core's types of types
        selected = [node.selection_set for node in nodes if node.selection_set is not None]
        if is_object_type(named):
            return {named.name: self.compile(named, selected)}
        if is_abstract_type(named):
            return {
                possible.name: self.compile(possible, selected)
                for possible in self._schema.get_possible_types(named)
            }
        return {}

    def _completer(
        self,
        type_: Any,  # noqa: ANN401 - graphql-core leaves open what a type wraps
        within: Mapping[str, Selection],
        nodes: Sequence[FieldNode],
        place: str,
    ) -> Completer:
        if isinstance(type_, GraphQLNonNull):
            return NonNull(self._completer(type_.of_type, within, nodes, place), nodes, place)
        if isinstance(type_, GraphQLList):
            item = self._completer(type_.of_type, within, nodes, place)
            may_hold_null = not isinstance(type_.of_type, GraphQLNonNull)
            return ListOf(item, nodes, may_hold_null=may_hold_null)
        if is_leaf_type(type_):
            return LeafOf(type_, nodes)
        if isinstance(type_, GraphQLObjectType):
            return ObjectOf(within[type_.name], nodes)
        return AnyOf(type_.name, within, typename, nodes)


def read_conditions(directives: Sequence[DirectiveNode]) -> Iterator[tuple[str, bool | str]]:
    """Return the conditions of a selection: `skip` or `include`, and their value or variable."""
    for directive in directives:
        name = directive.name.value
        if name in {"skip", "include"}:
            for argument in directive.arguments or ():  # it is `if`
                value: Any = argument.value
                yield name, value.name.value if isinstance(value, VariableNode) else value.value


def _find_definition(schema: GraphQLSchema, type_: GraphQLObjectType, name: str) -> GraphQLField:
    if name == "__typename":
        return TYPENAME_FIELD
    if type_ is schema.query_type and name in SCHEMA_FIELDS:
        return SCHEMA_FIELDS[name]
    definition: GraphQLField = type_.fields[name]
    return definition


def _find_deprecation(type_: GraphQLObjectType, name: str, definition: GraphQLField) -> str | None:
    reason = definition.deprecation_reason
    return None if reason is None else f"The field {type_.name}.{name} is deprecated: {reason}"


def _find_arguments(definition: GraphQLField, node: FieldNode) -> dict[str, Any] | None:
    """Return the arguments where they are the same in every run, else None."""
    if not definition.args:
        return {}
    if any(_holds_variable(argument.value) for argument in node.arguments or ()):
        return None
    try:
        return get_argument_values(definition, node)
    except GraphQLError:
        # Told in every run, at its place.
        return None


def _holds_variable(value: Any) -> bool:  # noqa: ANN401 - a node of any kind
    if isinstance(value, VariableNode):
        return True
    parts = [
        *getattr(value, "values", ()),
        *(field.value for field in getattr(value, "fields", ())),
    ]
    return any(map(_holds_variable, parts))


def _is_list(type_: Any) -> bool:  # noqa: ANN401 - see `_completer`
    nullable = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    return isinstance(nullable, GraphQLList)
