"""Access tokens: only what we issued, as we issued it, opens anything.

Most of these attackers hold more than any real one: the deployment's own signing key. So the
refusals show what is judged beyond the signature.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from security.asking import assert_call_refused, assert_live
from security.forging import claims_of, encode, header_of, sign, stolen_key, to_input
from support.deployment import OPERATOR
from support.processes import REPOSITORY
from watchword.access.errors import NotAllowed
from watchword.access.keyring import JWKS_LIFETIME, OUTLIVES, REFRESH, SHORTEST_WAIT
from watchword.access.model import CLOCK_SKEW, TOKEN_LIFETIME
from watchword.access.signing import SigningKey
from watchword.deployment import open_deployment
from watchword.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.deployment import Customer, Deployment
    from watchword.access.rotation import SigningRotation

JWKS = "/.well-known/jwks.json"


def jwks_of(deployment: Deployment) -> list[dict[str, str]]:
    response = deployment.request("GET", JWKS)
    assert response.status_code == 200
    keys: list[dict[str, str]] = response.json()["keys"]
    return keys


@pytest.mark.behaviour(
    24, "A token verifies by the published key that its `kid` names, and is ES256 as both say"
)
def test_a_token_verifies_by_the_published_key_of_its_kid(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)
    (published,) = jwks_of(deployment)

    x, y = (int.from_bytes(urlsafe_b64decode(published[name] + "==")) for name in ("x", "y"))
    signing_input, _, signature = token.rpartition(".")
    octets = urlsafe_b64decode(signature + "==")
    r, s = int.from_bytes(octets[:32]), int.from_bytes(octets[32:])
    public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    public.verify(encode_dss_signature(r, s), signing_input.encode(), ec.ECDSA(SHA256()))

    assert header_of(token) == {"typ": "at+jwt", "alg": "ES256", "kid": published["kid"]}
    assert (published["kty"], published["crv"], published["alg"]) == ("EC", "P-256", "ES256")


def _public_pem(key: SigningKey) -> bytes:
    return key._private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _hs256(header: dict[str, Any], claims: object, secret: bytes) -> str:
    signing_input = to_input({**header, "alg": "HS256"}, claims)
    return f"{signing_input}.{encode(hmac.digest(secret, signing_input.encode(), 'sha256'))}"


def _rs256(header: dict[str, Any], claims: object) -> str:
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    signing_input = to_input({**header, "alg": "RS256"}, claims)
    signature = key.sign(signing_input.encode(), PKCS1v15(), SHA256())
    return f"{signing_input}.{encode(signature)}"


def _changed(
    change: dict[str, Any], *drop: str
) -> Callable[[SigningKey, dict[str, Any], Any], str]:
    """Return an attack with the stolen key and another header."""
    return lambda key, header, claims: sign(
        key,
        {name: value for name, value in {**header, **change}.items() if name not in drop},
        claims,
    )


def _embedding(name: str, make: Callable[[SigningKey], object]) -> Any:
    """Return an attack with the attacker's own key, which the header presents."""
    attacker = SigningKey.generate()
    return lambda _, header, claims: sign(attacker, {**header, name: make(attacker)}, claims)


