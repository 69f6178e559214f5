"""The proxy of a registered upstream: who is passed on, and what passes either way."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING

import pytest

from support.deployment import Deployment, code_of
from support.proxied import BODY, URL, Proxied
from support.upstreams import ANSWER, PATH, Upstream, head, whole
from watchword.access.model import Limit
from watchword.access.registration.changes import Route
from watchword.access.usage import UsageCounter

if TYPE_CHECKING:
    from watchword.access.guard import Admission

HOST = [("host", "matching.localhost:8080")]


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("/matching/v1/graphql", []),
        ("/matching/v1/graphql/", []),
        ("/v1/graphql", HOST),
        ("/v1/graphql/", HOST),
        ("/matching/v1/graphiql/", []),
        ("/v1/graphiql", HOST),
    ],
)
def test_a_call_is_passed_on_at_every_spelling_of_the_path(
    proxied: Proxied, url: str, host: list[tuple[str, str]]
) -> None:
    response = proxied.call(url=f"{url}?a=1&b=%20x", extra=host)

    (seen,) = proxied.upstream.seen
    assert (seen.method, seen.target) == ("POST", f"{PATH}?a=1&b=%20x")
    assert seen.body.decode() == BODY
    assert seen.one("content-type") == "application/json"
    assert seen.one("host") == f"127.0.0.1:{proxied.upstream.port}"
    assert response.status_code == 200
    assert response.content == ANSWER
    assert response.headers["content-length"] == str(len(ANSWER))


def test_a_get_is_passed_on_without_a_body(proxied: Proxied) -> None:
    response = proxied.call(method="GET", url=f"{URL}?query=%7Bevents%7D", content="not passed on")

    (seen,) = proxied.upstream.seen
    assert response.status_code == 200
    assert (seen.method, seen.target, seen.body) == ("GET", f"{PATH}?query=%7Bevents%7D", b"")


def test_a_query_passes_as_it_was_spelled(proxied: Proxied) -> None:
    proxied.call(url=f"{URL}?q=%C3%A4&r=100%25", method="GET")

    assert proxied.upstream.seen[0].target == f"{PATH}?q=%C3%A4&r=100%25"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "OPTIONS"])
@pytest.mark.parametrize("url", ["/nothing/v1/graphql", "/relationships/v1/graphql"])
def test_a_name_without_an_upstream_is_not_found_whatever_the_credentials(
    proxied: Proxied, url: str, method: str
) -> None:
    proxied.deployment.operate(lambda registry: registry.add_service("relationships", "", ""))

    answers = [
        proxied.deployment.call(token, proxied.customer.api_key, url=url, method=method)
        for token in (None, proxied.token)
    ]

    assert [(answer.status_code, code_of(answer)) for answer in answers] == [(404, "NOT_FOUND")] * 2


def test_a_route_holds_from_the_next_request_on(proxied: Proxied) -> None:
    second = Upstream()
    second.answers(whole(b'{"data":{"second":true}}'))

    before = proxied.call()
    proxied.route(upstream=second.url)
    moved = proxied.call()
    proxied.route(upstream=None)
    gone = proxied.call()
    second.close()

    assert before.content == ANSWER
    assert moved.json() == {"data": {"second": True}}
    assert gone.status_code == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
def test_another_method_is_refused_with_allow(proxied: Proxied, method: str) -> None:
    response = proxied.call(method=method)

    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"
    assert proxied.upstream.accepted == 0


def test_whoever_is_refused_never_reaches_the_upstream(proxied: Proxied) -> None:
    deployment, key = proxied.deployment, proxied.customer.api_key
    old, token = proxied.token, deployment.token(proxied.customer)
    large = b" " * 2_000_000  # is not read either: who is not let in is told that first

    def refuse(token: str | None, api_key: str | None) -> tuple[int, str]:
        response = deployment.call(token, api_key, url=URL, content=large)
        return response.status_code, code_of(response)

    refused = [refuse(None, key), refuse("x", key), refuse(old, key), refuse(token, None)]
    deployment.operate(lambda registry: registry.set_service_enabled("matching", is_enabled=False))
    refused.append(refuse(token, key))

    assert refused == [
        (401, "TOKEN_MISSING"),
        (401, "TOKEN_INVALID"),
        (401, "TOKEN_SUPERSEDED"),
        (403, "API_KEY_MISSING"),
        (403, "SERVICE_NOT_ALLOWED"),
    ]
    assert proxied.upstream.accepted == 0


def test_a_plan_without_a_limit_for_the_service_grants_nothing(
    deployment: Deployment, upstream: Upstream
) -> None:
    customer = deployment.make_customer()
    deployment.operate(
        lambda registry: registry.add_service("matching", "", "", Route(upstream.url))
    )
    deployment.operate(
        lambda registry: registry.set_entitlement("acme", "matching", is_granted=True)
    )

    response = deployment.call(deployment.token(customer), customer.api_key, url=URL)

    assert (response.status_code, code_of(response)) == (403, "SERVICE_NOT_ALLOWED")


def test_a_call_that_is_passed_on_is_counted_and_says_what_is_left(proxied: Proxied) -> None:
    limit = Limit(rate=1, burst=2, quota=5)
    proxied.deployment.operate(lambda registry: registry.set_limit("roomy", "matching", limit))

    first, second, third = (proxied.call() for _ in range(3))

    assert first.headers["ratelimit-policy"] == '"burst";q=2;w=2,"daily";q=5;w=86400'
    assert first.headers["ratelimit"].startswith('"burst";r=1;')
    assert second.status_code == 200
    assert (third.status_code, code_of(third)) == (429, "RATE_LIMITED")
    assert len(proxied.upstream.seen) == 2


def test_the_operation_that_was_asked_for_is_counted(
    proxied: Proxied, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[tuple[str, str]] = []

    def count(_: UsageCounter, admission: Admission, operation: str) -> None:
        counted.append((admission.caller.service, operation))

    monkeypatch.setattr(UsageCounter, "count", count)

    proxied.call()
    proxied.call(content="no json")
    proxied.call(content='{"operationName": 1}')
    proxied.call(method="GET", url=f"{URL}?query=x&operationName=ByUrl")

    assert counted == [
        ("matching", "Recent"),
        ("matching", ""),
        ("matching", ""),
        ("matching", "ByUrl"),
    ]


def test_credentials_never_reach_the_upstream(proxied: Proxied) -> None:
    proxied.call(extra=[("cookie", "session=secret"), ("proxy-authorization", "Basic secret")])

    (seen,) = proxied.upstream.seen
    names = {name for name, _ in seen.headers}
    text = json.dumps([seen.target, seen.headers, seen.body.decode()])
    assert not names & {"authorization", "x-api-key", "cookie", "proxy-authorization"}
    assert proxied.token not in text
    assert proxied.customer.api_key not in text
    assert "secret" not in text


def test_the_upstream_is_told_who_calls_from_where(proxied: Proxied) -> None:
    response = proxied.call(extra=[*HOST, ("traceparent", "00-1-2-01"), ("user-agent", "mine/1")])

    (seen,) = proxied.upstream.seen
    assert seen.one("x-watchword-user") == proxied.customer.username
    assert seen.one("x-watchword-account") == proxied.customer.account
    assert seen.one("x-watchword-key-id") == proxied.customer.key_id
    assert seen.one("x-watchword-plan") == "roomy"
    assert seen.one("x-watchword-scopes") == "matching profile"
    assert seen.one("x-watchword-api") == "matching"
    assert seen.one("x-watchword-token-id")
    assert seen.one("x-forwarded-for") == "127.0.0.1"
    assert seen.one("x-forwarded-proto") == "http"
    assert seen.one("x-forwarded-host") == "matching.localhost:8080"
    assert seen.one("x-correlation-id") == response.headers["x-correlation-id"]
    assert seen.one("traceparent") == "00-1-2-01"
    assert seen.one("user-agent") == "mine/1"
    assert seen.all("x-watchword-identity") == []


FORGED = [
    "X-Watchword-User",
    "X-Watchword-Account",
    "X_Watchword_User",
    "x_watchword-account",
    "X-Watchword-Identity",
    "X-Watchword-Anything",
    "X-Forwarded-For",
    "X_Forwarded_For",
    "X-Forwarded-User",
    "Forwarded",
    "X-Correlation-Id",
    "Proxy",
    "X-Real-IP",
    "True-Client-IP",
    "X-Original-URI",
    "X_Original_URL",
    "X-Original-Method",
    "X-HTTP-Method-Override",
]


@pytest.mark.parametrize("name", FORGED)
@pytest.mark.parametrize("is_named", [False, True], ids=["", "named in Connection"])
def test_a_forged_header_of_ours_does_not_get_through(
    proxied: Proxied, name: str, is_named: bool
) -> None:
    named = [("connection", name)] if is_named else []

    proxied.call(extra=[(name, "forged"), *named])

    (seen,) = proxied.upstream.seen
    assert "forged" not in [value for _, value in seen.headers]
    assert seen.one("x-watchword-user") == proxied.customer.username
    assert seen.one("x-forwarded-for") == "127.0.0.1"


def test_what_is_for_one_hop_stays_there(proxied: Proxied) -> None:
    proxied.upstream.answers(
        whole(ANSWER, "connection: x-inner", "x-inner: 1", "keep-alive: timeout=5", "x-outer: 2")
    )

    response = proxied.call(
        extra=[
            ("connection", "x-mine, keep-alive"),
            ("x-mine", "1"),
            ("te", "trailers"),
            ("upgrade", "websocket"),
            ("keep-alive", "timeout=9"),
            ("x-other", "kept"),
        ]
    )

    (seen,) = proxied.upstream.seen
    names = {name for name, _ in seen.headers}
    assert not names & {"x-mine", "te", "upgrade", "keep-alive", "transfer-encoding"}
    assert seen.one("x-other") == "kept"
    assert response.headers["x-outer"] == "2"
    assert not set(response.headers) & {"x-inner", "keep-alive", "connection"}


def test_headers_of_an_answer_pass_but_for_those_that_are_ours_to_say(proxied: Proxied) -> None:
    dropped = [
        "set-cookie: a=b",
        "server: inner/1",
        "alt-svc: h3",
        "date: yesterday",
        "www-authenticate: Basic",
        "X-Watchword-User: inner",
        "x_watchword_user: inner",
        "Set_Cookie: inner",
        "RateLimit_Policy: inner",
        "RateLimit: inner",
        "RateLimit-Policy: inner",
        "x-correlation-id: inner",
    ]
    kept = ["etag: 1", "vary: a", "vary: b", "retry-after: 7", "access-control-allow-origin: *"]
    proxied.upstream.answers(whole(ANSWER, *dropped, *kept))

    response = proxied.call()

    assert "inner" not in str(response.headers)
    assert not set(response.headers) & {"set-cookie", "server", "alt-svc", "www-authenticate"}
    assert response.headers["etag"] == "1"
    assert response.headers.get_list("vary") == ["a", "b"]
    assert response.headers["retry-after"] == "7"
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["cache-control"] == "no-store"
    assert len(response.headers.get_list("x-correlation-id")) == 1


@pytest.mark.parametrize(
    ("said", "passed"),
    [
        (["private, max-age=5"], "private, max-age=5"),
        (["public, max-age=600"], "private, max-age=600"),
        (["Public", "max-age=60, S-MaxAge = 600"], "private, max-age=60"),
        (["public"], "private"),
        (["s-maxage=600"], "private"),
        (["max-age=60"], "private, max-age=60"),
        (['private="x-a, public", no-cache="x-b, public"'], 'private, no-cache="x-b, public"'),
        (['x="\\"public'], 'private, x="\\"public'),
        (["no-store"], "no-store"),
        (["no-store, public"], "no-store"),
        ([""], "no-store"),
    ],
)
def test_what_the_upstream_says_of_caches_counts_for_the_callers_own(
    proxied: Proxied, said: list[str], passed: str
) -> None:
    lines = [f"cache-control: {value}" for value in said]
    proxied.upstream.answers(whole(ANSWER, *lines, "cdn-cache-control: max-age=600"))

    headers = proxied.call().headers

    assert headers.get_list("cache-control") == [passed]
    assert "cdn-cache-control" not in headers


@pytest.mark.parametrize(
    "status", ["201 Created", "400 Bad", "403 No", "404 No", "429 Slow", "503 No"]
)
def test_statuses_of_the_upstream_pass(proxied: Proxied, status: str) -> None:
    proxied.upstream.answers(whole(b'{"errors":[]}', status=status))

    response = proxied.call()

    assert (response.status_code, response.json()) == (int(status[:3]), {"errors": []})


@pytest.mark.parametrize(
    "raw",
    [
        head(status="204 No Content"),
        head("content-length: 0", status="204 No Content"),
        head("etag: 1", status="304 Not Modified"),
    ],
)
def test_an_answer_without_a_body_passes(proxied: Proxied, raw: bytes) -> None:
    proxied.upstream.answers(raw)

    first, second = proxied.call(), proxied.call()

    assert [first.status_code, second.status_code] == [int(raw[9:12])] * 2
    assert first.content == b""
    assert proxied.upstream.accepted == 1


@pytest.mark.parametrize("line", ["content-length: 5000", "transfer-encoding: chunked"])
@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_a_connection_is_not_kept_when_a_body_was_announced_that_cannot_be(
    proxied: Proxied, status: str, line: str
) -> None:
    proxied.upstream.answers(head(line, status=status))

    answers = [proxied.call() for _ in range(2)]

    assert [answer.status_code for answer in answers] == [int(status[:3])] * 2
    assert [answer.content for answer in answers] == [b"", b""]
    assert proxied.upstream.accepted == 2


@pytest.mark.parametrize(
    "raw",
    [
        head("content-length: 2", "", "ok")[:-4],
        head("transfer-encoding: chunked") + b"1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
        head("transfer-encoding: chunked") + b"2;x=y\r\nok\r\n0\r\nx-trailer: 1\r\n\r\n",
    ],
    ids=["with a length", "in chunks", "with trailers"],
)
def test_a_body_passes_however_it_is_framed(proxied: Proxied, raw: bytes) -> None:
    proxied.upstream.answers(raw)

    answers = [proxied.call() for _ in range(3)]

    assert [answer.content for answer in answers] == [b"ok"] * 3
    assert "x-trailer" not in answers[0].headers
    assert proxied.upstream.accepted == 1


def test_a_compressed_body_passes_as_it_is(proxied: Proxied) -> None:
    packed = zlib.compress(ANSWER)
    proxied.upstream.answers(whole(packed, "content-encoding: deflate"))

    response = proxied.call(extra=[("accept-encoding", "deflate")])

    assert proxied.upstream.seen[0].one("accept-encoding") == "deflate"
    assert response.headers["content-length"] == str(len(packed))
    assert response.content == ANSWER


@pytest.mark.parametrize("length", [0, 1, 65_535, 65_536, 65_537, 1_000_000])
def test_bodies_of_any_length_pass_both_ways(proxied: Proxied, length: int) -> None:
    body = bytes(number % 251 for number in range(length))
    proxied.upstream.answers(whole(body))

    responses = [proxied.call(content=body) for _ in range(2)]

    assert [seen.body == body for seen in proxied.upstream.seen] == [True, True]
    assert [seen.one("content-length") for seen in proxied.upstream.seen] == [str(length)] * 2
    assert [response.content == body for response in responses] == [True, True]
    assert [response.headers["content-length"] for response in responses] == [str(length)] * 2
    assert proxied.upstream.accepted == 1


def test_a_body_too_large_is_refused_and_nothing_reaches_the_upstream(proxied: Proxied) -> None:
    response = proxied.call(content=b" " * 1_048_577)

    assert (response.status_code, code_of(response)) == (413, "CONTENT_TOO_LARGE")
    assert proxied.upstream.accepted == 0


def test_an_unknown_transfer_encoding_is_a_bad_request(proxied: Proxied) -> None:
    response = proxied.call(extra=[("transfer-encoding", "gzip, chunked")])

    assert (response.status_code, code_of(response)) == (400, "BAD_REQUEST")
    assert proxied.upstream.accepted == 0


PREFLIGHT = [("origin", "https://app.example"), ("access-control-request-method", "POST")]
PERMISSION = head(
    "access-control-allow-origin: https://app.example",
    "access-control-allow-headers: authorization, x-api-key",
    "content-length: 0",
    status="204 No Content",
)


def test_a_preflight_passes_without_credentials_where_the_service_allows_it(
    proxied: Proxied,
) -> None:
    proxied.route(allows_preflight=True)
    proxied.upstream.answers(PERMISSION)
    credentials = [("authorization", "Bearer secret"), ("x-api-key", "secret")]

    others = [("x-other", "secret"), ("content-type", "secret"), ("traceparent", "secret")]

    response = proxied.deployment.request(
        "OPTIONS", f"{URL}?query=secret", [*PREFLIGHT, *credentials, *others], content="secret"
    )

    (seen,) = proxied.upstream.seen
    assert (seen.target, seen.body) == (PATH, b"")
    assert seen.one("access-control-request-method") == "POST"
    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == "https://app.example"
    assert "ratelimit" not in response.headers
    assert (seen.method, seen.one("origin")) == ("OPTIONS", "https://app.example")
    assert seen.one("x-watchword-user") == ""
    assert "secret" not in str(seen.headers)


@pytest.mark.parametrize("kept", [[], PREFLIGHT[:1], PREFLIGHT[1:]])
def test_options_that_is_no_preflight_is_refused(
    proxied: Proxied, kept: list[tuple[str, str]]
) -> None:
    proxied.route(allows_preflight=True)

    response = proxied.deployment.request("OPTIONS", URL, kept)

    assert response.status_code == 405
    assert proxied.upstream.accepted == 0


def test_a_preflight_to_a_service_that_is_disabled_or_allows_none_is_refused(
    proxied: Proxied,
) -> None:
    not_allowed = proxied.deployment.request("OPTIONS", URL, PREFLIGHT)
    proxied.route(allows_preflight=True)
    proxied.deployment.operate(
        lambda registry: registry.set_service_enabled("matching", is_enabled=False)
    )
    disabled = proxied.deployment.request("OPTIONS", URL, PREFLIGHT)

    assert (not_allowed.status_code, disabled.status_code) == (405, 405)
    assert proxied.upstream.accepted == 0


@pytest.mark.parametrize(
    ("url", "resource"),
    [
        ("/matching/v1/graphql", "http://127.0.0.1:8080/matching/v1/graphql"),
        ("/v1/graphql", "http://matching.localhost:8080/v1/graphql"),
    ],
)
def test_a_challenge_leads_to_the_metadata_of_the_resource_asked(
    proxied: Proxied, url: str, resource: str
) -> None:
    host = [("host", resource.split("/")[2])]
    refused = proxied.deployment.call(None, None, url=url, extra=host)
    where = refused.headers["www-authenticate"].split('resource_metadata="')[1].rstrip('"')
    assert where.startswith("http://" + host[0][1])

    metadata = proxied.deployment.request("GET", "/" + where.split("/", 3)[3], host)

    assert metadata.status_code == 200
    assert metadata.json() == {
        "resource": resource,
        "authorization_servers": ["http://127.0.0.1:8080"],
        "scopes_supported": ["matching"],
        "bearer_methods_supported": ["header"],
    }


def test_metadata_is_there_for_services_behind_another_proxy_and_for_nothing_else(
    proxied: Proxied,
) -> None:
    proxied.route(upstream=None)
    path = "/.well-known/oauth-protected-resource"

    def status_of(method: str, url: str) -> int:
        return proxied.deployment.request(method, path + url).status_code

    assert status_of("GET", "/matching/v1/graphql") == 200
    assert status_of("HEAD", "/matching/v1/graphql") == 200
    assert status_of("POST", "/matching/v1/graphql") == 405
    assert status_of("GET", "/nothing/v1/graphql") == 404
    assert status_of("GET", "/matching/v1/graphiql") == 404


def test_a_token_narrowed_to_another_service_is_refused_by_name(proxied: Proxied) -> None:
    token = proxied.deployment.token(
        proxied.customer, query="grant_type=client_credentials&scope=profile"
    )

    response = proxied.deployment.call(token, proxied.customer.api_key, url=URL)

    assert (response.status_code, code_of(response)) == (403, "SERVICE_NOT_ALLOWED")
    assert 'scope="matching"' in response.headers["www-authenticate"]


def test_an_upstream_of_a_service_that_is_answered_here_is_never_asked(proxied: Proxied) -> None:
    response = proxied.call(url="/profile/v1/graphql", content='{"query": "{ info { name } }"}')

    assert response.json()["data"] == {"info": {"name": "profile"}}
    assert proxied.upstream.accepted == 0


def test_connections_are_kept_between_calls(proxied: Proxied) -> None:
    answers = [proxied.call() for _ in range(20)]

    assert {answer.status_code for answer in answers} == {200}
    assert proxied.upstream.accepted == 1
