"""The console's pages of accounts, service users and API keys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from watchword.services.directory import PACKAGES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from watchword.web.http import Response
    from watchword.web.pages.console.desk import Desk, Form

_BEGINS: Final = re.compile(r"[a-z0-9-]{1,63}", re.ASCII)


async def list_accounts(desk: Desk) -> Response:
    """Show accounts, page by page: all, or those whose names begin as is searched for."""
    begins = desk.query.get("begins", "").strip().lower()
    after = desk.query.get("after") or _just_before(begins)
    accounts = await desk.ask("list_accounts", after=after)
    found = [account for account in accounts.items if account.account.startswith(begins)]
    # By name: behind the first that begins otherwise, none begins so.
    is_end = len(found) < len(accounts.items)
    return desk.render(
        "accounts.html",
        accounts=found,
        next=None if is_end else accounts.next,
        begins=begins,
        add=desk.form("add_account", "Make the account", choices=await _entitlements(desk)),
    )


async def show_account(desk: Desk) -> Response:
    """Show an account and all that is its own."""
    account = await desk.ask("get_account", desk.path)
    name = account.account
    places = {"account": name}
    choices = await _entitlements(desk)
    open_to = {
        kind: [item for item in choices[kind] if item not in getattr(account, kind)]
        for kind in ("services", "packages")
    }
    forms = {
        "service": open_to["services"]
        and desk.form(
            "grant_service",
            "Grant the service",
            places=places,
            choices={"service": open_to["services"]},
        ),
        "package": open_to["packages"]
        and desk.form(
            "grant_package",
            "Grant the package",
            places=places,
            choices={"package": open_to["packages"]},
        ),
        "user": desk.form("add_user", "Make the service user", usual=places),
        "key": desk.form(
            "add_key",
            "Make the API key",
            usual=places | {"plan": "preview"},
            choices={"plan": await desk.list_plans()},
        ),
        "state": _state_form(desk, "account", places, is_disabled=bool(account.disabled_at)),
    }
    return desk.render(
        "account.html",
        account=account,
        forms=forms,
        services=[
            (item, desk.form("withdraw_service", "Withdraw", places=places | {"service": item}))
            for item in account.services
        ],
        packages=[
            (item, desk.form("withdraw_package", "Withdraw", places=places | {"package": item}))
            for item in account.packages
        ],
        users=await desk.ask("list_users", account=name),
        keys=await desk.ask("list_keys", account=name),
    )


async def list_users(desk: Desk) -> Response:
    """Show service users, of all accounts or of one."""
    account = desk.query.get("account", "").strip()
    users = await desk.ask("list_users", account=account, after=desk.query.get("after"))
    usual = {"account": account} if account else None
    return desk.render(
        "users.html",
        users=users,
        account=account,
        add=desk.form("add_user", "Make the service user", usual=usual),
    )


async def show_user(desk: Desk) -> Response:
    """Show a service user, and what ends its ways in."""
    user = await desk.ask("get_user", desk.path)
    places = {"username": user.username}
    forms = [
        desk.form("rotate_password", "Rotate the password", places=places),
        desk.form("revoke_tokens", "Revoke the live token", places=places),
        desk.form("end_sessions", "Sign out everywhere", places=places),
        _state_form(desk, "user", places, is_disabled=bool(user.disabled_at)),
    ]
    tokens = await desk.ask("show_tokens", desk.path)
    shown = [form for form in forms if form]
    return desk.render("user.html", user=user, tokens=tokens, forms=shown)


async def list_keys(desk: Desk) -> Response:
    """Show API keys, of all accounts or of one."""
    account = desk.query.get("account", "").strip()
    keys = await desk.ask("list_keys", account=account, after=desk.query.get("after"))
    usual = {"plan": "preview"} | ({"account": account} if account else {})
    choices = {"plan": await desk.list_plans()}
    return desk.render(
        "keys.html",
        keys=keys,
        account=account,
        add=desk.form("add_key", "Make the API key", usual=usual, choices=choices),
    )


async def show_key(desk: Desk) -> Response:
    """Show what is known of an API key."""
    key = await desk.ask("get_key", desk.path)
    places = {"key_id": key.key_id}
    plans = {"plan": await desk.list_plans()}
    forms = [
        desk.form("move_key", "Move", places=places, usual={"plan": key.plan}, choices=plans),
        desk.form("rotate_key", "Rotate the key", places=places),
        _state_form(desk, "key", places, is_disabled=bool(key.disabled_at)),
    ]
    return desk.render("key.html", key=key, forms=[form for form in forms if form])


def _state_form(
    desk: Desk, what: str, places: Mapping[str, str], *, is_disabled: bool
) -> Form | None:
    if is_disabled:
        return desk.form(f"enable_{what}", "Enable", places=places)
    return desk.form(f"disable_{what}", "Disable", places=places)


async def _entitlements(desk: Desk) -> dict[str, Sequence[str]]:
    return {"services": await desk.list_services(), "packages": sorted(PACKAGES)}


def _just_before(begins: str) -> str:
    """Return what is less than every name that begins so, and more than all that are less.

    Nothing, where no name can begin so.
    """
    if not _BEGINS.fullmatch(begins):
        return ""
    # No name holds a sign behind the tilde.
    return f"{begins[:-1]}{chr(ord(begins[-1]) - 1)}~"
