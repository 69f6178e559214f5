"""Makes generated documents ask for what there is, which drawn text never does.

What they may be refused for is said here, too: the limits of a plan, and a field's own rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import IntValueNode, StringValueNode, Visitor, print_ast, visit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import DocumentNode

REFUSALS = {
    *("DOCUMENT_TOO_LARGE", "DOCUMENT_TOO_DEEP", "TOO_MANY_ALIASES", "TOO_MANY_ROOT_FIELDS"),
    *("LIST_TOO_LARGE", "COST_TOO_HIGH", "BAD_USER_INPUT", "unauthorized", "deprecated"),
}
"""The codes, and the types of soft errors; of everything else the server is at fault."""
_IDS = ("1-per-1", "1-org-1", "1-per-2", "1-org-2", "1-per-3", "1-org-999999999", "nonsense")
_NAMED_IDS = {"id", "personIds", "organizationIds"}
_LARGEST_PAGE = 12


class _Settle(Visitor):
    """Replaces ids by those of some that exist, and numbers by those of small pages."""

    def enter_argument(self, node: Any, *_: Any) -> Any:
        return _settle(node)

    def enter_object_field(self, node: Any, *_: Any) -> Any:
        return _settle(node)


def _settle(node: Any) -> Any:
    if node.name.value in _NAMED_IDS:
        return visit(node, _Ids())
    if isinstance(node.value, IntValueNode):
        number = int(node.value.value) % (_LARGEST_PAGE + 1)
        return type(node)(name=node.name, value=IntValueNode(value=str(number)))
    return None


class _Ids(Visitor):
    def enter_string_value(self, node: StringValueNode, *_: Any) -> StringValueNode:
        return StringValueNode(value=_IDS[len(node.value) % len(_IDS)])


def settle(document: DocumentNode) -> str:
    """Return a document that asks for people and organizations that exist, some of them."""
    return print_ast(visit(document, _Settle()))


def reasons_of(answer: Mapping[str, Any]) -> set[str]:
    """Return the codes of an answer's errors, and the types of those that have one instead."""
    return {
        error.get("errorType") or error["extensions"]["code"] for error in answer.get("errors", [])
    }