FORGERIES: dict[str, Callable[[SigningKey, dict[str, Any], Any], str]] = {
    "alg none, no signature": lambda _, header, claims: (
        to_input({**header, "alg": "none"}, claims) + "."
    ),
    "alg nOnE, any signature": lambda _, header, claims: (
        to_input({**header, "alg": "nOnE"}, claims) + ".AAAA"
    ),
    "HS256 by the public key as PEM": lambda key, header, claims: _hs256(
        header, claims, _public_pem(key)
    ),
    "HS256 by the public key as JWK": lambda key, header, claims: _hs256(
        header, claims, json.dumps(key.public_jwk).encode()
    ),
    "HS256 by the public key's x": lambda key, header, claims: _hs256(
        header, claims, key.public_jwk["x"].encode()
    ),
    "HS256 by the empty key": lambda _, header, claims: _hs256(header, claims, b""),
    "RS256 by another key": lambda _, header, claims: _rs256(header, claims),
    "another alg in the header": _changed({"alg": "ES384"}),
    "no alg": _changed({}, "alg"),
    "alg as a list": _changed({"alg": ["ES256"]}),
    "an unknown crit": _changed({"crit": ["urgent"], "urgent": True}),
    "an empty crit": _changed({"crit": []}),
    "a crit that is known": _changed({"crit": ["b64"], "b64": True}),
    "an unencoded payload": _changed({"crit": ["b64"], "b64": False}),
    "typ JWT": _changed({"typ": "JWT"}),
    "no typ": _changed({}, "typ"),
    "typ of a logout token": _changed({"typ": "logout+jwt"}),
    "an unknown kid": _changed({"kid": "unknown"}),
    "a kid that is a path": _changed({"kid": "../../../../dev/null"}),
    "a kid that is SQL": _changed({"kid": "' UNION SELECT 'x"}),
    "no kid": _changed({}, "kid"),
    "an attacker's key under our kid": lambda _, header, claims: sign(
        SigningKey.generate(), header, claims
    ),
    "an embedded jwk": _embedding("jwk", lambda key: key.public_jwk),
    "a jku": _embedding("jku", lambda _: "https://attacker.example/jwks.json"),
    "an x5u": _embedding("x5u", lambda _: "https://attacker.example/x5u.pem"),
    "an x5c": _embedding("x5c", lambda key: [_public_pem(key).decode()]),
    "compressed": _changed({"zip": "DEF"}),
    "members in another order": lambda key, header, claims: sign(
        key, dict(reversed(header.items())), claims
    ),
    "nested: a token in a token": lambda key, header, claims: sign(
        key, {**header, "cty": "JWT"}, sign(key, header, claims)
    ),
}  # fmt: skip


@pytest.mark.behaviour(
    25,
    "`alg: none`, HS256 signed with the public key, an `alg` that is not the key's, an unknown "
    "`crit`, an embedded `jwk`, `jku`, `x5u`, another `typ` and `kid` are 401 `invalid_token`, "
    "with whatever key they were signed (RFC 8725 section 3.1)",
)
@pytest.mark.parametrize("forgery", FORGERIES)
def test_no_forged_header_opens_anything(
    deployment: Deployment, customer: Customer, forgery: str
) -> None:
    token = deployment.token(customer)
    forged = FORGERIES[forgery](stolen_key(deployment), header_of(token), claims_of(token))
    assert forged != token

    response = deployment.call(forged, customer.api_key)

    assert_call_refused(response, 401, "TOKEN_INVALID")
    assert_live(deployment, customer, token)


@pytest.mark.behaviour(
    25, "The genuine token with its signature cut, stretched or spelled otherwise is 401"
)
def test_no_other_spelling_of_the_signature_is_accepted(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)
    head, payload, signature = token.split(".")
    spellings = [
        f"{head}.{payload}", f"{head}.{payload}.", f"{head}.{payload}.{signature[:-2]}",
        f"{head}.{payload}.{signature}AA", f"{head}.{payload}.{signature}.{signature}",
        f"{head}..{signature}", f".{payload}.{signature}", f"{head}.{signature}.{payload}",
        f"{head}.{payload}.{encode(bytes(64))}", f"{head}.{payload}.{encode(bytes([255] * 64))}",
        f"{head}.{payload}.{encode(bytes(31) + bytes([1]) + bytes(31) + bytes([1]))}",
        f"{head}=.{payload}.{signature}", f"{head}.{payload}%2E{signature}",
    ]  # fmt: skip

    for spelled in spellings:
        assert_call_refused(deployment.call(spelled, customer.api_key), 401, "TOKEN_INVALID")
    assert_live(deployment, customer, token)


