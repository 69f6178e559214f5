"""The caller's address, from behind proxies that are believed and proxies that are not."""

from __future__ import annotations

import json
from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.deployment import Deployment, basic
from watchword.deployment import open_deployment
from watchword.web.peers import Peers

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

PEERS = Peers([ip_network("10.0.0.0/8"), ip_network("2001:db8:1::/48"), ip_network("192.0.2.7")])


@pytest.mark.parametrize(
    ("peer", "forwarded", "caller"),
    [
        ("198.51.100.1", "203.0.113.9", "198.51.100.1"),  # not a proxy of ours: not believed
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.9", "203.0.113.9"),  # the caller wrote the first itself
        ("10.0.0.1", "203.0.113.9, 10.2.3.4", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9,10.2.3.4 , 192.0.2.7", "203.0.113.9"),
        ("10.0.0.1", "10.9.9.9, 10.2.3.4", "10.9.9.9"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9, nonsense, 10.2.3.4", "10.2.3.4"),
        ("10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        ("10.0.0.1", "[2001:db8::5]:4711", "2001:db8::5"),
        ("10.0.0.1", "2001:db8::5", "2001:db8::5"),
        ("2001:db8:1::1", "203.0.113.9", "203.0.113.9"),
        ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
        (None, "203.0.113.9", None),
    ],
)
def test_the_caller_is_the_last_address_that_is_no_proxy_of_ours(
    peer: str | None, forwarded: str, caller: str | None
) -> None:
    assert PEERS.find_caller(peer, forwarded) == caller


def test_over_a_unix_socket_the_caller_is_whom_the_proxy_saw() -> None:
    peers = Peers(over_unix=True)

    assert peers.find_caller(None, "1.1.1.1, 203.0.113.9") == "203.0.113.9"
    assert peers.find_caller(None, "") is None
    assert peers.is_believed(None, None)


def test_a_caller_that_hung_up_before_its_address_was_read_is_no_proxy_of_ours() -> None:
    assert not PEERS.is_believed(None, None)
    assert not Peers(secret="s" * 32).is_believed(None, "wrong")


def test_a_wrong_secret_is_not_believed_over_a_unix_socket_either() -> None:
    peers = Peers(secret="s" * 32, over_unix=True)

    assert not peers.is_believed(None, "wrong")
    assert peers.is_believed(None, "s" * 32)


def test_who_sends_the_secret_says_who_called_from_any_address() -> None:
    peers = Peers(secret="s" * 32)

    assert peers.find_caller("198.51.100.1", "203.0.113.9", "s" * 32) == "203.0.113.9"
    assert peers.find_caller("198.51.100.1", "203.0.113.9", "wrong") == "198.51.100.1"
    assert peers.find_caller("198.51.100.1", "203.0.113.9") == "198.51.100.1"
    assert Peers().find_caller("198.51.100.1", "203.0.113.9", "") == "198.51.100.1"


def test_no_caller_passes_for_the_proxy_by_a_wrong_secret() -> None:
    peers = Peers([ip_network("10.0.0.0/8")], secret="s" * 32)

    assert peers.find_caller("10.0.0.1", "203.0.113.9", "wrong") == "203.0.113.9"


@given(st.text(max_size=80))
def test_no_header_breaks_the_reader(forwarded: str) -> None:
    assert PEERS.find_caller("10.0.0.1", forwarded)


@given(st.text(max_size=80))
def test_without_proxies_the_header_counts_for_nothing(forwarded: str) -> None:
    assert Peers().find_caller("10.0.0.1", forwarded) == "10.0.0.1"


@pytest.fixture
def behind_proxy(tmp_path: Path) -> Generator[Deployment]:
    # The requests of these tests come from 127.0.0.1.
    made = Deployment(tmp_path / "proxied", trusted_proxies="127.0.0.1", failures_by_name=2)
    yield made
    made.close()


def test_failures_are_counted_and_recorded_by_the_address_behind_the_proxy(
    behind_proxy: Deployment,
) -> None:
    customer = behind_proxy.make_customer()

    def guess(forwarded: str) -> int:
        return behind_proxy.request_token(
            customer,
            headers={"authorization": basic(customer.username, "wrong")},
            extra=[("x-forwarded-for", forwarded)],
        ).status_code

    attacker = [guess(f"198.51.100.{n}, 203.0.113.9") for n in range(3)]
    neighbour = guess("203.0.113.10")

    assert (attacker, neighbour) == ([401, 401, 429], 401)
    assert {"203.0.113.9", "203.0.113.10"} == addresses_of_refusals(behind_proxy)


def addresses_of_refusals(deployment: Deployment) -> set[str]:
    async def read() -> set[str]:
        async with open_deployment(deployment.settings, deployment.clock) as opened:
            records = [json.loads(kept.text) for kept in await opened.store.read_audit(0, 1_000)]
        return {
            record["address"] for record in records if record["event"] == "authentication.refused"
        }

    return deployment.run(read())
