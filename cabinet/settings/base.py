"""Settings of every installation, read from the environment.

A missing or malformed variable stops the start with a sentence naming it: a portal that half works
is worse than one that does not start. docs/configuration.md lists every variable.
"""

from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

from celery.schedules import crontab
from csp.constants import NONE, SELF
from environs import Env, validate

from cabinet.retailer import Retailer

env = Env()
BASE_DIR = Path(__file__).resolve().parents[2]

# Where we are ---------------------------------------------------------------------------------

DEBUG = env.bool("DEBUG", False)
DEMO = env.bool("DEMO", False)
SECRET_KEY = env.str("SECRET_KEY")
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", [])

# Every address that leaves the portal (letters, PDFs) is built from this one, never from the
# request's Host header.
SITE_URL = env.str("SITE_URL").rstrip("/")
_site = urlsplit(SITE_URL)
IS_HTTPS = _site.scheme == "https"
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", [_site.hostname])
CSRF_TRUSTED_ORIGINS = [SITE_URL]

RETAILER = Retailer.from_env(env)
TIME_ZONE_LABEL = env.str("TIME_ZONE_LABEL", "МСК")

# What it is made of ---------------------------------------------------------------------------

INSTALLED_APPS = [
    "cabinet",
    "accounts",
    "contracts",
    "documents",
    "meters",
    "billing",
    "messaging",
    "exchange",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "cabinet.apps.OfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "cabinet.middleware.numbered",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "cabinet.middleware.never_cached",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.LoginRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.middleware.session_limits",
    "accounts.middleware.first_password",
    "accounts.middleware.second_factor",
    "accounts.middleware.office_deeds",
    "accounts.middleware.ClientsEyes",
    "allauth.account.middleware.AccountMiddleware",
    "cabinet.middleware.BusyDatabase",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "cabinet.middleware.button_only",
]

ROOT_URLCONF = "cabinet.urls"
WSGI_APPLICATION = "cabinet.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "cabinet.context.frame",
            ],
        },
    },
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# Language and time ----------------------------------------------------------------------------

LANGUAGE_CODE = "ru"
FORMAT_MODULE_PATH = "cabinet.locale_formats"
TIME_ZONE = env.str("TIME_ZONE", "Europe/Moscow")
USE_I18N = True
USE_TZ = True

# Data -----------------------------------------------------------------------------------------

