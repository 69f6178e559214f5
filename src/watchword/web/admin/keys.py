"""The API keys."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Final

from msgspec import Meta
from msgspec.structs import asdict

from watchword.access.errors import Malformed, NotAllowed, Unknown
from watchword.access.registration.catalogue import PREVIEW
from watchword.web.admin.bodies import (
    USUAL_OVERLAP_SECONDS,
    AccountName,
    Body,
    CreatedAt,
    DisabledAt,
    KeyId,
    Lifetime,
    Moment,
    Next,
    Nothing,
    Overlap,
    PageOfAccountQuery,
    PlanName,
    described,
)
from watchword.web.admin.operations import Call, Operation

if TYPE_CHECKING:
    from watchword.access import model
    from watchword.access.registration import NewApiKey as Made


class NewApiKey(Body):
    """An API key to be made."""

    account: AccountName
    plan: PlanName = PREVIEW.name
    description: Annotated[str, described("What it is for.")] = ""
    lifetime_seconds: Annotated[
        Lifetime | None,
        Meta(description="How many seconds it is valid; null: until it is disabled."),
    ] = None


class KeyChange(Body):
    """What is to change of an API key."""

    plan: PlanName


class KeyRotation(Body):
    """How an API key is rotated."""

    overlap_seconds: Overlap = USUAL_OVERLAP_SECONDS


class ApiKey(Body):
    """An API key as it is kept: never the key itself."""

    key_id: KeyId
    account: AccountName
    plan: PlanName
    description: Annotated[str, Meta(description="What it is for.")]
    last_four: Annotated[str, Meta(description="The key's last four characters.")]
    created_at: CreatedAt
    expires_at: Annotated[
        Moment | None, Meta(description="When it ends by itself; null when it does not.")
    ]
    disabled_at: DisabledAt


class ApiKeyWithSecret(ApiKey):
    """An API key's record and the key, which is shown this once."""

    api_key: Annotated[str, Meta(description="Shown this once; keep it in a secret store.")]

    def __repr__(self) -> str:
        """Leave the key out."""
        return f"ApiKeyWithSecret(key_id={self.key_id!r})"


class ApiKeyPage(Body):
    """A page of API keys."""

    items: list[ApiKey]
    next: Next


async def _add(call: Call[NewApiKey]) -> ApiKeyWithSecret:
    asks = call.asks
    seconds = asks.lifetime_seconds
    lifetime = None if seconds is None else timedelta(seconds=seconds)
    made = await call.registry.add_api_key(asks.account, asks.plan, asks.description, lifetime)
    return _show_new(made)


async def _list(call: Call[PageOfAccountQuery]) -> ApiKeyPage:
    asks = call.asks
    page = await call.registry.list_api_keys(asks.owner, asks.start, asks.limit)
    return ApiKeyPage(items=[_show(key) for key in page.items], next=page.next)


async def _get(call: Call[Nothing]) -> ApiKey:
    return _show(await call.registry.get_api_key(call.path["key_id"]))


async def _move(call: Call[KeyChange]) -> ApiKey:
    return _show(await call.registry.move_api_key(call.path["key_id"], call.asks.plan))


async def _disable(call: Call[Nothing]) -> ApiKey:
    return _show(await call.registry.set_api_key_enabled(call.path["key_id"], is_enabled=False))


async def _enable(call: Call[Nothing]) -> ApiKey:
    return _show(await call.registry.set_api_key_enabled(call.path["key_id"], is_enabled=True))


async def _rotate(call: Call[KeyRotation]) -> ApiKeyWithSecret:
    overlap = timedelta(seconds=call.asks.overlap_seconds)
    return _show_new(await call.registry.rotate_api_key(call.path["key_id"], overlap))


def _show(key: model.ApiKey) -> ApiKey:
    return ApiKey(
        key_id=key.id,
        account=key.account,
        plan=key.plan,
        description=key.description,
        last_four=key.last_four,
        created_at=key.created_at,
        expires_at=key.expires_at,
        disabled_at=key.disabled_at,
    )


def _show_new(made: Made) -> ApiKeyWithSecret:
    return ApiKeyWithSecret(**asdict(_show(made.record)), api_key=made.key)


_ONE: Final = "/keys/{key_id}"
OPERATIONS: Final = (
    Operation(
        "add_key",
        "POST",
        "/keys",
        "Make an API key. It is shown once.",
        _add,
        NewApiKey,
        ApiKeyWithSecret,
        HTTPStatus.CREATED,
        (Malformed, Unknown),
        location=_ONE,
        is_grave=False,
    ),
    Operation(
        "list_keys",
        "GET",
        "/keys",
        "List API keys by account and age, of one account or of all.",
        _list,
        PageOfAccountQuery,
        ApiKeyPage,
        refusals=(Unknown,),
    ),
    Operation(
        "get_key",
        "GET",
        _ONE,
        "Show one API key.",
        _get,
        Nothing,
        ApiKey,
        refusals=(Unknown,),
    ),
    Operation(
        "move_key",
        "PATCH",
        _ONE,
        "Put an API key on another usage plan, from the next request on.",
        _move,
        KeyChange,
        ApiKey,
        refusals=(Unknown,),
        is_grave=False,
    ),
    Operation(
        "disable_key",
        "POST",
        _ONE + "/disable",
        "Refuse an API key from the next request on.",
        _disable,
        Nothing,
        ApiKey,
        refusals=(Unknown,),
        is_grave=True,
    ),
    Operation(
        "enable_key",
        "POST",
        _ONE + "/enable",
        "Let a disabled API key in again.",
        _enable,
        Nothing,
        ApiKey,
        refusals=(Unknown,),
        is_grave=False,
    ),
    Operation(
        "rotate_key",
        "POST",
        _ONE + "/rotate",
        "Make a key like this one, which goes on for a while. The new one is shown once.",
        _rotate,
        KeyRotation,
        ApiKeyWithSecret,
        HTTPStatus.CREATED,
        (Unknown, NotAllowed),
        location=_ONE,
        is_grave=True,
    ),
)