@pytest.mark.behaviour(
    25,
    "Another JWT of ours, an assertion or an id token, is no access token though its key is ours",
)
@pytest.mark.parametrize("typ", ["JWT", "at+jwt"])
def test_another_jwt_of_ours_is_no_access_token(
    deployment: Deployment, customer: Customer, typ: str
) -> None:
    live = deployment.token(customer)
    key, header = stolen_key(deployment), {**header_of(live), "typ": typ}
    now = int(deployment.clock.now().timestamp())
    times = {"iat": now, "exp": now + 600}
    others: list[Any] = [
        {"iss": "svc-acme", "sub": "svc-acme", "aud": "http://127.0.0.1:8080", **times},
        {"iss": "http://127.0.0.1:8080", "sub": "svc-acme", "aud": "profile", **times},
        {"events": {"http://schemas.openid.net/event/backchannel-logout": {}}, **times},
        {}, [], "text", None, 7,
    ]  # fmt: skip

    for claims in others:
        response = deployment.call(sign(key, header, claims), customer.api_key)
        assert_call_refused(response, 401, "TOKEN_INVALID")
    assert_live(deployment, customer, live)


def _resigned(deployment: Deployment, token: str, **change: Any) -> str:
    """Return the live token with other claims, signed with the stolen key."""
    claims = {name: v for name, v in {**claims_of(token), **change}.items() if v is not ...}
    return sign(stolen_key(deployment), header_of(token), claims)


@pytest.mark.behaviour(
    26,
    "`iat` in the future is borne for 60 seconds of skew and no longer, though the key is ours",
)
def test_a_token_from_the_future_is_refused_beyond_the_skew(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)
    now = int(deployment.clock.now().timestamp())

    borne = deployment.call(_resigned(deployment, token, iat=now + 60), customer.api_key)
    refused = deployment.call(_resigned(deployment, token, iat=now + 61), customer.api_key)

    assert timedelta(seconds=60) == CLOCK_SKEW
    assert borne.status_code == 200
    assert_call_refused(refused, 401, "TOKEN_INVALID")


@pytest.mark.behaviour(26, "`exp` in the past is 401 `invalid_token`, whatever `iat` says")
@pytest.mark.parametrize("seconds", [0, -1, -28_800, -(10**9)])
def test_a_token_past_its_end_is_refused(
    deployment: Deployment, customer: Customer, seconds: int
) -> None:
    token = deployment.token(customer)
    now = int(deployment.clock.now().timestamp())

    response = deployment.call(_resigned(deployment, token, exp=now + seconds), customer.api_key)

    assert_call_refused(response, 401, "TOKEN_EXPIRED")


@pytest.mark.behaviour(
    26, "A token that is not to be accepted before a moment (`nbf`) is 401 until then"
)
def test_a_token_whose_time_has_not_come_is_refused(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)
    now = int(deployment.clock.now().timestamp())

    for not_before in (now + 61, now + 10**9, "soon", None, 1e400):
        early = _resigned(deployment, token, nbf=not_before)
        assert_call_refused(deployment.call(early, customer.api_key), 401, "TOKEN_INVALID")


@pytest.mark.behaviour(26, "A date that is no whole number, or that no calendar has, is 401")
@pytest.mark.parametrize("claim", ["exp", "iat"])
def test_a_date_that_is_none_is_refused(
    deployment: Deployment, customer: Customer, claim: str
) -> None:
    token = deployment.token(customer)

    infinite, no_number = 1e400, float("nan")
    values: list[Any] = [
        "2000000000", 2e9, None, True, [], {}, infinite, no_number, 10**30, -(10**30), ...,
    ]  # fmt: skip

    for value in values:
        response = deployment.call(_resigned(deployment, token, **{claim: value}), customer.api_key)
        assert_call_refused(response, 401, "TOKEN_INVALID")
    assert_live(deployment, customer, token)


