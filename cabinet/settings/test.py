"""Settings for tests: the same portal, with defaults for whatever the environment leaves open.

The servers (PostgreSQL, Redis) come from `make test`, which sets their addresses.
"""

import os
import tempfile
from pathlib import Path

for name, value in {
    "SECRET_KEY": "tests-only-" + "0123456789" * 5,
    "SITE_URL": "http://testserver",
    "DATABASE_URL": "postgresql://portal@/portal",
    "CELERY_BROKER_URL": "memory://",
    "EMAIL_URL": "smtp://127.0.0.1:1",
    "MEDIA_ROOT": tempfile.gettempdir() + "/cabinet-test-media",
    "STATIC_ROOT": tempfile.gettempdir() + "/cabinet-test-static",
}.items():
    os.environ.setdefault(name, value)

from cabinet.settings.base import *  # noqa: E402, F403
from cabinet.settings.base import STATIC_ROOT  # noqa: E402

ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
STORAGES = {
    "default": {"BACKEND": "cabinet.files.PrivateStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# The real hasher is tested on its own; elsewhere a password only has to match.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher",
    "accounts.passwords.Argon2Hasher",
]

Path(STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # whitenoise looks for it
