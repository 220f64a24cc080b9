"""Django's settings: what the environment decides, and what holds for every installation.

The variables themselves are declared in ``chatauth_project.environment`` and described in
docs/settings.md; they appear here under the same names.
"""

import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from authenticate_app.web_origins import web_origin
from chatauth_project import hooks, unfold
from chatauth_project.database import database_settings
from chatauth_project.demonstration_environment import with_demonstration_defaults
from chatauth_project.environment import Environment
from chatauth_project.mail import email_settings

BASE_DIR = Path(__file__).resolve().parent.parent
_environment = Environment.load(with_demonstration_defaults(os.environ))

# What the environment decides

ENVIRONMENT = _environment.environment
SECRET_KEY = _environment.secret_key
FIELD_ENCRYPTION_KEYS = _environment.field_encryption_keys
FUSION_RELEASE = _environment.fusion_release
UNKNOWN_ATTRIBUTES = _environment.unknown_attributes

DATABASE_URL = _environment.database_url
DATABASE_LISTEN_URL = _environment.database_listen_url or DATABASE_URL
DATABASE_CONNECT_TIMEOUT = _environment.database_connect_timeout
DATABASE_STATEMENT_TIMEOUT = _environment.database_statement_timeout

PUBLIC_BASE_URL = _environment.public_base_url
CHAT_SERVER_URL = _environment.chat_server_url
TRUSTED_PROXIES = _environment.trusted_proxies
CORS_ALLOWED_ORIGINS = _environment.cors_allowed_origins
ALLOWED_HOSTS = list(_environment.allowed_hosts) or [urlsplit(PUBLIC_BASE_URL).hostname or ""]

TOKEN_ISSUER = _environment.token_issuer
TOKEN_LIFETIME = _environment.token_lifetime
KEY_ANNOUNCED = _environment.key_announced
KEY_SIGNING = _environment.key_signing
KEY_RETIRED = _environment.key_retired
KEY_SET_MAX_AGE = _environment.key_set_max_age
KEY_LEEWAY = _environment.key_leeway

AUTHORIZATION_CODE_LIFETIME = _environment.authorization_code_lifetime
ACCESS_TOKEN_LIFETIME = _environment.access_token_lifetime
ID_TOKEN_LIFETIME = _environment.id_token_lifetime
REFRESH_TOKEN_LIFETIME = _environment.refresh_token_lifetime

SESSION_RETENTION = _environment.session_retention
TOKEN_RETENTION = _environment.token_retention
AUDIT_RETENTION = _environment.audit_retention
TRANSCRIPT_RETENTION = _environment.transcript_retention
EVENT_RETENTION = _environment.event_retention

PASSWORD_HASHES_AT_ONCE = _environment.password_hashes_at_once
REMEMBERED_PASSWORDS = _environment.remembered_passwords
REMEMBERED_PASSWORD_SECONDS = _environment.remembered_password_seconds
THROTTLE_FAILURES_BY_NAME = _environment.throttle_failures_by_name
THROTTLE_FAILURES_BY_ADDRESS = _environment.throttle_failures_by_address
THROTTLE_WINDOW = _environment.throttle_window
REQUIRE_SECOND_FACTOR_FOR_STAFF = _environment.require_second_factor_for_staff

BUSINESS_NAME = _environment.business_name
WEBCREDENTIALS_APPS = _environment.webcredentials_apps
EMAIL_URL = _environment.email_url
EMAIL_FROM = _environment.email_from
PASSWORD_RESET_LIFETIME = _environment.password_reset_lifetime
PASSWORD_RESETS_BY_NAME = _environment.password_resets_by_name
PASSWORD_RESETS_BY_ADDRESS = _environment.password_resets_by_address

HOST = _environment.host
PORT = _environment.port
WORKERS = _environment.workers
WORKER_THREADS = _environment.worker_threads
BODY_TIMEOUT = _environment.body_timeout
BACKLOG = _environment.backlog
BACKPRESSURE = _environment.backpressure
METRICS_HOST = _environment.metrics_host
METRICS_PORT = _environment.metrics_port
HOUSEKEEPING_INTERVAL = _environment.housekeeping_interval

