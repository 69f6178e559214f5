"""My account against a real server: calls appear as they come, and fights are told by address."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import httpx2
import pytest

from support.customers import OWN_PAGE, SECONDS, connect
from support.pages import get_csrf

if TYPE_CHECKING:
    from collections.abc import Generator

    from support.customers import RemoteCustomer
    from support.processes import Server

MOST_STREAMS = 5
MOST_SIGNS = 3


@contextmanager
def sign_in(url: str, customer: RemoteCustomer) -> Generator[httpx2.Client]:
    """Yield a client with the session of the customer's service user."""
    with httpx2.Client(base_url=url, timeout=SECONDS) as client:
        customer.sign_in(client)
        yield client


@contextmanager
def following(client: httpx2.Client, query: str = "") -> Generator[Generator[dict[str, str]]]:
    """Follow the stream of requests; yields its events as they come."""
    with client.stream("GET", f"/account/requests/stream{query}") as answered:
        assert answered.status_code == 200, answered.read()
        yield _events(answered)


def _events(answered: httpx2.Response) -> Generator[dict[str, str]]:
    event: dict[str, str] = {}
    signs = 0
    for line in answered.iter_lines():
        name, _, value = line.partition(": ")
        if line and name:
            event[name] = value
        else:
            # An id alone is no event to a browser, which remembers it.
            if "event" in event:
                yield event
            elif event:
                # One at first and every 15 seconds: what does not come by then never does.
                signs += 1
                assert signs <= MOST_SIGNS, "nothing comes"
            event = {}


@pytest.mark.slow
def test_a_call_appears_in_the_stream_with_its_correlation_id(
    served: tuple[Server, RemoteCustomer],
) -> None:
    server, customer = served
    with sign_in(server.url, customer) as browser, connect(server.url) as client:
        token = customer.token(client)
        with following(browser) as events:
            answered = customer.call(client, token)

            event = next(events)

    assert event["event"] == "row"
    assert event["data"].startswith("<tr")
    assert answered.headers["x-correlation-id"] in event["data"]
    assert int(event["id"]) > 0


@pytest.mark.slow
def test_a_browser_that_lost_the_connection_goes_on_where_it_was(
    served: tuple[Server, RemoteCustomer],
) -> None:
    server, customer = served
    with sign_in(server.url, customer) as browser, connect(server.url) as client:
        token = customer.token(client)
        with following(browser) as events:
            customer.call(client, token)
            last = next(events)["id"]
        missed = customer.call(client, token)
        browser.headers["last-event-id"] = last
        with following(browser, "?after=1") as events:
            event = next(events)

    assert missed.headers["x-correlation-id"] in event["data"]


@pytest.mark.slow
def test_the_stream_ends_with_the_session(served: tuple[Server, RemoteCustomer]) -> None:
    server, customer = served
    with sign_in(server.url, customer) as browser, sign_in(server.url, customer) as other:
        csrf = get_csrf(other.get("/account/sessions").text)
        with following(browser) as events:
            other.post("/sign-out/everywhere", data={"csrf": csrf}, headers=OWN_PAGE)
            told = list(events)

    assert told == [{"event": "end", "data": "SESSION_ENDED"}]


@pytest.mark.slow
def test_so_many_streams_of_one_user_are_open_at_once(
    served: tuple[Server, RemoteCustomer],
) -> None:
    server, customer = served
    path = "/account/requests/stream"
    with sign_in(server.url, customer) as browser, ExitStack() as opened:
        for _ in range(MOST_STREAMS):
            answered = opened.enter_context(browser.stream("GET", path))
            assert answered.status_code == 200
            next(answered.iter_lines())  # it is under way

        refused = browser.get(path)

    assert refused.status_code == 429


@pytest.mark.slow
def test_two_deployments_that_fight_are_told_by_their_addresses(
    served: tuple[Server, RemoteCustomer],
) -> None:
    server, customer = served
    places = ("127.0.0.1", "127.0.0.2")
    with sign_in(server.url, customer) as browser:
        quiet = browser.get("/account").text
        for address in places * 2:
            transport = httpx2.HTTPTransport(local_address=address)
            with httpx2.Client(base_url=server.url, transport=transport) as deployment:
                customer.token(deployment)

        pages = [browser.get(path).text for path in ("/account", "/account/token")]

    assert "take the live token from each other" not in quiet
    for page in pages:
        banner = page.partition("take the live token from each other")[2].partition("</table>")[0]
        assert [address in banner for address in places] == [True, True]
