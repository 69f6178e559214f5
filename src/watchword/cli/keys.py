"""`watchword key`: the API keys."""

from __future__ import annotations

from datetime import timedelta  # noqa: TC003 - cyclopts reads the annotations at run time
from pathlib import Path  # noqa: TC003 - cyclopts reads the annotations at run time
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from watchword.access.key_import import KeyDefaults
from watchword.access.registration.base import USUAL_OVERLAP
from watchword.access.registration.catalogue import PREVIEW
from watchword.cli.context import DEFAULT, OPERATOR, Common, Overlap
from watchword.cli.durations import LENGTH
from watchword.cli.granted import word_unusable
from watchword.cli.key_file import read_keys, read_plans
from watchword.system import SystemClock, SystemRandomness

if TYPE_CHECKING:
    from watchword.access.model import ApiKey
    from watchword.access.registration import NewApiKey, Registry
    from watchword.cli.output import Record

_ONCE = "The key is shown this once. Keep it in a secret store."

app = App(name="key", help="API keys: they name the account and its usage plan.")

_KeyId = Annotated[str, Parameter(help="The key's id, as key_4fT0aBcD9xYz; not the key itself.")]


@app.command
def add(
    *,
    account: str,
    plan: str = PREVIEW.name,
    description: str = "",
    expires_in: Annotated[timedelta | None, LENGTH] = None,
    common: Common = DEFAULT,
) -> None:
    """Make an API key and print it, once.

    Args:
        account: The account it belongs to.
        plan: The usage plan it names.
        description: What it is for.
        expires_in: How long it is valid: 24h, 90d. Left out: until it is disabled.
    """

    async def carry_out(registry: Registry) -> tuple[NewApiKey, str]:
        made = await registry.add_api_key(account, plan, description, expires_in)
        return made, await word_unusable(registry, account)

    made, remark = common.ask(carry_out)
    _print_new(made, common)
    common.output.remark(remark)


@app.command(name="import")
def import_keys(
    file: Path,
    /,
    *,
    account: str | None = None,
    plan: str = PREVIEW.name,
    usage_plan: Annotated[list[str] | None, Parameter(negative="")] = None,
    common: Common = DEFAULT,
) -> None:
    """Add the API keys of a CSV file, as AWS API Gateway reads it: all or none.

    Args:
        file: With the columns Name and Key; Description, Enabled, UsagePlanIds and Account may
            be there, too.
        account: The account of the keys whose row names none.
        plan: The usage plan of the keys whose row names none.
        usage_plan: ID=PLAN: which plan of ours an id under UsagePlanIds stands for. Repeat it for
            several.
    """
    defaults = KeyDefaults(plan, account, read_plans(usage_plan or []))
    listed = read_keys(file)
    made = common.open(
        lambda deployment: deployment.key_import(
            SystemClock(), SystemRandomness(), OPERATOR
        ).add_all(listed, defaults)
    )
    common.output.record({"imported": len(made)})


@app.command(name="list")
def list_keys(*, account: str | None = None, common: Common = DEFAULT) -> None:
    """List the API keys of one account, or of all; a terminal gets the most important of each."""
    keys = common.list_all(lambda registry, after: registry.list_api_keys(account, after))
    common.output.records(
        [_to_record(key) for key in keys],
        "There is no API key yet. Make one: watchword key add --account ACCOUNT",
        brief=[_to_brief(key) for key in keys],
        whole=["plan", "expires", "state"],
    )


@app.command
def show(key: _KeyId, /, *, common: Common = DEFAULT) -> None:
    """Show one API key by its id, as key_4fT0aBcD9xYz."""
    common.output.record(_to_record(common.ask(lambda registry: registry.get_api_key(key))))


@app.command(name="set")
def move(key: _KeyId, /, *, plan: str, common: Common = DEFAULT) -> None:
    """Put an API key on another usage plan, from the next request on.

    Args:
        plan: The usage plan it is to name.
    """

    async def carry_out(registry: Registry) -> tuple[ApiKey, str]:
        moved = await registry.move_api_key(key, plan)
        return moved, await word_unusable(registry, moved.account)

    moved, remark = common.ask(carry_out)
    common.output.record(_to_record(moved))
    common.output.remark(remark)


@app.command
def rotate(key: _KeyId, /, *, overlap: Overlap = USUAL_OVERLAP, common: Common = DEFAULT) -> None:
    """Make a key like this one and print it, once.

    Args:
        key: The id of the present key.
        overlap: How long the present key stays valid: 0s, 30m, 24h, 7d.
    """
    _print_new(common.ask(lambda registry: registry.rotate_api_key(key, overlap)), common)


@app.command
def disable(key: _KeyId, /, *, common: Common = DEFAULT) -> None:
    """Refuse an API key from the next request on."""
    _set_enabled(key, common, is_enabled=False)


@app.command
def enable(key: _KeyId, /, *, common: Common = DEFAULT) -> None:
    """Let a disabled API key in again."""
    _set_enabled(key, common, is_enabled=True)


def _set_enabled(key: str, common: Common, *, is_enabled: bool) -> None:
    changed = common.ask(lambda registry: registry.set_api_key_enabled(key, is_enabled=is_enabled))
    common.output.record(_to_record(changed))


def _print_new(made: NewApiKey, common: Common) -> None:
    common.output.record({**_to_record(made.record), "api_key": made.key})
    common.output.remark(_ONCE)


def _to_brief(key: ApiKey) -> Record:
    return {
        "key_id": key.id,
        "account": key.account,
        "plan": key.plan,
        "description": key.description,
        "expires": None if key.expires_at is None else key.expires_at.date(),
        "state": "enabled" if key.disabled_at is None else "disabled",
    }


def _to_record(key: ApiKey) -> Record:
    return {
        "key_id": key.id,
        "account": key.account,
        "plan": key.plan,
        "description": key.description,
        "last_four": key.last_four,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "disabled_at": key.disabled_at,
    }
