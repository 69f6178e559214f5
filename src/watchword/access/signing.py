"""Signs access tokens and reads them back (RFC 9068). The only module that touches JOSE.

Owns the token's form. Whether a well-formed token is live is the ledger's to say.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from watchword.access.errors import TokenInvalid
from watchword.access.model import Generation, Username
from watchword.access.sealing import Sealing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from watchword.access.model import AccountId, KeyId, PlanName, ServiceName
    from watchword.access.ports import Randomness

ALGORITHM: Final = "ES256"
TOKEN_TYPE: Final = "at+jwt"  # noqa: S105 - a media type (RFC 9068 section 2.1), no secret
IDENTITY_TYPE: Final = "watchword-identity+jwt"
"""Of its own, so that nobody takes a statement of who calls for what opens a call (RFC 8725
section 3.11)."""
MAXIMUM_TOKEN_LENGTH: Final = 8192
_COORDINATE: Final = 32
_PURPOSE: Final = "signing key"
_QUOTED: Final = 4_096


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says (RFC 9068 section 2.2, plus `gen`)."""

    issuer: str
    username: Username
    audience: tuple[str, ...]
    jti: str
    issued_at: datetime
    expires_at: datetime
    scope: str
    generation: Generation


@dataclass(frozen=True, slots=True)
class Identity:
    """What an upstream is told of who calls. Opens nothing.

    Attributes:
        audience: The service, which alone is told.
        token_id: The `jti` of the access token that came with the call.
    """

    issuer: str
    username: Username
    audience: ServiceName
    account: AccountId
    plan: PlanName
    key_id: KeyId
    token_id: str
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SealedKey:
    """A signing key as it is kept: the private part encrypted under the deployment's secret.

    Attributes:
        signs_from: From when on it signs, until a later key does.
    """

    kid: str
    sealed: bytes = field(repr=False)
    created_at: datetime
    signs_from: datetime


class SigningKey:
    """An ES256 key pair. Its `kid` is the RFC 7638 thumbprint of the public half."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self._private = private
        self._jwk = ECKey.import_key(
            private.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )
        self.kid = self._jwk.thumbprint()
        # The header never changes, so it is encoded once. Reading compares these very
        # characters: what we did not write so, we did not sign.
        self.header = _encode(_json({"typ": TOKEN_TYPE, "alg": ALGORITHM, "kid": self.kid}))
        self._identity_header = _encode(
            _json({"typ": IDENTITY_TYPE, "alg": ALGORITHM, "kid": self.kid})
        )
        self._signature_algorithm = ec.ECDSA(hashes.SHA256())

    def __repr__(self) -> str:
        return f"SigningKey(kid={self.kid!r})"

    @classmethod
    def generate(cls) -> SigningKey:
        """Make a new key pair."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @property
    def public_jwk(self) -> dict[str, str]:
        """The public half for the JWKS (RFC 7517); no private member is ever in it."""
        public = self._jwk.as_dict(private=False)
        return {name: str(public[name]) for name in ("kty", "crv", "x", "y")} | {
            "kid": self.kid,
            "use": "sig",
            "alg": ALGORITHM,
        }

    def sign(self, claims: Claims) -> str:
        """Return the claims as a signed compact JWT."""
        return self._sign(self.header, _to_payload(claims))

    def sign_identity(self, identity: Identity) -> str:
        """Return a statement of who calls as a signed compact JWT."""
        return self._sign(self._identity_header, _json(_to_members(identity)))

    def _sign(self, header: str, payload: bytes) -> str:
        signing_input = f"{header}.{_encode(payload)}"
        der = self._private.sign(signing_input.encode(), self._signature_algorithm)
        r, s = decode_dss_signature(der)
        signature = r.to_bytes(_COORDINATE, "big") + s.to_bytes(_COORDINATE, "big")
        return f"{signing_input}.{_encode(signature)}"

    def verify(self, token: str) -> bytes:
        """Return the payload of a compact JWT that this key signed.

        Raises:
            TokenInvalid: If it did not.
        """
        try:
            return jws.deserialize_compact(
                token,
                self._jwk,
                algorithms=[ALGORITHM],
                registry=jws.JWSRegistry(algorithms=[ALGORITHM]),
            ).payload
        except (JoseError, ValueError) as error:
            raise TokenInvalid(reason="the signature does not verify") from error

    def seal(
        self, secret: bytes, randomness: Randomness, created_at: datetime, signs_from: datetime
    ) -> SealedKey:
        """Encrypt the key under the deployment's secret, for keeping."""
        plain = self._private.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        sealed = Sealing(secret, _PURPOSE).seal(plain, self.kid, randomness)
        return SealedKey(self.kid, sealed, created_at, signs_from)

    @classmethod
    def unseal(cls, kept: SealedKey, secret: bytes) -> SigningKey:
        """Decrypt a kept key.

        Raises:
            NotAllowed: If it was sealed under another secret.
        """
        plain = Sealing(secret, _PURPOSE).unseal(kept.sealed, kept.kid)
        private = serialization.load_der_private_key(plain, password=None)
        return cls(cast("ec.EllipticCurvePrivateKey", private))


