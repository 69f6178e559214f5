"""The customers."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Final

from msgspec import Meta, field

from watchword.access.errors import AlreadyExists, Malformed, Unknown
from watchword.web.admin.bodies import (
    AccountName,
    Body,
    CreatedAt,
    DisabledAt,
    Next,
    Nothing,
    PackageName,
    PageQuery,
    ServiceName,
    titled,
)
from watchword.web.admin.operations import Call, Operation

if TYPE_CHECKING:
    from watchword.access import model

Services = Annotated[list[ServiceName], Meta(description="The services it is entitled to.")]
Packages = Annotated[
    list[PackageName], Meta(description="The packages of data that it has beyond the core.")
]


class NewAccount(Body):
    """An account to be made."""

    account: AccountName
    name: Annotated[str, titled("What people read; the short name when empty.")] = ""
    services: Services = field(default_factory=list)
    packages: Packages = field(default_factory=list)


class Account(Body):
    """A customer. Owns service users and API keys, is entitled to services."""

    account: AccountName
    name: Annotated[str, Meta(description="What people read.")]
    services: Services
    packages: Packages
    created_at: CreatedAt
    disabled_at: DisabledAt


class AccountPage(Body):
    """A page of accounts."""

    items: list[Account]
    next: Next


async def _add(call: Call[NewAccount]) -> Account:
    asks = call.asks
    made = await call.registry.add_account(asks.account, asks.name, asks.services, asks.packages)
    return _show(made)


async def _list(call: Call[PageQuery]) -> AccountPage:
    page = await call.registry.list_accounts(call.asks.start, call.asks.limit)
    return AccountPage(items=[_show(account) for account in page.items], next=page.next)


async def _get(call: Call[Nothing]) -> Account:
    return _show(await call.registry.get_account(call.path["account"]))


async def _disable(call: Call[Nothing]) -> Account:
    return _show(await call.registry.set_account_enabled(call.path["account"], is_enabled=False))


async def _enable(call: Call[Nothing]) -> Account:
    return _show(await call.registry.set_account_enabled(call.path["account"], is_enabled=True))


async def _grant(call: Call[Nothing]) -> Account:
    account, service = call.path["account"], call.path["service"]
    return _show(await call.registry.set_entitlement(account, service, is_granted=True))


async def _withdraw(call: Call[Nothing]) -> Account:
    account, service = call.path["account"], call.path["service"]
    return _show(await call.registry.set_entitlement(account, service, is_granted=False))


async def _grant_package(call: Call[Nothing]) -> Account:
    account, package = call.path["account"], call.path["package"]
    return _show(await call.registry.set_package(account, package, is_granted=True))


async def _withdraw_package(call: Call[Nothing]) -> Account:
    account, package = call.path["account"], call.path["package"]
    return _show(await call.registry.set_package(account, package, is_granted=False))


def _show(account: model.Account) -> Account:
    return Account(
        account=account.id,
        name=account.name,
        services=list(account.services),
        packages=list(account.packages),
        created_at=account.created_at,
        disabled_at=account.disabled_at,
    )


_ONE: Final = "/accounts/{account}"
_SERVICE: Final = _ONE + "/services/{service}"
_PACKAGE: Final = _ONE + "/packages/{package}"
OPERATIONS: Final = (
    Operation(
        "add_account",
        "POST",
        "/accounts",
        "Make an account.",
        _add,
        NewAccount,
        Account,
        HTTPStatus.CREATED,
        (Malformed, AlreadyExists, Unknown),
        location=_ONE,
        is_grave=False,
    ),
    Operation(
        "list_accounts", "GET", "/accounts", "List accounts by name.", _list, PageQuery, AccountPage
    ),
    Operation(
        "get_account",
        "GET",
        _ONE,
        "Show one account.",
        _get,
        Nothing,
        Account,
        refusals=(Unknown,),
    ),
    Operation(
        "disable_account",
        "POST",
        _ONE + "/disable",
        "Refuse all users and keys of an account from the next request on.",
        _disable,
        Nothing,
        Account,
        refusals=(Unknown,),
        is_grave=True,
    ),
    Operation(
        "enable_account",
        "POST",
        _ONE + "/enable",
        "Let a disabled account in again.",
        _enable,
        Nothing,
        Account,
        refusals=(Unknown,),
        is_grave=False,
    ),
    Operation(
        "grant_service",
        "PUT",
        _SERVICE,
        "Entitle an account to a service. Twice is once.",
        _grant,
        Nothing,
        Account,
        refusals=(Unknown,),
        is_grave=False,
    ),
    Operation(
        "withdraw_service",
        "DELETE",
        _SERVICE,
        "Take a service away from an account, from the next request on. Twice is once.",
        _withdraw,
        Nothing,
        Account,
        refusals=(Unknown,),
        is_grave=True,
    ),
    Operation(
        "grant_package",
        "PUT",
        _PACKAGE,
        "Let an account have a package of data, from the next request on. Twice is once.",
        _grant_package,
        Nothing,
        Account,
        refusals=(Unknown,),
        is_grave=False,
    ),
    Operation(
        "withdraw_package",
        "DELETE",
        _PACKAGE,
        "Take a package of data from an account, from the next request on. Twice is once.",
        _withdraw_package,
        Nothing,
        Account,
        refusals=(Unknown,),
        is_grave=True,
    ),
)
