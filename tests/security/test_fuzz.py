"""Whatever bytes arrive: a documented refusal, or what was issued. Nothing else comes out.

Each run of the tests tries the same examples. With `WATCHWORD_FUZZ_EXAMPLES` every property is
tried with so many others, drawn anew: 5,000 are minutes, 500,000 a night.
"""

from __future__ import annotations

import asyncio
import os
import string
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from security.forging import claims_of, encode, header_of, sign
from support.deployment import GRANT, Deployment
from support.fakes import StoppedClock
from support.keys import KeyCabinet, keeper_of
from watchword.access.errors import InvalidClient, InvalidRequest, TokenInvalid
from watchword.access.model import Generation, Username
from watchword.access.reading import TokenReader
from watchword.access.signing import Claims, SigningKey
from watchword.web.client_auth import ClientCredentials, read_basic
from watchword.web.forms import decode_form, parse_form

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from hypothesis.strategies import SearchStrategy

ASKED = os.environ.get("WATCHWORD_FUZZ_EXAMPLES")
EXAMPLES = int(ASKED or 150)
fuzz = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=ASKED is None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
# HTTP's own parser lets no other bytes into a header than these.
header_text = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=300)
# Text as it may stand in a parameter: anything but control characters.
plain_text = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=80)
near_basic = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["Basic", "basic", "bASIC", "Basic:", "Bearer", ""]),
    st.sampled_from([" ", "  ", "\t", "\xa0", ""]),
    st.one_of(
        st.binary(max_size=60).map(lambda octets: b64encode(octets).decode()),
        st.text(string.ascii_letters + "+/=-_%:", max_size=60),
    ),
    st.sampled_from(["", "=", " ", ",", "\xff"]),
)
near_form = st.lists(
    st.sampled_from(
        [b"grant_type", b"client_credentials", b"=", b"&", b";", b"%", b"%2", b"%zz", b"%00", b"+",
         b"%ff", b"%C3%A4", b"\xc3\xa4", b"\xff", b"scope", b"client_secret", b"%26", b"%3D", b"\n"]
    ),
    max_size=40,
).map(b"".join)  # fmt: skip

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY = SigningKey.generate()
CLAIMS = Claims(
    issuer="https://api.example.com",
    username=Username("svc"),
    audience=("profile",),
    jti="j",
    issued_at=NOW,
    expires_at=NOW + timedelta(hours=8),
    scope="profile",
    generation=Generation(7),
)
GENUINE = KEY.sign(CLAIMS)
KEEPER = keeper_of(KeyCabinet(KEY), StoppedClock(NOW))


def read_token(token: str) -> Claims:
    """Read a token with nothing remembered."""
    tokens = TokenReader(KEEPER, clock=StoppedClock(NOW), remembered=1)
    return asyncio.run(tokens.read(token))


@pytest.mark.behaviour(14, "Fuzz: no header makes the Basic reader fail in an undocumented way")
@fuzz
@given(st.one_of(header_text, near_basic, header_text.map(lambda text: "Basic " + text)))
@example("Basic " + "=" * 300)
@example("Basic \u0130")
def test_any_header_gives_credentials_or_a_documented_refusal(value: str) -> None:
    try:
        credentials = read_basic(value)
    except (InvalidClient, InvalidRequest):
        return

    # What was read is what was sent, and holds nothing that a log or a header would break on.
    assert value.lower().startswith("basic ")
    assert not any(ord(letter) < 0x20 for letter in credentials.username + credentials.password)


@pytest.mark.behaviour(15, "Fuzz: whatever is form-encoded and sent as Basic is read as it was")
@fuzz
@given(plain_text, plain_text, st.sampled_from([quote, quote_plus]))
def test_encoded_credentials_are_read_back(
    username: str, password: str, encode_form: Callable[..., str]
) -> None:
    pair = f"{encode_form(username, safe='')}:{encode_form(password, safe='')}"

    credentials = read_basic("Basic " + b64encode(pair.encode()).decode())

    assert credentials == ClientCredentials(username, password)


@pytest.mark.behaviour(15, "Fuzz: what our names and passwords are made of needs no encoding")
@fuzz
@given(st.text(string.ascii_letters + string.digits + "._@~-", max_size=100))
def test_our_alphabet_is_the_same_raw_and_encoded(text: str) -> None:
    assert decode_form(text.encode()) == text
    assert decode_form(quote_plus(text).encode()) == text


@pytest.mark.behaviour(7, "Fuzz: no body makes the form reader fail in an undocumented way")
@fuzz
@given(st.one_of(st.binary(max_size=400), near_form))
@example(b"&" * 400)
@example(b"=")
@example(b"%")
def test_any_form_gives_parameters_or_a_documented_refusal(body: bytes) -> None:
    try:
        parameters = parse_form(body)
    except InvalidRequest:
        return

    pairs = [pair for pair in body.split(b"&") if pair]
    assert len(parameters) == len(pairs)  # none was dropped, none stood twice
    for text in (*parameters, *parameters.values()):
        assert not any(ord(letter) < 0x20 or letter == "\x7f" for letter in text)


@pytest.mark.behaviour(7, "Fuzz: whatever is form-encoded is read as it was, name by name")
@fuzz
@given(st.dictionaries(plain_text.filter(bool), plain_text, max_size=10))
def test_encoded_parameters_are_read_back(parameters: dict[str, str]) -> None:
    assert parse_form(urlencode(parameters).encode()) == parameters


