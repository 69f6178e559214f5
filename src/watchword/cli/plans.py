"""`watchword plan`: the usage plans."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, cast

from cyclopts import App, CycloptsError, Parameter

from watchword.access.errors import Malformed, OutOfRange
from watchword.access.model import DocumentLimits
from watchword.access.registration.changes import UNSET, DocumentChange, LimitChange
from watchword.cli.context import DEFAULT, Common
from watchword.cli.durations import WHOLE
from watchword.cli.granted import word_limit

if TYPE_CHECKING:
    from collections.abc import Generator

    from watchword.access.model import Limit, Plan
    from watchword.access.registration import Registry
    from watchword.cli.output import Record

app = App(name="plan", help="Usage plans: how much a key may ask of each service, and how.")

_Plan = Annotated[str, Parameter(help="The plan's name.")]


@app.command
def add(plan: str, /, *, common: Common = DEFAULT) -> None:
    """Make a usage plan. Give it limits with 'watchword plan set'.

    Args:
        plan: Name: lower-case letters, digits and hyphens.
    """
    made = common.ask(lambda registry: registry.add_plan(plan, {}))
    common.output.record({"plan": made.name})
    _remark_empty(made, common)


@app.command(name="set")
def set_limit(
    plan: str,
    service: str,
    /,
    *,
    rate: Annotated[int | None, WHOLE] = None,
    burst: Annotated[int | None, WHOLE] = None,
    quota: Annotated[int | None, WHOLE] = None,
    no_quota: Annotated[
        bool, Parameter(name="--no-quota", negative="", help="Let a day have no end.")
    ] = False,
    common: Common = DEFAULT,
) -> None:
    """Set what a plan grants at one service; what is left out stays as it is.

    The first limit for a service needs --rate and --burst, and has no quota without --quota.

    Args:
        plan: The plan.
        service: The service.
        rate: Requests a second that refill the bucket.
        burst: Size of the bucket, in requests.
        quota: Requests a UTC day.
    """
    if no_quota and quota is not None:
        raise CycloptsError(msg="give --quota or --no-quota, not both")
    if rate is None and burst is None and quota is None and not no_quota:
        raise CycloptsError(msg="say what to set: --rate, --burst, --quota or --no-quota")
    change = LimitChange(rate, burst, UNSET if quota is None and not no_quota else quota)

    async def carry_out(registry: Registry) -> tuple[Plan, bool]:
        changed = await registry.change_limit(plan, service, change)
        return changed, await registry.is_service(service)

    with _options_named():
        changed, is_service = common.ask(carry_out)
    _print(changed, common)
    if not is_service:
        common.output.remark(
            f"There is no service '{service}' yet; the limit holds once it is registered."
        )


@app.command(name="unset")
def remove_limit(plan: str, service: str, /, *, common: Common = DEFAULT) -> None:
    """Let a plan grant nothing at one service: its calls are refused from the next one on.

    Args:
        plan: The plan.
        service: The service.
    """
    _print(common.ask(lambda registry: registry.remove_limit(plan, service)), common)


@app.command(name="documents")
def change_documents(
    plan: _Plan,
    /,
    *,
    tokens: Annotated[int | None, WHOLE] = None,
    depth: Annotated[int | None, WHOLE] = None,
    aliases: Annotated[int | None, WHOLE] = None,
    root_fields: Annotated[int | None, WHOLE] = None,
    list_size: Annotated[int | None, WHOLE] = None,
    cost: Annotated[int | None, WHOLE] = None,
    introspection: bool | None = None,
    trusted_only: bool | None = None,
    common: Common = DEFAULT,
) -> None:
    """Set what GraphQL documents a plan lets through; what is left out stays as it is.

    Args:
        tokens: Lexical tokens of a document.
        depth: Levels of fields within fields; a root field is at level 1.
        aliases: Fields under another name, in all.
        root_fields: Fields of the operation itself.
        list_size: The largest page and the longest list of ids.
        cost: Of one operation, in points, as the schema states them.
        introspection: Whether a document may ask for the schema.
        trusted_only: Whether nothing runs but what 'watchword document add' has registered.
    """
    change = DocumentChange(
        tokens, depth, aliases, root_fields, list_size, cost, introspection, trusted_only
    )
    if change == DocumentChange():
        raise CycloptsError(msg="say what to set: --depth, --introspection or another option")
    with _options_named():
        changed = common.ask(lambda registry: registry.change_documents(plan, change))
    common.output.record({"plan": changed.name, **asdict(changed.documents)})


@app.command(name="list")
def list_plans(*, common: Common = DEFAULT) -> None:
    """List all usage plans, a line for each service."""
    plans = common.list_all(lambda registry, after: registry.list_plans(after))
    common.output.records(
        [record for plan in plans for record in _to_records(plan)],
        "There is no plan yet. Make one: watchword plan add NAME",
        brief=[_to_brief(record) for plan in plans for record in _to_records(plan)],
    )


@app.command
def show(plan: _Plan, /, *, common: Common = DEFAULT) -> None:
    """Show one usage plan, a line for each service."""
    _print(common.ask(lambda registry: registry.get_plan(plan)), common)


@contextmanager
def _options_named() -> Generator[None]:
    try:
        yield
    except OutOfRange as error:
        option = error.name.replace("_", "-")
        raise Malformed(f"--{option} {error.problem}") from error


def _print(plan: Plan, common: Common) -> None:
    records = _to_records(plan)
    common.output.records(records, "", brief=[_to_brief(record) for record in records])
    _remark_empty(plan, common)


def _remark_empty(plan: Plan, common: Common) -> None:
    if not plan.limits:
        common.output.remark(
            f"Plan {plan.name} grants nothing yet: every call is refused. "
            f"Give it a limit: {word_limit('SERVICE', plan.name)}"
        )


def _to_records(plan: Plan) -> list[Record]:
    # A plan without limits is a plan, too: a line that names it alone.
    return [_to_record(plan, service, limit) for service, limit in plan.limits.items()] or [
        _to_record(plan, None, None)
    ]


def _to_record(plan: Plan, service: str | None, limit: Limit | None) -> Record:
    return {
        "plan": plan.name,
        "service": service,
        "rate": None if limit is None else limit.rate,
        "burst": None if limit is None else limit.burst,
        "quota": None if limit is None else limit.quota,
        "documents": asdict(plan.documents),
    }


def _to_brief(record: Record) -> Record:
    """Return what a terminal shows: of the documents what is other than usual alone."""
    usual = asdict(DocumentLimits())
    documents = cast("dict[str, object]", record["documents"])
    unusual = {name: value for name, value in documents.items() if value != usual[name]}
    return {**record, "documents": unusual or "as usual"}
