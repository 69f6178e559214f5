"""An operation of a validated document: compiled, priced and run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from graphql import (
    FragmentDefinitionNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    get_variable_values,
    visit,
)
from graphql.language import Visitor

from watchword.services.engine.compiling import Compiler, read_conditions
from watchword.services.engine.errors import Code, DocumentRefused
from watchword.services.engine.places import RootPlace
from watchword.services.engine.pricing import PriceList
from watchword.services.engine.running import BROKEN, Run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import DocumentNode, GraphQLSchema

    from watchword.services.engine.selecting import Selection

_MOST_VARIANTS: Final = 8
"""Kept of one operation: by what `@skip` and `@include` leave of it."""
_MOST_CONDITIONS: Final = 6
"""Variables in them. Each may double what is to be compiled."""
_ROOT: Final = RootPlace()


class Compiled(NamedTuple):
    """An operation as it runs where the conditions have certain values.

    Attributes:
        selection: What it selects of the root.
        prices: What it costs.
        is_slow: Whether it may take so long that others should be served meanwhile.
        size: How many fields were compiled.
    """

    selection: Selection
    prices: PriceList
    is_slow: bool
    size: int


class Parts(NamedTuple):
    """What the operations of a document share.

    Attributes:
        fragments: By name.
        conditions: The variables that `@skip` and `@include` ask.
    """

    fragments: Mapping[str, FragmentDefinitionNode]
    conditions: tuple[str, ...]

    @classmethod
    def of(cls, document: DocumentNode) -> Parts:
        """Return what the operations of a document share."""
        fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        visitor = _Conditions()
        visit(document, visitor)
        return cls(fragments, tuple(visitor.names))


class Operation:
    """One operation of a document.

    Args:
        schema: What the document was validated against.
        definition: The operation.
        parts: What it shares with the other operations of its document.

    Attributes:
        is_query: Whether it changes nothing.
    """

    def __init__(
        self, schema: GraphQLSchema, definition: OperationDefinitionNode, parts: Parts
    ) -> None:
        self.definition = definition
        self.is_query = definition.operation is OperationType.QUERY
        self._schema = schema
        self._parts = parts
        self._variants: dict[tuple[bool, ...], Compiled | DocumentRefused] = {}

    @property
    def size(self) -> int:
        """How many fields are kept compiled."""
        return sum(
            variant.size for variant in self._variants.values() if isinstance(variant, Compiled)
        )

    def coerce(self, variables: Mapping[str, Any]) -> Any:  # noqa: ANN401 - graphql-core's own type
        """Return the caller's values as graphql-core reads them.

        Raises:
            VariablesRefused: If they do not fit what the operation declares.
        """
        declared = self.definition.variable_definitions
        if not declared:
            return None
        coerced = get_variable_values(self._schema, declared, dict(variables), max_errors=5)
        if isinstance(coerced, list):
            raise VariablesRefused(coerced)
        return coerced

    def compile(self, variables: Mapping[str, Any]) -> Compiled:
        """Return the operation as it runs with these variables.

        Raises:
            DocumentRefused: If it unfolds to more than any document should.
            VariablesRefused: If null is given where a condition asks.
        """
        conditions = {
            name: self._read_condition(name, variables) for name in self._parts.conditions
        }
        values = tuple(conditions.values())
        compiled = self._variants.get(values)
        if compiled is None:
            if len(self._variants) >= _MOST_VARIANTS:
                del self._variants[next(iter(self._variants))]
            compiled = self._variants[values] = self._try_to_compile(conditions)
        if isinstance(compiled, DocumentRefused):
            raise compiled
        return compiled

    def _read_condition(self, name: str, variables: Mapping[str, Any]) -> bool:
        for declared in self.definition.variable_definitions or ():
            if declared.variable.name.value == name:
                default = bool(getattr(declared.default_value, "value", False))
                given = variables.get(name, default)
                if given is None:
                    message = f"Variable '${name}' must not be null: @skip or @include asks it."
                    raise VariablesRefused([GraphQLError(message, [declared])])
                return given is True
        return False

    def _try_to_compile(self, conditions: Mapping[str, bool]) -> Compiled | DocumentRefused:
        if len(conditions) > _MOST_CONDITIONS:
            return DocumentRefused(
                Code.DOCUMENT_TOO_LARGE,
                f"The document has {len(conditions)} variables in @skip and @include, and "
                f"{_MOST_CONDITIONS} are let through. Split it.",
                limit=_MOST_CONDITIONS,
                requested=len(conditions),
            )
        try:
            return self._compile(conditions)
        except DocumentRefused as refused:
            return refused

    def _compile(self, conditions: Mapping[str, bool]) -> Compiled:
        compiler = Compiler(self._schema, self._parts.fragments, conditions)
        root = self._schema.get_root_type(self.definition.operation)
        if root is None:
            raise GraphQLError(f"The schema has no {self.definition.operation.value}.")
        selection = compiler.compile(root, [self.definition.selection_set])
        return Compiled(
            selection,
            PriceList(self.definition, selection, compiler.fields),
            is_slow=any(field.is_slow for field in compiler.fields),
            size=len(compiler.fields),
        )


class VariablesRefused(Exception):
    """The caller's values do not fit.

    Attributes:
        errors: What is wrong with each.
    """

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(len(errors))
        self.errors = errors


def run(compiled: Compiled, state: Run) -> dict[str, Any] | None:
    """Run an operation to its end, and return its `data`; what went wrong is in `state.errors`."""
    (data,) = compiled.selection.answer(state, [None], _ROOT)
    return None if data is BROKEN else data


class _Conditions(Visitor):
    """Collects the variables that `@skip` and `@include` ask."""

    def __init__(self) -> None:
        super().__init__()
        self.names: dict[str, None] = {}

    def enter(self, node: Any, *_: object) -> None:  # noqa: ANN401 - every kind of node
        for _name, condition in read_conditions(getattr(node, "directives", None) or ()):
            if isinstance(condition, str):
                self.names[condition] = None
