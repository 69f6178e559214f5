"""`watchword user`: the service users."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - cyclopts reads the annotations at run time
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from watchword.access.registration.base import USUAL_OVERLAP
from watchword.cli.context import DEFAULT, OPERATOR, Common, Overlap
from watchword.cli.user_file import read_password, read_users
from watchword.system import SystemClock

if TYPE_CHECKING:
    from watchword.access.model import ServiceUser
    from watchword.access.registration import NewServiceUser
    from watchword.cli.output import Record

_ONCE = "The password is shown this once. Keep it in a secret store."

app = App(name="user", help="Service users: the machine identities of an account.")

_Username = Annotated[str, Parameter(help="The service user's name.")]


@app.command
def add(
    username: str,
    /,
    *,
    account: str,
    password_stdin: Annotated[bool, Parameter(negative="")] = False,
    common: Common = DEFAULT,
) -> None:
    """Make a service user and print its password, once.

    Args:
        username: Letters, digits and . _ @ ~ -; it is the OAuth client_id.
        account: The account it belongs to.
        password_stdin: Read a password that was chosen from standard input instead of making
            one; on a terminal, ask for it. It is kept as Argon2id.
    """
    if not password_stdin:
        _print_new(
            common.ask(lambda registry: registry.add_service_user(account, username)), common
        )
        return
    password = read_password()
    made = common.ask(
        lambda registry: registry.add_service_user_with_password(account, username, password)
    )
    common.output.record(_to_record(made))


@app.command(name="import")
def import_users(file: Path, /, *, common: Common = DEFAULT) -> None:
    """Add the service users of a CSV file, with the hashes of their passwords: all or none.

    Args:
        file: With the columns username, account and password_hash, a PHC string of Argon2id.
    """
    listed = read_users(file)
    made = common.open(
        lambda deployment: deployment.user_import(SystemClock(), OPERATOR).add_all(listed)
    )
    common.output.record({"imported": len(made)})


@app.command(name="list")
def list_users(*, account: str | None = None, common: Common = DEFAULT) -> None:
    """List the service users of one account, or of all."""
    users = common.list_all(lambda registry, after: registry.list_service_users(account, after))
    common.output.records(
        [_to_record(user) for user in users],
        "There is no service user yet. Make one: watchword user add NAME --account ACCOUNT",
    )


@app.command
def show(username: _Username, /, *, common: Common = DEFAULT) -> None:
    """Show one service user."""
    common.output.record(
        _to_record(common.ask(lambda registry: registry.get_service_user(username)))
    )


@app.command
def tokens(username: _Username, /, *, common: Common = DEFAULT) -> None:
    """List the newest tokens of a service user, and say when deployments fight over them."""
    story = common.open(lambda deployment: deployment.stories(SystemClock()).tell(username))
    common.output.records(
        [
            {
                "issued_at": token.at,
                "address": token.place.address,
                "user_agent": token.place.user_agent,
                "key_id": token.key_id,
                "ended_at": token.ended_at,
                "ended_by": token.ended_by,
                "jti": token.jti,
            }
            for token in story.issued
        ],
        "No token was issued yet.",
    )
    if story.contention is not None:
        places = ", ".join(
            f"{item.place.address or 'unknown address'} ({item.tokens} tokens)"
            for item in story.contention.contenders
        )
        took = (
            f"took the live token from each other, last at {story.contention.until:%H:%M:%SZ}"
            if story.contention.is_over
            else "take the live token from each other"
        )
        common.output.remark(
            f"Deployments {took}: {places}. Give each a service user "
            "of its own, or let them share one token."
        )


@app.command
def rotate(
    username: _Username, /, *, overlap: Overlap = USUAL_OVERLAP, common: Common = DEFAULT
) -> None:
    """Make a new password and print it, once. Tokens stay as they are.

    Args:
        username: The service user.
        overlap: How long the present password stays valid: 0s, 30m, 24h, 7d.
    """
    made = common.ask(lambda registry: registry.rotate_password(username, overlap))
    _print_new(made, common)


@app.command
def revoke(username: _Username, /, *, common: Common = DEFAULT) -> None:
    """End the live token from the next request on. The user may ask for another.

    The generation rises even when no token is live, as may be right after a restore. The audit
    record then names no token that ended.
    """
    generation = common.ask(lambda registry: registry.revoke_tokens(username))
    common.output.record({"username": username, "generation": generation})


@app.command
def sign_out(username: _Username, /, *, common: Common = DEFAULT) -> None:
    """Sign a service user out of the portal in every browser. Tokens stay as they are."""
    sessions = common.ask(lambda registry: registry.end_sessions(username))
    common.output.record({"username": username, "sessions": sessions})


@app.command
def disable(username: _Username, /, *, common: Common = DEFAULT) -> None:
    """Refuse a service user from the next request on."""
    _set_enabled(username, common, is_enabled=False)


@app.command
def enable(username: _Username, /, *, common: Common = DEFAULT) -> None:
    """Let a disabled service user in again."""
    _set_enabled(username, common, is_enabled=True)


def _set_enabled(username: str, common: Common, *, is_enabled: bool) -> None:
    changed = common.ask(
        lambda registry: registry.set_service_user_enabled(username, is_enabled=is_enabled)
    )
    common.output.record(_to_record(changed))


def _print_new(made: NewServiceUser, common: Common) -> None:
    common.output.record({**_to_record(made.user), "password": made.password})
    common.output.remark(_ONCE)


def _to_record(user: ServiceUser) -> Record:
    return {
        "username": user.username,
        "account": user.account,
        "created_at": user.created_at,
        "disabled_at": user.disabled_at,
    }
