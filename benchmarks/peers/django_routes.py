"""The routes of django-oauth-toolkit as a peer, and its tokens: ES256, by its hook for them."""
# Django has no types and is not in the development environment: this file runs in the
# environment of the peers.
# mypy: disable-error-code="import-not-found"

from __future__ import annotations

import time
import uuid
from typing import Any, Final

from django.http import HttpRequest, JsonResponse
from django.urls import include, path
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from peer_start import AUDIENCE, ISSUER, LIFETIME_SECONDS

_SIGNING_KEY: Final = ECKey.generate_key("P-256", {"use": "sig"}, auto_kid=True)


def issue_jwt(request: Any, refresh_token: bool = False) -> str:  # noqa: ANN401, ARG001 - the hook's signature
    """Make an access token as RFC 9068 describes it."""
    now = int(time.time())
    header = {"typ": "at+jwt", "alg": "ES256", "kid": _SIGNING_KEY.kid}
    claims = {
        "iss": ISSUER,
        "sub": request.client.client_id,
        "aud": [AUDIENCE],
        "exp": now + LIFETIME_SECONDS,
        "iat": now,
        "jti": str(uuid.uuid4()),
        "client_id": request.client.client_id,
        "scope": " ".join(request.scopes),
    }
    return jwt.encode(header, claims, _SIGNING_KEY)


def _show_keys(_request: HttpRequest) -> JsonResponse:
    return JsonResponse(KeySet([_SIGNING_KEY]).as_dict(private=False))


urlpatterns = [
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path("jwks", _show_keys),
]
