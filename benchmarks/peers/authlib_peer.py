"""Authlib's authorization server on Flask, as its documentation shows it, with RFC 9068 tokens.

Its one client is held in memory and no token is recorded: a signature is all that makes one.
"""
# Authlib's server classes and Flask's views carry no types, and the development environment has no
# Flask: this file runs in the environment of the peers.
# mypy: disable-error-code="import-not-found, misc, no-untyped-call, no-any-return"

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator, JWTIntrospectionEndpoint
from flask import Flask, jsonify
from joserfc.jwk import ECKey, KeySet
from peer_start import AUDIENCE, ISSUER, LIFETIME_SECONDS, SCOPE, read_client, serve

if TYPE_CHECKING:
    from collections.abc import Collection

_CLIENT: Final = read_client()
_SIGNING_KEYS: Final = KeySet([ECKey.generate_key("P-256", {"use": "sig"}, auto_kid=True)])


class _Client(ClientMixin):
    def get_client_id(self) -> str:
        return _CLIENT.client_id

    def get_allowed_scope(self, scope: Collection[str] | str) -> str:  # noqa: ARG002 - the mixin's
        # As the other servers do, the full scope when the client asks for none.
        return SCOPE

    def check_client_secret(self, client_secret: str) -> bool:
        return secrets.compare_digest(_CLIENT.client_secret, client_secret)

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "client_credentials"


class _Tokens(JWTBearerTokenGenerator):
    def get_jwks(self) -> KeySet:
        return _SIGNING_KEYS

    def get_audiences(self, *_request: object) -> list[str]:
        return [AUDIENCE]


class _Introspection(JWTIntrospectionEndpoint):
    def get_jwks(self) -> KeySet:
        return _SIGNING_KEYS

    def check_permission(self, token: Any, client: _Client, _request: object) -> bool:  # noqa: ANN401 - untyped in Authlib
        return token["client_id"] == client.get_client_id()


def _make_app() -> Flask:
    client = _Client()
    clients = {client.get_client_id(): client}
    app = Flask(__name__)
    server = AuthorizationServer(app, clients.get, lambda _token, _request: None)
    server.register_grant(ClientCredentialsGrant)
    server.register_token_generator(
        "default",
        _Tokens(ISSUER, alg="ES256", expires_generator=lambda _client, _grant: LIFETIME_SECONDS),
    )
    server.register_endpoint(_Introspection(ISSUER))
    app.add_url_rule("/token", "token", server.create_token_response, methods=["POST"])
    app.add_url_rule(
        "/introspect",
        "introspect",
        lambda: server.create_endpoint_response(_Introspection.ENDPOINT_NAME),
        methods=["POST"],
    )
    app.add_url_rule("/jwks", "jwks", lambda: jsonify(_SIGNING_KEYS.as_dict(private=False)))
    return app


app: Final = _make_app()


if __name__ == "__main__":
    serve("authlib_peer:app")