def _to_payload(claims: Claims) -> bytes:
    # Put together from parts that are quoted once: this is what every token waits for.
    username = _quote(claims.username)
    return (
        f'{{"iss":{_quote(claims.issuer)},"sub":{username},"aud":{_quote(claims.audience)},'
        f'"exp":{int(claims.expires_at.timestamp())},"iat":{int(claims.issued_at.timestamp())},'
        f'"jti":{json.dumps(claims.jti)},"client_id":{username},"scope":{_quote(claims.scope)},'
        f'"gen":{claims.generation}}}'
    ).encode()


def _to_members(identity: Identity) -> dict[str, object]:
    return {
        "iss": identity.issuer,
        "sub": identity.username,
        "aud": identity.audience,
        "exp": int(identity.expires_at.timestamp()),
        "iat": int(identity.issued_at.timestamp()),
        "account": identity.account,
        "plan": identity.plan,
        "key_id": identity.key_id,
        "token_id": identity.token_id,
    }


@lru_cache(maxsize=_QUOTED)
def _quote(value: str | tuple[str, ...]) -> str:
    return json.dumps(value)


def to_claims(payload: bytes) -> Claims:
    """Read the payload of a token that we signed. Raises TokenInvalid."""
    try:
        members = cast("Mapping[str, object]", json.loads(payload))
        _require_started(members)
        return Claims(
            issuer=_text(members["iss"]),
            username=Username(_text(members["sub"])),
            audience=_texts(members["aud"]),
            jti=_text(members["jti"]),
            issued_at=_moment(members["iat"]),
            expires_at=_moment(members["exp"]),
            scope=_text(members["scope"]),
            generation=Generation(_whole(members["gen"])),
        )
    except (KeyError, TypeError, ValueError, OverflowError, OSError) as error:
        raise TokenInvalid(reason="a signed token that is no access token") from error


def _require_started(members: Mapping[str, object]) -> None:
    # None of our tokens waits for a moment. One that does is not to be taken before it.
    if "nbf" in members:
        raise ValueError("a claim that no access token of ours has")


def _text(member: object) -> str:
    if not isinstance(member, str):
        raise TypeError("not a text")
    return member


def _texts(member: object) -> tuple[str, ...]:
    if not isinstance(member, list):
        raise TypeError("not a list")
    return tuple(_text(item) for item in cast("list[object]", member))


def _whole(member: object) -> int:
    if not isinstance(member, int) or isinstance(member, bool):
        raise TypeError("not a whole number")
    return member


def _moment(member: object) -> datetime:
    return datetime.fromtimestamp(_whole(member), UTC)


def _json(members: Mapping[str, object]) -> bytes:
    return json.dumps(members, separators=(",", ":")).encode()


def _encode(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()
