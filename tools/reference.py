"""Writes the reference pages from the code; with `--check`, names those that are out of date."""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from graphql import build_schema
from profile_data import CHOICES, PARTS, RECORDS, heading, rows, summary

from watchword.cli.main import app
from watchword.services.directory import read_schema_text
from watchword.services.imports.json_lines import LONGEST_LINE
from watchword.settings import FILE_NAME, describe_settings
from watchword.web.admin.bodies import Nothing
from watchword.web.admin.description import describe_admin
from watchword.web.admin.endpoint import BODY_LIMIT
from watchword.web.admin.table import ADMIN_PREFIX, GROUPS
from watchword.web.data_dictionary import list_definitions, to_table
from watchword.web.error_catalogue import (
    HEADERS_TOLD,
    METADATA_URL,
    classes_at_oauth,
    classes_at_services,
    document_answers,
    example_of,
    field_answers,
    soft_answers,
)
from watchword.web.openapi import OPENAPI_PATH, build_document
from watchword.web.responses import call_refusal, oauth_refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from watchword.web.admin.table import AnyOperation
    from watchword.web.http import Response

FOLDER: Final = Path(__file__).resolve().parents[1] / "docs" / "reference"
_NOTE: Final = "<!-- Made by `make docs` from the code. Do not edit by hand. -->"
_OWN_CODES: Final = ("unknown", "already_exists", "malformed", "not_allowed")


def settings_page() -> str:
    """Return the page of every setting."""
    rows = [
        (
            f"`{item['name']}`",
            f"`{item['variable']}`",
            f"`{item['default']}`" if item["default"] else "empty",
            item["unit"],
            item["help"],
        )
        for item in describe_settings()
    ]
    return _page(
        "Settings",
        "Each setting has a name, an environment variable and a default. "
        "A flag of the command line wins over the environment variable, that over "
        f"`{FILE_NAME}` in the data directory, that over the default. "
        f"`data_dir` cannot stand in `{FILE_NAME}`, which lies in it. "
        "A value that cannot be used stops the program with a text that names it, and so does an "
        "unknown name in the file. In the environment an unknown `WATCHWORD_...` is passed over: "
        "it may be another program's.",
        to_table(("setting", "environment variable", "default", "unit", "what it does"), rows),
        f"An example of `{FILE_NAME}`:",
        '```toml\nbase_url = "https://api.example.com"\nworkers = 4\n```',
    )


def cli_page() -> str:
    """Return the page of every command."""
    made = app.generate_docs(output_format="markdown", usage_name="watchword")
    # The program's own title and list of commands; ours stand above and beside them.
    commands = made.partition("## Table of Contents")[2]
    contents, _, rest = commands.partition("\n**Commands**:\n")
    details = rest[rest.index("\n## ") :]
    return _page(
        "Commands",
        "`watchword COMMAND --help` prints the same on a terminal. Results go to standard "
        "output: a table on a terminal, tabs in a pipe, one line of JSON with `--json`. "
        "Remarks and errors go to standard error.",
        "Exit codes: 0, done; 1, refused or failed, and the reason is told; 2, misused; 130, "
        "stopped by Ctrl-C.",
        contents.strip(),
        details.strip(),
    )


def errors_page() -> str:
    """Return the page of every refusal, as the server words it."""
    heads = ("status", "code", "text", "headers", "class")
    return _page(
        "Errors",
        "Each row was made by the code that answers, so the texts are those that callers read. "
        "Where a text says more than the row does, the row has the general one: a malformed "
        "request is told what is wrong with it. The reason behind a refusal is in the server's "
        "log under the correlation id, which every refusal carries as `x-correlation-id`. The "
        'header `Link`, with `rel="help"`, leads to the page of the code in the portal, '
        "`/errors/<CODE>`, which says what to do.",
        "## The OAuth endpoints",
        "`POST /oauth2/token`, `/oauth2/revoke` and `/oauth2/introspect` refuse in OAuth's way "
        "(RFC 6749 section 5.2): "
        '`{"error": "<code>", "error_description": "<text>"}`.',
        to_table(heads, [_oauth_row(kind) for kind in classes_at_oauth()]),
        "## The services",
        "Calls to a service are refused with a body that serves both a gateway's and GraphQL's "
        'clients: `{"message": "<phrase of the status>", "errors": [{"message": "<text>", '
        '"extensions": {"code": "<code>", "correlationId": "<id>"}}]}`.',
        to_table(heads, [_call_row(kind) for kind in classes_at_services()]),
        *_graphql_answers(),
    )


def schema_page(service: str) -> str:
    """Return the page of a service's types."""
    schema = build_schema(read_schema_text(service))
    return _page(
        f"The {service.title()} service's schema",
        schema.description or "",
        f"Ask at `POST /{service}/v1/graphql`. A `!` marks what is never null; square brackets "
        "mark a list. A field that needs a package names it. What a field costs, and how long its "
        "list is taken to be, is in the schema itself, which "
        f"`watchword service schema {service}` prints.",
        *(definition.text for definition in list_definitions(schema)),
    )


