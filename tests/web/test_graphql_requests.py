"""What a GraphQL request may look like, and what is said of one that cannot be read."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, urlencode

import pytest
from graphql import build_schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.deployment import code_of
from support.services import Unhurried
from watchword.access.errors import DocumentRefusal
from watchword.access.model import DocumentLimits, ServiceName
from watchword.services.documents import Documents
from watchword.web.graphql import GraphQLEndpoint
from watchword.web.http import Request

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

    from support.deployment import Customer, Deployment
    from watchword.access.guard import Admission
    from watchword.access.trusted_documents import TrustedDocuments
    from watchword.services.directory import Service
    from watchword.web.admitting import CallGate
    from watchword.web.http import Receive, Response
    from watchword.web.peers import Peers

    Post = Callable[..., httpx2.Response]

NEW = "application/graphql-response+json"
PATH = "/profile/v1/graphql"
INFO = {"info": {"name": "profile"}}
BOM = b"\xef\xbb\xbf"


@pytest.fixture
def post(deployment: Deployment, customer: Customer) -> Post:
    """Posts bytes as an admitted caller."""
    token = deployment.token(customer)
    return lambda content, **options: deployment.call(
        token, customer.api_key, content=content, **options
    )


@pytest.fixture
def get(deployment: Deployment, customer: Customer) -> Post:
    """Asks in the URL as an admitted caller."""
    token = deployment.token(customer)

    def ask(query_string: str, method: str = "GET", content: bytes = b"") -> httpx2.Response:
        url = f"{PATH}?{query_string}"
        return deployment.call(token, customer.api_key, url=url, method=method, content=content)

    return ask


def told(response: httpx2.Response) -> str:
    """Return what a refused caller reads."""
    assert response.headers["content-type"] == "application/json"
    return str(response.json()["errors"][0]["message"])


MINIMAL = '"query": "{ info { name } }"'


@pytest.mark.parametrize(
    "body",
    [
        f"{{{MINIMAL}}}",
        f'{{{MINIMAL}, "variables": null, "operationName": null, "extensions": null}}',
        f'{{{MINIMAL}, "operationName": ""}}',
        f'{{{MINIMAL}, "variables": {{"unused": 1}}, "extensions": {{"any": [1]}}}}',
        f'{{{MINIMAL}, "unknown": {{"query": "{{ nothing }}"}}, "id": 7, "QUERY": 1}}',
        f'{{{MINIMAL}, "variables": {{"query": 1, "variables": {{"query": 2}}}}}}',
        f'{{{MINIMAL}, "variables": {{"a": "\\u0000\\ud83d\\ude00", "b": 1e300, "c": -0.0}}}}',
        '{"\\u0071uery": "{ info { name } }"}',
        '\n\t {"query": "\\u007b info { name } }" } \r\n',
        '{"query": "\\ufeff{ info { name } }"}',
    ],
)
def test_a_request_may_say_more_than_is_read(post: Post, body: str) -> None:
    response = post(body)

    assert (response.status_code, response.json()["data"]) == (200, INFO)


DEEP = b'{"query": "{ info { name } }", "variables": ' + b'{"a":' * 50_000
LONG = b'{"query": "{ info { name } }", "variables": {"a": ' + b"9" * 10_000 + b"}}"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", 'The request body is missing. Send {"query": "..."}.'),
        (b"{", 'The request body is not JSON. Send {"query": "..."}.'),
        (b'{"query": "{ info }", }', "The request body is not JSON: "),
        (b'{"query": "{ info { name } }", "variables": {"a": NaN}}', "is not JSON: "),
        (b'{"query": "{ info { name } }", "variables": {"a": Infinity}}', "is not JSON: "),
        (b'{"query": "{ info { name } }", "variables": {"a": 1e999}}', "number that is too large."),
        (LONG, "The request body holds a number that is too large."),
        (DEEP, "The request body is nested too deeply."),
        (b"[" * 100_000, "The request body is nested too deeply."),
        (BOM + b'{"query": "{ info { name } }"}', "begins with a byte order mark."),
        (b'{"query": "\xff"}', "The request body is not UTF-8."),
        (b'{"query": "\xed\xa0\x80"}', "The request body is not UTF-8."),
        (b'{"query": "\xc0\xaf"}', "The request body is not UTF-8."),
        ('{"query": "{ info { name } }"}'.encode("utf-16"), "The request body is not JSON: "),
        ('{"query": "é"}'.encode("latin-1"), "The request body is not UTF-8."),
        (b'{"query": "\\ud800"}', "The request body is not JSON"),
        (b'{"query": "\\udc00\\ud800 "}', "The request body is not JSON"),
        (b'{"query": "\x00"}', "The request body is not JSON: "),
        (b'[{"query": "{ info { name } }"}]', "Several requests in one are not answered."),
        (b"[]", "Several requests in one are not answered."),
        (b"null", "Send one JSON object with a member 'query'."),
        (b'"{ info { name } }"', "Send one JSON object with a member 'query'."),
        (b"{}", "The member 'query' is missing or no text."),
        (b'{"query": null}', "The member 'query' is missing or no text."),
        (b'{"query": ["{ info { name } }"]}', "The member 'query' is missing or no text."),
        (b'{"Query": "{ info { name } }"}', "The member 'query' is missing or no text."),
        (b'{"query": "{ info { name } }", "variables": "{}"}', "'variables' is no object."),
        (b'{"query": "{ info { name } }", "variables": []}', "'variables' is no object."),
        (b'{"query": "{ info { name } }", "operationName": 1}', "'operationName' is no text."),
        (b'{"query": "{ info { name } }", "extensions": false}', "'extensions' is no object."),
    ],
)
def test_a_body_that_cannot_be_read_is_told_why(post: Post, body: bytes, text: str) -> None:
    for accept in ("application/json", NEW):
        response = post(body, extra=[("accept", accept)])

        assert (response.status_code, code_of(response)) == (400, "BAD_REQUEST")
        assert text in told(response)


@pytest.mark.parametrize(
    "body",
    [
        f"{{{MINIMAL}, {MINIMAL}}}",
        f'{{{MINIMAL}, "query": "{{ nothing }}"}}',
        f'{{{MINIMAL}, "variables": {{}}, "variables": {{"a": {{"b": 1}}}}}}',
        f'{{{MINIMAL}, "operationName": null, "operationName": "a"}}',
        f'{{{MINIMAL}, "extensions": null, "extensions": null}}',
        f'{{"\\u0071uery": "{{ nothing }}", {MINIMAL}}}',
        f'{{"variables": {{"query": 1}}, {MINIMAL}, "q\\u0075ery": "{{ nothing }}"}}',
    ],
)
def test_a_body_that_says_a_thing_twice_is_refused(post: Post, body: str) -> None:
    response = post(body)

    assert (response.status_code, code_of(response)) == (400, "BAD_REQUEST")
    assert told(response) == "A member stands twice in the request body."


@pytest.mark.parametrize(
    "content_type",
    [None, "text/plain", "text/plain;charset=UTF-8", "application/graphql", NEW,
     "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
     "application/json; charset=iso-8859-1", "application/json; charset=utf-16"],
)  # fmt: skip
def test_a_form_that_any_page_could_send_is_refused(post: Post, content_type: str | None) -> None:
    response = post(f"{{{MINIMAL}}}", content_type=content_type)

    assert (response.status_code, code_of(response)) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert "'Content-Type: application/json'" in told(response)


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "APPLICATION/JSON; charset=UTF-8", 'application/json;charset="utf-8"'],
)
def test_json_in_utf_8_is_read(post: Post, content_type: str) -> None:
    body = '{"query": "{ info { name } } # \u202e\u00e9 \U0001f600"}'.encode()

    assert post(body, content_type=content_type).json()["data"] == INFO


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip", ""])
@pytest.mark.parametrize("body", [b"\x1f\x8b\x08\x00", b'{"query": "{ info { name } }"}'])
def test_a_compressed_body_is_refused_by_its_encoding_before_it_is_read(
    post: Post, encoding: str, body: bytes
) -> None:
    compressed = post(body, extra=[("content-encoding", encoding)])

    assert (compressed.status_code, code_of(compressed)) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert "'Content-Encoding'" in told(compressed)


def test_a_body_that_says_it_is_not_compressed_is_read(post: Post) -> None:
    plain = post(b'{"query": "{ info { name } }"}', extra=[("content-encoding", "Identity")])

    assert plain.json()["data"] == INFO


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "text/event-stream", "x"])
def test_what_cannot_be_accepted_is_refused_with_what_is_offered(post: Post, accept: str) -> None:
    response = post(f"{{{MINIMAL}}}", extra=[("accept", accept)])

    assert (response.status_code, code_of(response)) == (406, "NOT_ACCEPTABLE")
    assert (response.json()["message"], response.headers["vary"]) == ("Not Acceptable", "accept")
    assert f"'{NEW}' or 'application/json'" in told(response)


@pytest.mark.parametrize(
    ("query", "plain", "typed", "has_data"),
    [
        ("{ info { name } }", 200, 200, True),
        ('{ personIdSearch(id: "nonsense") { __typename } }', 200, 200, True),
        ("{", 200, 400, False),
        ("", 200, 400, False),
        ("{ nothing }", 200, 400, False),
        ("query A { info { name } } query B { info { name } }", 200, 400, False),
        ("query ($id: String!) { personIdSearch(id: $id) { __typename } }", 200, 400, False),
        ("fragment a on Info { name }", 200, 400, False),
        ("mutation { x }", 200, 400, False),
    ],
)
def test_the_status_is_that_of_the_media_type(
    post: Post, query: str, plain: int, typed: int, has_data: bool
) -> None:
    body = json.dumps({"query": query})

    old = post(body, extra=[("accept", "application/json")])
    new = post(body, extra=[("accept", NEW)])

    assert (old.status_code, new.status_code) == (plain, typed)
    assert old.headers["content-type"] == "application/json; charset=utf-8"
    assert new.headers["content-type"] == f"{NEW}; charset=utf-8"
    assert ("data" in old.json(), "data" in new.json()) == (has_data, has_data)
    assert {old.headers["vary"], new.headers["vary"]} == {"accept"}
    assert {old.headers["cache-control"], new.headers["cache-control"]} == {"no-store"}


def test_data_beside_errors_is_a_partial_success(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)
    deployment.settings.profile_database.write_bytes(b"this is no database" * 1_000)
    query = '{ info { name } personKeywordSearch(filter: {searchKeyword: \\"a\\"}) { __typename } }'

    old, new = (
        deployment.call(token, customer.api_key, query=query, extra=[("accept", accept)])
        for accept in ("application/json", NEW)
    )

    assert (old.status_code, new.status_code) == (200, 294)
    assert {"data", "errors"} <= set(old.json()) & set(new.json())


@pytest.mark.parametrize(
    "query_string",
    [
        urlencode({"query": "{ info { name } }"}),
        "query=%7B+info+%7B%0D%0A%09name%7D%7D",
        "query={info{name}}",
        "%71uery={info{name}}",
        "query={info{name}}&variables=&extensions=&operationName=",
        "query={info{name}}&variables=null&extensions=null",
        "query={info{name}}&variables={}&unknown=1&unknown2",
        "&&query={info{name}}&",
        "query=query+null{info{name}}query+b{nothing:__typename}&operationName=null",
        urlencode({"query": '{ info { name } } # "é \U0001f600"'}),
    ],
)
def test_a_query_is_read_from_the_url(get: Post, query_string: str) -> None:
    response = get(query_string)

    assert (response.status_code, response.json()["data"]) == (200, INFO)


@pytest.mark.parametrize(
    ("query_string", "text"),
    [
        ("", "The member 'query' is missing or no text."),
        ("query=%zz", "The percent-encoding is broken."),
        ("query=%ff", "A parameter is not UTF-8."),
        ("query=%ed%a0%80", "A parameter is not UTF-8."),
        ("query={info{name}}%00", "A parameter holds a control character."),
        ("query={info{name}}&query={info{name}}", "A parameter stands twice in one place."),
        ("query={info{name}}&%71uery={info{name}}", "A parameter stands twice in one place."),
        ("query={info{name}}" + "&a" * 70, "There are too many parameters."),
        ("query={info{name}}&variables=[", "The parameter 'variables' is not JSON"),
        ("query={info{name}}&variables=[]", "The member 'variables' is no object."),
        ("query={info{name}}&variables=1e999", "The parameter 'variables' holds a number"),
        ("query={info{name}}&variables=" + "[" * 2_000, "'variables' is nested too deeply."),
        ("query={info{name}}&extensions=x", "The parameter 'extensions' is not JSON"),
        ("query={info{name}}&extensions=7", "The member 'extensions' is no object."),
    ],
)
def test_a_url_that_cannot_be_read_is_told_why(get: Post, query_string: str, text: str) -> None:
    response = get(query_string)

    assert (response.status_code, code_of(response)) == (400, "BAD_REQUEST")
    assert text in told(response)


def test_a_get_with_a_body_is_refused(get: Post) -> None:
    response = get("query={info{name}}", content=b"{}")

    assert (response.status_code, code_of(response)) == (400, "BAD_REQUEST")


def test_the_url_of_a_post_is_not_read(post: Post) -> None:
    response = post("{}", url=f"{PATH}?query={quote('{ info { name } }')}")

    assert "'query' is missing" in told(response)


@pytest.mark.parametrize("method", ["HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"])
def test_other_methods_are_refused_with_those_that_are_served(get: Post, method: str) -> None:
    response = get("query={info{name}}", method=method)

    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")


def test_a_body_is_nested_too_deeply_for_one_reader_or_for_all(post: Post) -> None:
    # Escaped, so that it is read a second time, which takes less.
    statuses = {
        post(
            b'{"query": "{ info { name \\u007d }", "variables": {"a": '
            + b"[" * depth
            + b"]" * depth
            + b"}}"
        ).status_code
        for depth in range(700, 1_000)
    }

    assert statuses == {200, 400}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(body=st.binary() | st.text().map(lambda text: json.dumps({"query": text}).encode()))
def test_no_body_is_a_failure_of_the_server(
    deployment: Deployment, customer: Customer, body: bytes
) -> None:
    token = deployment.token(customer)

    response = deployment.call(token, customer.api_key, content=body)

    assert response.status_code in {200, 400}
    assert response.json()["errors"]


class OpenGate:
    """Admits everybody, so that a service can be asked that no deployment has."""

    async def admit(self, request: Request, *_: object, **__: object) -> None:
        standing = SimpleNamespace(documents=DocumentLimits(), packages=frozenset[str]())
        caller = SimpleNamespace(standing=standing, account="acme")
        request.admission = cast("Admission", SimpleNamespace(caller=caller))


class Changeable:
    """A service that can be changed."""

    name = "changeable"
    schema = build_schema("type Query { a: Int } type Mutation { change: Int }")

    def request(self, correlation_id: str) -> Unhurried:
        return Unhurried(correlation_id)


def ask_changeable(query_string: str, accept: str) -> Response:
    """Ask as the server does: what is raised is worded."""
    endpoint = GraphQLEndpoint(
        ServiceName("changeable"),
        Documents(cast("Service", Changeable()), remembered=9),
        trusted=cast("TrustedDocuments", None),
        gate=cast("CallGate", OpenGate()),
        body_limit=9,
        resource_metadata="",
        methods=("GET", "POST"),
    )
    scope = {
        "method": "GET",
        "path": "/",
        "query_string": query_string.encode(),
        "headers": [(b"accept", accept.encode())],
    }
    request = Request(scope, cast("Receive", None), "id", cast("Peers", None))
    try:
        return asyncio.run(endpoint.answer(request))
    except DocumentRefusal as error:
        return endpoint.refuse(error, request)


@pytest.mark.parametrize("accept", ["application/json", NEW])
@pytest.mark.parametrize(
    ("query_string", "is_refused"),
    [
        ("query=mutation{change}", True),
        ("query=mutation+a{change}query+b{a}&operationName=a", True),
        ("query=mutation+a{change}query+b{a}&operationName=b", False),
        ("query={a}", False),
    ],
)
def test_a_get_never_changes_anything(query_string: str, is_refused: bool, accept: str) -> None:
    response = ask_changeable(query_string, accept)

    members = json.loads(response.body)
    assert (response.status == 405) is is_refused
    assert ((b"allow", b"POST") in response.headers) is is_refused
    assert ("data" not in members) is is_refused
    if is_refused:
        (error,) = members["errors"]
        assert error["extensions"] == {"code": "METHOD_NOT_ALLOWED", "correlationId": "id"}
