"""The keys that open anything are found among all that an account has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.deployment import OPERATOR, ROOMY
from watchword.access.audit import Event
from watchword.access.model import AccountId, ApiKey, Digest, KeyId, PlanName
from watchword.access.paging import LONGEST_PAGE
from watchword.access.usable_keys import list_plans_of, list_usable_keys

if TYPE_CHECKING:
    from support.deployment import Customer, Deployment
    from watchword.access.model import Plan
    from watchword.access.ports import Store


def test_the_plan_of_a_key_is_found_behind_a_thousand_that_open_nothing(
    deployment: Deployment, customer: Customer
) -> None:
    now = deployment.clock.now()
    account, plan = AccountId(customer.account), PlanName("preview")

    async def fill_and_look(store: Store) -> list[Plan]:
        over = [
            ApiKey(KeyId(f"aaa_{number:04}"), account, plan, "", "abcd", now, now)
            for number in range(LONGEST_PAGE)
        ]
        await store.add_api_keys(
            [
                (key, Digest(key.id.encode().ljust(32)), OPERATOR.record(Event.KEY_ADDED, now))
                for key in over
            ]
        )
        return await list_plans_of(store, await list_usable_keys(store, account, now))

    plans = deployment.ask_store(fill_and_look)

    assert [plan.name for plan in plans] == [ROOMY]