def profile_data_page() -> str:
    """Return the page of the JSON Lines that people come in and go out by."""
    heads = ("member", "type", "must be there", "what it is")
    sections = [
        part
        for kind in (*RECORDS, *PARTS)
        for part in (f"## {heading(kind)}", summary(kind), to_table(heads, rows(kind)))
    ]
    for choice in CHOICES:
        values = ", ".join(f"`{value.value}`" for value in choice)
        sections += [f"## {choice.__name__}", summary(choice), f"One of {values}."]
    return _page(
        "Profile data",
        "`watchword profile import jsonl` reads these lines, and `watchword profile export` and "
        "`watchword profile generate` write them. Each line is a JSON object, in UTF-8, of at "
        f"most {LONGEST_LINE:,} bytes; blank lines are passed over. The member `record` says what "
        "it is. [How to import people](../how-to/import-people.md) has an example.",
        "The first line of a file may be a `dataset`; where it is left out, the people are real. "
        "The "
        "last may be an `end`: it must be there where the `dataset` says that it `ends`, as what "
        "watchword writes does, and a file that was cut off is refused. "
        "The other records come in any order. A record names another one by its key, and means "
        "the one of its own `source`; a key is given once for each sort of record and source.",
        "A member that is not named here is refused, and so is an empty text, a text with the "
        "character U+0000 and one that is not Unicode. What is not known is left out. "
        "A date is a text, as much as is known: `2001-01-03`, `2001-01` or `2001`. Nothing ends "
        "before it starts.",
        *sections,
    )


def admin_page() -> str:
    """Return the page of the admin API."""
    document: Any = build_document("", "", describe_admin())
    sections: list[str] = []
    for group, operations in GROUPS.items():
        rows = [_operation_row(document, operation) for operation in operations]
        heads = ("operation", "what it does", "asks for", "answers", "refused as")
        sections += [f"## {group}", to_table(heads, rows)]
    sections += ["## What is sent"]
    for name, schema in document["components"]["schemas"].items():
        sections += [f"### {name}", schema.get("description", ""), _members(schema)]
    return _page(
        "The admin API",
        f"All paths begin with `{ADMIN_PREFIX}`. Each operation does what a command of the CLI "
        f"does. The same page for programs, as OpenAPI: `GET {OPENAPI_PATH}`.",
        "Every request needs an operator token, `Authorization: Bearer <token>`; without one the "
        "answer is 401, whatever the path. A body is JSON, of at most "
        f"{BODY_LIMIT:,} bytes; a member that is not named here is refused. What a GET asks for "
        "stands in its query. Every answer is `cache-control: no-store`.",
        "A refusal is a problem (RFC 9457, `application/problem+json`): see [Problem](#problem). "
        "Beside the codes named below, any request may be refused as `bad_request` (400), "
        "`unauthorized` (401), `not_found` (404), `method_not_allowed` (405), "
        "`too_many_requests` (429, with `retry-after`) and `service_unavailable` (503, with "
        "`retry-after`), one with a body as `request_timeout` (408), `content_too_large` (413) "
        "and `unsupported_media_type` (415), too.",
        *filter(None, sections),
    )


PAGES: Final[dict[str, Callable[[], str]]] = {
    "settings.md": settings_page,
    "cli.md": cli_page,
    "errors.md": errors_page,
    "profile-data.md": profile_data_page,
    "profile-schema.md": partial(schema_page, "profile"),
    "events-schema.md": partial(schema_page, "events"),
    "admin-api.md": admin_page,
}


def find_outdated(folder: Path) -> list[str]:
    """Return the names of the pages that are missing or no longer what the code says."""
    return [
        name
        for name, make in PAGES.items()
        if not (folder / name).is_file() or (folder / name).read_text("utf-8") != make()
    ]