@pytest.mark.behaviour(27, "An `iss` that is not ours is 401, though the key is ours")
def test_a_foreign_issuer_is_refused(deployment: Deployment, customer: Customer) -> None:
    token = deployment.token(customer)
    issuers = [
        "https://attacker.example", "http://127.0.0.1:8080/", "HTTP://127.0.0.1:8080", "", None,
        ["http://127.0.0.1:8080"], "http://127.0.0.1:8080@attacker.example", ...,
    ]  # fmt: skip

    for issuer in issuers:
        response = deployment.call(_resigned(deployment, token, iss=issuer), customer.api_key)
        assert_call_refused(response, 401, "TOKEN_INVALID")
    assert_live(deployment, customer, token)


@pytest.mark.behaviour(
    27,
    "An `aud` without this service opens nothing here: 401 when it is no list of names, 403 "
    "`insufficient_scope` when it names others",
)
def test_a_foreign_audience_opens_nothing(deployment: Deployment, customer: Customer) -> None:
    token = deployment.token(customer)
    no_lists: list[Any] = ["profile", None, ["profile", 1], {"profile": 1}, ...]
    of_others = [[], ["events"], ["Profile"], ["profile "], ["https://attacker.example/profile"]]

    for audience in no_lists:
        response = deployment.call(_resigned(deployment, token, aud=audience), customer.api_key)
        assert_call_refused(response, 401, "TOKEN_INVALID")
    for audience in of_others:
        response = deployment.call(_resigned(deployment, token, aud=audience), customer.api_key)
        assert_call_refused(response, 403, "SERVICE_NOT_ALLOWED")
        assert 'error="insufficient_scope"' in response.headers["www-authenticate"]
    assert_live(deployment, customer, token)


def rotate(deployment: Deployment, how: Callable[[SigningRotation], Any]) -> None:
    async def carry_out() -> None:
        async with open_deployment(deployment.settings, deployment.clock) as opened:
            await how(opened.rotation(deployment.clock, deployment.dice, OPERATOR))

    deployment.run(carry_out())


@pytest.mark.behaviour(
    28,
    "A new key is published first, signs only after everybody can know it, and the old one is "
    "published and verifies for eight hours and the skew longer; then it is gone",
)
def test_a_rotation_publishes_waits_signs_and_keeps_the_old_key_to_the_end(
    deployment: Deployment, customer: Customer
) -> None:
    old, new = _rotate_while_tokens_are_issued(deployment, customer)
    by_old, by_new = old.token, new.token

    deployment.clock.advance(TOKEN_LIFETIME - timedelta(seconds=2))
    at_its_end = deployment.call(by_old, old.customer.api_key)
    deployment.clock.advance(OUTLIVES - TOKEN_LIFETIME + timedelta(minutes=1))
    live = deployment.token(customer)
    by_retired = sign(old.key, header_of(by_old), claims_of(live))

    assert at_its_end.status_code == 200
    assert [key["kid"] for key in jwks_of(deployment)] == [header_of(by_new)["kid"]]
    assert_call_refused(deployment.call(by_retired, customer.api_key), 401, "TOKEN_INVALID")
    assert_live(deployment, customer, live)


@dataclass(frozen=True, slots=True)
class _Issued:
    """A token, whose it is, and what signed it."""

    token: str
    customer: Customer
    key: SigningKey


def _rotate_while_tokens_are_issued(
    deployment: Deployment, customer: Customer
) -> tuple[_Issued, _Issued]:
    """Rotate; return the last token of the old key and the first of the new one."""
    old_key = stolen_key(deployment)
    late = deployment.make_customer("late", "svc-late")
    rotate(deployment, lambda rotation: rotation.rotate(SHORTEST_WAIT))
    deployment.clock.advance(SHORTEST_WAIT - timedelta(seconds=1))
    published = [key["kid"] for key in jwks_of(deployment)]
    by_old = deployment.token(late)
    deployment.clock.advance(timedelta(seconds=1))
    by_new = deployment.token(customer)
    assert published == [old_key.kid, header_of(by_new)["kid"]]
    assert header_of(by_old)["kid"] == old_key.kid != header_of(by_new)["kid"]
    return _Issued(by_old, late, old_key), _Issued(by_new, customer, stolen_key(deployment))


