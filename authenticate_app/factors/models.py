"""Passkeys, devices that make one-time codes, recovery codes; and the challenges that were used up."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Passkey(models.Model):
    """A discoverable public key credential (Web Authentication, section 4): a key of a person's phone or computer."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="passkeys"
    )
    credential_id = models.BinaryField(unique=True)
    public_key = models.BinaryField()
    """As a COSE key (RFC 9052, section 7), the way the authenticator gave it."""
    sign_count = models.BigIntegerField()
    """The authenticator's own count of signatures when it was last used; 0 where it does not count."""
    name = models.CharField(_("name"), max_length=80)
    transports = models.JSONField(default=list)
    """How browsers reach the authenticator: ``["internal", "hybrid"]``."""
    aaguid = models.UUIDField()
    """Which model of authenticator it is; zeros where it does not tell."""
    backed_up = models.BooleanField(_("kept in an account of its maker"))
    created_at = models.DateTimeField(_("created"))
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)

    class Meta:
        verbose_name = _("passkey")
        verbose_name_plural = _("passkeys")
        ordering: ClassVar = ["created_at", "id"]

    def __str__(self) -> str:
        return self.name


class OneTimeCodeDevice(models.Model):
    """A person's authenticator app, which makes one-time codes (RFC 6238). It is stored once it has shown that it can.

    ``last_used_step`` is the number of the 30 seconds whose code was last accepted: neither that code nor an older one
    is accepted again.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="one_time_code_device"
    )
    encrypted_secret = models.BinaryField()
    """The shared secret, 160 bits, as a Fernet token."""
    confirmed_at = models.DateTimeField(_("turned on"))
    last_used_step = models.BigIntegerField()

    class Meta:
        verbose_name = _("authenticator app")
        verbose_name_plural = _("authenticator apps")

    def __str__(self) -> str:
        return str(self.user)


class RecoveryCode(models.Model):
    """A code on paper that is good once, for whoever has lost the other factors. Only its hash is stored."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="recovery_codes"
    )
    digest = models.CharField(max_length=64)
    """``recovery.digest_of``."""
    used_at = models.DateTimeField(_("used"), null=True, blank=True)

    class Meta:
        verbose_name = _("recovery code")
        verbose_name_plural = _("recovery codes")
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_once")]

    def __str__(self) -> str:
        return f"#{self.pk}"


class SpentChallenge(models.Model):
    """A challenge that a passkey has answered and that is therefore used up, until it would have expired.

    Challenges that nobody answered are stored nowhere (``challenges``): so no visitor writes a row by looking at a
    page.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.digest