def write(folder: Path) -> None:
    """Write all pages."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        (folder / name).write_text(make(), "utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if out of date")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the pages are")
    options = parser.parse_args(arguments)
    folder: Path = options.folder
    if not options.check:
        write(folder)
        return 0
    outdated = find_outdated(folder)
    for name in outdated:
        print(f"{folder / name} is out of date: run 'make docs'", file=sys.stderr)
    return 1 if outdated else 0


def _page(title: str, *parts: str) -> str:
    text = "\n\n".join((f"# {title}", _NOTE, *parts))
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def _oauth_row(kind: type[Exception]) -> tuple[str, ...]:
    response = oauth_refusal(example_of(kind), "")
    members = json.loads(response.body)
    return _row(kind, response, members["error"], members["error_description"])


def _call_row(kind: type[Exception]) -> tuple[str, ...]:
    response = call_refusal(
        example_of(kind), "", resource_metadata=METADATA_URL, scope="<the service>"
    )
    error = json.loads(response.body)["errors"][0]
    return _row(kind, response, error["extensions"]["code"], error["message"])


def _row(kind: type[Exception], response: Response, code: str, text: str) -> tuple[str, ...]:
    headers = [
        # The text stands in its own column.
        f"`{name.decode()}: {value.decode().replace(text, '<text>')}`"
        for name, value in response.headers
        if name in HEADERS_TOLD
    ]
    is_ours = kind.__module__.startswith("watchword.")
    return (
        str(response.status),
        f"`{code}`",
        text,
        "<br>".join(headers),
        f"`{kind.__name__}`" if is_ours else "anything unforeseen",
    )


def _graphql_answers() -> tuple[str, ...]:
    heads = ("code", "what is wrong, and what to do")
    return (
        "## GraphQL answers",
        (
            "What depends on the document is no refusal: it is a GraphQL answer with `errors`. "
            "The services that watchword answers itself have the codes below under `extensions`; a "
            "service behind the proxy has its own. "
            "[GraphQL over HTTP](../explanation/graphql-over-http.md) says which status comes when."
        ),
        "### The document does not run",
        (
            '`{"errors": [{"message": "<text>", "extensions": {"code": "<code>", ...}}]}`, without '
            "`data`. The status is 200, and 400 for a client that accepts "
            "`application/graphql-response+json`. Where a limit of the plan is passed, `limit` and "
            "`requested` stand beside the code; the limits are in "
            "[limit documents](../how-to/limit-documents.md)."
        ),
        to_table(heads, _coded(document_answers())),
        "### A field has no answer",
        (
            "The field is null, its error names it by `path`, and `data` holds the rest. Where the "
            "field may not be null, what holds it is null instead. The status is 200, and 294 "
            "(Partial Success) for a client that accepts `application/graphql-response+json`."
        ),
        to_table(heads, _coded(field_answers())),
        "### Soft errors",
        (
            "An error with an `errorType` takes nothing from the rest of the answer, which is as "
            "good as one without errors: use its `data`. The status is as for a field without an "
            "answer."
        ),
        to_table(("`errorType`", "what it means, and what to do"), _coded(soft_answers())),
    )


def _coded(said: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(f"`{code}`", text) for code, text in said]


def _operation_row(document: Any, operation: AnyOperation) -> tuple[str, ...]:  # noqa: ANN401 - JSON
    path = ADMIN_PREFIX + operation.path
    described = document["paths"][path][operation.method.lower()]
    asks = "" if operation.asks is Nothing else _anchor(operation.asks.__name__)
    if described.get("parameters"):
        asks = (
            ", ".join(
                f"`{item['name']}`" for item in described["parameters"] if item["in"] == "query"
            )
            or asks
        )
    codes = [
        reference["$ref"].rpartition("/")[2].split(".")[1:]
        for reference in described["responses"].values()
        if "$ref" in reference
    ]
    own = [f"`{code}` ({status})" for status, *rest in codes for code in rest if code in _OWN_CODES]
    return (
        f"`{operation.method} {operation.path}`",
        operation.summary,
        asks,
        f"{operation.status.value} {_anchor(operation.answer.__name__)}",
        ", ".join(own),
    )


def _members(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return "One of " + ", ".join(f"`{value}`" for value in schema["enum"]) + "."
    rows = [
        (f"`{name}`", _json_type(member), _json_default(name, member, schema), _told(member))
        for name, member in schema["properties"].items()
    ]
    return to_table(("member", "type", "when left out", "what it is"), rows)


def _json_type(member: dict[str, Any]) -> str:
    if "$ref" in member:
        return _anchor(member["$ref"].rpartition("/")[2])
    if "anyOf" in member:
        return " or ".join(_json_type(kind) for kind in member["anyOf"])
    if member.get("type") == "array":
        return f"list of {_json_type(member['items'])}"
    if isinstance(member.get("additionalProperties"), dict):
        return f"{_json_type(member['additionalProperties'])} by name"
    return str(member.get("format") or member["type"])


def _json_default(name: str, member: dict[str, Any], schema: dict[str, Any]) -> str:
    if name in schema["required"]:
        return ""
    if "default" not in member:
        return "as it is"
    return f"`{json.dumps(member['default'])}`"


def _told(member: dict[str, Any]) -> str:
    kinds = [member, *member.get("anyOf", [])]
    bounds = [
        f"{word} {kind[key]:,}."
        for kind in kinds
        for key, word in (("minimum", "At least"), ("maximum", "At most"))
        if key in kind
    ]
    return " ".join([member.get("description", ""), *bounds])


def _anchor(name: str) -> str:
    return f"[{name}](#{name.lower()})"


if __name__ == "__main__":
    sys.exit(main())
