"""Numbered system checks: what must never be true of an installation.

| id            | looks at                                  |
| ------------- | ----------------------------------------- |
| chatauth.E001 | users, clients, … of a demonstration      |
| chatauth.E002 | keys of a demonstration in production     |
| chatauth.E003 | debug pages                               |
| chatauth.E004 | everything that the environment refuses   |
| chatauth.E005 | password hashers                          |
| chatauth.E006 | the sandbox in production                 |
| chatauth.I001 | e-mail that is not set up                 |

``manage.py check`` looks at settings, ``manage.py check --database default`` and every start of the
server at the database as well.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, register
from django.db import ProgrammingError, transaction
from django.db.models import QuerySet

from chatauth_project.environment import Environment
from chatauth_project.environment_rules import broken_rules

ARGON2 = "authenticate_app.accounts.hashers.Argon2idPasswordHasher"
SHOWN = 5
"""So many names are enough to recognize what the database holds."""


@register(Tags.database)
def demonstration_data_in_production(databases: Sequence[str] | None = None, **_: Any) -> Iterable[CheckMessage]:
    """Refuse users, clients and keys that others may know (chatauth.E001, chatauth.E002)."""
    if settings.ENVIRONMENT != "production" or "default" not in (databases or ()):
        return []
    try:
        with transaction.atomic():
            return list(_demonstration_data())
    except ProgrammingError:
        return []  # the tables do not exist yet


def _demonstration_data() -> Iterator[CheckMessage]:
    from authenticate_app.models import Business, Client, SigningKey, User
    from authenticate_app.oauth.client_services import DEMONSTRATION

    yield from _refusal(
        "Users of a demonstration",
        User.objects.filter(is_demonstration=True).values_list("username", flat=True),
        because="Everybody may know their passwords.",
        check_id="chatauth.E001",
    )
    yield from _refusal(
        "Clients of a demonstration",
        Client.objects.filter(client_id__startswith=DEMONSTRATION).values_list("client_id", flat=True),
        because="Their secrets were made for trying things out.",
        check_id="chatauth.E001",
    )
    yield from _refusal(
        "Businesses of the sandbox",
        Business.objects.filter(is_sandbox=True, is_active=True).values_list("name", flat=True),
        because="Their customers are simulated.",
        check_id="chatauth.E001",
    )
    yield from _refusal(
        "Signing keys of a demonstration",
        SigningKey.objects.filter(is_demonstration=True).values_list("kid", flat=True),
        because="Others may hold them and sign tokens.",
        check_id="chatauth.E002",
    )


def _refusal(what: str, found: QuerySet[Any, str], *, because: str, check_id: str) -> Iterator[Error]:
    if names := ", ".join(found[:SHOWN]):
        hint = f"{because} Begin production with a fresh database."
        yield Error(f"{what} are in this production database: {names}.", hint=hint, id=check_id)


@register(Tags.security)
def debug_pages(app_configs: Sequence[AppConfig] | None, **_: Any) -> Iterable[CheckMessage]:
    """Refuse pages that show the inside of the server (chatauth.E003)."""
    if settings.DEBUG:
        hint = "Leave DEBUG off; the log says more than the pages would."
        yield Error("DEBUG is on: failures would show settings and data.", hint=hint, id="chatauth.E003")


@register(Tags.security)
def settings_together(app_configs: Sequence[AppConfig] | None, **_: Any) -> Iterable[CheckMessage]:
    """Hold the settings in force against the rules of the environment (chatauth.E004).

    A start has checked the environment already; this also sees what code has changed since.
    """
    in_force = {name: getattr(settings, name.upper(), None) for name in Environment.model_fields}
    known = {name: value for name, value in in_force.items() if value is not None}
    for sentence in broken_rules(known):
        yield Error(sentence, hint="docs/settings.md explains every variable.", id="chatauth.E004")


@register(Tags.security)
def password_hashers(app_configs: Sequence[AppConfig] | None, **_: Any) -> Iterable[CheckMessage]:
    """Refuse password hashes that are cheaper to guess than Argon2id (chatauth.E005)."""
    if settings.PASSWORD_HASHERS != [ARGON2]:
        hint = f"Set PASSWORD_HASHERS to [{ARGON2!r}]."
        yield Error("Passwords should be hashed by Argon2 only.", hint=hint, id="chatauth.E005")


@register(Tags.security)
def sandbox_in_production(app_configs: Sequence[AppConfig] | None, **_: Any) -> Iterable[CheckMessage]:
    """Refuse simulated phones beside real ones (chatauth.E006)."""
    if settings.SANDBOX and settings.ENVIRONMENT == "production":
        hint = "Leave SANDBOX off here, and try things out in an installation with ENVIRONMENT=demonstration."
        sentence = "SANDBOX is on: whoever reaches this server can play a customer of Apple Messages."
        yield Error(sentence, hint=hint, id="chatauth.E006")


@register(Tags.security)
def mail_is_set_up(app_configs: Sequence[AppConfig] | None, **_: Any) -> Iterable[CheckMessage]:
    """Say what people miss without e-mail (chatauth.I001)."""
    if not settings.EMAIL_URL:
        hint = "Set EMAIL_URL and EMAIL_FROM; docs/settings.md explains them."
        sentence = "E-mail is not set up: the sign-in page offers nothing to people who forgot their password."
        yield Info(sentence, hint=hint, id="chatauth.I001")
