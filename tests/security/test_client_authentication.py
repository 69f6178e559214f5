"""Client authentication: one answer to all who fail, and nothing kept that would let them in."""

from __future__ import annotations

import hmac
import sqlite3
from base64 import b64encode
from contextlib import closing
from datetime import timedelta
from itertools import product
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import pytest

from security.asking import (
    CHALLENGE,
    FORM,
    assert_live,
    assert_refused,
    without_correlation,
)
from support.deployment import GRANT, basic
from watchword.access.credentials import PasswordHasher
from watchword.access.errors import Malformed
from watchword.passwords import Argon2Passwords
from watchword.web.client_auth import ClientCredentials, read_basic

if TYPE_CHECKING:
    import httpx2

    from security.asking import Neighbours
    from support.deployment import Customer, Deployment
    from watchword.access.model import Digest


@pytest.mark.behaviour(
    10,
    "A wrong password is 401 `invalid_client` with one challenge, Basic and never Bearer, "
    "and leaves the live token alive (RFC 6749 section 5.2)",
)
@pytest.mark.parametrize("path", ["token", "revoke", "introspect"])
def test_a_wrong_password_is_challenged_in_the_scheme_that_was_used(
    deployment: Deployment, customer: Customer, path: str
) -> None:
    token = deployment.token(customer)
    headers = [
        ("authorization", basic(customer.username, "w" * 43)),
        ("x-api-key", customer.api_key),
        *FORM.items(),
    ]

    response = deployment.request("POST", f"/oauth2/{path}", headers, f"{GRANT}&token={token}")

    assert_refused(response, 401, "invalid_client")
    assert response.headers.get_list("www-authenticate") == [CHALLENGE]
    assert_live(deployment, customer, token)


async def _make_many(registry: Any, customer: Customer) -> dict[str, str]:
    """Make everything with which a client can fail."""
    await registry.add_account("other", "Other", ["profile"])
    foreign = await registry.add_api_key("other", "preview", "", None)
    expiring = await registry.add_api_key("acme", "preview", "", timedelta(minutes=1))
    disabled_key = await registry.add_api_key("acme", "preview", "", None)
    await registry.set_api_key_enabled(disabled_key.record.id, is_enabled=False)
    disabled_user = await registry.add_service_user("acme", "svc-disabled")
    await registry.set_service_user_enabled("svc-disabled", is_enabled=False)
    await registry.add_account("closed", "Closed", ["profile"])
    closed_key = await registry.add_api_key("closed", "preview", "", None)
    closed_user = await registry.add_service_user("closed", "svc-closed")
    await registry.set_account_enabled("closed", is_enabled=False)
    rotated = await registry.add_service_user("acme", "svc-rotated")
    await registry.rotate_password("svc-rotated", timedelta(minutes=1))
    return {
        "foreign key": foreign.key,
        "expired key": expiring.key,
        "disabled key": disabled_key.key,
        "disabled user": basic("svc-disabled", disabled_user.password),
        "closed key": closed_key.key,
        "closed user": basic("svc-closed", closed_user.password),
        "expired password": basic("svc-rotated", rotated.password),
        "mistyped key": customer.api_key[:-1] + ("0" if customer.api_key[-1] != "0" else "1"),
    }


