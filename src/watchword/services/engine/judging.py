"""Parses, measures and validates a document, and keeps of it what every later call needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from graphql import (
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    parse,
    validate,
)

from watchword.services.engine.errors import Code, DocumentRefused
from watchword.services.engine.operations import Operation
from watchword.services.engine.shapes import measure

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graphql import DocumentNode, GraphQLSchema

    from watchword.access.model import DocumentLimits
    from watchword.services.engine.shapes import Shape

MOST_REPEATS: Final = 20
"""How often one field may be asked for in one place: validation compares each pair."""
MOST_OPERATIONS: Final = 50
_MOST_ERRORS: Final = 20
_LONGEST_ERROR: Final = 1_000
"""Characters. It may quote a name of the caller's own, of any length."""
_SUGGESTION: Final = re.compile(r" Did you mean .*\?$", re.DOTALL)
_CUT: Final = "contains more than"
TOO_DEEP: Final = "The document is nested too deeply."


class Judged:
    """A document as far as it is known.

    Attributes:
        operations: By name; empty where the document is not valid.
        errors: What is wrong with it, for callers who may ask for the schema,
        bare_errors: and for all others: suggestions name fields.
        refused: Why it is refused whoever asks.
        shape: How large it is; None where it could not be measured.
        tokens: How many it has, or how many were read where it has more.
        is_cut: Whether it has more.
        is_validated: Whether it was; what is larger than a plan lets through is not, for it.
    """

    def __init__(self) -> None:
        self.operations: dict[str | None, Operation] = {}
        self.errors: list[dict[str, Any]] = []
        self.bare_errors: list[dict[str, Any]] = []
        self.refused: DocumentRefused | None = None
        self.shape: Shape | None = None
        self.tokens = 0
        self.is_cut = False
        self.is_validated = False

    @property
    def size(self) -> int:
        """How many fields are kept compiled."""
        return sum(operation.size for operation in self.operations.values())

    def is_known_to(self, limits: DocumentLimits) -> bool:
        """Tell whether all is known of it that a caller with these limits needs."""
        if self.is_cut:
            return limits.tokens <= self.tokens
        return self.is_validated or self.refused is not None or not self.is_within(limits)

    def is_within(self, limits: DocumentLimits) -> bool:
        """Tell whether it is no larger than the limits."""
        try:
            self.require(limits)
        except DocumentRefused:
            return False
        return True

    def require(self, limits: DocumentLimits) -> None:
        """Require that a caller may have a document like this.

        Raises:
            DocumentRefused: If it is larger than the caller's plan lets through.
        """
        if self.is_cut or self.tokens > limits.tokens:
            raise DocumentRefused(
                Code.DOCUMENT_TOO_LARGE,
                f"The document has more than {limits.tokens} tokens, and no more are let through. "
                "Ask for fewer fields, or split it.",
                limit=limits.tokens,
            )
        if self.refused is not None:
            raise self.refused
        if self.shape is not None:
            _require_shape(self.shape, limits)


def judge(schema: GraphQLSchema, text: str, limits: DocumentLimits) -> Judged:
    """Parse, measure and validate a document.

    What is larger than the limits is not validated: it is judged again for another caller.
    """
    judged = Judged()
    try:
        _read(judged, schema, text, limits)
    except DocumentRefused as refused:
        judged.refused = refused
    except RecursionError:
        judged.refused = DocumentRefused(Code.DOCUMENT_TOO_DEEP, TOO_DEEP)
    return judged


def _read(judged: Judged, schema: GraphQLSchema, text: str, limits: DocumentLimits) -> None:
    judged.tokens = limits.tokens
    try:
        document = parse(text, max_tokens=limits.tokens)
    except GraphQLSyntaxError as error:
        judged.is_cut = _CUT in error.message
        judged.is_validated = not judged.is_cut
        if not judged.is_cut:
            _fail(judged, [error])
        return
    judged.tokens = _count_tokens(document)
    judged.shape = measure(document)
    _require_small(judged.shape, document)
    if judged.is_within(limits):
        judged.is_validated = True
        _validate(judged, schema, document)


def _validate(judged: Judged, schema: GraphQLSchema, document: DocumentNode) -> None:
    errors = validate(schema, document, max_errors=_MOST_ERRORS)
    if errors:
        _fail(judged, errors)
        return
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            name = None if node.name is None else node.name.value
            judged.operations[name] = Operation(schema, document, node)


def _count_tokens(document: DocumentNode) -> int:
    count = 0
    token = None if document.loc is None else document.loc.start_token
    while token is not None:
        count += 1
        token = token.next
    # Its beginning and its end are tokens, too, but nobody writes them.
    return count - 2


def _fail(judged: Judged, errors: Iterable[GraphQLError]) -> None:
    # As text: an error holds the whole tree.
    for error in errors:
        formatted = dict(error.formatted)
        formatted["extensions"] = {"code": Code.DOCUMENT_INVALID.value}
        message = str(formatted["message"])
        bare = _SUGGESTION.sub("", message)
        judged.errors.append({**formatted, "message": message[:_LONGEST_ERROR]})
        judged.bare_errors.append({**formatted, "message": bare[:_LONGEST_ERROR]})


def _require_small(shape: Shape, document: DocumentNode) -> None:
    if shape.repeats > MOST_REPEATS:
        raise DocumentRefused(
            Code.DOCUMENT_TOO_LARGE,
            f"The document asks for one field {shape.repeats} times in one place, and "
            f"{MOST_REPEATS} are let through. Ask for it once.",
            limit=MOST_REPEATS,
        )
    if len(document.definitions) > MOST_OPERATIONS:
        raise DocumentRefused(
            Code.DOCUMENT_TOO_LARGE,
            f"The document has {len(document.definitions)} operations and fragments, and "
            f"{MOST_OPERATIONS} are let through. Split it.",
            limit=MOST_OPERATIONS,
        )


def _require_shape(shape: Shape, limits: DocumentLimits) -> None:
    if shape.asks_schema and not limits.introspection:
        raise DocumentRefused(
            Code.INTROSPECTION_FORBIDDEN,
            "Your plan does not let documents ask for the schema. Ask your provider for it.",
        )
    for code, asked, limit, what, advice in (
        (Code.DOCUMENT_TOO_DEEP, shape.depth, limits.depth, "levels of fields", "Nest less."),
        (Code.TOO_MANY_ALIASES, shape.aliases, limits.aliases, "aliases", "Use fewer."),
        (
            Code.TOO_MANY_ROOT_FIELDS,
            shape.root_fields,
            limits.root_fields,
            "root fields",
            "Split it.",
        ),
    ):
        if asked > limit:
            raise DocumentRefused(
                code,
                f"The document has {asked} {what}, and {limit} are let through. {advice}",
                limit=limit,
                requested=asked,
            )