SANDBOX = _environment.sandbox
PRIVATE_ADDRESSES = _environment.private_addresses
GATEWAY_TOKEN_AGE = _environment.gateway_token_age
GATEWAY_DOWNLOAD_HOSTS = _environment.gateway_download_hosts
MESSAGE_RETENTION = _environment.message_retention
SIGN_IN_RETENTION = _environment.sign_in_retention
JOB_WORKERS = _environment.job_workers
CHAT_IDLE_TIMEOUT = _environment.chat_idle_timeout
OVERFLOW_AFTER = _environment.overflow_after

CHAT_HOST = _environment.chat_host
CHAT_PORT = _environment.chat_port
CHAT_WORKERS = _environment.chat_workers
CHAT_THREADS = _environment.chat_threads
CHAT_CONNECTIONS = _environment.chat_connections
CHAT_TLS_CERTIFICATE = _environment.chat_tls_certificate
CHAT_TLS_KEY = _environment.chat_tls_key
REDIS_URL = _environment.redis_url
POLL_SECONDS = _environment.poll_seconds
DESK_ORIGINS = _environment.desk_origins or (web_origin(PUBLIC_BASE_URL),)

LOG_FORMAT = _environment.log_format
LOG_LEVEL = _environment.log_level

# Applications

DEBUG = False
ROOT_URLCONF = "chatauth_project.urls"
WSGI_APPLICATION = "chatauth_project.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "chatauth_project.apps.ChatauthProjectConfig",
    "oauth2_provider",  # before ours, which takes its pages out of the admin
    "authenticate_app.apps.AuthenticateAppConfig",
    "chat_app.apps.ChatAppConfig",
    "unfold.apps.BasicAppConfig",  # before django.contrib.admin, whose templates it replaces
    "unfold.contrib.filters",
    "chatauth_project.admin_config.ChatauthAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "corsheaders",
    "procrastinate.contrib.django",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "chatauth_project.middleware.proxies.TrustedProxies",
    "chatauth_project.middleware.observability.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "chatauth_project.middleware.machines.CrossOrigin",
    "chatauth_project.middleware.machines.Machines",  # what follows is for pages only
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "chatauth_project.middleware.pages.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "chatauth_project.middleware.pages.PagesForCustomers",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "chatauth_project.middleware.sign_ins.Authentication",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
if SANDBOX:
    _machines = MIDDLEWARE.index("chatauth_project.middleware.machines.Machines")
    MIDDLEWARE.insert(_machines, "authenticate_app.sandbox.middleware.SimulatedSheet")

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
                "authenticate_app.login.context.pages",
            ],
        },
    },
]

DATABASES = {
    "default": database_settings(
        DATABASE_URL,
        connect_timeout_seconds=int(DATABASE_CONNECT_TIMEOUT.total_seconds()),
        behind_pooler=bool(_environment.database_listen_url),
    )
}

UNFOLD = unfold.UNFOLD

# Who signs in

AUTH_USER_MODEL = "authenticate_app.User"
AUTHENTICATION_BACKENDS = ["authenticate_app.accounts.backends.PasswordBackend"]
PASSWORD_HASHERS = ["authenticate_app.accounts.hashers.Argon2idPasswordHasher"]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "account"
PASSWORD_RESET_TIMEOUT = int(PASSWORD_RESET_LIFETIME.total_seconds())
CSRF_FAILURE_VIEW = "authenticate_app.login.views.expired"

# E-mail

globals().update(email_settings(EMAIL_URL))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = EMAIL_FROM

# OAuth 2.0 and OpenID Connect (docs/oauth.md)

