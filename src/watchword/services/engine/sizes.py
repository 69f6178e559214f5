"""How long a list may be that a field answers with: what the schema declares, and what is asked.

`@listSize` is as the IBM cost directive specification has it, `@cost` with whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from graphql import (
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    VariableNode,
    value_from_ast_untyped,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graphql import FieldNode, GraphQLField, OperationDefinitionNode, ValueNode

USUAL_SIZE: Final = 10
"""Of a list that declares none."""
# A schema's description of itself declares nothing: about what a service of ours has on average.
_SIZES_OF_SCHEMAS: Final[Mapping[str, int]] = {
    "types": 40,
    "fields": 5,
    "args": 1,
    "inputFields": 1,
    "enumValues": 1,
    "interfaces": 1,
    "possibleTypes": 1,
    "directives": 10,
    "locations": 2,
}
_MOST: Final = 1_000_000_000
_UNKNOWN: Final = object()


@dataclass(frozen=True, slots=True)
class SizeRule:
    """What `@listSize` says of a field.

    Attributes:
        assumed: The size where no argument tells it.
        arguments: Those that tell it, each as its path; of a list its length counts.
        sized_fields: The fields inside that are the list; none: the field is the list itself.
    """

    assumed: int
    arguments: tuple[tuple[str, ...], ...]
    sized_fields: frozenset[str]


def find_rules(type_name: str, name: str, definition: GraphQLField) -> tuple[SizeRule, ...]:
    """Return what is declared of a field: one rule for it, and perhaps one for lists inside."""
    if type_name.startswith("__") and name in _SIZES_OF_SCHEMAS:
        return (SizeRule(_SIZES_OF_SCHEMAS[name], (), frozenset()),)
    return tuple(
        SizeRule(
            declared.get("assumedSize", USUAL_SIZE),
            tuple(tuple(path.split(".")) for path in declared.get("slicingArguments", ())),
            frozenset(declared.get("sizedFields", ())),
        )
        for declared in read_directives(definition, "listSize")
    )


def find_weight(definition: GraphQLField) -> int:
    """Return what a field costs, in points an object; one where nothing is declared."""
    return next((int(d["weight"]) for d in read_directives(definition, "cost")), 1)


def find_package(definition: GraphQLField) -> str | None:
    """Return the package that a field belongs to, or None where it is of the core."""
    return next((str(d["name"]) for d in read_directives(definition, "package")), None)


def read_directives(definition: GraphQLField, name: str) -> list[dict[str, Any]]:
    """Return the arguments of each directive of a name that stands at a field."""
    node = definition.ast_node
    return [
        {
            argument.name.value: value_from_ast_untyped(argument.value)
            for argument in directive.arguments or ()
        }
        for directive in (() if node is None else node.directives or ())
        if directive.name.value == name
    ]


def uses_variables(rule: SizeRule, node: FieldNode) -> bool:
    """Tell whether the size of a field depends on the caller's variables."""
    return any(
        isinstance(value, VariableNode) for path in rule.arguments for value in _along(node, path)
    )


def find_size(
    rule: SizeRule,
    node: FieldNode,
    variables: Mapping[str, Any],
    operation: OperationDefinitionNode,
) -> int:
    """Return the size that is asked for; the largest where several arguments tell one.

    What is no size is left to the service to refuse: it counts as the assumed one.
    """
    sizes = [
        size
        for path in rule.arguments
        if (size := _to_size(_value(node, path, variables, operation))) is not None
    ]
    return max(sizes, default=rule.assumed)


def _to_size(value: object) -> int | None:
    if isinstance(value, list):
        return len(cast("list[object]", value)) or 1
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # so does GraphQL read it: 100.0 is a whole number in JSON
    if isinstance(value, int) and not isinstance(value, bool):
        return min(max(value, 1), _MOST)
    return None


def _along(node: FieldNode, path: Sequence[str]) -> list[ValueNode]:
    """Return the literals along a path, as far as the document writes them."""
    values: list[ValueNode] = []
    found = next((a.value for a in node.arguments or () if a.name.value == path[0]), None)
    for name in (*path[1:], None):
        if found is None:
            break
        values.append(found)
        if name is None or not isinstance(found, ObjectValueNode):
            break
        found = next((f.value for f in found.fields if f.name.value == name), None)
    return values


def _value(
    node: FieldNode,
    path: Sequence[str],
    variables: Mapping[str, Any],
    operation: OperationDefinitionNode,
) -> object:
    literals = _along(node, path)
    if not literals:
        return None
    last, rest = literals[-1], path[len(literals) :]
    if isinstance(last, VariableNode):
        value: object = _of_variable(last.name.value, variables, operation)
        for name in rest:
            value = cast("dict[str, object]", value).get(name) if isinstance(value, dict) else None
        return value
    if rest:
        return None
    if isinstance(last, IntValueNode):
        # Longer than any size: not even read, as that takes time.
        return int(last.value) if len(last.value) < len(str(_MOST)) else _MOST
    if isinstance(last, ListValueNode):
        return list(last.values)
    return None


def _of_variable(
    name: str, variables: Mapping[str, Any], operation: OperationDefinitionNode
) -> object:
    given = variables.get(name, _UNKNOWN)
    if given is not _UNKNOWN:
        return given
    for declared in operation.variable_definitions or ():
        if declared.variable.name.value == name and declared.default_value is not None:
            return value_from_ast_untyped(declared.default_value)
    return None