@pytest.mark.behaviour(
    11,
    "Unknown, disabled and expired, of user, account, password and key: all are answered with "
    "the same status, headers and body as a wrong password, to the byte",
)
@pytest.mark.behaviour(19, "Every refusal for the sake of the API key is OAuth JSON with `error`")
def test_no_failed_authentication_differs_from_a_wrong_password_by_a_byte(
    deployment: Deployment, customer: Customer, neighbours: Neighbours
) -> None:
    made = deployment.operate(lambda registry: _make_many(registry, customer))
    deployment.clock.advance(timedelta(minutes=1))
    right = basic(customer.username, customer.password)
    attempts: dict[str, dict[str, str | None]] = {
        "wrong password": {"authorization": basic(customer.username, "w" * 43)},
        "empty password": {"authorization": basic(customer.username, "")},
        "huge password": {"authorization": basic(customer.username, "w" * 9_000)},
        "unknown user": {"authorization": basic("svc-nobody", customer.password)},
        "empty user": {"authorization": basic("", customer.password)},
        "no user's name": {"authorization": basic("Robert'); DROP TABLE", "w")},
        "no credentials": {"authorization": None},
        "another scheme": {"authorization": right.replace("Basic", "Digest")},
        "no key": {"authorization": right, "x-api-key": None},
        "unknown key": {"authorization": right, "x-api-key": "A" * 42},
        "huge key": {"authorization": right, "x-api-key": "A" * 9_000},
        "a closed account": {
            "authorization": made["closed user"], "x-api-key": made["closed key"],
        },
        **{name: {"authorization": made[name]} for name in ("disabled user", "expired password")},
        **{
            name: {"authorization": right, "x-api-key": made[name]}
            for name in ("foreign key", "expired key", "disabled key", "mistyped key")
        },
    }  # fmt: skip

    answers = {
        cause: neighbours.at(f"192.0.2.{number}").request_token(customer, headers=headers)
        for number, (cause, headers) in enumerate(attempts.items())
    }

    for cause, answer in answers.items():
        assert_refused(answer, 401, "invalid_client")
        assert without_correlation(answer) == without_correlation(answers["wrong password"]), cause


