"""My requests: those of my account, as the form asks, page by page, without a query in them."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from support.browsing import Browser
from support.calls import make_call
from support.deployment import OPERATOR, Deployment
from watchword.access.model import AccountId
from watchword.deployment import open_deployment, open_request_log

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from support.deployment import Customer
    from watchword.access.request_log import Call

STREAM = "/account/requests/stream"


def keep(deployment: Deployment, *calls: Call, missed: int = 0) -> None:
    """Keep calls, as another worker does."""
    today = deployment.clock.now().date()
    counts = {(today, AccountId("acme")): missed} if missed else {}

    async def add() -> None:
        async with open_request_log(deployment.settings) as log:
            assert log is not None
            await log.add_calls(calls, counts)

    deployment.run(add())


def ids(text: str) -> list[str]:
    return re.findall(r"c0ffee[0-9a-f]{8}", text.partition("<tbody>")[2])


def test_a_call_is_shown_with_what_came_of_it(deployment: Deployment, signed_in: Browser) -> None:
    keep(
        deployment,
        make_call(1, operation="Roles", status=429, code="RATE_LIMITED", is_explorer=True),
    )

    page = signed_in.get("/account/requests").text

    for shown in ("Roles", "429", "RATE_LIMITED", "GraphiQL", "192.0.2.7", "key_1", "12:00:01"):
        assert shown in page
    assert ids(page) == [make_call(1).correlation_id]


def test_mine_are_shown_first_and_the_accounts_when_asked_for(
    deployment: Deployment, signed_in: Browser
) -> None:
    keep(deployment, make_call(1), make_call(2, username="svc-two"))

    mine = ids(signed_in.get("/account/requests").text)
    account = signed_in.get("/account/requests?scope=account").text
    all_of_them = ids(account)

    assert mine == [make_call(1).correlation_id]
    assert all_of_them == [make_call(2).correlation_id, make_call(1).correlation_id]
    assert "<td>svc-two</td>" in account


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("service=events", [2]),
        ("operation=Roles", [3]),
        ("status=4", [4]),
        ("status=2", [5, 3, 2, 1]),
        ("status=x", [5, 4, 3, 2, 1]),
        ("code=RATE_LIMITED", [4]),
        ("key=key_2", [5]),
        (f"id={make_call(3).correlation_id}", [3]),
        ("service=+events+&status=2", [2]),
        ("service=&operation=&status=&code=&key=&id=&scope=", [5, 4, 3, 2, 1]),
        ("service=nothing", []),
        ("before=junk", [5, 4, 3, 2, 1]),
        ("before=99999999999999999999", [5, 4, 3, 2, 1]),
    ],
)
def test_the_form_narrows_down(
    deployment: Deployment, signed_in: Browser, query: str, numbers: list[int]
) -> None:
    keep(
        deployment,
        make_call(1),
        make_call(2, service="events"),
        make_call(3, operation="Roles"),
        make_call(4, status=429, code="RATE_LIMITED"),
        make_call(5, key="key_2"),
    )

    answered = signed_in.get(f"/account/requests?{query}")

    assert answered.status_code == 200
    assert ids(answered.text) == [make_call(number).correlation_id for number in numbers]


def test_older_calls_are_on_the_next_page_with_the_same_form(
    deployment: Deployment, signed_in: Browser
) -> None:
    keep(deployment, *[make_call(number, operation="A&B") for number in range(120)])
    url, read = "/account/requests?operation=A%26B", []

    while url:
        page = signed_in.get(url).text
        read += ids(page)
        found = re.search(r'<a href="([^"]+)" rel="next"', page)
        url = found[1].replace("&amp;", "&") if found else ""

    assert read == [make_call(number).correlation_id for number in range(119, -1, -1)]


def test_what_was_not_kept_is_said(deployment: Deployment, signed_in: Browser) -> None:
    keep(deployment, make_call(1), missed=1_234)

    assert "1,234 calls of these days are not listed" in signed_in.get("/account/requests").text


def test_what_a_caller_wrote_is_no_markup(deployment: Deployment, signed_in: Browser) -> None:
    keep(deployment, make_call(1, operation="<img src=x>", address="<b>"))

    page = signed_in.get("/account/requests?operation=%3Cimg+src%3Dx%3E").text

    assert "<img src=x>" not in page
    assert "<b>" not in page


def test_calls_go_when_their_time_is_over(deployment: Deployment, signed_in: Browser) -> None:
    keep(deployment, make_call(1))
    deployment.clock.advance(timedelta(days=8))
    deployment.run(deployment.application.shutdown())
    deployment.run(deployment.application.startup())
    keep(deployment, make_call(2))

    async def read() -> int:
        async with open_request_log(deployment.settings) as log:
            assert log is not None
            return await log.find_newest()

    assert deployment.run(read()) == 2  # the number of the first is not given again
    assert signed_in.get("/account").status_code == 303  # nor does a session hold so long


def test_where_nothing_is_kept_the_page_says_so(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path / "quiet", request_log_days=0)
    customer = deployment.make_customer()
    browser = Browser(deployment)
    browser.sign_in(customer)

    pages = [browser.get("/account/requests"), browser.get("/account/keys")]
    stream = browser.get("/account/requests/stream")
    deployment.close()

    assert [page.status_code for page in pages] == [200, 200]
    assert "keeps no calls" in pages[0].text
    assert stream.status_code == 204


async def nothing() -> None:
    """Do nothing."""


def follow(
    deployment: Deployment,
    browser: Browser,
    query: str,
    pieces: int,
    *headers: tuple[bytes, bytes],
    meanwhile: Callable[[], Awaitable[None]] = nothing,
) -> list[str]:
    """Follow the stream until it has sent so many pieces, or has ended.

    `meanwhile` is done when the first has come.
    """
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    own = [(b"host", b"127.0.0.1:8080"), (b"cookie", cookie.encode())]
    scope: dict[str, Any] = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": STREAM,
        "raw_path": STREAM.encode(),
        "query_string": query.encode(),
        "headers": [*own, *headers],
        "client": ("127.0.0.1", 1),
    }
    sent: list[bytes] = []
    has_enough = asyncio.Event()

    async def send(message: Any) -> None:
        if message.get("body"):
            sent.append(message["body"])
            if len(sent) == 1:
                await meanwhile()
        if len(sent) >= pieces:
            has_enough.set()

    asked = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Any:
        if asked:
            return asked.pop()
        await has_enough.wait()
        return {"type": "http.disconnect"}

    async def read() -> None:
        await deployment.application(scope, receive, send)

    deployment.run(read())
    return [piece.decode() for piece in sent[:pieces]]


@pytest.mark.parametrize(
    ("query", "last", "first", "told"),
    [
        ("", None, 4, []),
        ("after=4", None, 4, []),
        ("after=2", None, 2, [3, 4]),
        ("after=2", b"3", 3, [4]),
        ("", b"1", 1, [2, 3, 4]),
        ("after=x", b"-1", 4, []),
    ],
)
def test_a_stream_goes_on_where_the_browser_was_or_else_where_its_page_ends(
    deployment: Deployment,
    signed_in: Browser,
    query: str,
    last: bytes | None,
    first: int,
    told: list[int],
) -> None:
    keep(deployment, *[make_call(number) for number in range(4)])
    headers = [] if last is None else [(b"last-event-id", last)]

    mark, *rows = follow(deployment, signed_in, query, 2 if told else 1, *headers)

    assert mark == f"id: {first}\n\n"
    assert re.findall(r"^id: (\d+)$", "".join(rows), re.MULTILINE) == [str(each) for each in told]


def test_a_stream_says_what_it_is_and_that_no_proxy_may_keep_it_back(signed_in: Browser) -> None:
    headers = signed_in.send("HEAD", STREAM).headers

    assert headers["content-type"] == "text/event-stream"
    assert headers["x-accel-buffering"] == "no"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("what", ["user", "account"])
def test_a_stream_ends_when_whoever_follows_is_disabled(
    deployment: Deployment, customer: Customer, signed_in: Browser, what: str
) -> None:
    async def disable() -> None:
        async with open_deployment(deployment.settings, deployment.clock) as opened:
            registry = opened.registry(deployment.clock, deployment.dice, OPERATOR)
            if what == "user":
                await registry.set_service_user_enabled(customer.username, is_enabled=False)
            else:
                await registry.set_account_enabled(customer.account, is_enabled=False)

    # A stream that went on would say where it is in 15 seconds, and be seen by that.
    _, last = follow(deployment, signed_in, "", 2, meanwhile=disable)

    assert last.startswith("event: end\ndata: ")
    assert last.split()[-1] in {"SESSION_ENDED", "ACCOUNT_DISABLED"}


def test_a_stream_says_now_and_then_where_it_is_though_nothing_comes(
    deployment: Deployment, signed_in: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watchword.web.pages.account.requests._LOOK_SECONDS", 0)
    keep(deployment, make_call(1), make_call(2))

    read = follow(deployment, signed_in, "after=1&service=nothing", 3)

    assert read == ["id: 1\n\n", "id: 2\n\n", "id: 2\n\n"]


def test_following_does_not_keep_a_session(
    deployment: Deployment, signed_in: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watchword.web.pages.account.requests._LOOK_SECONDS", 0)
    for _ in range(2):
        deployment.clock.advance(timedelta(hours=1))
        if signed_in.get("/account/bucket").headers.get("hx-refresh") is None:
            follow(deployment, signed_in, "", 1)

    assert signed_in.get("/account").status_code == 303


def test_only_the_newest_page_follows_what_comes(
    deployment: Deployment, signed_in: Browser, customer: Customer
) -> None:
    keep(deployment, *[make_call(number) for number in range(60)])
    newest = signed_in.get("/account/requests?service=profile").text
    older = re.search(r'<a href="([^"]+)" rel="next"', newest)
    assert older is not None

    stream = re.search(r'data-live-url="([^"]+)"', newest)
    assert stream is not None
    assert stream[1] == "/account/requests/stream?service=profile&amp;after=60"
    assert "data-live-url" not in signed_in.get(older[1].replace("&amp;", "&")).text
    assert customer.username in newest
