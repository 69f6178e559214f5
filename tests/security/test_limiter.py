"""The limiter in front of the credentials: whoever guesses is stopped, and nobody else is."""

from __future__ import annotations

import asyncio
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from security.asking import CHALLENGE, assert_live, assert_refused, audit_of
from support.customers import make_deployment
from support.deployment import GRANT, basic
from support.processes import running
from watchword.access.credentials import PasswordHasher

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from pathlib import Path

    import httpx2

    from security.asking import Neighbours
    from support.customers import RemoteCustomer
    from support.deployment import Customer, Deployment

GUESSES = 10
"""So many failures of one name at one address are let through."""
OF_ONE_ADDRESS = 100


def guess(deployment: Deployment, customer: Customer, username: str) -> httpx2.Response:
    return deployment.request_token(customer, headers={"authorization": basic(username, "w" * 43)})


@pytest.mark.behaviour(
    18,
    "The eleventh guess at a name from one address is 429 `slow_down` with `Retry-After`, in "
    "OAuth JSON: the same for a name that exists and for one that does not",
)
def test_guessing_is_slowed_down_alike_for_known_and_unknown_names(
    customer: Customer, neighbours: Neighbours
) -> None:
    answers = {
        name: [
            guess(neighbours.at(f"192.0.2.{number}"), customer, name) for _ in range(GUESSES + 3)
        ]
        for number, name in enumerate([customer.username, "svc-nobody"])
    }

    for of_name in answers.values():
        assert [answer.status_code for answer in of_name] == [401] * GUESSES + [429] * 3
        assert_refused(of_name[-1], 429, "slow_down")
        assert 1 <= int(of_name[-1].headers["retry-after"]) <= 60
    known, unknown = (of_name[-1] for of_name in answers.values())
    assert known.content == unknown.content
    assert known.headers["retry-after"] == unknown.headers["retry-after"]


