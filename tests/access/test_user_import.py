"""A list of users from another server is added whole, or refused with the line that is wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher

from support.deployment import OPERATOR, Customer
from watchword.access.errors import AlreadyExists, Malformed, OperatorError, Unknown
from watchword.access.user_import import ImportedUser
from watchword.deployment import open_deployment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from support.deployment import Deployment
    from watchword.access.model import ServiceUser

PASSWORD = "a password of the other server"
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def listed(line: int, username: str, account: str = "acme", phc: str = HASH) -> ImportedUser:
    return ImportedUser(line, username, account, phc)


def add_all(deployment: Deployment, users: Sequence[ImportedUser]) -> list[ServiceUser]:
    async def carry_out() -> list[ServiceUser]:
        async with open_deployment(deployment.settings, deployment.clock) as opened:
            return await opened.user_import(deployment.clock, OPERATOR).add_all(users)

    return deployment.run(carry_out())


def usernames(deployment: Deployment) -> list[str]:
    page = deployment.operate(lambda registry: registry.list_service_users(None))
    return [user.username for user in page.items]


def test_an_imported_user_gets_a_token_with_its_old_password(
    deployment: Deployment, customer: Customer
) -> None:
    made = add_all(deployment, [listed(2, "svc-old"), listed(3, "svc-older")])

    assert [user.username for user in made] == ["svc-old", "svc-older"]
    token = deployment.token(replace(customer, username="svc-old", password=PASSWORD))
    assert deployment.call(token, customer.api_key).status_code == 200
    wrong = replace(customer, username="svc-old", password=PASSWORD + "!")
    assert deployment.request_token(wrong).status_code == 401
    hashed = replace(customer, username="svc-old", password=HASH)
    assert deployment.request_token(hashed).status_code == 401


def test_a_rotation_replaces_an_imported_password_with_an_overlap(
    deployment: Deployment, customer: Customer
) -> None:
    add_all(deployment, [listed(2, "svc-old")])

    rotated = deployment.operate(
        lambda registry: registry.rotate_password("svc-old", timedelta(hours=1))
    )

    for password, status in ((PASSWORD, 200), (rotated.password, 200)):
        user = replace(customer, username="svc-old", password=password)
        assert deployment.request_token(user).status_code == status
    deployment.clock.advance(timedelta(hours=1))
    over = replace(customer, username="svc-old", password=PASSWORD)
    assert deployment.request_token(over).status_code == 401


@pytest.mark.parametrize(
    ("broken", "error", "said"),
    [
        (listed(4, "svc-acme"), AlreadyExists, "line 4: service user 'svc-acme' exists already"),
        (listed(4, "svc-1"), AlreadyExists, "line 4: 'svc-1' stands in line 2, too"),
        (listed(4, "svc 4"), Malformed, "line 4: 'svc 4' cannot be a user name"),
        (listed(4, "svc-4", "nobody"), Unknown, "line 4: there is no account 'nobody'"),
        (listed(4, "svc-4", phc="$2b$12$x"), Malformed, "line 4: that is no hash of Argon2id"),
        (listed(4, "svc-4", phc=PASSWORD), Malformed, "line 4: that is no hash of Argon2id"),
    ],
)
def test_a_broken_row_is_named_and_nothing_is_imported(
    deployment: Deployment,
    customer: Customer,
    broken: ImportedUser,
    error: type[OperatorError],
    said: str,
) -> None:
    with pytest.raises(error) as refused:
        add_all(deployment, [listed(2, "svc-1"), listed(3, "svc-2"), broken, listed(5, "svc-5")])

    assert str(refused.value).startswith(said)
    assert str(refused.value).endswith("; nothing was imported")
    assert PASSWORD not in str(refused.value)
    assert usernames(deployment) == [customer.username]


def test_a_hash_is_in_no_repr() -> None:
    assert HASH not in repr(listed(2, "svc-1"))


def test_an_empty_list_imports_nothing(deployment: Deployment) -> None:
    assert add_all(deployment, []) == []