DATABASES = {
    "default": {
        **env.dj_db_url("DATABASE_URL"),
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", 300),
        "CONN_HEALTH_CHECKS": True,
    },
}
DATABASES["default"].setdefault("OPTIONS", {})
# A page that waits for a lock must say so instead of hanging until the proxy gives up.
DATABASES["default"]["OPTIONS"].setdefault(
    "options",
    "-c statement_timeout=20s -c lock_timeout=5s -c idle_in_transaction_session_timeout=60s",
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Sessions and limits stand in PostgreSQL: with Redis down the portal is slower to send, not closed.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache_entry",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"

# Files ----------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", str(BASE_DIR / "var" / "static"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "cabinet.staticfiles.BootstrapFinder",
]
# Private files never have an address of their own: only a page that checked the contract hands
# them out (contracts/access.py).
MEDIA_ROOT = env.str("MEDIA_ROOT", str(BASE_DIR / "var" / "media"))
MEDIA_URL = ""
X_ACCEL_PREFIX = env.str("X_ACCEL_PREFIX", "")
STORAGES = {
    "default": {"BACKEND": "cabinet.files.PrivateStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}
FILE_UPLOAD_HANDLERS = ["cabinet.uploads.LimitedUploadHandler"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
# A contract with a thousand registers is one plain form.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

ATTACHMENT_MAX_BYTES = env.int("ATTACHMENT_MAX_BYTES", 10 * 1024 * 1024)
ATTACHMENTS_MAX_BYTES = env.int("ATTACHMENTS_MAX_BYTES", 25 * 1024 * 1024)
ATTACHMENTS_MAX_COUNT = env.int("ATTACHMENTS_MAX_COUNT", 10)
# Per account, not per address of the network: a whole company often has one.
ATTACHMENTS_BYTES_PER_DAY = env.int("ATTACHMENTS_BYTES_PER_DAY", 200 * 1024 * 1024)
MESSAGES_PER_HOUR = env.int("MESSAGES_PER_HOUR", 20)
MESSAGES_PER_DAY = env.int("MESSAGES_PER_DAY", 60)
# What an archive or an office document may hold when it is unpacked.
ARCHIVE_MAX_BYTES = env.int("ARCHIVE_MAX_BYTES", 200 * 1024 * 1024)
ARCHIVE_MAX_MEMBERS = env.int("ARCHIVE_MAX_MEMBERS", 1000)
# clamd's socket, «/run/clamav/clamd.ctl» or «host:3310»; empty: no antivirus.
CLAMD_ADDRESS = env.str("CLAMD_ADDRESS", "")
# Room for one file too many, so that the form itself can say which one.
UPLOAD_MAX_BYTES = ATTACHMENTS_MAX_BYTES + ATTACHMENT_MAX_BYTES

# The billing system's packages: a ZIP that the office uploads, and the folder that is watched for
# others (empty: none is).
PACKAGE_MAX_BYTES = env.int("PACKAGE_MAX_BYTES", 1024**3)
PACKAGE_FOLDER = env.str("PACKAGE_FOLDER", "")

# What one PDF may take, in a process of its own (cabinet/press).
PDF_SECONDS = env.int("PDF_SECONDS", 300)
PDF_MEMORY_MB = env.int("PDF_MEMORY_MB", 2048)
# PDFs that workers make side by side; each takes a worker process and a core while it lasts.
PDF_RUNS = env.int("PDF_RUNS", 1)

# Who comes in ---------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "accounts.passwords.CommonLongPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "accounts.passwords.ContextWordsValidator"},
]
PASSWORD_HASHERS = [
    "accounts.passwords.Argon2Hasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
ONE_TIME_PASSWORD_DAYS = env.int("ONE_TIME_PASSWORD_DAYS", 10)

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "contracts:home"
ACCOUNT_LOGOUT_REDIRECT_URL = "accounts:front"
ACCOUNT_ADAPTER = "accounts.adapter.PortalAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 1
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_USERNAME_MIN_LENGTH = 3
ACCOUNT_FORMS = {
    "login": "accounts.forms.LoginForm",
    "add_email": "accounts.forms.ChangeEmailForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.forms.SetPasswordForm",
}
ACCOUNT_RATE_LIMITS = {
    # A stranger who guesses must not lock the owner out: the key of wrong tries is login AND
    # address (accounts/adapter.py); a whole address is limited separately and more generously.
    "login": "60/m/ip",
    # Three limits of one key: the pause grows from minutes to an hour and to a day.
    "login_failed": "10/5m/key,30/h/key,60/d/key,100/h/ip",
    "change_password": "10/m/user",
    "manage_email": "10/m/user",
    "reset_password": "20/h/ip,5/h/key",
    "reset_password_from_key": "20/m/ip",
    "confirm_email": "3/3m/key",
    # Wrong codes of the second factor, by person: who gets this far knows the password.
    "second_factor": "10/5m/key,50/d/key",
    # Forms posted after a session's end (accounts/posted.py): with a seal, and without.
    "keep_posted": "60/h/ip",
    "keep_unknown": "5/h/ip",
}
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 0)
# A write at every click would be a write for every read: accounts/middleware.py notes activity.
USERSESSIONS_TRACK_ACTIVITY = False

# The second factor (accounts/second_factor): codes of an app, and recovery codes.
MFA_ADAPTER = "accounts.second_factor.sealing.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
# A phone's clock may be half a minute wrong.
MFA_TOTP_TOLERANCE = 1
# django-allauth would refuse a change of e-mail to whoever has a factor.
MFA_ALLOW_UNVERIFIED_EMAIL = True
# Seconds for which a code is good before something delicate in the office.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900

PASSWORD_RESET_TIMEOUT = 3600

# A session ends after half an hour without a click and after twelve hours in any case.
SESSION_IDLE = timedelta(minutes=env.int("SESSION_IDLE_MINUTES", 30))
SESSION_ABSOLUTE = timedelta(hours=env.int("SESSION_ABSOLUTE_HOURS", 12))
SESSION_COOKIE_AGE = int(SESSION_ABSOLUTE.total_seconds())
SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"

# «Смотреть как клиент»: so long the office looks with a client's eyes (accounts/viewing.py).
VIEWING = timedelta(minutes=env.int("VIEWING_MINUTES", 15))

# Headers --------------------------------------------------------------------------------------

COOKIE_PREFIX = "__Host-" if IS_HTTPS else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "cabinet.flash.PrefixedStorage"
CSRF_FAILURE_VIEW = "accounts.stale_forms.csrf_failure"
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^live$", r"^ready$"]
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
if IS_HTTPS and env.bool("BEHIND_PROXY", True):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    },
}

# Letters --------------------------------------------------------------------------------------

_email = env.dj_email_url("EMAIL_URL")
EMAIL_BACKEND = _email["EMAIL_BACKEND"]
EMAIL_HOST = _email["EMAIL_HOST"]
EMAIL_PORT = _email["EMAIL_PORT"]
EMAIL_HOST_USER = _email["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = _email["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = _email["EMAIL_USE_TLS"]
EMAIL_USE_SSL = _email["EMAIL_USE_SSL"]
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", 30)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", RETAILER.sender)
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# The mailbox that `manage.py receive_mail` reads: «name+token@…» is the address of one case, and
# the envelope sender of one letter. Its server must deliver addresses with «+».
REPLY_EMAIL = env.str("REPLY_EMAIL", parseaddr(DEFAULT_FROM_EMAIL)[1])
# The right-hand side of every Message-ID: fixed by the installation, not by the worker's host name.
MESSAGE_ID_DOMAIN = env.str("MESSAGE_ID_DOMAIN", _site.hostname)

