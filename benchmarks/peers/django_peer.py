"""django-oauth-toolkit with its store in SQLite.

Run with a choice and a folder: `hashed` keeps the secret with Django's default hasher, `unhashed`
keeps it in clear; `opaque` does so too, and issues the random strings that the toolkit issues by
itself.
"""
# Django has no types and is not in the development environment: this file runs in the
# environment of the peers.
# mypy: disable-error-code="import-not-found"

from __future__ import annotations

import os
from typing import Final

import django
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connections
from peer_start import choice, read_client, serve

_CHOICES: Final = ("hashed", "unhashed", "opaque")


def main() -> None:
    """Make the database, register the client and serve."""
    if choice() not in _CHOICES:
        raise SystemExit(f"choose one of {', '.join(_CHOICES)}")
    os.environ["DJANGO_SETTINGS_MODULE"] = "django_settings"
    django.setup()
    call_command("migrate", verbosity=0)
    _register(hashed=choice() == "hashed")
    # The worker is a fork: a connection of SQLite must not come along.
    connections.close_all()
    serve("django_peer:application")


def _register(*, hashed: bool) -> None:
    # Models can be imported once Django is set up.
    from django.contrib.auth import get_user_model  # noqa: PLC0415
    from oauth2_provider.models import get_application_model  # noqa: PLC0415

    client = read_client()
    application = get_application_model()
    application.objects.create(
        name="benchmark",
        user=get_user_model().objects.create(username="benchmark"),
        client_id=client.client_id,
        client_secret=client.client_secret,
        client_type=application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=application.GRANT_CLIENT_CREDENTIALS,
        hash_client_secret=hashed,
    )


if __name__ == "__main__":
    main()
else:
    application = get_wsgi_application()
