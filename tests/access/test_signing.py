from __future__ import annotations

import asyncio
import json
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from support.fakes import CountedDice, StoppedClock
from support.keys import KeyCabinet, keeper_of
from watchword.access.errors import NotAllowed, TokenInvalid
from watchword.access.keyring import KeyRing
from watchword.access.model import Generation, Username
from watchword.access.reading import TokenReader
from watchword.access.signing import Claims, SigningKey

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ISSUER = "https://api.example.com"
KEY = SigningKey.generate()
CLAIMS = Claims(
    issuer=ISSUER,
    username=Username("svc"),
    audience=("profile",),
    jti="j",
    issued_at=NOW,
    expires_at=NOW + timedelta(hours=8),
    scope="profile",
    generation=Generation(7),
)


class Reader:
    """A worker's token reader over one key."""

    def __init__(self, remembered: int = 10) -> None:
        clock = StoppedClock(NOW)
        keys = keeper_of(KeyCabinet(KEY), clock)
        self.tokens = TokenReader(keys, clock=clock, remembered=remembered)

    def read(self, token: str) -> Claims:
        return asyncio.run(self.tokens.read(token))


def reader(*, remembered: int = 10) -> Reader:
    return Reader(remembered)


def sign_members(key: SigningKey, members: object) -> str:
    """Sign any payload with a genuine key, as another kind of JWT of ours would be."""
    genuine = key.sign(CLAIMS)

    encoded = urlsafe_b64encode(json.dumps(members).encode()).rstrip(b"=").decode()
    signing_input = f"{genuine.split('.')[0]}.{encoded}"
    der = key._private.sign(signing_input.encode(), key._signature_algorithm)
    r, s = decode_dss_signature(der)
    signature = urlsafe_b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).rstrip(b"=")
    return f"{signing_input}.{signature.decode()}"


def test_what_is_signed_is_read_back() -> None:
    assert reader().read(KEY.sign(CLAIMS)) == CLAIMS


def test_a_second_read_gives_the_same_from_memory() -> None:
    tokens = reader()
    token = KEY.sign(CLAIMS)

    assert tokens.read(token) is tokens.read(token)


def test_memory_holds_no_more_than_its_bound() -> None:
    tokens = reader(remembered=3)
    issued = [KEY.sign(replace(CLAIMS, jti=str(number))) for number in range(10)]

    for token in issued:
        tokens.read(token)

    assert len(tokens.tokens._verified) == 3
    assert list(tokens.tokens._verified) == issued[-3:]


def test_every_key_of_the_ring_verifies_and_the_newest_signs() -> None:
    newer = SigningKey.generate()
    ring = KeyRing([(KEY, NOW - timedelta(hours=1)), (newer, NOW)])

    assert ring.verify(KEY.sign(CLAIMS), NOW)
    assert ring.sign(CLAIMS).startswith(newer.header)
    assert [key["kid"] for key in ring.public_jwks(NOW)["keys"]] == [KEY.kid, newer.kid]


def test_a_ring_without_keys_says_what_to_do() -> None:
    with pytest.raises(NotAllowed, match="watchword init"):
        KeyRing([])


def test_a_token_longer_than_any_of_ours_is_not_even_looked_at() -> None:
    huge = KEY.sign(replace(CLAIMS, scope="s" * 8192))

    with pytest.raises(TokenInvalid, match="longer"):
        reader().read(huge)


@pytest.mark.parametrize(("seconds", "is_refused"), [(60, False), (61, True)])
def test_a_token_from_the_future_is_refused_beyond_the_skew(seconds: int, is_refused: bool) -> None:
    token = KEY.sign(replace(CLAIMS, issued_at=NOW + timedelta(seconds=seconds)))

    if is_refused:
        with pytest.raises(TokenInvalid):
            reader().read(token)
    else:
        assert reader().read(token).jti == CLAIMS.jti


@pytest.mark.parametrize(
    "change",
    [
        {"gen": "7"}, {"gen": 7.0}, {"gen": True}, {"gen": None}, {"exp": "soon"},
        {"exp": 1e400}, {"exp": 10**30}, {"iat": None}, {"aud": "profile"}, {"aud": [1]},
        {"aud": None}, {"sub": 1}, {"scope": None}, {"jti": 5}, {"iss": None},
    ],
)  # fmt: skip
def test_a_genuine_signature_over_other_claims_is_no_access_token(
    change: dict[str, object],
) -> None:
    members = {
        "iss": ISSUER, "sub": "svc", "aud": ["profile"], "exp": 2_000_000_000,
        "iat": int(NOW.timestamp()), "jti": "j", "client_id": "svc", "scope": "profile", "gen": 7,
    }  # fmt: skip
    assert reader().read(sign_members(KEY, members)).generation == 7

    with pytest.raises(TokenInvalid):
        reader().read(sign_members(KEY, {**members, **change}))


@pytest.mark.parametrize("payload", [[], "text", 7, None, {}])
def test_a_signed_payload_of_another_shape_is_no_access_token(payload: object) -> None:
    with pytest.raises(TokenInvalid):
        reader().read(sign_members(KEY, payload))


@given(st.integers(0, 10_000), st.sampled_from("ABCabc012-_."))
@settings(max_examples=50)
def test_no_changed_character_is_accepted(place: int, character: str) -> None:
    token = KEY.sign(CLAIMS)
    place %= len(token)
    changed = token[:place] + character + token[place + 1 :]
    last = len(token) - 1  # its low bits are padding and carry nothing

    if changed != token and place != last:
        with pytest.raises(TokenInvalid):
            reader().read(changed)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(TokenInvalid):
        reader().read(text)
    with pytest.raises(TokenInvalid):
        reader().read(f"{KEY.header}.{text}")


def test_a_sealed_key_comes_back_under_its_secret_and_no_other() -> None:
    sealed = KEY.seal(b"s" * 32, CountedDice(), NOW, NOW)

    assert SigningKey.unseal(sealed, b"s" * 32).kid == KEY.kid
    with pytest.raises(NotAllowed, match="another secret"):
        SigningKey.unseal(sealed, b"t" * 32)


def test_nothing_secret_is_in_a_repr() -> None:
    sealed = KEY.seal(b"s" * 32, CountedDice(), NOW, NOW)

    assert repr(KEY) == f"SigningKey(kid='{KEY.kid}')"
    assert "sealed=" not in repr(sealed)
    assert "d" not in KEY.public_jwk
