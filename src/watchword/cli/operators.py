"""`watchword operator`: the tokens of operators and of resource servers."""

from __future__ import annotations

from datetime import timedelta  # noqa: TC003 - cyclopts reads the annotations at run time
from typing import TYPE_CHECKING, Annotated, TypeVar

from cyclopts import App, Parameter

from watchword.access.model import OperatorScope
from watchword.cli.context import DEFAULT, OPERATOR, Common
from watchword.cli.durations import LENGTH
from watchword.system import SystemClock, SystemRandomness

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from watchword.access.model import OperatorToken
    from watchword.access.operators import OperatorRegistry
    from watchword.cli.output import Record

T = TypeVar("T")
_ONCE = "The token is shown this once. Keep it in a secret store."

app = App(
    name="operator", help="Operator tokens: they open the admin API, introspection or the metrics."
)


@app.command
def add(
    name: str,
    /,
    *,
    expires_in: Annotated[timedelta, LENGTH],
    scope: OperatorScope = OperatorScope.ADMIN,
    common: Common = DEFAULT,
) -> None:
    """Make an operator token and print it, once.

    Args:
        name: Who holds it: lower-case letters, digits and hyphens. Stands in the audit log, and
            is never given again.
        expires_in: How long it is valid: 12h, 90d.
        scope: What it opens: admin, everything; introspect, introspection alone, for a resource
            server; metrics, `/metrics` alone, for Prometheus.
    """
    made = _ask(common, lambda operators: operators.add_operator(name, scope, expires_in))
    common.output.record({**_to_record(made.record), "token": made.token})
    common.output.remark(_ONCE)


@app.command(name="list")
def list_operators(*, common: Common = DEFAULT) -> None:
    """List all operator tokens, those that have ended, too."""
    operators = _ask(common, lambda operators: operators.list_operators())
    common.output.records(
        [_to_record(operator) for operator in operators],
        "There is no operator token yet. Make one: watchword operator add NAME --expires-in 90d",
    )


@app.command
def revoke(
    name: Annotated[str, Parameter(help="Who holds the token.")], /, *, common: Common = DEFAULT
) -> None:
    """Refuse an operator token from the next request on, for good."""
    _ask(common, lambda operators: operators.revoke_operator(name))
    for operator in _ask(common, lambda operators: operators.list_operators()):
        if operator.name == name:
            common.output.record(_to_record(operator))


def _ask(common: Common, question: Callable[[OperatorRegistry], Awaitable[T]]) -> T:
    return common.open(
        lambda deployment: question(
            deployment.operators(SystemClock(), SystemRandomness(), OPERATOR)
        )
    )


def _to_record(operator: OperatorToken) -> Record:
    return {
        "operator": operator.name,
        "scope": str(operator.scope),
        "created_at": operator.created_at,
        "expires_at": operator.expires_at,
        "revoked_at": operator.revoked_at,
    }
