"""Clients, codes and tokens: the tables of django-oauth-toolkit, made lighter and safer.

Neither codes nor tokens are stored, only what recognizes them (``secrets.checksum``). What a table of the toolkit holds
for the sake of grants that this server does not offer is left out.
"""

from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import (
    AbstractAccessToken,
    AbstractApplication,
    AbstractGrant,
    AbstractIDToken,
    AbstractRefreshToken,
)

from authenticate_app.oauth import purposes
from authenticate_app.oauth.purposes import Purpose

CHECKSUM = 64
"""Characters of a SHA-256 in hexadecimal."""


COLOR = RegexValidator(r"\A#[0-9a-f]{6}\Z", _("A colour is written as # and six digits or letters a to f."))


class Client(AbstractApplication):
    """Somebody who may ask for tokens; ``purpose`` decides which way (docs/oauth.md, "Clients")."""

    user = None
    skip_authorization = None
    hash_client_secret = None
    algorithm = None
    allowed_origins = None
    registration_source = None
    cimd_expires_at = None

    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose.choices)
    display_name = models.CharField(
        _("name shown to customers"), max_length=100, help_text=_("Stands on the sign-in and consent pages.")
    )
    client_secret = models.CharField(_("client secret"), max_length=100, blank=True, editable=False)
    """What recognizes the secret (``secrets``); empty for a public client."""
    logo = models.BinaryField(_("logo"), blank=True, default=b"", editable=False)
    """PNG, JPEG or WebP; empty for none."""
    accent_color = models.CharField(
        _("accent colour"),
        max_length=7,
        blank=True,
        validators=[COLOR],
        help_text=_("Such as #0a84ff. Empty for the product's own."),
    )
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Turn this off instead of deleting the client; it counts at once.")
    )
    is_trusted = models.BooleanField(
        _("trusted"), default=False, help_text=_("People are not asked whether they agree: for your own applications.")
    )
    acting_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("acts as"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("The user whose roles an integration has when it calls the REST API."),
    )
    allowed_scopes = models.TextField(
        _("allowed scopes"), blank=True, help_text=_("What the client may ask for, separated by spaces.")
    )
    pkce_required = models.BooleanField(
        _("PKCE required"), default=True, help_text=_("Off only where the phone builds the request (RFC 7636).")
    )
    signed_access_tokens = models.BooleanField(
        _("signed access tokens"),
        default=False,
        help_text=_("Others can verify such a token by themselves (RFC 9068), and do not learn that it was revoked."),
    )
    signed_because = models.TextField(_("signed because"), blank=True)

    objects: ClassVar[models.Manager["Client"]] = models.Manager()

    class Meta:
        verbose_name = _("client")
        verbose_name_plural = _("clients")
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="client_uses_pkce", condition=Q(pkce_required=True) | Q(purpose__in=purposes.WITHOUT_PKCE)
            ),
            models.CheckConstraint(
                name="client_signed_has_reason", condition=Q(signed_access_tokens=False) | ~Q(signed_because="")
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.display_name or self.client_id

    def get_absolute_url(self) -> str:
        """No page of its own outside the admin; the toolkit's is not mounted."""
        return ""

    def clean(self) -> None:
        """Refuse what does not fit the purpose.

        Raises:
            ValidationError: with the faults by field.
        """
        if found := purposes.faults(self):
            raise ValidationError({field: [str(fault) for fault in faults] for field, faults in found.items()})

    def redirect_uri_allowed(self, uri: str) -> bool:
        """Whether ``uri`` is registered, compared as a string (RFC 9700, section 2.1)."""
        return uri in str(self.redirect_uris).split()

    def post_logout_redirect_uri_allowed(self, uri: str) -> bool:
        """Whether ``uri`` is registered for after signing out, compared as a string."""
        return uri in str(self.post_logout_redirect_uris).split()

    def is_usable(self, request: Any) -> bool:
        """Whether the client may do anything at all."""
        return self.is_active

    @property
    def scopes(self) -> frozenset[str]:
        """What the client may ask for."""
        return frozenset(self.allowed_scopes.split())

    @property
    def is_confidential(self) -> bool:
        """Whether the client has a secret to prove who it is."""
        return bool(self.client_type == self.CLIENT_CONFIDENTIAL)


class Grant(AbstractGrant):
    """An authorization code, which begins with its family. ``code`` holds its checksum.

    A used one is kept for a while: that it comes again says that somebody stole it (RFC 6749, section 4.1.2).
    """

    updated = None
    claims = None
    resource = None

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("user")
    )
    application = models.ForeignKey(Client, on_delete=models.CASCADE, verbose_name=_("client"))
    code = models.CharField(max_length=CHECKSUM)
    state_checksum = models.CharField(max_length=CHECKSUM, blank=True, editable=False, default="", db_default="")
    """Of the request's ``state``: a code that this server takes itself counts with no other (``redemption``)."""
    used_at = models.DateTimeField(_("used"), null=True, blank=True)
    token_family = models.UUIDField(editable=False)
    """Shared by every token that comes of this code, so that all can be revoked together."""
    sign_in_stamp = models.BigIntegerField(editable=False)
    auth_time = models.DateTimeField(_("signed in"))
    amr = models.CharField(max_length=100, blank=True)
    """How the person signed in: methods of RFC 8176, separated by spaces."""

    objects: ClassVar[models.Manager["Grant"]] = models.Manager()

    class Meta:
        verbose_name = _("authorization code")
        verbose_name_plural = _("authorization codes")
        indexes: ClassVar = [models.Index(fields=["expires"], name="grant_expires")]
        constraints: ClassVar = [models.UniqueConstraint(fields=["code"], name="grant_code_once")]


