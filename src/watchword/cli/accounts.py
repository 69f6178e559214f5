"""`watchword account`: the customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from watchword.cli.context import DEFAULT, Common
from watchword.cli.granted import word_unusable
from watchword.services.directory import PACKAGES

if TYPE_CHECKING:
    from watchword.access.model import Account
    from watchword.access.registration import Registry
    from watchword.cli.output import Record

app = App(name="account", help="Customers: they own service users and API keys.")

_Service = Annotated[str, Parameter(help="The service's name.")]
_Account = Annotated[str, Parameter(help="The account's short name.")]
_Package = Annotated[str, Parameter(help=f"The package: {', '.join(sorted(PACKAGES))}.")]


@app.command
def add(
    account: str,
    /,
    *,
    name: str = "",
    service: Annotated[list[str] | None, Parameter(negative="")] = None,
    package: Annotated[list[str] | None, Parameter(negative="")] = None,
    common: Common = DEFAULT,
) -> None:
    """Make an account.

    Args:
        account: Short name: lower-case letters, digits and hyphens.
        name: Name that people read; the short name when left out.
        service: A service the account is entitled to. Repeat it for several.
        package: A package of data that it has beyond the core. Repeat it for several.
    """

    async def carry_out(registry: Registry) -> tuple[Account, str]:
        made = await registry.add_account(account, name, service or [], package or [])
        return made, await word_unusable(registry, account)

    made, remark = common.ask(carry_out)
    common.output.record(_to_record(made))
    common.output.remark(remark)


@app.command(name="list")
def list_accounts(*, common: Common = DEFAULT) -> None:
    """List all accounts; a terminal gets the most important of each."""
    accounts = common.list_all(lambda registry, after: registry.list_accounts(after))
    common.output.records(
        [_to_record(account) for account in accounts],
        "There is no account yet. Make one: watchword account add NAME --service profile",
        brief=[_to_brief(account) for account in accounts],
        whole=["state"],
    )


@app.command
def show(account: _Account, /, *, common: Common = DEFAULT) -> None:
    """Show one account."""
    common.output.record(_to_record(common.ask(lambda registry: registry.get_account(account))))


@app.command
def disable(account: _Account, /, *, common: Common = DEFAULT) -> None:
    """Refuse all users and keys of an account from the next request on."""
    _set_enabled(account, common, is_enabled=False)


@app.command
def enable(account: _Account, /, *, common: Common = DEFAULT) -> None:
    """Let a disabled account in again."""
    _set_enabled(account, common, is_enabled=True)


@app.command
def grant(account: _Account, service: _Service, /, *, common: Common = DEFAULT) -> None:
    """Entitle an account to a service. Tokens issued from now on are for it, too."""
    _set_entitlement(account, service, common, is_granted=True)


@app.command
def withdraw(account: _Account, service: _Service, /, *, common: Common = DEFAULT) -> None:
    """Take a service away from an account, from the next request on."""
    _set_entitlement(account, service, common, is_granted=False)


@app.command(name="grant-package")
def grant_package(account: _Account, package: _Package, /, *, common: Common = DEFAULT) -> None:
    """Let an account have a package of data beyond the core, from the next request on."""
    _set_package(account, package, common, is_granted=True)


@app.command(name="withdraw-package")
def withdraw_package(account: _Account, package: _Package, /, *, common: Common = DEFAULT) -> None:
    """Take a package of data from an account, from the next request on."""
    _set_package(account, package, common, is_granted=False)


def _set_package(account: str, package: str, common: Common, *, is_granted: bool) -> None:
    changed = common.ask(
        lambda registry: registry.set_package(account, package, is_granted=is_granted)
    )
    common.output.record(_to_record(changed))


def _set_entitlement(account: str, service: str, common: Common, *, is_granted: bool) -> None:
    async def carry_out(registry: Registry) -> tuple[Account, str]:
        changed = await registry.set_entitlement(account, service, is_granted=is_granted)
        return changed, await word_unusable(registry, account) if is_granted else ""

    changed, remark = common.ask(carry_out)
    common.output.record(_to_record(changed))
    common.output.remark(remark)


def _set_enabled(account: str, common: Common, *, is_enabled: bool) -> None:
    changed = common.ask(
        lambda registry: registry.set_account_enabled(account, is_enabled=is_enabled)
    )
    common.output.record(_to_record(changed))


def _to_brief(account: Account) -> Record:
    return {
        "account": account.id,
        "name": account.name,
        "state": "enabled" if account.disabled_at is None else "disabled",
        "services": account.services,
        "packages": account.packages,
    }


def _to_record(account: Account) -> Record:
    return {
        "account": account.id,
        "name": account.name,
        "services": account.services,
        "packages": account.packages,
        "created_at": account.created_at,
        "disabled_at": account.disabled_at,
    }
