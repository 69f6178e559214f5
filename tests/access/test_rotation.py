"""Rotating the signing keys ends no token, unless at once, and then all of them."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

import pytest

from support.deployment import OPERATOR, code_of
from watchword.access.errors import NotAllowed
from watchword.access.keyring import OUTLIVES, REFRESH, SHORTEST_WAIT, Stage
from watchword.deployment import open_deployment

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from support.deployment import Customer, Deployment
    from watchword.access.rotation import SigningRotation
    from watchword.access.signing import SealedKey

T = TypeVar("T")
WAIT = timedelta(minutes=10)


def rotation(deployment: Deployment, question: Callable[[SigningRotation], Awaitable[T]]) -> T:
    """Do what an operator does, through a store of its own as the CLI has."""

    async def carry_out() -> T:
        async with open_deployment(deployment.settings, deployment.clock) as opened:
            return await question(opened.rotation(deployment.clock, deployment.dice, OPERATOR))

    return deployment.run(carry_out())


def rotate(deployment: Deployment, wait: timedelta = WAIT) -> SealedKey:
    return rotation(deployment, lambda keys: keys.rotate(wait))


def stages(deployment: Deployment) -> list[Stage]:
    ring = rotation(deployment, lambda keys: keys.list_keys())
    return [ring.stage_of(item, deployment.clock.now()) for item in ring.keys]


def kid_of(token: str) -> str:
    header = token.split(".", maxsplit=1)[0]
    return str(json.loads(base64.urlsafe_b64decode(header + "=="))["kid"])


def published(deployment: Deployment) -> set[str]:
    answer = deployment.request("GET", "/.well-known/jwks.json").json()
    return {key["kid"] for key in answer["keys"]}


def test_a_rotation_is_published_then_signs_and_no_token_ends(
    deployment: Deployment, customer: Customer
) -> None:
    old = deployment.token(customer)

    made = rotate(deployment)
    deployment.clock.advance(REFRESH)
    assert published(deployment) == {kid_of(old), made.kid}
    waiting = deployment.token(customer)
    assert kid_of(waiting) == kid_of(old)
    deployment.clock.advance(WAIT)
    assert deployment.call(waiting, customer.api_key).status_code == 200
    new = deployment.token(customer)

    assert kid_of(new) == made.kid
    assert deployment.call(new, customer.api_key).status_code == 200


def test_the_last_token_of_an_old_key_lives_to_its_end(
    deployment: Deployment, customer: Customer
) -> None:
    rotate(deployment)
    deployment.clock.advance(WAIT - timedelta(seconds=1))
    last = deployment.token(customer)

    deployment.clock.advance(timedelta(hours=8) - timedelta(seconds=1))
    assert deployment.call(last, customer.api_key).status_code == 200
    deployment.clock.advance(timedelta(seconds=1))
    refused = deployment.call(last, customer.api_key)

    assert (refused.status_code, code_of(refused)) == (401, "TOKEN_EXPIRED")


def test_a_retired_key_is_published_no_more_and_forgotten_by_the_next_rotation(
    deployment: Deployment, customer: Customer
) -> None:
    old = kid_of(deployment.token(customer))
    first = rotate(deployment)
    deployment.clock.advance(WAIT + OUTLIVES - timedelta(seconds=1))
    assert old in published(deployment)
    deployment.clock.advance(timedelta(seconds=1) + REFRESH)
    assert published(deployment) == {first.kid}
    assert stages(deployment) == [Stage.RETIRED, Stage.SIGNING]

    second = rotate(deployment)

    ring = rotation(deployment, lambda keys: keys.list_keys())
    assert [item.key.kid for item in ring.keys] == [first.kid, second.kid]


def test_a_rotation_at_once_ends_every_token_within_a_refresh(
    deployment: Deployment, customer: Customer
) -> None:
    token = deployment.token(customer)

    made = rotation(deployment, lambda keys: keys.rotate_at_once())
    deployment.clock.advance(REFRESH)

    refused = deployment.call(token, customer.api_key)
    assert (refused.status_code, code_of(refused)) == (401, "TOKEN_INVALID")
    assert published(deployment) == {made.kid}
    new = deployment.token(customer)
    assert kid_of(new) == made.kid
    assert deployment.call(new, customer.api_key).status_code == 200


def test_a_rotation_at_once_forgets_a_key_that_was_to_sign(deployment: Deployment) -> None:
    rotate(deployment)

    made = rotation(deployment, lambda keys: keys.rotate_at_once())

    ring = rotation(deployment, lambda keys: keys.list_keys())
    assert [item.key.kid for item in ring.keys] == [made.kid]


def test_a_wait_that_others_could_miss_is_refused(deployment: Deployment) -> None:
    with pytest.raises(NotAllowed, match="wait at least 5m10s"):
        rotate(deployment, SHORTEST_WAIT - timedelta(seconds=1))

    assert stages(deployment) == [Stage.SIGNING]


def test_a_second_rotation_waits_for_the_first(deployment: Deployment) -> None:
    first = rotate(deployment)

    with pytest.raises(NotAllowed, match=f"{first.kid} is published already"):
        rotate(deployment)

    deployment.clock.advance(WAIT)
    rotate(deployment)
    assert stages(deployment) == [Stage.VERIFYING, Stage.SIGNING, Stage.PUBLISHED]


def test_a_clock_that_was_set_back_is_set_right_before_a_rotation(deployment: Deployment) -> None:
    deployment.clock.advance(timedelta(days=-1))

    with pytest.raises(NotAllowed, match="set it right first"):
        rotate(deployment)

    assert stages(deployment) == [Stage.SIGNING]


@pytest.mark.parametrize("days", [91, 365 * 7_900, 9_999_999])
def test_a_wait_that_bars_other_rotations_for_long_is_refused(
    deployment: Deployment, days: int
) -> None:
    with pytest.raises(NotAllowed, match="90 days at most"):
        rotate(deployment, timedelta(days=days))

    assert stages(deployment) == [Stage.SIGNING]


def test_every_rotation_stands_in_the_audit_log(deployment: Deployment) -> None:
    first = rotate(deployment)
    second = rotation(deployment, lambda keys: keys.rotate_at_once())

    async def read() -> list[dict[str, str]]:
        async with open_deployment(deployment.settings, deployment.clock) as opened:
            trail = opened.trail(deployment.clock)
            last = await trail.read_page(await trail.find_last(2), 2)
            return [json.loads(item.text) for item in last]

    published_, at_once = deployment.run(read())
    assert (published_["event"], published_["kid"]) == ("signing.rotated", first.kid)
    assert (at_once["event"], at_once["kid"]) == ("signing.rotated", second.kid)
    assert first.kid in at_once["dropped"].split()
    assert at_once["actor"] == "cli:tester"