# The topic whose specialist is told of readings that ask for attention: late, confirmed, corrected.
READINGS_TOPIC = env.str("READINGS_TOPIC", "meters")
# The topic of «Запросить документ»: what is written under it leaves for billing apart.
DOCUMENTS_TOPIC = env.str("DOCUMENTS_TOPIC", "documents")

# What leaves for billing ----------------------------------------------------------------------

# A folder into which every batch is put; empty: batches are fetched in the office, or by command.
EXPORT_FOLDER = env.str("EXPORT_FOLDER", "")
EXPORT_FORMATS: list[str] = env.list(
    "EXPORT_FORMATS", ["csv"], validate=validate.ContainsOnly(["csv", "xlsx", "json"])
)

# Background work ------------------------------------------------------------------------------

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL")
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    # A page must never wait for Redis: PostgreSQL already holds what is to be done.
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 15,
    "max_retries": 0,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TIMEZONE = TIME_ZONE
# The worker writes its lines as the web does: one record, one line.
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE = {
    "send-due-letters": {"task": "accounts.tasks.send_due_letters", "schedule": 60.0},
    "make-missing-agreements": {
        "task": "accounts.tasks.make_missing_agreements",
        "schedule": 60.0,
    },
    "sweep-orphaned-scans": {"task": "accounts.tasks.sweep_orphaned_scans", "schedule": 86_400.0},
    "sweep-ended-sessions": {"task": "accounts.tasks.sweep_ended_sessions", "schedule": 86_400.0},
    # Every hour of the day: a morning that was slept through is made good the same day.
    "remind-of-ending-access": {
        "task": "accounts.tasks.remind_of_ending_access",
        "schedule": crontab(minute=10, hour="7-20"),
    },
    "sweep-orphaned-dossiers": {
        "task": "accounts.tasks.sweep_orphaned_dossiers",
        "schedule": 86_400.0,
    },
    "check-journal": {
        "task": "accounts.tasks.check_journal",
        "schedule": crontab(hour=3, minute=40),
    },
    "send-due-deliveries": {"task": "messaging.tasks.send_due_deliveries", "schedule": 60.0},
    "sweep-stale-drafts": {"task": "messaging.tasks.sweep_stale_drafts", "schedule": 86_400.0},
    "scan-pending-files": {"task": "messaging.tasks.scan_pending", "schedule": 60.0},
    "mind-deadlines": {"task": "messaging.tasks.mind_deadlines", "schedule": 600.0},
    "report-unaddressed": {
        "task": "messaging.tasks.report_unaddressed",
        "schedule": crontab(hour=6, minute=30),
    },
    "render-missing-documents": {"task": "documents.tasks.render_missing", "schedule": 60.0},
    "announce-new-documents": {"task": "documents.tasks.announce_new", "schedule": 60.0},
    "make-due-bundles": {"task": "documents.tasks.make_due_bundles", "schedule": 60.0},
    "sweep-orphaned-documents": {"task": "documents.tasks.sweep_orphans", "schedule": 86_400.0},
    "make-missing-papers": {"task": "meters.tasks.make_missing_papers", "schedule": 60.0},
    "sweep-orphaned-papers": {"task": "meters.tasks.sweep_orphaned_papers", "schedule": 86_400.0},
    "sweep-stale-readings": {"task": "meters.tasks.sweep_stale_entries", "schedule": 86_400.0},
    "carry-out-office-reminders": {
        "task": "meters.tasks.carry_out_office_reminders",
        "schedule": 60.0,
    },
    "tell-of-rejections": {"task": "meters.tasks.tell_of_rejections", "schedule": 60.0},
    "watch-package-folder": {"task": "exchange.tasks.watch_folder", "schedule": 60.0},
    "go-on-with-imports": {"task": "exchange.tasks.go_on", "schedule": 60.0},
    "sweep-imports": {"task": "exchange.tasks.sweep_imports", "schedule": 86_400.0},
    "remind-of-readings": {"task": "meters.tasks.remind_of_readings", "schedule": 600.0},
    "export-to-folder": {"task": "exchange.tasks.export_to_folder", "schedule": 3600.0},
    "sweep-orphaned-batches": {"task": "exchange.tasks.sweep_orphaned_files", "schedule": 86_400.0},
}

# Words about what happens ---------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "cabinet.logs.OneLineFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(request_id)s %(message)s",
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
    "loggers": {
        "fontTools": {"level": "WARNING"},
        "weasyprint": {"level": "ERROR"},
        "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False},
    },
}
