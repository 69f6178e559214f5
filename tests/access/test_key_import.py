"""A list of API keys from another server is added whole, or refused with the line that is wrong."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from support.deployment import OPERATOR, Customer, code_of
from watchword.access.credentials import make_api_key
from watchword.access.errors import AlreadyExists, Malformed, OperatorError, Unknown
from watchword.access.key_import import ImportedKey, KeyDefaults
from watchword.deployment import open_deployment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from support.deployment import Deployment
    from watchword.access.model import ApiKey

DEFAULTS = KeyDefaults("preview", "acme", {"c7y23b": "gold"})
SECRET = "apikey1234abcdefghij0123456789"
ODD = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"


def listed(line: int, **cells: Any) -> ImportedKey:
    return ImportedKey(line, **{"key": f"{SECRET}-{line}", "name": f"Key {line}", **cells})


def add_all(
    deployment: Deployment, keys: Sequence[ImportedKey], defaults: KeyDefaults = DEFAULTS
) -> list[ApiKey]:
    async def carry_out() -> list[ApiKey]:
        async with open_deployment(deployment.settings, deployment.clock) as opened:
            importing = opened.key_import(deployment.clock, deployment.dice, OPERATOR)
            return await importing.add_all(keys, defaults)

    return deployment.run(carry_out())


def kept(deployment: Deployment) -> list[ApiKey]:
    return deployment.operate(lambda registry: registry.list_api_keys(None)).items


@pytest.fixture
def acme(deployment: Deployment) -> Customer:
    """A customer of two, on a deployment with two plans."""
    deployment.operate(lambda registry: registry.add_plan("gold", {}))
    deployment.operate(lambda registry: registry.add_account("globex", "Globex", []))
    return deployment.make_customer()


@pytest.mark.parametrize("key", [SECRET, ODD, "k" * 20, "k" * 256, "ww" + "x" * 38])
def test_an_imported_key_of_another_shape_opens_a_call(
    deployment: Deployment, acme: Customer, key: str
) -> None:
    add_all(deployment, [listed(2, key=key)])

    token = deployment.token(replace(acme, api_key=key))

    assert deployment.call(token, key).status_code == 200
    assert code_of(deployment.call(token, key + "x")) == "API_KEY_INVALID"
    assert code_of(deployment.call(token, key[:-1])) == "API_KEY_INVALID"


def test_a_key_of_another_deployment_of_ours_opens_a_call(
    deployment: Deployment, acme: Customer
) -> None:
    key = make_api_key(deployment.dice)

    add_all(deployment, [listed(2, key=key)])

    assert deployment.call(deployment.token(acme), key).status_code == 200


def test_a_key_that_is_imported_disabled_opens_nothing_until_it_is_enabled(
    deployment: Deployment, acme: Customer
) -> None:
    made = add_all(deployment, [listed(2, key=SECRET, enabled="FALSE")])
    token = deployment.token(acme)

    refused = deployment.call(token, SECRET)

    assert (refused.status_code, code_of(refused)) == (403, "API_KEY_INVALID")
    assert deployment.request_token(replace(acme, api_key=SECRET)).status_code == 401
    deployment.operate(lambda registry: registry.set_api_key_enabled(made[0].id, is_enabled=True))
    assert deployment.call(token, SECRET).status_code == 200


@pytest.mark.parametrize(
    ("cells", "account", "plan"),
    [
        ({}, "acme", "preview"),
        ({"account": "globex"}, "globex", "preview"),
        ({"plans": "gold"}, "acme", "gold"),
        ({"plans": "c7y23b"}, "acme", "gold"),
        ({"account": "acme", "plans": "preview"}, "acme", "preview"),
    ],
)
def test_a_key_is_of_the_account_and_plan_that_its_row_names_or_all_have(
    deployment: Deployment, acme: Customer, cells: dict[str, str], account: str, plan: str
) -> None:
    del acme

    (made,) = add_all(deployment, [listed(2, **cells)])

    assert (made.account, made.plan) == (account, plan)
    assert made in kept(deployment)


def test_an_id_stands_for_the_plan_that_was_said_even_when_a_plan_of_ours_has_its_name(
    deployment: Deployment, acme: Customer
) -> None:
    del acme
    defaults = KeyDefaults("preview", "acme", {"preview": "gold"})

    named, silent = add_all(deployment, [listed(2, plans="preview"), listed(3)], defaults)

    assert (named.plan, silent.plan) == ("gold", "preview")


@pytest.mark.parametrize(
    ("name", "description", "said"),
    [
        ("nightly", "reports at 3", "nightly: reports at 3"),
        ("nightly", "", "nightly"),
        ("", "reports at 3", "reports at 3"),
        ("", "", ""),
    ],
)
def test_a_description_has_the_keys_name_and_what_it_is_for(
    deployment: Deployment, acme: Customer, name: str, description: str, said: str
) -> None:
    del acme

    (made,) = add_all(deployment, [listed(2, name=name, description=description)])

    assert made.description == said


@pytest.mark.parametrize(
    ("enabled", "is_disabled"),
    [("", False), ("TRUE", False), ("true", False), ("True", False), ("FALSE", True)],
)
def test_a_key_is_enabled_unless_its_row_says_otherwise(
    deployment: Deployment, acme: Customer, enabled: str, is_disabled: bool
) -> None:
    del acme

    (made,) = add_all(deployment, [listed(2, enabled=enabled)])

    assert made.disabled_at == (deployment.clock.now() if is_disabled else None)
    assert made.last_four == "89-2"
    assert made.expires_at is None


@pytest.mark.parametrize(
    ("cells", "error", "said"),
    [
        ({"key": f"{SECRET}-2"}, AlreadyExists, "the key stands in line 2, too"),
        ({"key": "k" * 19}, Malformed, "a key has 20 to 256 printable ASCII characters"),
        ({"key": "k" * 257}, Malformed, "a key has 20 to 256 printable ASCII characters"),
        ({"key": ""}, Malformed, "a key has 20 to 256 printable ASCII characters"),
        ({"key": f"{SECRET} {SECRET}"}, Malformed, "and no spaces"),
        ({"key": f"{SECRET}\n"}, Malformed, "printable ASCII"),
        ({"key": f"{SECRET}\x7f"}, Malformed, "printable ASCII"),
        ({"key": f"{SECRET}ä"}, Malformed, "printable ASCII"),
        ({"key": "ww" + "x" * 40}, Malformed, "looks like one of ours, but its checksum is wrong"),
        ({"enabled": "yes"}, Malformed, "Enabled has to be TRUE, FALSE or empty"),
        ({"enabled": "0"}, Malformed, "Enabled has to be TRUE, FALSE or empty"),
        ({"account": "nobody"}, Unknown, "Account names none of our accounts"),
        ({"account": SECRET}, Unknown, "Account names none of our accounts"),
        ({"plans": "glvrsr"}, Unknown, "UsagePlanIds names none of our plans"),
        ({"plans": SECRET}, Unknown, "UsagePlanIds names none of our plans"),
        ({"plans": "c7y23b,glvrsr"}, Malformed, "UsagePlanIds names several plans"),
        ({"plans": "gold,"}, Malformed, "UsagePlanIds names several plans"),
    ],
)
def test_a_broken_row_is_named_and_nothing_is_imported(
    deployment: Deployment,
    acme: Customer,
    cells: dict[str, str],
    error: type[OperatorError],
    said: str,
) -> None:
    broken = listed(4, **cells)

    with pytest.raises(error) as refused:
        add_all(deployment, [listed(2), listed(3), broken, listed(5)])

    text = str(refused.value)
    assert text.startswith("line 4: ")
    assert said in text
    assert text.endswith("; nothing was imported")
    assert SECRET not in text
    assert [key.id for key in kept(deployment)] == [acme.key_id]


def test_a_key_that_exists_is_refused_with_its_line_and_nothing_is_imported(
    deployment: Deployment, acme: Customer
) -> None:
    add_all(deployment, [listed(2)])
    before = kept(deployment)

    for known in (acme.api_key, f"{SECRET}-2"):
        with pytest.raises(AlreadyExists) as refused:
            add_all(deployment, [listed(5), listed(6, key=known), listed(7)])
        assert str(refused.value) == "line 6: the key exists here already; nothing was imported"

    assert kept(deployment) == before


def test_of_two_imports_of_a_key_at_once_one_is_refused_and_leaves_nothing(
    deployment: Deployment, acme: Customer
) -> None:
    lists = [[listed(2), listed(3)], [listed(5), listed(6, key=f"{SECRET}-3")]]

    async def carry_out() -> list[list[ApiKey] | BaseException]:
        async with (
            open_deployment(deployment.settings, deployment.clock) as one,
            open_deployment(deployment.settings, deployment.clock) as other,
        ):
            imports = [
                opened.key_import(deployment.clock, deployment.dice, OPERATOR).add_all(
                    keys, DEFAULTS
                )
                for opened, keys in zip((one, other), lists, strict=True)
            ]
            return await asyncio.gather(*imports, return_exceptions=True)

    outcomes = deployment.run(carry_out())

    (made,) = [outcome for outcome in outcomes if isinstance(outcome, list)]
    (refused,) = [outcome for outcome in outcomes if isinstance(outcome, AlreadyExists)]
    assert "the key exists here already; nothing was imported" in str(refused)
    assert {key.id for key in kept(deployment)} == {acme.key_id, *(key.id for key in made)}


def test_without_an_account_for_all_each_row_has_to_name_one(
    deployment: Deployment, acme: Customer
) -> None:
    defaults = KeyDefaults("preview")

    with pytest.raises(Malformed, match=r"line 3: it has no account: .* give --account; nothing"):
        add_all(deployment, [listed(2, account="acme"), listed(3)], defaults)

    assert [key.id for key in kept(deployment)] == [acme.key_id]
    assert len(add_all(deployment, [listed(2, account="acme")], defaults)) == 1


@pytest.mark.parametrize(
    ("defaults", "said"),
    [
        (KeyDefaults("preview", "nobody"), "there is no account 'nobody'"),
        (KeyDefaults("silver", "acme"), "there is no plan 'silver'"),
        (KeyDefaults("preview", "acme", {"c7y23b": "silver"}), "there is no plan 'silver'"),
    ],
)
def test_what_the_operator_names_has_to_be_there_even_when_no_row_needs_it(
    deployment: Deployment, acme: Customer, defaults: KeyDefaults, said: str
) -> None:
    del acme

    with pytest.raises(Unknown, match=said):
        add_all(deployment, [listed(2, account="acme", plans="preview")], defaults)


def test_a_key_is_in_no_repr() -> None:
    assert SECRET not in repr(listed(2))


def test_an_empty_list_imports_nothing(deployment: Deployment, acme: Customer) -> None:
    del acme

    assert add_all(deployment, []) == []
