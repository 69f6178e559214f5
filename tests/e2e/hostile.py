"""Documents that ask a server for its time or memory, and what each is told."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

TOO_LARGE = "DOCUMENT_TOO_LARGE"
INVALID = "DOCUMENT_INVALID"
# The longest and the most that pass the plan's bound of tokens, so that the next one is reached.
_NEARLY_TOO_LARGE = 1_900
_ROOTS = " ".join(f"a{number}: __typename" for number in range(21))


@dataclass(frozen=True, slots=True)
class Hostile:
    """A document, and what it is told.

    Attributes:
        query: The document.
        code: The code of the refusal; None where a limit is not the reason, or it is answered.
        text: A part of the refusal's text; "" where it may be answered as well.
        variables: Sent with it.
    """

    query: str
    code: str | None = None
    text: str = ""
    variables: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def body(self) -> bytes:
        members = {"query": self.query, "variables": self.variables}
        return json.dumps(members, ensure_ascii=False).encode()


def _nest(levels: int, inner: str = "name") -> str:
    opening = "rolesCommittee { items { person { " * levels
    return f"{{ {opening} {inner} {'} } }' * levels} }}"


def _chain(length: int, each: str, last: str) -> str:
    """Return fragments of which each holds the next twice."""
    fragments = [
        f"fragment f{number} on Info {{ {each.format(next=number + 1)} }}"
        for number in range(length)
    ]
    return "\n".join(["{ info { ...f0 } }", *fragments, f"fragment f{length} on Info {{ {last} }}"])


def _deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": [value]}
    return value


HOSTILE = {
    "50,000 braces": Hostile("{a" * 50_000, TOO_LARGE, "100000 characters"),
    "20,000 braces": Hostile("{a" * 20_000, None, "nested too deeply"),
    "50,000 brackets in a value": Hostile(
        "{ personIdSearch(id: " + "[" * 50_000 + ") { __typename } }", None, "nested too deeply"
    ),
    "50,000 brackets in a type": Hostile(
        "query ($a: " + "[" * 50_000 + "Int) { info { name } }", None, "nested too deeply"
    ),
    "900 brackets in a value": Hostile(
        "{ personIdSearch(id: " + "[" * 900 + "]" * 900 + ") { __typename } }",
        None, "nested too deeply",
    ),
    "fields within fields": Hostile(_nest(6), "DOCUMENT_TOO_DEEP"),
    "as deep as tokens allow": Hostile(_nest(200), None, "nested too deeply"),
    "inline fragments within each other": Hostile(
        "{ info { " + "... { " * 450 + "name" + " }" * 450 + " } }",
        None, "nested too deeply",
    ),
    "100,000 fields": Hostile("{ info { " + "a " * 100_000 + "} }", TOO_LARGE),
    "one field very often": Hostile("{ info { " + "name " * _NEARLY_TOO_LARGE + "} }", TOO_LARGE),
    "10,000 aliases": Hostile(
        "{" + " ".join(f"a{number}: info {{ name }}" for number in range(10_000)) + "}", TOO_LARGE
    ),
    "300 aliases": Hostile(
        "{ info {" + " ".join(f"a{number}: name" for number in range(300)) + "} }",
        "TOO_MANY_ALIASES",
    ),
    "300 root fields": Hostile("{" + "__typename " * 300 + "}", TOO_LARGE),
    "21 root fields": Hostile(f"{{ {_ROOTS} }}", "TOO_MANY_ROOT_FIELDS"),
    "21 root fields in a fragment": Hostile(
        f"{{ ...a }} fragment a on Query {{ {_ROOTS} }}", "TOO_MANY_ROOT_FIELDS"
    ),
    "a fragment within itself": Hostile(
        "{ info { ...a } } fragment a on Info { ...a }", INVALID, "Cannot spread fragment 'a'"
    ),
    "fragments within each other": Hostile(
        "{ info { ...f0 } }" + " ".join(
            f"fragment f{number} on Info {{ ...f{(number + 1) % 40} }}" for number in range(40)
        ), INVALID, "Cannot spread fragment 'f",
    ),
    "2 to the power of 100 fields": Hostile(
        _chain(100, "...f{next} ...f{next}", "name"), TOO_LARGE
    ),
    "2 to the power of 40 fields": Hostile(
        _chain(40, "...f{next} ... {{ ...f{next} }} a: name", "name"), TOO_LARGE
    ),
    "pages within pages": Hostile(
        "{ rolesCommittee(pageInfo: {first: 100}) { items { person "
        "{ rolesCommittee(pageInfo: {first: 100}) { items { person { name } } } } } } }",
        "COST_TOO_HIGH",
    ),
    "a page of a million": Hostile(
        "{ rolesCommittee(pageInfo: {first: 1000000}) { items { title } } }", "LIST_TOO_LARGE"
    ),
    "the whole schema": Hostile(
        "{ __schema { types { fields { type { fields { name } } } } } }",
        "INTROSPECTION_FORBIDDEN",
    ),
    "a number of 10,000 digits": Hostile(
        "{ rolesCommittee(pageInfo: {first: " + "9" * 10_000 + "}) { items { title } } }",
        INVALID, "Int",
    ),
    "a fraction of 10,000 digits": Hostile(
        "{ rolesCommittee(pageInfo: {first: 0." + "9" * 10_000 + "}) { items { title } } }",
        INVALID, "Int cannot represent",
    ),
    "a block string of a megabyte": Hostile(
        '{ personIdSearch(id: """' + "x" * 1_000_000 + '""") { __typename } }'
    ),
    "a block string of many lines": Hostile(
        '{ personIdSearch(id: """' + "\n " * 300_000 + '""") { __typename } }'
    ),
    "a comment of a megabyte": Hostile("{ info { name } } #" + "x" * 1_000_000),
    "a name of a megabyte": Hostile("{ " + "x" * 1_000_000 + " }", TOO_LARGE, "characters"),
    "a name of 60,000 characters": Hostile(
        "{ " + "x" * 60_000 + " }", INVALID, "Cannot query field"
    ),
    "500,000 lines": Hostile("\n" * 500_000 + "{ info { name } }", TOO_LARGE, "characters"),
    "60,000 lines": Hostile("\n" * 60_000 + "{ info { name } }", TOO_LARGE, "lines"),
    "5,000 operations": Hostile(
        " ".join(f"query a{number} {{ info {{ name }} }}" for number in range(5_000)), TOO_LARGE
    ),
    "200 operations": Hostile(
        " ".join(f"query a{number} {{ info {{ name }} }}" for number in range(200)),
        TOO_LARGE,
    ),
    "10,000 directives": Hostile(
        "{ info { name " + "@skip(if: false) " * 10_000 + "} }", TOO_LARGE
    ),
    "250 directives": Hostile(
        "{ info { name " + "@skip(if: false) " * 250 + "} }", INVALID, "can only be used once"
    ),
    "500 unknown directives": Hostile("{ info { name " + "@x " * 500 + "} }", INVALID, "directive"),
    "400 variables": Hostile(
        "query (" + " ".join(f"$a{number}: Int" for number in range(400)) + ") { info { name } }",
        INVALID, "is never used",
    ),
    "500 errors": Hostile(
        "{ info { " + " ".join(f"nothing{number}" for number in range(500)) + "} }",
        INVALID, "Cannot query field",
    ),
    "a megabyte in a variable": Hostile(
        "query ($id: String!) { personIdSearch(id: $id) { __typename } }",
        variables={"id": "x" * 1_000_000},
    ),
    "many members in a variable": Hostile(
        "query ($id: String!) { personIdSearch(id: $id) { __typename } }",
        "VARIABLES_TOO_LARGE", "2000 values",
        variables={"id": {str(number): number for number in range(60_000)}},
    ),
    "some members in a variable": Hostile(
        "query ($id: String!) { personIdSearch(id: $id) { __typename } }",
        "VARIABLES_INVALID", "String cannot represent",
        variables={"id": {str(number): number for number in range(1_900)}},
    ),
    "400 levels in a variable": Hostile(
        "query ($page: PageInfoInput) { rolesCommittee(pageInfo: $page) { items { title } } }",
        "VARIABLES_INVALID", "Int cannot represent", variables={"page": {"first": _deep(200)}},
    ),
    "homoglyphs": Hostile("{ info { n\u0430me } }", INVALID, "Unexpected character"),
    "right to left": Hostile("{ info { name \u202e} }", INVALID, "Unexpected character"),
    "a name that is drawn otherwise": Hostile(
        '{ personIdSearch(id: "1-per-1\u202e\u2066") { __typename } }'
    ),
    "half a pair of escapes": Hostile(
        '{ personIdSearch(id: "\\uD83D") { __typename } }', INVALID, "Invalid Unicode escape"
    ),
    "overlong escapes": Hostile(
        '{ personIdSearch(id: "\\u{' + "0" * 10_000 + '41}") { __typename } }',
        INVALID, "Invalid Unicode escape",
    ),
    "an escape beyond Unicode": Hostile(
        '{ personIdSearch(id: "\\u{FFFFFFFF}") { __typename } }', INVALID, "Invalid Unicode escape"
    ),
    "a byte order mark in the middle": Hostile("{ info { \ufeffname } }"),
    "a NUL": Hostile("{ info { name \x00} }", INVALID, "Unexpected character"),
    "nothing but a byte order mark": Hostile("\ufeff", INVALID, "Unexpected <EOF>"),
}  # fmt: skip
