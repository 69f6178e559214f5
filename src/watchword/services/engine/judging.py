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
from watchword.services.engine.operations import Operation, Parts
from watchword.services.engine.shapes import measure

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graphql import DocumentNode, GraphQLSchema

    from watchword.access.model import DocumentLimits
    from watchword.services.engine.shapes import Shape

MOST_REPEATS: Final = 20
"""How often one field may be asked for in one place: validation compares each pair."""
MOST_DEFINITIONS: Final = 50
_MOST_ERRORS: Final = 20
_LONGEST_ERROR: Final = 1_000
"""Characters. It may quote a name of the caller's own, of any length."""
_MOST_LOCATIONS: Final = 5
_SUGGESTION: Final = re.compile(r" Did you mean [^?]*\?")
MOST_CHARACTERS: Final = 65_536
"""Of a document. Blanks and comments are no tokens, and have to be read all the same."""
MOST_LINES: Final = 5_000
_ABORTED: Final = "Validation aborted."
"""graphql-core's words where it has compared as many pairs of fields as it ever does."""
_CUT: Final = "contains more than"
TOO_DEEP: Final = "The document is nested too deeply."


class Judged:
    """A document as far as it is known.

    Attributes:
        name: Of its operation; "" where that has none, or there are several.
        operations: By name; empty where the document is not valid.
        errors: What is wrong with it, for callers who may ask for the schema,
        bare_errors: and for all others: suggestions name fields.
        refused: Why it is refused whoever asks.
        shape: How large it is; None where it could not be measured.
        tokens: How many it has, or how many were read where it has more; 0 where it does not parse.
        is_cut: Whether it has more.
        is_validated: Whether it was; what is larger than a plan lets through is not, for it.
    """

    def __init__(self) -> None:
        self.name = ""
        self.operations: dict[str | None, Operation] = {}
        self.errors: list[dict[str, Any]] = []
        self.bare_errors: list[dict[str, Any]] = []
        self.refused: DocumentRefused | None = None
        self.shape: Shape | None = None
        self.tokens = 0
        self.is_cut = False
        self.is_validated = False

    @property
    def characters(self) -> int:
        """How long the errors are that are kept."""
        return sum(len(str(error)) for error in self.errors) * 2

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
    _require_short(text)
    try:
        document = parse(text, max_tokens=limits.tokens)
    except GraphQLSyntaxError as error:
        judged.is_cut = _CUT in error.message
        if judged.is_cut:
            judged.tokens = limits.tokens
        else:
            judged.is_validated = True
            _fail(judged, [error])
        return
    judged.name = _find_name(document)
    judged.tokens = _count_tokens(document)
    judged.shape = measure(document)
    _require_small(judged.shape, document)
    if judged.is_within(limits):
        judged.is_validated = True
        _validate(judged, schema, document)


def _validate(judged: Judged, schema: GraphQLSchema, document: DocumentNode) -> None:
    errors = validate(schema, document, max_errors=_MOST_ERRORS)
    if any(error.message == _ABORTED for error in errors):
        raise DocumentRefused(
            Code.DOCUMENT_TOO_LARGE,
            "The document asks for the same fields in so many places that it takes too long to "
            "compare them. Ask for each once.",
        )
    if errors:
        _fail(judged, errors)
        return
    parts = Parts.of(document)
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            name = None if node.name is None else node.name.value
            judged.operations[name] = Operation(schema, node, parts)


def _find_name(document: DocumentNode) -> str:
    names = [
        node.name for node in document.definitions if isinstance(node, OperationDefinitionNode)
    ]
    return names[0].value if len(names) == 1 and names[0] is not None else ""


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
        judged.errors.append(word_error(error, Code.DOCUMENT_INVALID, may_suggest=True))
        judged.bare_errors.append(word_error(error, Code.DOCUMENT_INVALID, may_suggest=False))


def word_error(error: GraphQLError, code: Code, *, may_suggest: bool) -> dict[str, Any]:
    """Return an error of graphql-core's for callers.

    Args:
        error: The error. It may quote names and values of the caller's own, of any length.
        code: Names it to programs.
        may_suggest: Whether it may name what the caller perhaps meant: that tells of the schema.
    """
    formatted: dict[str, Any] = {**error.formatted}
    message = str(formatted["message"])
    if not may_suggest:
        message = _SUGGESTION.sub("", message)
    formatted["message"] = message[:_LONGEST_ERROR]
    if "locations" in formatted:
        formatted["locations"] = formatted["locations"][:_MOST_LOCATIONS]
    formatted["extensions"] = {"code": code.value}
    return formatted


def _require_short(text: str) -> None:
    for asked, most, what in (
        (len(text), MOST_CHARACTERS, "characters"),
        # A tree keeps where all stands, and each error looks through the lines for it.
        (text.count("\n") + text.count("\r"), MOST_LINES, "lines"),
    ):
        if asked > most:
            raise DocumentRefused(
                Code.DOCUMENT_TOO_LARGE,
                f"The document has {asked} {what}, and {most} are let through. "
                "Leave out comments and blanks, or split it.",
                limit=most,
                requested=asked,
            )


def _require_small(shape: Shape, document: DocumentNode) -> None:
    if shape.repeats > MOST_REPEATS:
        raise DocumentRefused(
            Code.DOCUMENT_TOO_LARGE,
            f"The document asks for one field {shape.repeats} times in one place, and "
            f"{MOST_REPEATS} are let through. Ask for it once.",
            limit=MOST_REPEATS,
        )
    if len(document.definitions) > MOST_DEFINITIONS:
        raise DocumentRefused(
            Code.DOCUMENT_TOO_LARGE,
            f"The document has {len(document.definitions)} operations and fragments, and "
            f"{MOST_DEFINITIONS} are let through. Split it.",
            limit=MOST_DEFINITIONS,
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
