"""What happened to the service users' tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from msgspec import Meta

from watchword.access.errors import Unknown
from watchword.web.admin.bodies import AccountName, Body, Moment, Nothing, UserName
from watchword.web.admin.operations import Call, Operation

if TYPE_CHECKING:
    from watchword.access import contention, token_story


class Place(Body):
    """Where a token was asked for."""

    address: Annotated[str | None, Meta(description="The network address.")]
    user_agent: Annotated[str | None, Meta(description="What the caller said it is.")]


class IssuedToken(Body):
    """A token that was issued."""

    jti: Annotated[str, Meta(description="Names the token; opens nothing.")]
    generation: Annotated[int, Meta(description="Counts the user's tokens and revocations.")]
    issued_at: Annotated[Moment, Meta(description="When it was issued.")]
    issued_to: Place
    key_id: Annotated[str | None, Meta(description="The API key that came with the request.")]
    took: Annotated[str | None, Meta(description="The `jti` of the token that it ended.")]
    ended_at: Annotated[Moment | None, Meta(description="When it ended; null while it is live.")]
    ended_by: Annotated[
        str | None, Meta(description="`token.superseded`, `token.revoked` or `expired`.")
    ]
    ended_from: Annotated[
        Place | None, Meta(description="Where the next token was asked for, or the revocation.")
    ]
    ender: Annotated[str | None, Meta(description="Who ended it, as the audit log names actors.")]


class Contender(Body):
    """A place that takes the live token back from another."""

    place: Place
    tokens: int
    taken_back: Annotated[
        int, Meta(description="How often it had lost the token to another, and asked again.")
    ]
    last_at: Moment


class Contention(Body):
    """Deployments that take the live token from each other, over and over."""

    contenders: list[Contender]
    since: Moment
    until: Moment
    is_over: Annotated[bool, Meta(description="Whether they have stopped, for ten minutes.")]


class TokenStory(Body):
    """What happened to a service user's tokens."""

    username: UserName
    account: AccountName
    live: Annotated[str | None, Meta(description="The `jti` of the live token.")]
    expires_at: Annotated[Moment | None, Meta(description="When the live token ends by itself.")]
    issued: Annotated[list[IssuedToken], Meta(description="Newest first, up to 50.")]
    contention: Annotated[Contention | None, Meta(description="Of the last day.")]


async def _tell(call: Call[Nothing]) -> TokenStory:
    story = await call.functions.stories.tell(call.path["username"])
    fight = story.contention
    return TokenStory(
        username=story.username,
        account=story.account,
        live=None if story.live is None else story.live.jti,
        expires_at=None if story.live is None else story.live.expires_at,
        issued=[_show_token(token) for token in story.issued],
        contention=None if fight is None else _show_contention(fight),
    )


def _show_contention(fight: contention.Contention) -> Contention:
    return Contention(
        contenders=[
            Contender(
                place=Place(**item.place._asdict()),
                tokens=item.tokens,
                taken_back=item.taken_back,
                last_at=item.last_at,
            )
            for item in fight.contenders
        ],
        since=fight.since,
        until=fight.until,
        is_over=fight.is_over,
    )


def _show_token(token: token_story.Token) -> IssuedToken:
    ended_from = token.ended_from
    return IssuedToken(
        jti=token.jti,
        generation=token.generation,
        issued_at=token.at,
        issued_to=Place(**token.place._asdict()),
        key_id=token.key_id,
        took=token.took,
        ended_at=token.ended_at,
        ended_by=token.ended_by,
        ended_from=None if ended_from is None else Place(**ended_from._asdict()),
        ender=token.ender,
    )


OPERATIONS: Final = (
    Operation(
        "show_tokens",
        "GET",
        "/users/{username}/tokens",
        "Tell what happened to a service user's tokens: which is live, who took it from whom.",
        _tell,
        Nothing,
        TokenStory,
        refusals=(Unknown,),
    ),
)
