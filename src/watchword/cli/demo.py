"""`watchword demo`: a server with everything made, to try in a minute."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from watchword.access.errors import AlreadyExists, NotAllowed
from watchword.access.model import DocumentLimits, Limit
from watchword.access.paging import read_all
from watchword.bootstrap.server import require_startable
from watchword.bootstrap.services import build_services
from watchword.cli.context import OPERATOR
from watchword.cli.durations import WHOLE
from watchword.cli.importing import import_with_progress
from watchword.cli.output import Output
from watchword.cli.serving import run_server
from watchword.deployment import initialise, open_deployment
from watchword.services.directory import ANSWERED_HERE
from watchword.services.imports import import_congress, import_invented
from watchword.services.records import sample_person_id
from watchword.settings import load_settings
from watchword.system import SystemClock, SystemRandomness
from watchword.web.metadata import TOKEN_PATH

if TYPE_CHECKING:
    from watchword.access.registration import NewServiceUser, Registry
    from watchword.settings import Settings

_ACCOUNT = "demo"
_USER = "svc-demo"
_IN_NOBODYS_WAY = Limit(rate=1_000, burst=1_000, quota=1_000_000)


@dataclass(frozen=True, slots=True)
class _Customer:
    username: str
    password: str = field(repr=False)
    api_key: str = field(repr=False)


def demo(
    *,
    port: Annotated[int, WHOLE] = 8080,
    plan: Literal["demo", "preview"] = "demo",
    data_dir: Path | None = None,
    people: Path | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Serve invented people on loopback, with an account, a key and a user made.

    Args:
        port: Port to listen on; 0 takes a free one.
        plan: The key's usage plan: one that is in nobody's way, or the published one.
        data_dir: Where to keep everything; a folder that is removed afterwards when left out.
        people: A congress-legislators folder to import instead of the invented people.
        json: Print one line of JSON when ready.
    """
    output = Output(is_json=json)
    with ExitStack() as stack:
        folder = data_dir or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="watchword-demo-"))
        )
        settings = load_settings(
            data_dir=folder,
            port=port,
            accept_bare_token=True,
            log_level="warning" if not json else None,
        )
        asyncio.run(_require_own_folder(settings))
        _import(settings, people, output)
        customer = asyncio.run(_make_customer(settings, plan))
        sample = sample_person_id(settings.profile_database)
        asyncio.run(require_startable(settings))
        whose = f"the people of {people}" if people else "invented people"
        run_server(settings, lambda serving: _announce(serving, customer, sample, whose, output))


async def _require_own_folder(settings: Settings) -> None:
    """Pass over a folder that is new, or an earlier demo's. A real deployment gets no demo key."""
    clock = SystemClock()
    services = build_services(settings, clock)
    await initialise(settings, services, clock, SystemRandomness(), OPERATOR)
    async with open_deployment(settings, clock) as deployment:
        found = await deployment.store.list_accounts(None, 2)
        others = {account.id for account in found} - {_ACCOUNT}
    if others:
        raise NotAllowed(
            f"{settings.data_dir} holds accounts of its own: give the demo another --data-dir"
        )


async def _make_customer(settings: Settings, plan: str) -> _Customer:
    clock, randomness = SystemClock(), SystemRandomness()
    async with open_deployment(settings, clock) as deployment:
        registry = deployment.registry(clock, randomness, OPERATOR)
        services = [service.name for service in await read_all(registry.list_services)]
        with suppress(AlreadyExists):  # in the data directory of an earlier demo
            limits = {str(service): _IN_NOBODYS_WAY for service in services}
            # Clients and their tools begin by asking for the schema.
            await registry.add_plan("demo", limits, DocumentLimits(introspection=True))
        with suppress(AlreadyExists):
            await registry.add_account(_ACCOUNT, "Demo customer", services)
        user = await _make_user(registry)
        key = await registry.add_api_key(_ACCOUNT, plan, "made by watchword demo", None)
        return _Customer(user.user.username, user.password, key.key)


async def _make_user(registry: Registry) -> NewServiceUser:
    try:
        return await registry.add_service_user(_ACCOUNT, _USER)
    except AlreadyExists:
        return await registry.rotate_password(_USER, timedelta())


def _import(settings: Settings, people: Path | None, output: Output) -> None:
    database = settings.profile_database
    clock = SystemClock()
    if people is None:
        import_invented(database, clock=clock)
        return
    import_with_progress(
        output, lambda progress: import_congress(database, people, clock=clock, progress=progress)
    )


def _announce(
    settings: Settings, customer: _Customer, sample: str, whose: str, output: Output
) -> None:
    base = settings.public_url
    if output.is_json:
        output.record(
            {
                "base_url": base,
                "portal_url": f"{base}/services",
                "token_url": base + TOKEN_PATH,
                "api_key": customer.api_key,
                "username": customer.username,
                "password": customer.password,
                "services": {
                    name: {
                        "graphql_url": settings.graphql_urls(name)[0],
                        "graphiql_url": f"{base}/{name}/v1/graphiql/",
                    }
                    for name in sorted(ANSWERED_HERE)
                },
                "sample_person_id": sample,
            }
        )
        return
    print(_commands(settings, customer, sample, whose), flush=True)  # noqa: T201 - to be pasted


def _commands(settings: Settings, customer: _Customer, sample: str, whose: str) -> str:
    base = settings.public_url
    key = f'-H "x-api-key: {customer.api_key}"'
    token = (
        f'curl -sS -X POST {key} -u "{customer.username}:{customer.password}" '
        f'"{base}{TOKEN_PATH}?grant_type=client_credentials"'
    )
    query = (
        f'{{ personIdSearch(id: \\"{sample}\\") {{ ... on Person {{ name rolesEmployment '
        "{ items { title startDate { displayDate } organization { organizationName } } } } } }"
    )
    call = _call(f"{base}/profile/v1/graphql", key, query)
    events = _call(
        f"{base}/events/v1/graphql",
        key,
        f'{{ events(altrataId: \\"{sample}\\") {{ ... on EventsResponse '
        "{ events { eventText } } } }",
    )
    take = 'sed \'s/.*"access_token":"\\([^"]*\\)".*/\\1/\''
    return f"""
watchword is ready on {base}, with {whose}. Paste these into another terminal.

1. Trade key, user name and password for a token:

TOKEN=$({token} | {take}); echo "$TOKEN"

2. Ask about a person, with key and token:

{call}; echo

3. The same token opens the Events service:

{events}; echo

4. Ask for another token; the first one is refused from the next request on, by both services:

{token} -o /dev/null; {call}; echo; {events}; echo

Or in a browser: {base}/services. Sign in as {customer.username} with the password
{customer.password} to see GraphiQL, your keys and what you have asked, as it is asked.
The operator's console is at {base}/console. This lets somebody in, with a second factor:
.venv/bin/watchword console invite alice --role admin --data-dir {settings.data_dir}

The data is in {settings.data_dir}. Ctrl-C stops the server.
"""


def _call(url: str, key: str, query: str) -> str:
    return (
        f'curl -sS {url} {key} -H "Authorization: Bearer $TOKEN" '
        f'-H "Content-Type: application/json" -d \'{{"query": "{query}"}}\''
    )