@pytest.mark.behaviour(
    11, "Whatever fails, the password is hashed once, and digests of one length are compared twice"
)
def test_known_and_unknown_users_cost_the_same_digest_and_comparisons(
    deployment: Deployment, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.operate(lambda registry: registry.add_service_user("acme", "svc-disabled"))
    deployment.operate(
        lambda registry: registry.set_service_user_enabled("svc-disabled", is_enabled=False)
    )
    work: list[tuple[int, ...]] = []
    digest, compare = PasswordHasher.digest, hmac.compare_digest

    def note_digest(self: PasswordHasher, password: str) -> Digest:
        if password == "w" * 43:  # a name that nobody has is digested, too, for the audit log
            work.append((len(password),))
        return digest(self, password)

    def note_comparison(first: bytes, second: bytes) -> bool:
        work.append((len(first), len(second)))
        return compare(first, second)

    monkeypatch.setattr(PasswordHasher, "digest", note_digest)
    monkeypatch.setattr("watchword.access.credentials.hmac.compare_digest", note_comparison)
    spent: dict[str, list[tuple[int, ...]]] = {}
    for user in (customer.username, "svc-disabled", "svc-nobody"):
        headers = {"authorization": basic(user, "w" * 43)}
        assert deployment.request_token(customer, headers=headers).status_code == 401
        spent[user], work = work, []

    expected = [(43,), (32, 32), (32, 32)]
    assert spent == dict.fromkeys(spent, expected)


@pytest.mark.behaviour(
    12, "Basic and a body secret are refused before either is judged, and in whatever order"
)
@pytest.mark.parametrize("secret", ["right", "wrong"])
@pytest.mark.parametrize("user", ["svc-acme", "svc-other", None])
def test_two_ways_of_authentication_at_once_get_no_token(
    deployment: Deployment, customer: Customer, secret: str, user: str | None
) -> None:
    token = deployment.token(customer)
    password = customer.password if secret == "right" else "w" * 43
    name = "" if user is None else f"client_id={user}&"

    response = deployment.request_token(
        customer, content=f"{name}client_secret={password}", headers=FORM
    )

    assert_refused(response, 400, "invalid_request")
    assert_live(deployment, customer, token)


@pytest.mark.behaviour(
    14, "What no client of ours would send as Basic is 400 or 401, and never a 500"
)
def test_no_basic_header_breaks_the_endpoint(deployment: Deployment, customer: Customer) -> None:
    token = deployment.token(customer)
    values = [
        "Basic", "Basic ", "Basic  ", "Basic\t", "Basic :", "Basic Og==", "Basic OjpP",
        "Basic YTpi YTpi", "Basic YTpi,Basic YTpi", "Basic YTp", "Basic YTpi=", "Basic ====",
        "Basic " + "QUFB" * 4_000, "Basic " + b64encode(b"\xc3\x28:\xa0\xa1").decode(),
        "Basic " + b64encode(b"svc-acme\x00:x").decode(), "Basic " + b64encode(b"%:%").decode(),
        "Basic " + b64encode(b"svc-acme%00:x").decode(), "Basic \xff\xfe", "basic\xa0YTpi",
        "Basic " + b64encode(b"svc-acme%0d%0aX: y:x").decode(),
    ]  # fmt: skip

    for value in values:
        response = deployment.request_token(customer, headers={"authorization": value})
        assert (response.status_code, response.json()["error"]) in {
            (400, "invalid_request"),
            (401, "invalid_client"),
        }
    assert_live(deployment, customer, token)


@pytest.mark.behaviour(15, "`%20` and `+` both mean a space, in either half (RFC 6749 appendix B)")
@pytest.mark.parametrize("space", ["+", "%20"])
def test_a_space_is_read_from_both_encodings(space: str) -> None:
    encoded = b64encode(f"a{space}b:c{space}d%3A%25".encode()).decode()

    assert read_basic(f"Basic {encoded}") == ClientCredentials("a b", "c d:%")


@pytest.mark.behaviour(
    15, "Names and generated passwords are of letters that no encoding changes, so raw clients work"
)
def test_what_is_sent_raw_is_what_is_sent_encoded(deployment: Deployment) -> None:
    customer = deployment.make_customer(username="svc.Odd_name@acme~1-x")
    everything = "".join(f"%{ord(letter):02X}" for letter in customer.password)
    name = "".join(f"%{ord(letter):02x}" for letter in customer.username)

    raw = deployment.request_token(customer)
    encoded = deployment.request_token(customer, headers={"authorization": basic(name, everything)})

    assert (raw.status_code, encoded.status_code) == (200, 200)
    assert customer.password.isascii()
    assert customer.password.isalnum()


@pytest.mark.behaviour(
    15, "A name with `+`, `%`, `:`, a space or anything beyond visible ASCII cannot be made"
)
def test_a_name_that_encodings_would_change_is_refused_at_its_making(
    deployment: Deployment, customer: Customer
) -> None:
    names = "a+b", "a%b", "a:b", "a b", "a\tb", "a\x00b", "a\x7fb", "ä", "a\u200bb", "", "-a", "a/b"

    async def add_all(registry: Any) -> None:
        for name in names:
            with pytest.raises(Malformed):
                await registry.add_service_user(customer.account, name)

    deployment.operate(add_all)


@pytest.mark.behaviour(
    16, "What is kept of a password does not open anything when it is submitted as one"
)
def test_a_stolen_hash_is_no_password(
    deployment: Deployment, customer: Customer, neighbours: Neighbours
) -> None:
    with closing(sqlite3.connect(deployment.settings.database)) as database:
        ((digest,),) = database.execute("SELECT digest FROM password").fetchall()
        ((key_digest,),) = database.execute("SELECT digest FROM api_key").fetchall()
    spellings = [
        digest.hex(), digest.hex().upper(), b64encode(digest).decode(),
        "".join(f"%{octet:02x}" for octet in digest), digest.decode("latin-1"),
    ]  # fmt: skip

    answers = [
        neighbours.at(f"192.0.2.{number}").request_token(
            customer,
            headers={"authorization": basic(customer.username, spelling.replace("%", "%25"))},
        )
        for number, spelling in enumerate(spellings)
    ]
    with_key = deployment.request_token(customer, headers={"x-api-key": key_digest.hex()})

    assert {answer.status_code for answer in answers} <= {400, 401}
    assert_refused(with_key, 401, "invalid_client")


@pytest.mark.behaviour(17, "A secret is shown by the call that made it, and by nothing afterwards")
def test_no_record_or_listing_shows_a_secret_again(
    deployment: Deployment, customer: Customer
) -> None:
    async def rotate_and_list(registry: Any) -> tuple[list[str], str]:
        user = await registry.rotate_password(customer.username, timedelta(hours=1))
        key = await registry.rotate_api_key(customer.key_id, timedelta(hours=1))
        shown = [
            repr(user), repr(key), repr(user.user), repr(key.record),
            repr(await registry.list_service_users(None)),
            repr(await registry.list_api_keys(None)),
            repr(await registry.get_service_user(customer.username)),
            repr(await registry.get_api_key(key.record.id)),
            repr(await registry.list_accounts()),
        ]  # fmt: skip
        return [user.password, key.key], "".join(shown)

    secrets, shown = deployment.operate(rotate_and_list)

    assert customer.username in shown
    for secret in (*secrets, customer.password, customer.api_key):
        assert secret not in shown


@pytest.mark.behaviour(
    16, "A chosen password is kept by Argon2id, and its stored form does not open anything either"
)
def test_a_stolen_argon2_hash_is_no_password(deployment: Deployment, customer: Customer) -> None:
    chosen = "correct horse battery staple"
    deployment.operate(
        lambda registry: registry.add_service_user_with_password("acme", "svc-chosen", chosen)
    )
    with closing(sqlite3.connect(deployment.settings.database)) as database:
        query = "SELECT chosen FROM password WHERE username = 'svc-chosen'"
        ((kept,),) = database.execute(query).fetchall()
    right, stolen = (basic("svc-chosen", quote_plus(password)) for password in (chosen, kept))

    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    refused = deployment.request_token(customer, headers={"authorization": stolen})
    assert_refused(refused, 401, "invalid_client")
    assert deployment.request_token(customer, headers={"authorization": right}).status_code == 200


@pytest.mark.behaviour(
    11,
    "Where anybody has a chosen password, whoever fails waits for one slow comparison: with a "
    "chosen password, with a generated one, and with no user at all",
)
def test_who_has_a_chosen_password_is_not_told_by_the_work(
    deployment: Deployment, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.operate(
        lambda registry: registry.add_service_user_with_password("acme", "svc-chosen", "a" * 12)
    )
    compared: list[int] = []

    def count(_: Argon2Passwords, __: str, kept: tuple[str, ...]) -> bool:
        compared.append(len(kept))
        return False

    monkeypatch.setattr(Argon2Passwords, "_compare", count)
    work = {}
    for user in ("svc-chosen", customer.username, "svc-nobody"):
        headers = {"authorization": basic(user, "w" * 43)}
        assert_refused(deployment.request_token(customer, headers=headers), 401, "invalid_client")
        work[user], compared = compared, []

    assert work == {"svc-chosen": [1], customer.username: [1], "svc-nobody": [1]}


@pytest.mark.behaviour(
    17, "The new secret works at once, and with no overlap the old one ends at once"
)
def test_a_rotation_without_overlap_ends_the_old_secret_at_once(
    deployment: Deployment, customer: Customer
) -> None:
    new = deployment.operate(
        lambda registry: registry.rotate_password(customer.username, timedelta())
    )

    old_one = deployment.request_token(customer)
    new_one = deployment.request_token(
        customer, headers={"authorization": basic(customer.username, new.password)}
    )

    assert_refused(old_one, 401, "invalid_client")
    assert new_one.status_code == 200


@pytest.mark.behaviour(
    19, "No pair of password and key tells which of the two was wrong: all failures are one answer"
)
def test_password_and_key_are_no_oracle_for_one_another(
    deployment: Deployment, customer: Customer, neighbours: Neighbours
) -> None:
    made = deployment.operate(lambda registry: _make_many(registry, customer))
    deployment.clock.advance(timedelta(minutes=1))
    right = customer.api_key
    keys = (right, None, "A" * 42, made["disabled key"], made["expired key"], made["foreign key"])
    passwords = (customer.password, "w" * 43)

    answers: dict[tuple[str, str | None], httpx2.Response] = {
        (password, key): neighbours.at(f"192.0.2.{number}").request_token(
            customer,
            headers={"authorization": basic(customer.username, password), "x-api-key": key},
        )
        for number, (password, key) in enumerate(product(passwords, keys))
    }

    assert answers.pop((customer.password, right)).status_code == 200
    assert {answer.status_code for answer in answers.values()} == {401}
    assert len({str(without_correlation(answer)) for answer in answers.values()}) == 1
