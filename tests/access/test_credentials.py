from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from support.fakes import CountedDice
from watchword.access.credentials import (
    KEY_LENGTH,
    NO_KEY,
    PasswordHasher,
    digest_api_key,
    digest_imported_key,
    make_api_key,
    make_key_id,
    make_password,
)
from watchword.access.errors import Malformed
from watchword.access.names import to_account_id, to_plan_name, to_service_name, to_username

HASHER = PasswordHasher(b"s" * 32)
LETTERS_AND_DIGITS = re.compile(r"[0-9A-Za-z]+")


@given(st.text())
def test_a_key_is_42_letters_and_digits_that_begin_with_ww(seed: str) -> None:
    key = make_api_key(CountedDice(seed.encode().hex()))

    assert len(key) == KEY_LENGTH == 42
    assert key.startswith("ww")
    assert LETTERS_AND_DIGITS.fullmatch(key)
    assert len(digest_api_key(key)) == 32


@given(st.text(), st.integers(2, 41), st.sampled_from("019AZaz"))
def test_a_mistyped_key_is_refused_without_a_look_up(seed: str, place: int, typed: str) -> None:
    key = make_api_key(CountedDice(seed.encode().hex()))
    mistyped = key[:place] + typed + key[place + 1 :]

    digest = digest_api_key(mistyped)

    assert (digest == NO_KEY) == (mistyped != key)


@pytest.mark.parametrize("key", ["", "ä" * 20, "k" * 257])
def test_what_cannot_be_a_key_is_not_looked_up(key: str) -> None:
    assert digest_api_key(key) == NO_KEY


def test_an_imported_key_of_another_shape_is_looked_up() -> None:
    assert len(digest_api_key("short-key")) == 32
    assert len(digest_api_key("ww" + "x" * 38)) == 32


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=20, max_size=256))
def test_whatever_a_header_carries_unchanged_can_be_imported_and_is_found(key: str) -> None:
    assume(not key.startswith("ww"))  # that may be a mistyped one of ours

    digest = digest_imported_key(key)

    assert digest == digest_api_key(key) != NO_KEY


@given(st.text(), st.integers(2, 41), st.sampled_from("019AZaz"))
def test_a_mistyped_key_of_ours_cannot_be_imported(seed: str, place: int, typed: str) -> None:
    key = make_api_key(CountedDice(seed.encode().hex()))
    mistyped = key[:place] + typed + key[place + 1 :]
    assume(mistyped != key)

    with pytest.raises(Malformed, match="checksum") as refused:
        digest_imported_key(mistyped)

    assert mistyped not in str(refused.value)


def test_a_password_carries_256_bits_in_letters_and_digits() -> None:
    password = make_password(CountedDice())

    assert len(password) == 43
    assert 62**43 > 2**256
    assert LETTERS_AND_DIGITS.fullmatch(password)


def test_secrets_are_never_made_twice() -> None:
    dice = CountedDice()

    made = [maker(dice) for maker in (make_api_key, make_password, make_key_id) for _ in "12345"]

    assert len(set(made)) == len(made)


def test_a_password_matches_either_of_two_and_nothing_else() -> None:
    old, new = HASHER.digest("old"), HASHER.digest("new")

    assert HASHER.is_match("old", [old, new])
    assert HASHER.is_match("new", [old, new])
    assert HASHER.is_match("old", [old])
    assert not HASHER.is_match("older", [old, new])
    assert not HASHER.is_match("", [])
    assert not HASHER.is_match(old.hex(), [old])


def test_another_deployments_secret_gives_another_digest() -> None:
    assert PasswordHasher(b"t" * 32).digest("x") != HASHER.digest("x")


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 32 bytes"):
        PasswordHasher(b"short")


@pytest.mark.parametrize("name", ["svc", "svc-odd", "a.b_c@d~e", "A", "9" * 100])
def test_a_user_name_needs_no_encoding_by_clients(name: str) -> None:
    assert to_username(name) == name


@pytest.mark.parametrize(
    "name", ["", "a b", "a+b", "a%b", "a:b", "ä", "-a", "a\n", "a" * 101, "a/b", 'a"b']
)
def test_another_user_name_is_refused_with_what_may_be_used(name: str) -> None:
    with pytest.raises(Malformed, match="letters, digits"):
        to_username(name)


@pytest.mark.parametrize("reader", [to_account_id, to_plan_name, to_service_name])
@pytest.mark.parametrize("name", ["", "A", "a_b", "-a", "a-", "a" * 64, "a.b", "ä"])
def test_a_short_name_fits_a_host_name(reader: type, name: str) -> None:
    with pytest.raises(Malformed, match="lower-case letters"):
        reader(name)
    assert reader("a-1") == "a-1"
