"""Transport, proxies, operators and the audit log."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from security.asking import FORM, Neighbours, audit_of
from security.forging import claims_of
from support.deployment import GRANT, OPERATOR, Deployment, basic
from watchword.access.keyring import SHORTEST_WAIT
from watchword.access.model import OperatorScope
from watchword.deployment import open_deployment
from watchword.settings import SettingError, load_settings
from watchword.web.admin.table import ADMIN_PREFIX, OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    import httpx2

    from support.deployment import Customer


@pytest.mark.behaviour(
    43, "No setting serves plain HTTP beyond loopback, or under a public http URL, but the flag"
)
@pytest.mark.parametrize(
    "settings",
    [{"host": host} for host in ("0.0.0.0", "::", "192.0.2.1", "10.0.0.5", "server.example")]
    + [{"host": "0.0.0.0", "base_url": "https://api.example.com"},
       {"base_url": "http://api.example.com"}, {"base_url": "http://localhost.example.com"},
       {"base_url": "http://127.0.0.1.example.com"}],
)  # fmt: skip
def test_plain_http_beyond_loopback_needs_the_flag(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    with pytest.raises(SettingError, match="allow_plain_http"):
        load_settings(data_dir=tmp_path, **settings)

    allowed = load_settings(data_dir=tmp_path, allow_plain_http=True, **settings)
    assert allowed.allow_plain_http


@pytest.mark.behaviour(43, "Loopback is served in plain, by any of its names and addresses")
@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_loopback_needs_no_flag(tmp_path: Path, host: str) -> None:
    assert load_settings(data_dir=tmp_path, host=host).host == host


def _refused_addresses(deployment: Deployment) -> list[str | None]:
    return [
        record.get("address")
        for record in audit_of(deployment)
        if record["event"] == "authentication.refused"
    ]


def _fail(deployment: Deployment, customer: Customer, forwarded: str | None) -> httpx2.Response:
    wrong = {"authorization": basic(customer.username, "w" * 43)}
    return deployment.request_token(customer, headers={**wrong, "x-forwarded-for": forwarded})


@pytest.mark.behaviour(
    43, "Nobody but a configured proxy changes its address by a header: a forged one neither hides "
    "a guesser from the limiter nor appears in the audit log"
)  # fmt: skip
@pytest.mark.parametrize(
    "header", ["x-forwarded-for", "forwarded", "x-real-ip", "x-client-ip", "cf-connecting-ip"]
)
def test_a_forged_header_does_not_change_the_address(
    deployment: Deployment, customer: Customer, neighbours: Neighbours, header: str
) -> None:
    attacker = neighbours.at("192.0.2.66")
    wrong = {"authorization": basic(customer.username, "w" * 43)}

    statuses = [
        attacker.request_token(customer, headers={**wrong, header: f"198.51.100.{n}"}).status_code
        for n in range(12)
    ]

    assert statuses == [401] * 10 + [429] * 2
    assert _refused_addresses(deployment) == ["192.0.2.66"] * 10


@pytest.fixture
def behind_proxies(tmp_path: Path) -> Generator[Deployment]:
    made = Deployment(
        tmp_path / "behind", trusted_proxies="10.0.0.5, 10.1.0.0/16", failures_by_name=3
    )
    yield made
    made.close()


@pytest.mark.behaviour(
    43, "Behind configured proxies the address is the rightmost that is none of theirs, whatever "
    "the caller wrote before it"
)  # fmt: skip
@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("1.2.3.4, 198.51.100.7", "198.51.100.7"),
        ("198.51.100.7, 10.1.2.3", "198.51.100.7"),
        ("10.0.0.5, 198.51.100.7, 10.1.2.3, 10.0.0.5", "198.51.100.7"),
        ("198.51.100.7:4711", "198.51.100.7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("198.51.100.7, nonsense", "10.0.0.5"),
        ("", "10.0.0.5"),
        (None, "10.0.0.5"),
    ],
)
def test_the_address_behind_proxies_is_the_rightmost_that_is_none_of_theirs(
    behind_proxies: Deployment, forwarded: str | None, address: str
) -> None:
    customer = behind_proxies.make_customer()
    neighbours = Neighbours(behind_proxies)

    response = _fail(neighbours.at("10.0.0.5"), customer, forwarded)
    neighbours.close()

    assert response.status_code == 401
    assert _refused_addresses(behind_proxies) == [address]


@pytest.mark.behaviour(
    43, "A guesser behind a proxy is limited by its own address, and does not lock its neighbours "
    "behind the same proxy out"
)  # fmt: skip
def test_callers_behind_one_proxy_are_told_apart(behind_proxies: Deployment) -> None:
    customer = behind_proxies.make_customer()
    neighbours = Neighbours(behind_proxies)
    proxy = neighbours.at("10.1.9.9")

    # The attacker writes an address of its own before the one that the proxy appends.
    attacks = [_fail(proxy, customer, f"1.2.3.{n}, 198.51.100.66") for n in range(5)]
    owner = proxy.request_token(customer, headers={"x-forwarded-for": "198.51.100.1"})
    neighbours.close()

    assert [attack.status_code for attack in attacks] == [401] * 3 + [429] * 2
    assert owner.status_code == 200


def _add_operator(deployment: Deployment, name: str, scope: OperatorScope, **life: int) -> str:
    async def add() -> str:
        async with open_deployment(deployment.settings, deployment.clock) as opened:
            operators = opened.operators(deployment.clock, deployment.dice, OPERATOR)
            made = await operators.add_operator(name, scope, timedelta(**(life or {"hours": 1})))
            return made.token

    return deployment.run(add())


def _admin_paths() -> list[tuple[str, str]]:
    """Return every operation of the admin API, and paths at which there is none."""
    known = [
        (operation.method, ADMIN_PREFIX + operation.path.format_map(_Anything()))
        for operation in OPERATIONS
    ]
    unknown = ["", "/", "/unknown", "/accounts/acme/unknown", "//accounts", "/%2e"]
    return known + [("GET", ADMIN_PREFIX + path) for path in unknown]


class _Anything(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "acme"


@pytest.mark.behaviour(
    44, "Every path of the admin API, and every path below it at which nothing is, is 401 without "
    "a valid operator token, whatever else is presented, and one answer to all"
)  # fmt: skip
def test_nothing_of_the_admin_api_answers_without_an_operator_token(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path / "admin", failures_by_name=9_999, failures_by_address=9_999)
    customer = deployment.make_customer()
    token = deployment.token(customer)
    for_gateway = _add_operator(deployment, "gateway", OperatorScope.INTROSPECT)
    expired = _add_operator(deployment, "late", OperatorScope.ADMIN, minutes=1)
    deployment.clock.advance(timedelta(minutes=1))
    presented: list[list[tuple[str, str]]] = [
        [],
        [("authorization", basic(customer.username, customer.password))],
        [("authorization", f"Bearer {token}"), ("x-api-key", customer.api_key)],
        [("authorization", f"Bearer {customer.api_key}")],
        [("authorization", f"Bearer {for_gateway}")],
        [("authorization", f"Bearer {expired}")],
        [("authorization", "Bearer ")],
        [("authorization", f"Bearer wo{'A' * 40}")],
        [("x-operator", "root"), ("cookie", "session=1")],
    ]

    answers = [
        [deployment.request(method, path, headers) for method, path in _admin_paths()]
        for headers in presented
    ]
    deployment.close()

    assert len(OPERATIONS) > 20
    for to_one in answers:
        assert {answer.status_code for answer in to_one} == {401}
        # The same for every path, so that nobody learns which there are.
        (challenge,) = {answer.headers["www-authenticate"] for answer in to_one}
        assert challenge.startswith('Bearer realm="watchword"')
        assert len({_without_ids(answer) for answer in to_one if answer.content}) == 1


def _without_ids(answer: httpx2.Response) -> str:
    return answer.text.replace(answer.headers["x-correlation-id"], "")


@pytest.mark.behaviour(
    44, "An operator token opens the admin API until it is revoked, from the next request on not"
)
def test_a_revoked_operator_token_opens_nothing(deployment: Deployment) -> None:
    operator = [("authorization", f"Bearer {_add_operator(deployment, 'op', OperatorScope.ADMIN)}")]
    before = deployment.request("GET", f"{ADMIN_PREFIX}/accounts", operator)

    async def revoke() -> None:
        async with open_deployment(deployment.settings, deployment.clock) as opened:
            operators = opened.operators(deployment.clock, deployment.dice, OPERATOR)
            await operators.revoke_operator("op")

    deployment.run(revoke())
    after = deployment.request("GET", f"{ADMIN_PREFIX}/accounts", operator)

    assert before.status_code == 200
    assert after.status_code == 401


@pytest.mark.behaviour(
    45, "One record each for issuing and superseding, with actor, address, user agent, key id, jti "
    "and the correlation id of the answer"
)  # fmt: skip
def test_issuing_and_superseding_are_recorded(
    deployment: Deployment, customer: Customer, neighbours: Neighbours
) -> None:
    caller = neighbours.at("192.0.2.1")
    agent = {"user-agent": "acme-loader/1.0"}
    before = len(audit_of(deployment))

    answers = [caller.request_token(customer, headers=agent) for _ in range(2)]

    first, second = (claims_of(str(answer.json()["access_token"])) for answer in answers)
    records = audit_of(deployment)[before:]
    assert [record["event"] for record in records] == [
        "token.issued", "token.issued", "token.superseded",
    ]  # fmt: skip
    for record in records:
        assert record["actor"] == "user:svc-acme"
        assert record["address"] == "192.0.2.1"
        assert record["user_agent"] == "acme-loader/1.0"
        assert record["account"] == "acme"
        assert record["key_id"] == customer.key_id
    assert [record["jti"] for record in records] == [first["jti"], second["jti"], first["jti"]]
    assert records[2]["by"] == second["jti"]
    assert [record["correlation_id"] for record in records[:2]] == [
        answer.headers["x-correlation-id"] for answer in answers
    ]


@pytest.mark.behaviour(
    45, "One record each for revocation by the holder and by an operator, with actor and jti"
)
def test_revocations_are_recorded(deployment: Deployment, customer: Customer) -> None:
    headers = [("authorization", basic(customer.username, customer.password)), *FORM.items()]
    by_holder, by_operator = deployment.token(customer), ""
    deployment.request("POST", "/oauth2/revoke", headers, f"token={by_holder}")
    by_operator = deployment.token(customer)
    deployment.operate(lambda registry: registry.revoke_tokens(customer.username))

    records = [record for record in audit_of(deployment) if record["event"] == "token.revoked"]

    assert [(record["actor"], record["jti"]) for record in records] == [
        ("user:svc-acme", claims_of(by_holder)["jti"]),
        ("cli:tester", claims_of(by_operator)["jti"]),
    ]
    assert [record.get("address") for record in records] == ["127.0.0.1", None]


@pytest.mark.behaviour(
    45, "One record for each failed authentication, with address and reason; a name that nobody "
    "has is not written down, as it may be a password"
)  # fmt: skip
def test_failed_authentications_are_recorded(
    deployment: Deployment, customer: Customer, neighbours: Neighbours
) -> None:
    caller = neighbours.at("192.0.2.66")
    before = len(audit_of(deployment))
    for credentials in (basic(customer.username, "w" * 43), basic(customer.password, "x")):
        caller.request_token(customer, headers={"authorization": credentials})
    caller.request_token(customer, headers={"x-api-key": None})

    records = audit_of(deployment)[before:]

    assert {record["event"] for record in records} == {"authentication.refused"}
    assert [record["address"] for record in records] == ["192.0.2.66"] * 3
    assert [record["reason"] for record in records] == [
        "the password is wrong", "the service user is unknown", "the API key is missing or unknown",
    ]  # fmt: skip
    assert [record["key_id"] for record in records if "key_id" in record] == [customer.key_id] * 2
    assert records[0]["actor"] == records[2]["actor"] == "user:svc-acme"
    assert records[1]["actor"].startswith("unknown:")
    assert customer.password not in str(records)


def _rotate_all(customer: Customer) -> Callable[[Any], Any]:
    async def rotate(registry: Any) -> list[str]:
        password = await registry.rotate_password(customer.username, timedelta())
        key = await registry.rotate_api_key(customer.key_id, timedelta())
        await registry.set_service_user_enabled(customer.username, is_enabled=False)
        return [password.password, key.key]

    return rotate


@pytest.mark.behaviour(
    45, "One record for each rotation, of password, key and signing key, and for each lock by an "
    "operator, with who did it; and no secret in any of them"
)  # fmt: skip
def test_rotations_and_locks_are_recorded_without_a_secret(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)
    before = len(audit_of(deployment))
    secrets = deployment.operate(_rotate_all(customer))

    async def rotate_signing() -> None:
        async with open_deployment(deployment.settings, deployment.clock) as opened:
            rotation = opened.rotation(deployment.clock, deployment.dice, OPERATOR)
            await rotation.rotate(SHORTEST_WAIT)

    deployment.run(rotate_signing())
    log = audit_of(deployment)

    assert [(record["event"], record["actor"]) for record in log[before:]] == [
        ("password.rotated", "cli:tester"), ("key.rotated", "cli:tester"),
        ("user.disabled", "cli:tester"), ("signing.rotated", "cli:tester"),
    ]  # fmt: skip
    for secret in (*secrets, customer.password, customer.api_key, token, token.split(".")[2]):
        assert secret not in str(log)


@pytest.mark.behaviour(
    45, "The audit log is only added to: the database refuses to change or delete a record, and a "
    "file that was changed in spite of that does not verify"
)  # fmt: skip
def test_the_audit_log_is_only_added_to(deployment: Deployment, customer: Customer) -> None:
    deployment.token(customer)

    def verify() -> str | None:
        async def carry_out() -> str | None:
            async with open_deployment(deployment.settings, deployment.clock) as opened:
                return (await opened.trail(deployment.clock).verify()).problem

        return deployment.run(carry_out())

    with closing(sqlite3.connect(deployment.settings.database)) as database:
        for change in ("UPDATE audit SET record = '{}'", "DELETE FROM audit"):
            with pytest.raises(sqlite3.IntegrityError, match="only added to"):
                database.execute(change)
        database.rollback()
        sound = verify()
        database.execute("DROP TRIGGER audit_stays_as_it_is")
        database.execute("UPDATE audit SET record = '{}' WHERE sequence = 2")
        database.commit()

    assert sound is None
    assert "record 2 was changed" in str(verify())


@pytest.mark.behaviour(45, "A refused request that changes nothing, and a good call, add no record")
def test_what_changes_nothing_is_not_recorded(deployment: Deployment, customer: Customer) -> None:
    token = deployment.token(customer)
    before = len(audit_of(deployment))

    deployment.call(token, customer.api_key)
    deployment.call("x", customer.api_key)
    deployment.request_token(customer, query=f"{GRANT}&scope=unknown")
    deployment.request_token(customer, method="GET")

    assert len(audit_of(deployment)) == before