@pytest.mark.behaviour(
    18, "When the limiter refuses, no password is looked at: the right one is refused, too"
)
def test_a_slowed_down_guesser_does_not_learn_the_right_password(
    deployment: Deployment, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = deployment.token(customer)
    for _ in range(GUESSES):
        guess(deployment, customer, customer.username)
    compared: list[str] = []
    monkeypatch.setattr(
        PasswordHasher, "is_match", lambda _, password, __: compared.append(password)
    )

    right, wrong = deployment.request_token(customer), guess(deployment, customer, "svc-acme")

    assert_refused(right, 429, "slow_down")
    assert right.content == wrong.content
    assert compared == []
    assert_live(deployment, customer, token)


@pytest.mark.behaviour(
    18, "While one address guesses and is refused, the owner at another gets its token"
)
def test_an_attacker_at_one_address_does_not_lock_the_owner_out_at_another(
    deployment: Deployment, customer: Customer, neighbours: Neighbours
) -> None:
    attacker, owner = neighbours.at("192.0.2.66"), neighbours.at("192.0.2.1")

    attacks = [guess(attacker, customer, customer.username).status_code for _ in range(150)]
    answer = owner.request_token(customer)

    assert attacks.count(401) == GUESSES
    assert attacks[-1] == 429
    assert answer.status_code == 200
    assert_live(deployment, customer, str(answer.json()["access_token"]))


@pytest.mark.behaviour(
    18, "One address that tries many names is refused after a hundred failures, whatever the names"
)
def test_spraying_names_from_one_address_is_slowed_down(
    customer: Customer, neighbours: Neighbours
) -> None:
    attacker = neighbours.at("2001:db8:1:2::1")
    statuses = [
        guess(attacker, customer, f"svc-{number}").status_code
        for number in range(OF_ONE_ADDRESS + 5)
    ]

    same_site = guess(neighbours.at("2001:db8:1:2:ffff::9"), customer, "svc-fresh")
    other_site = guess(neighbours.at("2001:db8:1:3::1"), customer, "svc-fresh")

    assert statuses == [401] * OF_ONE_ADDRESS + [429] * 5
    assert_refused(same_site, 429, "slow_down")
    assert_refused(other_site, 401, "invalid_client")


@pytest.mark.behaviour(18, "A burst of good requests passes, and a success is never counted")
def test_good_requests_are_never_slowed_down(deployment: Deployment, customer: Customer) -> None:
    guesses = [guess(deployment, customer, customer.username) for _ in range(GUESSES - 1)]

    burst = [deployment.request_token(customer).status_code for _ in range(64)]
    last = guess(deployment, customer, customer.username)
    over = guess(deployment, customer, customer.username)

    assert {answer.status_code for answer in guesses} == {401}
    assert burst == [200] * 64
    assert (last.status_code, over.status_code) == (401, 429)


@pytest.mark.behaviour(18, "After `Retry-After` one more attempt is let through, and no two")
def test_who_waits_as_long_as_told_is_let_through_again(
    deployment: Deployment, customer: Customer
) -> None:
    for _ in range(GUESSES):
        guess(deployment, customer, customer.username)
    told = int(guess(deployment, customer, customer.username).headers["retry-after"])

    deployment.clock.advance(timedelta(seconds=told))
    again = [guess(deployment, customer, customer.username).status_code for _ in range(2)]
    deployment.clock.advance(timedelta(seconds=told))
    right = deployment.request_token(customer)

    assert again == [401, 429]
    assert right.status_code == 200


@pytest.mark.behaviour(
    18,
    "Guesses at revocation and introspection fill the same bucket as those at the token endpoint",
)
@pytest.mark.parametrize("path", ["revoke", "introspect"])
def test_no_other_endpoint_gives_more_guesses(
    deployment: Deployment, customer: Customer, path: str
) -> None:
    def guess_there() -> httpx2.Response:
        credentials = ("authorization", basic(customer.username, "w" * 43))
        form = ("content-type", "application/x-www-form-urlencoded")
        return deployment.request("POST", f"/oauth2/{path}", [credentials, form], "token=x")

    there = [guess_there().status_code for _ in range(GUESSES // 2)]
    here = [guess(deployment, customer, "svc-acme").status_code for _ in range(GUESSES // 2)]

    assert there + here == [401] * GUESSES
    assert_refused(guess_there(), 429, "slow_down")
    assert_refused(deployment.request_token(customer), 429, "slow_down")


@pytest.mark.behaviour(18, "Wrong operator tokens in between give no guess more")
def test_wrong_operator_tokens_in_between_give_no_guess_more(
    deployment: Deployment, customer: Customer
) -> None:
    async def guess_at_once() -> list[int]:
        post = deployment._client.post

        def as_client(number: int) -> Awaitable[httpx2.Response]:
            presented = {
                "authorization": basic(f"svc-{number}", "w" * 43),
                "x-api-key": customer.api_key,
            }
            return post(f"/oauth2/token?{GRANT}", headers=presented)

        def as_operator() -> Awaitable[httpx2.Response]:
            presented = {"authorization": "Bearer wo" + "A" * 40}
            return post("/oauth2/introspect", headers=presented, data={"token": "x"})

        guesses = [as_operator() if n % 4 == 3 else as_client(n) for n in range(3 * OF_ONE_ADDRESS)]
        return [response.status_code for response in await asyncio.gather(*guesses)]

    statuses = deployment.run(guess_at_once())

    assert statuses.count(401) == OF_ONE_ADDRESS
    assert set(statuses) == {401, 429}


@pytest.mark.behaviour(
    19, "The API key cannot be guessed past the limiter: its failures count like the password's"
)
def test_guessing_keys_with_the_right_password_is_slowed_down(
    deployment: Deployment, customer: Customer
) -> None:
    statuses = [
        deployment.request_token(customer, headers={"x-api-key": f"guess{number}"}).status_code
        for number in range(GUESSES + 1)
    ]

    assert statuses == [401] * GUESSES + [429]


@pytest.mark.behaviour(45, "A name that is locked at an address is recorded once, with the address")
def test_a_lock_is_recorded(
    deployment: Deployment, customer: Customer, neighbours: Neighbours
) -> None:
    attacker = neighbours.at("192.0.2.66")
    for _ in range(GUESSES + 5):
        guess(attacker, customer, customer.username)

    log = audit_of(deployment)

    locked = [record for record in log if record["event"] == "authentication.locked"]
    refused = [record for record in log if record["event"] == "authentication.refused"]
    assert [(record["actor"], record["address"]) for record in locked] == [
        ("user:svc-acme", "192.0.2.66")
    ]
    assert len(refused) == GUESSES


def _guess_from(address: str, port: int, customer: RemoteCustomer, times: int) -> list[bytes]:
    request = (
        "POST /oauth2/token?grant_type=client_credentials HTTP/1.1\r\nHost: x\r\n"
        f"x-api-key: {customer.api_key}\r\nConnection: close\r\n"
        f"Authorization: {basic(customer.username, customer.password)}\r\n\r\n"
    ).encode()
    answers: list[bytes] = []
    for _ in range(times):  # a connection each, so that every worker is asked
        answer = b""
        with socket.create_connection(
            ("127.0.0.1", port), timeout=20, source_address=(address, 0)
        ) as connection:
            connection.sendall(request)
            while chunk := connection.recv(4096):
                answer += chunk
        answers.append(answer)
    return answers


@pytest.mark.behaviour(
    18, "It is exact with four workers: of 80 guesses at once as many are judged as the limit says"
)
def test_many_workers_let_no_guess_more_through(tmp_path: Path) -> None:
    customer = make_deployment(tmp_path / "data")
    guesser = replace(customer, password="w" * 43)
    few = 3  # one more is let through after 20 seconds: all 80 have long been answered
    arguments = ["serve", "--port", "0", "--workers", "4", "--data-dir", str(tmp_path / "data")]
    limits = f"failures_by_name = {few}\nfailures_by_address = 1000\n"
    (tmp_path / "data" / "watchword.toml").write_text(limits)

    with running(arguments, tmp_path / "log") as server, ThreadPoolExecutor(8) as pool:
        port = int(server.url.rpartition(":")[2])
        attacks = pool.map(lambda _: _guess_from("127.0.0.2", port, guesser, 10), range(8))
        answers = [answer for part in attacks for answer in part]
        (owner,) = _guess_from("127.0.0.3", port, customer, 1)
        (locked,) = _guess_from("127.0.0.2", port, customer, 1)

    judged = [answer for answer in answers if answer.startswith(b"HTTP/1.1 401 ")]
    slowed = [answer for answer in answers if answer.startswith(b"HTTP/1.1 429 ")]
    assert (len(judged), len(slowed)) == (few, 80 - few)
    assert all(CHALLENGE.encode() in answer for answer in judged)
    assert all(
        json.loads(answer.split(b"\r\n\r\n")[1])["error"] == "slow_down" for answer in slowed
    )
    assert owner.startswith(b"HTTP/1.1 200 ")
    assert locked.startswith(b"HTTP/1.1 429 ")