class AccessToken(AbstractAccessToken):
    """An access token, opaque or signed. It counts only while ``counting_tokens.find_access_token`` finds it."""

    source_refresh_token = None
    token = None
    id_token = None
    resource = None
    updated = None

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("user"),
    )
    application = models.ForeignKey(Client, on_delete=models.CASCADE, verbose_name=_("client"))
    token_checksum = models.CharField(max_length=CHECKSUM)
    token_family = models.UUIDField(null=True, editable=False)
    sign_in_stamp = models.BigIntegerField(null=True, editable=False)
    """That of the user when they signed in; once theirs is another, the token counts no more (``User``)."""

    objects: ClassVar[models.Manager["AccessToken"]] = models.Manager()

    class Meta:
        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")
        indexes: ClassVar = [
            models.Index(fields=["expires"], name="access_token_expires"),
            models.Index(fields=["token_family"], name="access_token_family", condition=Q(token_family__isnull=False)),
        ]
        constraints: ClassVar = [models.UniqueConstraint(fields=["token_checksum"], name="access_token_once")]


class RefreshToken(AbstractRefreshToken):
    """One sign-in that goes on: a row for the whole family, which only its newest token matches.

    Every token of a family begins with the family's id. So an older one is recognized as used before, without any
    of them being kept (RFC 9700, section 4.14.2).
    """

    token = None
    access_token = None
    resource = None

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("user")
    )
    application = models.ForeignKey(Client, on_delete=models.CASCADE, verbose_name=_("client"))
    token_checksum = models.CharField(max_length=CHECKSUM)
    token_family = models.UUIDField(unique=True, editable=False)
    scope = models.TextField(_("scope"))
    expires = models.DateTimeField(_("expires"))
    """When the family ends, however often it was refreshed."""
    sign_in_stamp = models.BigIntegerField(editable=False)
    auth_time = models.DateTimeField(_("signed in"))
    amr = models.CharField(max_length=100, blank=True)

    objects: ClassVar[models.Manager["RefreshToken"]] = models.Manager()

    class Meta:
        verbose_name = _("refresh token")
        verbose_name_plural = _("refresh tokens")
        indexes: ClassVar = [models.Index(fields=["expires"], name="refresh_token_expires")]


class IDToken(AbstractIDToken):
    """No row is ever written: an ID token proves itself by its signature. The toolkit asks for the table."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("user"),
    )

    objects: ClassVar[models.Manager["IDToken"]] = models.Manager()

    class Meta:
        verbose_name = _("ID token")
        verbose_name_plural = _("ID tokens")
        indexes: ClassVar = [models.Index(fields=["expires"], name="id_token_expires")]
