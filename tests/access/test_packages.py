"""Packages of data: granted, withdrawn, and seen by every guard on the next request."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from access.test_registration import last_record
from support.deployment import OPERATOR
from watchword.access.errors import Unknown
from watchword.access.model import ServiceName
from watchword.bootstrap.gate import open_gate
from watchword.bootstrap.wiring import Wiring
from watchword.deployment import open_deployment
from watchword.services.directory import PACKAGES
from watchword.web.counting import Counts

if TYPE_CHECKING:
    from support.deployment import Customer, Deployment


def test_a_package_is_granted_and_withdrawn_and_twice_is_once(
    deployment: Deployment, customer: Customer
) -> None:
    def change(package: str, *, is_granted: bool) -> tuple[str, ...]:
        account = deployment.operate(
            lambda registry: registry.set_package(customer.account, package, is_granted=is_granted)
        )
        return account.packages

    assert [change("wealth", is_granted=True) for _ in range(2)] == [("wealth",)] * 2
    assert change("giving", is_granted=True) == ("giving", "wealth")
    assert last_record(deployment)["event"] == "package.granted"
    assert [change("wealth", is_granted=False) for _ in range(2)] == [("giving",)] * 2
    record = last_record(deployment)
    assert (record["event"], record["account"], record["package"]) == (
        "package.withdrawn",
        "acme",
        "wealth",
    )


@pytest.mark.parametrize("is_granted", [True, False])
def test_a_package_that_there_is_not_is_refused_with_those_that_there_are(
    deployment: Deployment, customer: Customer, is_granted: bool
) -> None:
    with pytest.raises(Unknown, match="no package 'welth'") as refused:
        deployment.operate(
            lambda registry: registry.set_package(customer.account, "welth", is_granted=is_granted)
        )

    assert all(package in str(refused.value) for package in PACKAGES)


def test_an_account_is_made_with_its_packages_and_the_record_names_them(
    deployment: Deployment,
) -> None:
    made = deployment.operate(
        lambda registry: registry.add_account("new", "", [], ["wealth", "giving", "wealth"])
    )

    assert made.packages == ("giving", "wealth")
    assert deployment.operate(lambda registry: registry.get_account("new")) == made
    assert last_record(deployment)["packages"] == "giving wealth"
    with pytest.raises(Unknown, match="no package"):
        deployment.operate(lambda registry: registry.add_account("other", "", [], ["nope"]))


def test_a_package_is_there_on_the_next_request_at_every_worker_and_gone_likewise(
    deployment: Deployment, customer: Customer
) -> None:
    token, clock, dice = deployment.token(customer), deployment.clock, deployment.dice

    async def look() -> list[list[frozenset[str]]]:
        async with AsyncExitStack() as opened:
            guards = []
            for _ in range(2):
                one = await opened.enter_async_context(open_deployment(deployment.settings, clock))
                gate = open_gate(opened, Wiring(deployment.settings, one, clock, dice), Counts())
                guards.append(gate.guard)

            async def ask_all() -> list[frozenset[str]]:
                callers = [
                    await guard.identify(token, customer.api_key, ServiceName("profile"))
                    for guard in guards
                ]
                return [caller.standing.packages for caller in callers]

            found = [await ask_all(), await ask_all()]  # the second is remembered
            for is_granted in (True, False):
                registry = one.registry(clock, dice, OPERATOR)
                await registry.set_package(customer.account, "wealth", is_granted=is_granted)
                found.append(await ask_all())
            return found

    none, wealth = frozenset[str](), frozenset({"wealth"})
    assert deployment.run(look()) == [[none] * 2, [none] * 2, [wealth] * 2, [none] * 2]