@pytest.mark.behaviour(
    28,
    "No wait before signing is shorter than others may keep the keys, no life after it shorter "
    "than a token's with the skew",
)
def test_the_terms_of_a_rotation_outlast_caches_and_tokens(deployment: Deployment) -> None:
    cache = deployment.request("GET", JWKS).headers["cache-control"]

    with pytest.raises(NotAllowed):
        rotate(
            deployment,
            lambda rotation: rotation.rotate(SHORTEST_WAIT - timedelta(microseconds=1)),
        )

    assert cache == f"public, max-age={JWKS_LIFETIME.seconds}"
    assert SHORTEST_WAIT >= JWKS_LIFETIME + REFRESH
    assert OUTLIVES >= TOKEN_LIFETIME + CLOCK_SKEW
    assert len(jwks_of(deployment)) == 1


@pytest.mark.behaviour(
    28, "After a leak the keys are exchanged at once: what the stolen key signs is 401 in seconds"
)
def test_a_leaked_key_is_dead_within_seconds(deployment: Deployment, customer: Customer) -> None:
    token = deployment.token(customer)
    assert_live(deployment, customer, token)
    rotate(deployment, lambda rotation: rotation.rotate_at_once())
    deployment.clock.advance(REFRESH)

    response = deployment.call(token, customer.api_key)

    assert_call_refused(response, 401, "TOKEN_INVALID")
    assert header_of(token)["kid"] not in {key["kid"] for key in jwks_of(deployment)}
    assert_live(deployment, customer, deployment.token(customer))


@pytest.mark.behaviour(28, "The JWKS has no private member at any stage of a rotation")
def test_no_private_member_is_published_during_a_rotation(deployment: Deployment) -> None:
    rotate(deployment, lambda rotation: rotation.rotate(SHORTEST_WAIT))
    for step in (REFRESH, SHORTEST_WAIT, OUTLIVES):
        deployment.clock.advance(step)

        for key in jwks_of(deployment):
            assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}


@pytest.mark.behaviour(
    28, "A thousand tokens with unknown `kid` cost no look-up but the one that is due anyway"
)
def test_unknown_kids_cause_no_look_ups(
    deployment: Deployment, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = deployment.token(customer)
    _, payload, signature = token.split(".")
    reads = []
    read = SqliteStore.list_signing_keys

    async def count(self: SqliteStore) -> Any:
        reads.append(1)
        return await read(self)

    monkeypatch.setattr(SqliteStore, "list_signing_keys", count)
    for number in range(1_000):
        kid = hashlib.sha256(str(number).encode()).hexdigest()
        header = encode(json.dumps({**header_of(token), "kid": kid}).encode())
        response = deployment.call(f"{header}.{payload}.{signature}", customer.api_key)
        assert response.status_code == 401
    at_rest = len(reads)
    deployment.clock.advance(REFRESH)
    deployment.call("eyJhbGciOiJFUzI1NiJ9.e30.AA", customer.api_key)
    deployment.call("eyJhbGciOiJFUzI1NiJ9.e30.AA", customer.api_key)

    assert (at_rest, len(reads)) == (0, 1)


@pytest.mark.behaviour(
    25, "What reads tokens is pinned to a version and a digest, so none changes behind our back"
)
def test_the_libraries_that_read_tokens_are_pinned() -> None:
    pinned = Path(REPOSITORY / "requirements" / "runtime.txt").read_text()

    for name in ("joserfc", "cryptography"):
        assert re.search(rf"^{name}==\S+ *\\\n +--hash=sha256:[0-9a-f]{{64}}", pinned, re.MULTILINE)
