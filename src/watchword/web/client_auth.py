"""Reads the client's credentials from a request (RFC 6749 section 2.3.1). Judges nothing."""

from __future__ import annotations

import binascii
from base64 import b64decode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from watchword.access.errors import InvalidClient, InvalidRequest
from watchword.web.forms import decode_form

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """A user name and a password as presented."""

    username: str
    password: str = field(repr=False)


def read_client_credentials(
    authorization: str | None, parameters: Mapping[str, str]
) -> ClientCredentials:
    """Read Basic or `client_id` and `client_secret` of the body, whichever was used.

    Args:
        authorization: The Authorization header.
        parameters: The form body's parameters; those of the URL are no credentials.

    Raises:
        InvalidRequest: If both were used, or the header cannot be read.
        InvalidClient: If neither was.
    """
    client_id = parameters.get("client_id")
    secret = parameters.get("client_secret")
    if authorization is None:
        if not client_id or not secret:
            raise InvalidClient(reason="no credentials")
        return ClientCredentials(client_id, secret)
    credentials = read_basic(authorization)
    if secret:
        raise InvalidRequest(public="Use Basic or client_secret, not both.")
    if client_id and client_id != credentials.username:
        raise InvalidRequest(public="The client_id is not the user name of the Basic header.")
    return credentials


def read_basic(authorization: str) -> ClientCredentials:
    """Read a Basic header (RFC 7617), both halves form-decoded (RFC 6749 section 2.3.1).

    Raises:
        InvalidClient: If the scheme is another.
        InvalidRequest: If the header is malformed.
    """
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise InvalidClient(reason="another authentication scheme than Basic")
    try:
        username, colon, password = b64decode(encoded.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError) as error:
        raise InvalidRequest(public="The Basic header is not base64.") from error
    if not colon:
        raise InvalidRequest(public="The Basic header has no colon.")
    return ClientCredentials(decode_form(username), decode_form(password))
