"""Makes tokens that we never issued: with a stolen key, with an attacker's, with none."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from watchword.deployment import open_deployment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from support.deployment import Deployment
    from watchword.access.signing import SigningKey

Members = dict[str, Any]


def encode(octets: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def decode(part: str) -> Members:
    """Read one part of a token."""
    members: Members = json.loads(base64.urlsafe_b64decode(part + "=="))
    return members


def header_of(token: str) -> Members:
    return decode(token.partition(".")[0])


def claims_of(token: str) -> Members:
    return decode(token.split(".")[1])


def to_input(header: Mapping[str, Any], claims: object) -> str:
    """Return what is signed of a token, its members in our own order and spelling."""
    return ".".join(
        encode(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims)
    )


def sign(key: SigningKey, header: Mapping[str, Any], claims: object) -> str:
    """Sign any header and payload by ES256: what follows is refused for what it says."""
    signing_input = to_input(header, claims)
    der = key._private.sign(signing_input.encode(), key._signature_algorithm)
    r, s = decode_dss_signature(der)
    return f"{signing_input}.{encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def stolen_key(deployment: Deployment) -> SigningKey:
    """Return the deployment's own signing key, private half and all."""

    async def read() -> SigningKey:
        async with open_deployment(deployment.settings, deployment.clock) as opened:
            return opened.keys.ring.keys[-1].key

    return deployment.run(read())
