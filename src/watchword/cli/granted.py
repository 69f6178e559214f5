"""Says before a customer's first call is refused that what is granted cannot be used yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from watchword.access.registration import Registry


def word_limit(service: str, plan: str = "PLAN") -> str:
    """Return what gives a plan a limit."""
    return f"watchword plan set {plan} {service} --rate N --burst N"


async def word_unusable(registry: Registry, account: str) -> str:
    """Return what to tell of an account that is granted what it cannot use; "" for nothing."""
    found = await registry.find_unusable(account)
    if not found.services:
        return ""
    if not found.has_key:
        return (
            f"{account} has no usable API key yet: every call is refused. "
            f"Make one: watchword key add --account {account}"
        )
    names = ", ".join(found.services)
    commands = "\n".join(f"Give plans a limit: {word_limit(service)}" for service in found.services)
    return (
        f"No key of {account} is on a plan with a limit for {names}: calls are refused.\n{commands}"
    )
