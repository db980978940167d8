"""Settings that hold everywhere. dev, test and production each add only what really differs."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import django_stubs_ext
import structlog
from celery.schedules import crontab
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

from apps.tenants.logs import leave_out_secrets, name_platform_of_request

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parents[2]

# Tenancy: the public schema knows platforms and domains, a platform's own schema knows everything else.
SHARED_APPS = [
    "django_tenants",
    "apps.tenants",
    "django.contrib.staticfiles",
]
TENANT_APPS = [
    "django.contrib.contenttypes",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "rest_framework",
    "drf_spectacular",
    "django_htmx",
    "django.forms",  # its templates, since ours may render widgets too
    "apps.core",
    "apps.users",
    "apps.ledger",
    "apps.evidence",
    "apps.banking",
    "apps.sellers",
    "apps.orders",
    "apps.warehousing",
    "apps.products",
    "apps.risk",
    "apps.financing",
    "apps.repayment",
    "apps.reconciliation",
    "apps.portal",
    "apps.api",
]
INSTALLED_APPS = SHARED_APPS + TENANT_APPS
TENANT_MODEL = "tenants.Platform"
TENANT_DOMAIN_MODEL = "tenants.Domain"
TENANT_BASE_SCHEMA = "template"
TENANT_CREATION_FAKES_MIGRATIONS = True
TENANT_LIMIT_SET_CALLS = True
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
ROOT_URLCONF = "config.urls_tenant"
PUBLIC_SCHEMA_URLCONF = "config.urls_public"

MIDDLEWARE = [
    "apps.tenants.middleware.PlatformMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # with random padding, so that lengths tell nothing of a token
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.users.middleware.UserLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "apps.users.middleware.SecondFactorMiddleware",
    "apps.core.middleware.DamagedTextMiddleware",
    "apps.portal.doors.ComeBackLaterMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Who signs in, and how often one may try.
AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "apps.users.adapter.AccountAdapter"
ACCOUNT_FORMS = {"login": "apps.users.forms.SignInForm"}
ACCOUNT_LOGIN_METHODS = {"email", "phone"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_DISPLAY = str
ACCOUNT_SIGNUP_FIELDS = ["email*", "phone", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "request_login_code": "20/m/ip,3/m/key",
    "trace": "30/m/ip",
}
MFA_SUPPORTED_TYPES = ["recovery_codes", "totp", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1
MFA_ALLOW_UNVERIFIED_EMAIL = True  # allauth's own table of addresses is not used: ours are proven by code
MFA_ADAPTER = "apps.users.adapter.SecondFactorAdapter"
STAFF_NEED_SECOND_FACTOR = False
ALLAUTH_TRUSTED_PROXY_COUNT = 0
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
# Text messages: the dotted path of a gateway, see apps.core.sms.
GRANARY_SMS_BACKEND = os.environ.get("SMS_BACKEND") or "apps.core.sms.ConsoleGateway"
X_FRAME_OPTIONS = "SAMEORIGIN"  # the contract is shown inside our own signing page
CSRF_FAILURE_VIEW = "apps.portal.views.errors.stale_page"

# Languages and time. Every platform has its own time zone; the server thinks in UTC.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# How a message to a seller leads back to a platform's pages; {host} is the platform's own host name.
SITE_ADDRESS = "https://{host}"

# Files: static ones are shared, a platform's own lie under its own folder.
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "var" / "static"
MEDIA_ROOT: Path | str = BASE_DIR / "var" / "media"
MEDIA_URL = "/media/"
MULTITENANT_RELATIVE_MEDIA_ROOT = "%s"
STORAGES = {
    "default": {"BACKEND": "django_tenants.files.storage.TenantFileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# A folder that holds one for each platform, named as its schema, into which banks' files are put; "" watches none.
STATEMENTS_FOLDER = os.environ.get("STATEMENTS_FOLDER", "")

# Celery: a task killed with its worker is delivered again; state, not the queue, decides what is left to do.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, int | float | str] = {
    "visibility_timeout": 3600,
    # A nudge to a broker that is down fails at once: nobody who signs waits for it, and the next sweep makes up for it.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 1500
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    # Every half minute, so that a night whose worker died is taken up again within a minute.
    "nights-that-are-due": {"task": "reconciliation.start_due_nights", "schedule": timedelta(seconds=30)},
    "back-tests-that-wait": {"task": "reconciliation.tend_back_tests_everywhere", "schedule": crontab(minute="*")},
    "portfolios-that-lack-a-date": {
        "task": "reconciliation.make_portfolios_everywhere",
        "schedule": crontab(minute="*"),
    },
    "messages-that-are-due": {"task": "portal.deliver_messages_everywhere", "schedule": crontab(minute="*")},
    "letters-to-staff": {"task": "reconciliation.write_letters_everywhere", "schedule": crontab(minute="*/5")},
    "bank-files-in-folders": {"task": "banking.watch_folders", "schedule": crontab(minute="*")},
    "documents-left-behind": {
        "task": "financing.render_waiting_contracts_everywhere",
        "schedule": crontab(minute="*/5"),
    },
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.CursorPagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "PAGE_SIZE": 50,
    "COERCE_DECIMAL_TO_STRING": True,
    "EXCEPTION_HANDLER": "apps.api.busy.answer",
}
SPECTACULAR_SETTINGS = {"TITLE": "Granary", "VERSION": "1", "SERVE_INCLUDE_SCHEMA": False}

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
UNFOLD = {
    "SITE_TITLE": "Granary",
    "SITE_HEADER": "Granary",
    "SITE_SYMBOL": "agriculture",
    "STYLES": [lambda _request: static("figures.css")],
    "SHOW_HISTORY": True,
    "SHOW_LANGUAGES": True,
    "SIDEBAR": {"navigation": "apps.portal.sidebar.navigation"},
    "COLORS": {
        "primary": {
            "50": "#f1f7f3", "100": "#e4efe7", "200": "#c5decd", "300": "#9ac5a9", "400": "#66a57d",
            "500": "#3f855c", "600": "#2c6c48", "700": "#1f5a3d", "800": "#1b4832", "900": "#173b2a", "950": "#0c2117",
        },
    },
}  # fmt: skip

# Log lines are JSON on stderr and carry the platform; apps.tenants binds it for requests, tasks and commands.
LOG_LINE: list[Any] = [
    structlog.contextvars.merge_contextvars,
    name_platform_of_request,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    leave_out_secrets,
]
structlog.configure(
    processors=[*LOG_LINE, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "structlog.stdlib.ProcessorFormatter",
            "processor": structlog.processors.JSONRenderer(),
            "foreign_pre_chain": LOG_LINE,
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "WARNING")},
    "loggers": {
        "weasyprint": {"level": "ERROR"},
        "fontTools": {"level": "ERROR"},
        "django.db.backends": {"level": "INFO"},  # below it stands each statement with its values: names, addresses
    },
}