OAUTH2_PROVIDER_APPLICATION_MODEL = "authenticate_app.Client"
OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL = "authenticate_app.AccessToken"  # noqa: S105 - the name of a model
OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL = "authenticate_app.RefreshToken"  # noqa: S105 - the name of a model
OAUTH2_PROVIDER_ID_TOKEN_MODEL = "authenticate_app.IDToken"  # noqa: S105 - the name of a model
OAUTH2_PROVIDER_GRANT_MODEL = "authenticate_app.Grant"
OAUTH2_PROVIDER = {
    "OAUTH2_SERVER_CLASS": "authenticate_app.oauth.server.Server",
    "OAUTH2_VALIDATOR_CLASS": "authenticate_app.oauth.validator.Validator",
    "SCOPES_BACKEND_CLASS": "authenticate_app.oauth.scopes.ClientScopes",
    "OIDC_ENABLED": True,
    "OIDC_ISS_ENDPOINT": "{0.scheme}://{0.netloc}".format(urlsplit(PUBLIC_BASE_URL)),
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    "ALLOW_URI_WILDCARDS": False,
    "PKCE_REQUIRED": True,  # but for the clients that the validator names
    "ROTATE_REFRESH_TOKEN": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "REFRESH_TOKEN_GRACE_PERIOD_SECONDS": 0,
    "AUTHORIZATION_CODE_EXPIRE_SECONDS": AUTHORIZATION_CODE_LIFETIME.total_seconds(),
    "ACCESS_TOKEN_EXPIRE_SECONDS": ACCESS_TOKEN_LIFETIME.total_seconds(),
    "ID_TOKEN_EXPIRE_SECONDS": ID_TOKEN_LIFETIME.total_seconds(),
    "REFRESH_TOKEN_EXPIRE_SECONDS": REFRESH_TOKEN_LIFETIME.total_seconds(),
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "COMPLIANT_BCP_RFC9700_REFRESH_TOKEN": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_SCHEME": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_MATCHING": True,
    "COMPLIANT_BCP_RFC9700_PKCE_REQUIRED": True,
}

# What a browser may do. The public address decides whether it speaks TLS to us: a demonstration on
# the loopback address does not.

_over_tls = urlsplit(PUBLIC_BASE_URL).scheme == "https"
SECURE_SSL_REDIRECT = _over_tls
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz)$"]  # probes come from inside, without TLS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _over_tls else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _over_tls
SECURE_HSTS_PRELOAD = _over_tls
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

SESSION_COOKIE_SECURE = _over_tls
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_SECURE = _over_tls
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
# The prefix keeps neighbouring hosts from planting cookies (RFC 6265bis, section 4.1.3). Without
# TLS, the port keeps apart what runs side by side on one host: cookies know no ports.
SESSION_COOKIE_NAME = "__Host-session" if _over_tls else f"session_{PORT}"
CSRF_COOKIE_NAME = "__Host-csrf" if _over_tls else f"csrf_{PORT}"
BROWSER_COOKIE_NAME = "__Host-browser" if _over_tls else f"browser_{PORT}"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "base-uri": ["'none'"],
        "connect-src": ["'self'"],
        "font-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "img-src": ["'self'", "data:"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
    }
}

CORS_URLS_REGEX = r"^/((serviceApi|crmRestApi)/resources/[^/]+/chatAuthenticate(/|$)|oauth/(token|revoke|userinfo)$)"
CORS_ALLOW_METHODS = ["GET", "POST", "OPTIONS"]
CORS_ALLOW_HEADERS = [
    "accept",
    "accept-language",
    "authorization",
    "content-type",
    "metadata-context",
    "rest-framework-version",
]
CORS_EXPOSE_HEADERS = ["Location", "Retry-After", "REST-Framework-Version", "X-Request-ID"]
CORS_ALLOW_CREDENTIALS = False

# Language, time, files

LANGUAGE_CODE = _environment.language
LANGUAGES = [
    ("en", _("English")),
    ("de", _("German")),
    ("fr", _("French")),
    ("es", _("Spanish")),
    ("ja", _("Japanese")),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_SECURE = _over_tls
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = True
USE_TZ = True
TIME_ZONE = _environment.time_zone

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True  # served from where packages keep them: no step that collects them
WHITENOISE_MAX_AGE = 3600

# The API

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "chat_app.adf.schema.DeclaredOperations",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "chatauth",
    "DESCRIPTION": "Lets customers into a chat as who they are.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "POSTPROCESSING_HOOKS": [
        "chat_app.chat_authenticate.openapi.add_components",
        "authenticate_app.messages.api.openapi.add_components",
        "chat_app.apple_chat.openapi.add_components",
    ],
}

# Logs

LOGGING_CONFIG = "chatauth_project.logs.configure"
LOGGING = {
    "level": LOG_LEVEL,
    "as_json": LOG_FORMAT == "json" or (LOG_FORMAT == "auto" and not sys.stderr.isatty()),
}

# Background jobs (docs/operation.md, "Background jobs"), and what other parts of the project hook into

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""
PROCRASTINATE_IMPORT_PATHS = hooks.TASKS
HOUSEKEEPING = hooks.HOUSEKEEPING
DEMONSTRATION_DATA = hooks.DEMONSTRATION_DATA
GENERATED_DOCS = hooks.GENERATED_DOCS
