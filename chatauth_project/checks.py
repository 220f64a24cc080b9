"""Numbered system checks: what must never be true of an installation.

| id            | looks at                                  |
| ------------- | ----------------------------------------- |
| chatauth.E001 | users, clients, … of a demonstration        |
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

from chatauth_project.environment import Environment
from chatauth_project.environment_rules import broken_rules

ARGON2 = "authenticate_app.accounts.hashers.Argon2idPasswordHasher"


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

    users = User.objects.filter(is_demonstration=True).values_list("username", flat=True)
    if names := ", ".join(users[:5]):
        yield Error(
            f"Users of a demonstration are in this production database: {names}.",
            hint="Everybody may know their passwords. Begin production with a fresh database.",
            id="chatauth.E001",
        )
    clients = Client.objects.filter(client_id__startswith=DEMONSTRATION).values_list("client_id", flat=True)
    if client_ids := ", ".join(clients[:5]):
        yield Error(
            f"Clients of a demonstration are in this production database: {client_ids}.",
            hint="Their secrets were made for trying things out. Begin production with a fresh database.",
            id="chatauth.E001",
        )
    businesses = Business.objects.filter(is_sandbox=True, is_active=True).values_list("name", flat=True)
    if business_names := ", ".join(businesses[:5]):
        yield Error(
            f"Businesses of the sandbox are in this production database: {business_names}.",
            hint="Their customers are simulated. Begin production with a fresh database.",
            id="chatauth.E001",
        )
    keys = SigningKey.objects.filter(is_demonstration=True).values_list("kid", flat=True)
    if kids := ", ".join(keys[:5]):
        yield Error(
            f"Signing keys of a demonstration are in this production database: {kids}.",
            hint="Others may hold them and sign tokens. Begin production with a fresh database.",
            id="chatauth.E002",
        )


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
