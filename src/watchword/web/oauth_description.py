"""Describes the OAuth endpoints for the OpenAPI document."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from watchword.access.errors import (
    ContentTooLarge,
    InvalidClient,
    InvalidRequest,
    InvalidScope,
    InvalidTarget,
    OperatorRefused,
    RequestTooSlow,
    SlowDown,
    StoreUnavailable,
    UnauthorizedClient,
    UnsupportedGrantType,
    UnsupportedTokenType,
)
from watchword.web.metadata import INTROSPECTION_PATH, REVOCATION_PATH, TOKEN_PATH
from watchword.web.openapi import API_KEY, BASIC, FORM_TYPE, OPERATOR, Described
from watchword.web.responses import OAuthError, oauth_refusal
from watchword.web.token import TokenAnswer

_TAG: Final = "Tokens"
_Grant = Annotated[
    Literal["client_credentials"],
    Meta(description="Required: in the URL, in the form, or the same in both."),
]
_Scope = Annotated[
    str,
    Meta(
        description="The services that the token is for, with spaces between; left out: every "
        "service of the account.",
        examples=["profile"],
    ),
]
_Resource = Annotated[
    str,
    Meta(description="The URL of the service that the token is for (RFC 8707)."),
]
_ClientId = Annotated[
    str,
    Meta(description="The service user's name, for who does not use Basic.", examples=["svc-acme"]),
]
_ClientSecret = Annotated[
    str, Meta(description="The service user's password, for who does not use Basic.")
]
_Token = Annotated[str, Meta(min_length=1, description="The token that is asked about.")]
_Hint = Annotated[str, Meta(description="Not needed, and ignored.", examples=["access_token"])]


class TokenQuery(Struct, kw_only=True):
    """What a token request may say in its URL."""

    grant_type: _Grant | UnsetType = UNSET
    scope: _Scope | UnsetType = UNSET
    resource: _Resource | UnsetType = UNSET


class TokenForm(TokenQuery, kw_only=True):
    """A token request (RFC 6749 section 4.4.2)."""

    client_id: _ClientId | UnsetType = UNSET
    client_secret: _ClientSecret | UnsetType = UNSET


class AboutToken(Struct, kw_only=True):
    """A request about a token (RFC 7009 and RFC 7662, section 2.1 of both)."""

    token: _Token
    token_type_hint: _Hint | UnsetType = UNSET
    client_id: _ClientId | UnsetType = UNSET
    client_secret: _ClientSecret | UnsetType = UNSET


class ActiveToken(Struct, kw_only=True, forbid_unknown_fields=True):
    """A live token (RFC 7662 section 2.2)."""

    active: Literal[True]
    token_type: Literal["Bearer"]
    client_id: str
    username: str
    sub: str
    iss: str
    aud: list[str]
    scope: str
    jti: str
    iat: int
    exp: int


class InactiveToken(Struct, kw_only=True, forbid_unknown_fields=True):
    """Any other token, and nothing is said about it."""

    active: Literal[False]


_OF_ANY: Final = (
    InvalidRequest(),
    InvalidClient(),
    SlowDown(retry_after=timedelta(seconds=1)),
    ContentTooLarge(),
    RequestTooSlow(),
    StoreUnavailable(),
)
_BY_CLIENT: Final = ([BASIC], [BASIC, API_KEY])

OAUTH_OPERATIONS: Final = (
    Described(
        name="issue_token",
        tag=_TAG,
        method="POST",
        path=TOKEN_PATH,
        summary="Issue an access token. It supersedes the service user's previous one.",
        query=TokenQuery,
        body=TokenForm,
        body_type=FORM_TYPE,
        answers=(TokenAnswer,),
        refusals=(*_OF_ANY, UnsupportedGrantType(), InvalidScope(), InvalidTarget()),
        word=oauth_refusal,
        refusal=OAuthError,
        security=([BASIC, API_KEY], [API_KEY]),
    ),
    Described(
        name="revoke_token",
        tag=_TAG,
        method="POST",
        path=REVOCATION_PATH,
        summary="End an access token of the service user's own, from the next request on.",
        body=AboutToken,
        body_type=FORM_TYPE,
        is_body_required=True,
        refusals=(*_OF_ANY, UnauthorizedClient(), UnsupportedTokenType()),
        word=oauth_refusal,
        refusal=OAuthError,
        security=_BY_CLIENT,
    ),
    Described(
        name="introspect_token",
        tag=_TAG,
        method="POST",
        path=INTROSPECTION_PATH,
        summary="Tell who a token is for, to its account and to operators.",
        body=AboutToken,
        body_type=FORM_TYPE,
        is_body_required=True,
        answers=(ActiveToken, InactiveToken),
        refusals=(*_OF_ANY, OperatorRefused()),
        word=oauth_refusal,
        refusal=OAuthError,
        security=(*_BY_CLIENT, [OPERATOR]),
    ),
)
