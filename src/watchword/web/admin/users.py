"""The service users."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Final

from msgspec import Meta
from msgspec.structs import asdict

from watchword.access.errors import AlreadyExists, Malformed, Unknown
from watchword.web.admin.bodies import (
    USUAL_OVERLAP_SECONDS,
    AccountName,
    Body,
    CreatedAt,
    DisabledAt,
    Next,
    Nothing,
    Overlap,
    PageOfAccountQuery,
    UserName,
)
from watchword.web.admin.operations import Call, Operation

if TYPE_CHECKING:
    from watchword.access import model
    from watchword.access.registration import NewServiceUser as Made


class NewServiceUser(Body):
    """A service user to be made."""

    username: UserName
    account: AccountName


class PasswordRotation(Body):
    """How a password is rotated."""

    overlap_seconds: Overlap = USUAL_OVERLAP_SECONDS


class ServiceUser(Body):
    """A machine identity of an account. It is the OAuth client."""

    username: UserName
    account: AccountName
    created_at: CreatedAt
    disabled_at: DisabledAt


class ServiceUserWithPassword(ServiceUser):
    """A service user and its new password, which is shown this once."""

    password: Annotated[str, Meta(description="Shown this once; keep it in a secret store.")]

    def __repr__(self) -> str:
        """Leave the password out."""
        return f"ServiceUserWithPassword(username={self.username!r})"


class ServiceUserPage(Body):
    """A page of service users."""

    items: list[ServiceUser]
    next: Next


class RevokedTokens(Body):
    """What a revocation left."""

    username: UserName
    generation: Annotated[
        int,
        Meta(
            description="The user's tokens of this generation or a lower one have ended. "
            "It rises even when no token is live."
        ),
    ]


class EndedSessions(Body):
    """Where a service user was signed out."""

    username: UserName
    sessions: Annotated[int, Meta(ge=0, description="In how many browsers it was signed in.")]


async def _add(call: Call[NewServiceUser]) -> ServiceUserWithPassword:
    return _show_new(await call.registry.add_service_user(call.asks.account, call.asks.username))


async def _list(call: Call[PageOfAccountQuery]) -> ServiceUserPage:
    asks = call.asks
    page = await call.registry.list_service_users(asks.owner, asks.start, asks.limit)
    return ServiceUserPage(items=[_show(user) for user in page.items], next=page.next)


async def _get(call: Call[Nothing]) -> ServiceUser:
    return _show(await call.registry.get_service_user(call.path["username"]))


async def _disable(call: Call[Nothing]) -> ServiceUser:
    username = call.path["username"]
    return _show(await call.registry.set_service_user_enabled(username, is_enabled=False))


async def _enable(call: Call[Nothing]) -> ServiceUser:
    username = call.path["username"]
    return _show(await call.registry.set_service_user_enabled(username, is_enabled=True))


async def _rotate(call: Call[PasswordRotation]) -> ServiceUserWithPassword:
    overlap = timedelta(seconds=call.asks.overlap_seconds)
    return _show_new(await call.registry.rotate_password(call.path["username"], overlap))


async def _revoke(call: Call[Nothing]) -> RevokedTokens:
    username = call.path["username"]
    generation = await call.registry.revoke_tokens(username)
    return RevokedTokens(username=username, generation=generation)


async def _end_sessions(call: Call[Nothing]) -> EndedSessions:
    username = call.path["username"]
    return EndedSessions(username=username, sessions=await call.registry.end_sessions(username))


def _show(user: model.ServiceUser) -> ServiceUser:
    return ServiceUser(
        username=user.username,
        account=user.account,
        created_at=user.created_at,
        disabled_at=user.disabled_at,
    )


def _show_new(made: Made) -> ServiceUserWithPassword:
    return ServiceUserWithPassword(**asdict(_show(made.user)), password=made.password)


_ONE: Final = "/users/{username}"
OPERATIONS: Final = (
    Operation(
        "add_user",
        "POST",
        "/users",
        "Make a service user. Its password is shown once.",
        _add,
        NewServiceUser,
        ServiceUserWithPassword,
        HTTPStatus.CREATED,
        (Malformed, AlreadyExists, Unknown),
        location=_ONE,
        is_grave=False,
    ),
    Operation(
        "list_users",
        "GET",
        "/users",
        "List service users by name, of one account or of all.",
        _list,
        PageOfAccountQuery,
        ServiceUserPage,
        refusals=(Unknown,),
    ),
    Operation(
        "get_user",
        "GET",
        _ONE,
        "Show one service user.",
        _get,
        Nothing,
        ServiceUser,
        refusals=(Unknown,),
    ),
    Operation(
        "disable_user",
        "POST",
        _ONE + "/disable",
        "Refuse a service user from the next request on.",
        _disable,
        Nothing,
        ServiceUser,
        refusals=(Unknown,),
        is_grave=True,
    ),
    Operation(
        "enable_user",
        "POST",
        _ONE + "/enable",
        "Let a disabled service user in again.",
        _enable,
        Nothing,
        ServiceUser,
        refusals=(Unknown,),
        is_grave=False,
    ),
    Operation(
        "rotate_password",
        "POST",
        _ONE + "/rotate-password",
        "Make a new password, which is shown once. Tokens stay as they are.",
        _rotate,
        PasswordRotation,
        ServiceUserWithPassword,
        refusals=(Unknown,),
        is_grave=True,
    ),
    Operation(
        "revoke_tokens",
        "POST",
        _ONE + "/revoke-tokens",
        "End the live token from the next request on. The user may ask for another.",
        _revoke,
        Nothing,
        RevokedTokens,
        refusals=(Unknown,),
        is_grave=True,
    ),
    Operation(
        "end_sessions",
        "POST",
        _ONE + "/end-sessions",
        "Sign a service user out of the portal in every browser. Tokens stay as they are.",
        _end_sessions,
        Nothing,
        EndedSessions,
        refusals=(Unknown,),
        is_grave=True,
    ),
)
