"""`watchword signing`: the keys that sign the tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

from cyclopts import App, Parameter

from watchword.access.errors import NotAllowed
from watchword.access.keyring import JWKS_LIFETIME, REFRESH
from watchword.access.rotation import USUAL_WAIT
from watchword.cli.confirming import Yes, require_yes
from watchword.cli.context import DEFAULT, OPERATOR, Common
from watchword.cli.durations import LENGTH
from watchword.system import SystemClock, SystemRandomness

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from watchword.access.keyring import KeyRing
    from watchword.access.rotation import SigningRotation
    from watchword.access.signing import SealedKey

T = TypeVar("T")
_AT_ONCE: Final = (
    "Every token that was issued until now will be refused within seconds, of every customer; "
    "their programs have to ask for new ones."
)

app = App(name="signing", help="Signing keys: they sign the tokens, one at a time.")


@app.command(name="list")
def list_keys(*, common: Common = DEFAULT) -> None:
    """List the signing keys and where each is in its life.

    A key is published, then it signs, then it only verifies what it has signed, then it is
    retired. The next rotation forgets retired keys.
    """
    ring = _ask(common, lambda rotation: rotation.list_keys())
    now = SystemClock().now()
    common.output.records(
        [
            {
                "kid": item.key.kid,
                "stage": ring.stage_of(item, now),
                "signs_from": item.signs_from,
                "retires_at": item.retires_at,
            }
            for item in ring.keys
        ],
        "There is no signing key.",
    )


@app.command
def rotate(
    *,
    wait: Annotated[
        timedelta | None,
        LENGTH,
        Parameter(show_default=lambda _: f"{USUAL_WAIT // timedelta(minutes=1)}m"),
    ] = None,
    at_once: Annotated[bool, Parameter(negative="")] = False,
    yes: Yes = False,
    common: Common = DEFAULT,
) -> None:
    """Make a new signing key: publish it, wait, then sign with it. No token ends.

    The key that signs now goes on until then, and verifies what it has signed to the end.
    The server learns of it by itself.

    Args:
        wait: How long the new key is published before it signs: 10m, 1h.
        at_once: Sign with the new key now and forget all others: every token ends within
            seconds. For a key that has leaked.
        yes: Do not ask whether --at-once is meant.
    """
    if not at_once:
        _print_rotated(
            *_ask(common, lambda rotation: _rotate(rotation, USUAL_WAIT if wait is None else wait)),
            common,
        )
        return
    if wait is not None:
        raise NotAllowed("--at-once does not wait: leave --wait out")
    require_yes(_AT_ONCE, is_yes=yes)
    _print_replaced(*_ask(common, _replace), common)


def _ask(common: Common, question: Callable[[SigningRotation], Awaitable[T]]) -> T:
    return common.open(
        lambda deployment: question(
            deployment.rotation(SystemClock(), SystemRandomness(), OPERATOR)
        )
    )


async def _rotate(rotation: SigningRotation, wait: timedelta) -> tuple[SealedKey, KeyRing]:
    made = await rotation.rotate(wait)
    return made, await rotation.list_keys()


async def _replace(rotation: SigningRotation) -> tuple[SealedKey, KeyRing]:
    before = await rotation.list_keys()
    return await rotation.rotate_at_once(), before


def _print_rotated(made: SealedKey, ring: KeyRing, common: Common) -> None:
    previous = ring.keys[-2]  # the new one is the last
    common.output.record(
        {
            "kid": made.kid,
            "signs_from": made.signs_from,
            "previous": previous.key.kid,
            "previous_verifies_until": previous.retires_at,
        }
    )
    common.output.remark(
        "Nothing is left to do, and no token ends.\n"
        "  now                   the new key is published; every worker learns of it\n"
        f"  {_moment(made.signs_from)}  it begins to sign\n"
        f"  {_moment(previous.retires_at)}  the last token of the old key has ended; the next "
        "rotation forgets that key"
    )


def _print_replaced(made: SealedKey, before: KeyRing, common: Common) -> None:
    end = made.signs_from + REFRESH
    common.output.record(
        {
            "kid": made.kid,
            "signs_from": made.signs_from,
            "dropped": [item.key.kid for item in before.keys],
            "tokens_end_by": end,
        }
    )
    common.output.remark(
        "  now                   the new key signs; every worker learns of it\n"
        f"  {_moment(end)}  every token of before is refused; programs ask for new ones\n"
        f"  {_moment(end + JWKS_LIFETIME)}  who verifies tokens by the published keys has "
        "dropped the old ones, too"
    )


def _moment(moment: datetime | None) -> str:
    return "-" if moment is None else f"{moment:%Y-%m-%d %H:%M:%SZ}"
