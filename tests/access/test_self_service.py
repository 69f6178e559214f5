"""What customers do with the keys of their account by their own hand, and how many there are."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

import pytest

from watchword.access import self_service
from watchword.access.audit import By
from watchword.access.errors import AccountDisabled, NotAllowed, Unknown
from watchword.access.self_service import SelfService, choose_overlap
from watchword.deployment import open_deployment

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from support.deployment import Customer, Deployment
    from watchword.access.model import ApiKey
    from watchword.access.registration import Registry

T = TypeVar("T")
NONE, HOUR, DAY = timedelta(), timedelta(hours=1), timedelta(days=1)
MOST_USABLE = 20


class Self:
    """The customer's hand, and the operator's."""

    def __init__(self, deployment: Deployment, customer: Customer) -> None:
        self.deployment = deployment
        self.customer = customer
        self.first = customer.key_id

    def do(self, question: Callable[[SelfService], Awaitable[T]]) -> T:
        async def carry_out() -> T:
            deployment, username = self.deployment, self.customer.username
            async with open_deployment(deployment.settings, deployment.clock) as opened:
                registry = opened.registry(
                    deployment.clock, deployment.dice, By(f"user:{username}")
                )
                return await question(SelfService(registry, deployment.clock, username))

        return self.deployment.run(carry_out())

    def make(self, plan: str = "roomy") -> str:
        return self.do(lambda service: service.make_key(plan, "", None)).record.id

    def rotate(self, key: str, overlap: timedelta) -> str:
        seconds = str(overlap // timedelta(seconds=1))
        return self.do(lambda service: service.rotate_key(key, choose_overlap(seconds))).record.id

    def set_enabled(self, key: str, *, is_enabled: bool) -> ApiKey:
        return self.do(lambda service: service.set_key_enabled(key, is_enabled=is_enabled))

    def list_keys(self) -> list[ApiKey]:
        return self.do(SelfService.list_keys)

    def plans(self) -> list[str]:
        return self.do(_list_plans)

    def fill(self) -> None:
        """Make keys until there is room for no more."""
        for _ in range(MOST_USABLE - len(self.list_keys())):
            self.make()


async def _list_plans(service: SelfService) -> list[str]:
    return list(service.list_plans(await service.list_keys()))


@pytest.fixture
def own(deployment: Deployment, customer: Customer) -> Self:
    return Self(deployment, customer)


def test_an_account_has_twenty_usable_keys_and_makes_no_other(own: Self) -> None:
    own.fill()

    with pytest.raises(NotAllowed, match="20 usable keys at most, and 500 in all"):
        own.make()

    assert len(own.list_keys()) == MOST_USABLE


def test_a_full_account_rotates_at_once_and_not_with_an_overlap(own: Self) -> None:
    own.fill()

    with pytest.raises(NotAllowed, match="20 usable"):
        own.rotate(own.first, HOUR)
    own.rotate(own.first, NONE)

    assert len(own.list_keys()) == MOST_USABLE + 1


def test_a_full_account_enables_no_key(own: Self) -> None:
    own.fill()
    own.set_enabled(own.first, is_enabled=False)
    other = own.make()

    with pytest.raises(NotAllowed, match="20 usable"):
        own.set_enabled(own.first, is_enabled=True)
    own.set_enabled(other, is_enabled=False)

    assert own.set_enabled(own.first, is_enabled=True).disabled_at is None


def test_a_key_that_has_expired_makes_room(own: Self) -> None:
    own.rotate(own.first, HOUR)
    own.fill()

    own.deployment.clock.advance(HOUR)

    own.make()


@pytest.mark.parametrize("overlap", [NONE, HOUR])
def test_of_all_keys_so_many_are_kept_whether_they_can_be_used_or_not(
    own: Self, monkeypatch: pytest.MonkeyPatch, overlap: timedelta
) -> None:
    for _ in range(2):
        own.set_enabled(own.make(), is_enabled=False)
    monkeypatch.setattr(self_service, "MOST_KEPT", 3)

    with pytest.raises(NotAllowed):
        own.make()
    with pytest.raises(NotAllowed):
        own.rotate(own.first, overlap)

    monkeypatch.setattr(self_service, "MOST_KEPT", 4)
    own.rotate(own.first, overlap)
    assert len(own.list_keys()) == 4


def test_a_key_that_is_disabled_is_enabled_though_all_are_kept_that_may_be(
    own: Self, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.set_enabled(own.first, is_enabled=False)
    monkeypatch.setattr(self_service, "MOST_KEPT", 1)

    assert own.set_enabled(own.first, is_enabled=True).disabled_at is None


@pytest.mark.parametrize("seconds", ["", "x", "1", "-1", "+0", "00", "3601", "604801", "86400.0"])
def test_no_other_overlap_is_chosen_than_one_that_is_offered(seconds: str) -> None:
    with pytest.raises(NotAllowed, match="one of the times that are offered"):
        choose_overlap(seconds)


def test_what_is_offered_is_chosen_by_its_seconds() -> None:
    chosen = [choose_overlap(seconds) for seconds in ("0", "3600", "86400", "604800")]

    assert chosen == [NONE, HOUR, DAY, 7 * DAY]


def add_key(own: Self, plan: str, lifetime: timedelta | None = None) -> str:
    async def add(registry: Registry) -> str:
        made = await registry.add_api_key(own.customer.account, plan, "", lifetime)
        return made.record.id

    return own.deployment.operate(add)


def test_keys_are_made_on_the_plans_of_keys_that_can_be_used_or_enabled(own: Self) -> None:
    add_key(own, "preview", DAY)
    assert own.plans() == ["preview", "roomy"]

    own.set_enabled(own.first, is_enabled=False)
    own.deployment.clock.advance(DAY)

    assert own.plans() == ["roomy"]
    with pytest.raises(NotAllowed, match="no key on this plan"):
        own.make("preview")
    assert own.make() in {key.id for key in own.list_keys()}


def test_a_plan_whose_key_the_operator_disabled_is_no_plan_of_the_account(own: Self) -> None:
    key = add_key(own, "preview")
    own.deployment.operate(lambda registry: registry.set_api_key_enabled(key, is_enabled=False))

    assert own.plans() == ["roomy"]
    with pytest.raises(NotAllowed, match="no key on this plan"):
        own.make("preview")
    with pytest.raises(NotAllowed, match="your provider disabled this key"):
        own.set_enabled(key, is_enabled=True)


def test_a_key_of_another_account_is_none(own: Self) -> None:
    others = own.deployment.make_customer("beta", "svc-beta").key_id

    for key in (others, "nothing"):
        with pytest.raises(Unknown, match="your account has no such API key"):
            own.rotate(key, NONE)
        with pytest.raises(Unknown, match="your account has no such API key"):
            own.set_enabled(key, is_enabled=False)


@pytest.mark.parametrize("what", ["user", "account"])
def test_whoever_is_disabled_does_nothing(own: Self, what: str) -> None:
    async def disable(registry: Registry) -> None:
        if what == "user":
            await registry.set_service_user_enabled(own.customer.username, is_enabled=False)
        else:
            await registry.set_account_enabled(own.customer.account, is_enabled=False)

    own.deployment.operate(disable)

    for attempt in (own.list_keys, own.make, lambda: own.rotate(own.first, NONE)):
        with pytest.raises(AccountDisabled):
            attempt()