@pytest.mark.behaviour(3, "Fuzz: a parameter that stands twice is found however it is encoded")
@fuzz
@given(plain_text.filter(bool), plain_text, plain_text, st.booleans())
def test_a_parameter_twice_is_never_read(
    name: str, first: str, second: str, is_spelled_out: bool
) -> None:
    again = "".join(f"%{octet:02x}" for octet in name.encode()) if is_spelled_out else quote(name)
    body = f"{quote_plus(name)}={quote_plus(first)}&{again}={quote_plus(second)}"

    with pytest.raises(InvalidRequest):
        parse_form(body.encode())


def _mutated(token: str) -> SearchStrategy[str]:
    """Return tokens that are a few edits away from a genuine one."""
    place = st.integers(0, len(token) - 1)
    piece = st.text(string.ascii_letters + string.digits + "-_.=%+/ ", max_size=4)
    cut = st.builds(lambda at, size, put: token[:at] + put + token[at + size :],
                    place, st.integers(0, 6), piece)  # fmt: skip
    parts = token.split(".")
    shuffled = st.lists(st.sampled_from([*parts, "", "e30"]), max_size=5).map(".".join)
    return st.one_of(cut, shuffled)


def _is_the_same_signature(token: str) -> bool:
    # The last character of 64 octets in base64url carries four bits that mean nothing.
    return token[:-1] == GENUINE[:-1] and len(token) == len(GENUINE)


@pytest.mark.behaviour(25, "Fuzz: no text but a token that we signed makes the reader say yes")
@fuzz
@given(
    st.one_of(
        st.text(max_size=200),
        _mutated(GENUINE),
        st.text(max_size=200).map(lambda text: f"{KEY.header}.{text}"),
        st.binary(max_size=96).map(lambda octets: f"{GENUINE.rpartition('.')[0]}.{encode(octets)}"),
    )
)
@example("." * 8192)
@example("a" * 8193)
@example("\ud800")
def test_any_text_is_the_genuine_token_or_invalid(text: str) -> None:
    assume(text != GENUINE and not _is_the_same_signature(text))

    with pytest.raises(TokenInvalid):
        read_token(text)


members = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)


@pytest.mark.behaviour(26, "Fuzz: a payload of any shape, signed with our key, is read or invalid")
@fuzz
@given(
    st.one_of(
        members,
        st.dictionaries(st.sampled_from(sorted(claims_of(GENUINE))), members).map(
            lambda change: {**claims_of(GENUINE), **change}
        ),
    )
)
def test_any_signed_payload_is_claims_or_invalid(payload: object) -> None:
    token = sign(KEY, header_of(GENUINE), payload)

    try:
        claims = read_token(token)
    except TokenInvalid:
        return

    assert isinstance(payload, dict)
    assert claims.generation == payload["gen"]
    assert type(payload["gen"]) is type(payload["exp"]) is type(payload["iat"]) is int
    assert list(claims.audience) == payload["aud"]


@pytest.mark.behaviour(25, "Fuzz: a header with any member more, less or other is invalid")
@fuzz
@given(
    st.dictionaries(
        st.sampled_from(["alg", "typ", "kid", "crit", "jwk", "jku", "x5u", "b64", "zip", "x"]),
        st.one_of(members, st.sampled_from(["none", "HS256", "ES256", "JWT", "at+jwt", KEY.kid])),
        min_size=1,
    )
)
def test_any_other_header_is_invalid(change: dict[str, object]) -> None:
    header = {**header_of(GENUINE), **change}
    assume(header != header_of(GENUINE))

    with pytest.raises(TokenInvalid):
        read_token(sign(KEY, header, claims_of(GENUINE)))


@pytest.mark.behaviour(24, "Fuzz: what is signed is read back, whatever the claims say")
@fuzz
@given(
    plain_text,
    st.lists(plain_text, max_size=4).map(tuple),
    plain_text,
    st.integers(1, 2**63),
    st.integers(0, 10**9),
)
def test_claims_are_read_back(
    username: str, audience: tuple[str, ...], jti: str, generation: int, seconds: int
) -> None:
    claims = replace(
        CLAIMS,
        username=Username(username),
        audience=audience,
        jti=jti,
        generation=Generation(generation),
        issued_at=NOW - timedelta(seconds=seconds),
    )

    assert read_token(KEY.sign(claims)) == claims


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Generator[Deployment]:
    folder = tmp_path_factory.mktemp("fuzz") / "data"
    made = Deployment(folder, failures_by_name=10**9, failures_by_address=10**9)
    made.make_customer()
    yield made
    made.close()


DOCUMENTED = {
    (400, "invalid_request"), (400, "invalid_scope"), (400, "invalid_target"),
    (400, "unsupported_grant_type"), (401, "invalid_client"), (413, "invalid_request"),
}  # fmt: skip


@pytest.mark.behaviour(
    7, "Fuzz: no request without our secrets gets anything but a documented refusal, and no 500"
)
@settings(fuzz, max_examples=max(30, EXAMPLES // 3))
@given(
    query=st.one_of(st.just(GRANT), near_form.map(lambda form: quote(form, safe="=&%+"))),
    body=st.one_of(st.just(b""), near_form, st.binary(max_size=60)),
    authorization=st.one_of(st.none(), near_basic, header_text),
    key=st.one_of(st.none(), header_text),
    content_type=st.sampled_from([None, "application/x-www-form-urlencoded", "application/json"]),
)
def test_any_request_without_our_secrets_is_refused(
    patient: Deployment,
    query: str,
    body: bytes,
    authorization: str | None,
    key: str | None,
    content_type: str | None,
) -> None:
    sent = {"authorization": authorization, "x-api-key": key, "content-type": content_type}
    headers = [(name, value) for name, value in sent.items() if value is not None]

    response = patient.request("POST", f"/oauth2/token?{query}", headers, body)

    assert (response.status_code, response.json()["error"]) in DOCUMENTED, response.text
    assert "access_token" not in response.text
