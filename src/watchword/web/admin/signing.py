"""The signing keys: which are published, and which one signs. Never their private halves."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

from watchword.access.keyring import Stage  # noqa: TC001 - msgspec reads the annotations
from watchword.web.admin.bodies import Body, Moment, Nothing
from watchword.web.admin.operations import Call, Operation


class SigningKey(Body):
    """A key that signs access tokens, or did, or will."""

    kid: Annotated[str, Meta(description="Names the key in tokens and in the JWK Set.")]
    stage: Annotated[Stage, Meta(description="Where it is in its life.")]
    signs_from: Annotated[Moment, Meta(description="From when on it signs.")]
    retires_at: Annotated[
        Moment | None, Meta(description="When the last of its tokens ends; null for the newest.")
    ]


class SigningKeys(Body):
    """All signing keys, oldest first."""

    items: list[SigningKey]


async def _list(call: Call[Nothing]) -> SigningKeys:
    ring = await call.functions.rotation(call.by).list_keys()
    now = call.functions.clock.now()
    return SigningKeys(
        items=[
            SigningKey(
                kid=item.key.kid,
                stage=ring.stage_of(item, now),
                signs_from=item.signs_from,
                retires_at=item.retires_at,
            )
            for item in ring.keys
        ]
    )


OPERATIONS: Final = (
    Operation(
        "list_signing_keys",
        "GET",
        "/signing-keys",
        "List the signing keys, oldest first.",
        _list,
        Nothing,
        SigningKeys,
    ),
)
