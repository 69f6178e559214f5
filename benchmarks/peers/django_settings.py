"""The settings of django-oauth-toolkit as a peer; `django_peer.py` says what may be chosen."""

from __future__ import annotations

import uuid

from peer_start import LIFETIME_SECONDS, SCOPE, choice, folder

DEBUG = False
SECRET_KEY = uuid.uuid4().hex
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "django_routes"
USE_TZ = True
USE_I18N = False
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "oauth2_provider"]
# These endpoints need none, and each would cost every request something.
MIDDLEWARE: list[str] = []
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": folder() / "django.sqlite3",
        # The connection stays open, and no commit waits for the disk: the fastest that is sound.
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
            "transaction_mode": "IMMEDIATE",
        },
    }
}
OAUTH2_PROVIDER: dict[str, object] = {
    "ACCESS_TOKEN_EXPIRE_SECONDS": LIFETIME_SECONDS,
    "SCOPES": {SCOPE: "The service"},
}
if choice() != "opaque":
    OAUTH2_PROVIDER["ACCESS_TOKEN_GENERATOR"] = "django_routes.issue_jwt"  # noqa: S105 - a name
