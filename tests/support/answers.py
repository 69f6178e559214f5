"""Tells whether an answer fits the document and the schema that it is an answer to.

Written by the GraphQL specification (sections 6 and 7), apart from everything that answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    OperationDefinitionNode,
    parse,
    value_from_ast_untyped,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from graphql import GraphQLSchema, GraphQLType, SelectionSetNode, ValueNode

    Fields = dict[str, list[FieldNode]]
    """The nodes that each member of an object answers, in the order of the members."""

_MEMBERS = {"data", "errors", "extensions"}
_OF_VALUES = {"deprecated"}
"""The `errorType` of errors that stand beside a value: the specification knows none such."""
_KINDS: dict[str, tuple[type, ...]] = {
    "Float": (int, float),
    "String": (str,),
    "ID": (str,),
    "Boolean": (bool,),
}


def find_faults(
    schema: GraphQLSchema,
    document: str,
    answer: Mapping[str, Any],
    *,
    variables: Mapping[str, Any] | None = None,
    operation_name: str | None = None,
) -> list[str]:
    """Return what is wrong with an answer, each as a place and a sentence; [] for nothing.

    Args:
        schema: What the document is for.
        document: A valid one.
        answer: The members of the response.
        variables: Those that were sent with the document.
        operation_name: The operation that was asked for, where there are several.
    """
    faults = [f"answer: a member '{name}'" for name in answer if name not in _MEMBERS]
    faults += _find_faults_of_errors(answer)
    if "data" not in answer:
        return faults + ([] if answer.get("errors") else ["answer: neither data nor errors"])
    tree = parse(document)
    operation = _choose(tree, operation_name)
    root = cast("GraphQLObjectType", schema.get_root_type(operation.operation))
    defaults = {
        node.variable.name.value: value_from_ast_untyped(node.default_value)
        for node in operation.variable_definitions or ()
        if node.default_value is not None
    }
    checker = _Checker(schema, tree, {**defaults, **(variables or {})})
    data = answer["data"]
    if data is not None:
        fields = checker.collect(root, [operation.selection_set])
        faults += checker.object_faults(data, root, fields, "data")
    elif not answer.get("errors"):
        faults.append("data: null without an error")
    return faults


def _find_faults_of_errors(answer: Mapping[str, Any]) -> Iterator[str]:
    if "errors" not in answer:
        return
    errors = answer["errors"]
    if not isinstance(errors, list) or not errors:
        yield "errors: no list, or an empty one"
        return
    for error in errors:
        if not isinstance(error, dict) or not isinstance(error.get("message"), str):
            yield "errors: one without a message"
        elif error.get("errorType") in _OF_VALUES:
            continue
        elif "path" in error and not _leads_to_null(answer.get("data"), error["path"]):
            yield f"errors: the path {error['path']} leads to no null"


def _leads_to_null(data: Any, path: list[str | int]) -> bool:
    for step in path:
        if data is None:
            return True
        try:
            data = data[step]
        except (LookupError, TypeError):
            return False
    return data is None


def _choose(tree: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operations = [node for node in tree.definitions if isinstance(node, OperationDefinitionNode)]
    (chosen,) = [
        node for node in operations if name is None or (node.name and node.name.value == name)
    ]
    return chosen


class _Checker:
    def __init__(
        self, schema: GraphQLSchema, tree: DocumentNode, variables: Mapping[str, Any]
    ) -> None:
        self._schema = schema
        self._variables = dict(variables)
        self._fragments = {
            node.name.value: node
            for node in tree.definitions
            if isinstance(node, FragmentDefinitionNode)
        }

    def collect(self, parent: GraphQLObjectType, selected: list[SelectionSetNode]) -> Fields:
        """Return what is asked of an object of a type (section 6.3.2)."""
        fields: Fields = {}
        visited: set[str] = set()
        for selection_set in selected:
            self._collect(parent, selection_set, fields, visited)
        return fields

    def _collect(
        self,
        parent: GraphQLObjectType,
        selection_set: SelectionSetNode,
        fields: Fields,
        visited: set[str],
    ) -> None:
        for node in selection_set.selections:
            if not self._is_included(node):
                continue
            if isinstance(node, FieldNode):
                key = node.alias.value if node.alias else node.name.value
                fields.setdefault(key, []).append(node)
                continue
            part: Any = node
            if isinstance(node, FragmentSpreadNode):
                if node.name.value in visited:
                    continue
                visited.add(node.name.value)
                part = self._fragments[node.name.value]
            if part.type_condition is None or self._applies(part.type_condition.name.value, parent):
                self._collect(parent, part.selection_set, fields, visited)

    def _is_included(self, node: Any) -> bool:
        return all(
            self._is_true(directive.arguments[0].value) is (directive.name.value == "include")
            for directive in node.directives or ()
            if directive.name.value in {"skip", "include"}
        )

    def _is_true(self, value: ValueNode) -> bool:
        return bool(value_from_ast_untyped(value, self._variables))

    def _applies(self, condition: str, parent: GraphQLObjectType) -> bool:
        type_ = self._schema.get_type(condition)
        if isinstance(type_, GraphQLInterfaceType | GraphQLUnionType):
            return self._schema.is_sub_type(type_, parent)
        return type_ is parent

    def object_faults(
        self, value: Any, type_: GraphQLObjectType, fields: Fields, place: str
    ) -> list[str]:
        """Return what is wrong with an object, of which these fields are asked."""
        if not isinstance(value, dict):
            return [f"{place}: no object"]
        if list(value) != list(fields):
            return [f"{place}: has the members {list(value)} instead of {list(fields)}"]
        faults: list[str] = []
        for key, nodes in fields.items():
            name, where = nodes[0].name.value, f"{place}.{key}"
            if name == "__typename":
                if value[key] != type_.name:
                    faults.append(f"{where}: {value[key]!r} instead of {type_.name!r}")
            elif not name.startswith("__"):
                asked = [node.selection_set for node in nodes if node.selection_set]
                faults += self._faults(value[key], type_.fields[name].type, asked, where)
        return faults

    def _faults(
        self, value: Any, type_: GraphQLType, asked: list[SelectionSetNode], place: str
    ) -> list[str]:
        if isinstance(type_, GraphQLNonNull):
            faults = self._faults(value, type_.of_type, asked, place)
            return [f"{place}: null where there may be none"] if value is None else faults
        if value is None:
            return []
        if isinstance(type_, GraphQLList):
            return self._list_faults(value, type_.of_type, asked, place)
        if isinstance(type_, GraphQLObjectType):
            return self.object_faults(value, type_, self.collect(type_, asked), place)
        if isinstance(type_, GraphQLInterfaceType | GraphQLUnionType):
            return self._abstract_faults(value, type_, asked, place)
        return _find_faults_of_leaf(value, type_, place)

    def _list_faults(
        self, value: Any, type_: GraphQLType, asked: list[SelectionSetNode], place: str
    ) -> list[str]:
        if not isinstance(value, list):
            return [f"{place}: no list"]
        return [
            fault
            for number, item in enumerate(value)
            for fault in self._faults(item, type_, asked, f"{place}[{number}]")
        ]

    def _abstract_faults(
        self,
        value: Any,
        type_: GraphQLInterfaceType | GraphQLUnionType,
        asked: list[SelectionSetNode],
        place: str,
    ) -> list[str]:
        """Return the fewest faults that it has as any of the types that it may be of."""
        return min(
            (
                self.object_faults(value, possible, self.collect(possible, asked), place)
                for possible in self._schema.get_possible_types(type_)
            ),
            key=len,
        )


def _find_faults_of_leaf(value: Any, type_: GraphQLType, place: str) -> list[str]:
    return [] if _is_leaf(value, type_) else [f"{place}: {value!r} is no {type_}"]


def _is_leaf(value: Any, type_: GraphQLType) -> bool:
    if isinstance(type_, GraphQLEnumType):
        return isinstance(value, str) and value in type_.values
    name = str(type_)
    if name == "Int":
        return type(value) is int and -(2**31) <= value < 2**31
    if isinstance(value, bool):
        return name == "Boolean"
    # What a scalar of the schema's own may hold, it does not say; none is an object or a list.
    return isinstance(value, _KINDS.get(name, (str, int, float)))
