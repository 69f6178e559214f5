"""`watchword console`: the people who sign in to the console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeVar

from cyclopts import App, Parameter

from watchword.access.console import ConsoleRole
from watchword.cli.context import DEFAULT, OPERATOR, Common
from watchword.cli.second_factor import show_qr_code
from watchword.cli.user_file import read_password
from watchword.system import SystemClock, SystemRandomness

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from watchword.access.console import ConsoleUser
    from watchword.access.console_users import ConsoleRegistry, NewConsoleUser
    from watchword.cli.output import Record

T = TypeVar("T")
_ONCE = (
    "Both are shown this once. Put the password into a password manager, and scan the QR code, or "
    "type the secret, in an authenticator app. Then sign in at {url}"
)

app = App(
    name="console", help="People who sign in to the console, with a password and a second factor."
)

_Name = Annotated[str, Parameter(help="The person's name in the console.")]
_Typed = Annotated[bool, Parameter(negative="")]


@app.command
def invite(
    name: str,
    /,
    *,
    role: ConsoleRole = ConsoleRole.VIEWER,
    password_stdin: _Typed = False,
    common: Common = DEFAULT,
) -> None:
    """Let a person sign in to the console, and print what for, once.

    Args:
        name: Lower-case letters, digits and hyphens. Stands in the audit log as `console:NAME`.
        role: What the person may do: viewer, look at everything; admin, change everything, too.
        password_stdin: Read a password that was chosen from standard input instead of making
            one; on a terminal, ask for it. It is kept as Argon2id.
    """
    password = read_password() if password_stdin else None
    _print_new(_ask(common, lambda users: users.add_user(name, role, password)), common)


@app.command(name="list")
def list_users(*, common: Common = DEFAULT) -> None:
    """List everybody who signs in to the console, those who are disabled, too."""
    users = _ask(common, lambda users: users.list_users())
    common.output.records(
        [_to_record(user) for user in users],
        "Nobody signs in to the console yet. Let somebody: watchword console invite NAME",
    )


@app.command
def reset(name: _Name, /, *, password_stdin: _Typed = False, common: Common = DEFAULT) -> None:
    """Make password and second factor anew, and print them, once. Every session ends.

    For whoever has lost the telephone or the password, or fears that somebody else has it.

    Args:
        name: The person's name in the console.
        password_stdin: Read a password that was chosen, as `invite` does.
    """
    password = read_password() if password_stdin else None
    _print_new(_ask(common, lambda users: users.reset_user(name, password)), common)


@app.command
def disable(name: _Name, /, *, common: Common = DEFAULT) -> None:
    """Refuse a person from the next request on."""
    _set_enabled(name, common, is_enabled=False)


@app.command
def enable(name: _Name, /, *, common: Common = DEFAULT) -> None:
    """Let a disabled person sign in again."""
    _set_enabled(name, common, is_enabled=True)


def _set_enabled(name: str, common: Common, *, is_enabled: bool) -> None:
    changed = _ask(common, lambda users: users.set_enabled(name, is_enabled=is_enabled))
    common.output.record(_to_record(changed))


def _ask(common: Common, question: Callable[[ConsoleRegistry], Awaitable[T]]) -> T:
    issuer = common.settings().brand_name
    return common.open(
        lambda deployment: question(
            deployment.console_users(SystemClock(), SystemRandomness(), OPERATOR, issuer)
        )
    )


def _print_new(made: NewConsoleUser, common: Common) -> None:
    password = {} if made.password is None else {"password": made.password}
    common.output.record(
        {**_to_record(made.user), **password, "factor": made.factor, "uri": made.uri}
    )
    if not common.json:
        show_qr_code(made.uri)
    common.output.remark(_ONCE.format(url=f"{common.settings().public_url}/console"))


def _to_record(user: ConsoleUser) -> Record:
    return {
        "name": user.name,
        "role": str(user.role),
        "created_at": user.created_at,
        "changed_at": user.changed_at,
        "disabled_at": user.disabled_at,
    }
