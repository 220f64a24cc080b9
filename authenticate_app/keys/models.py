"""The table of signing keys."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class SigningKey(models.Model):
    """An RSA key pair with its certificate, and the times of its life: announced, signing, retired, deleted.

    The state is not stored: it follows from the times, so that a key passes from one to the next by the clock, in
    every process at once. A key signs until ``retired_at``; none means until a successor takes over.
    """

    class State(models.TextChoices):
        ANNOUNCED = "announced", _("announced")
        SIGNING = "signing", _("signing")
        RETIRED = "retired", _("retired")
        DELETED = "deleted", _("deleted")
        REVOKED = "revoked", _("revoked")

    kid = models.CharField(_("key id (kid)"), max_length=64, unique=True)
    certificate = models.BinaryField(_("certificate"))
    """X.509, DER; its SHA-1 thumbprint is the ``x5t`` of the tokens."""
    encrypted_private_key = models.BinaryField()
    """PKCS #8, DER, as a Fernet token; empty once the key no longer signs."""
    created_at = models.DateTimeField(_("created"))
    signs_from = models.DateTimeField(_("signs from"))
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True)
    deleted_at = models.DateTimeField(_("leaves the key set"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    is_demonstration = models.BooleanField(_("demonstration key"), default=False, editable=False)

    class Meta:
        verbose_name = _("signing key")
        verbose_name_plural = _("signing keys")
        ordering: ClassVar = ["-signs_from"]

    def __str__(self) -> str:
        return self.kid

    def state(self, *, now: datetime) -> State:
        """Where the key stands in its life at ``now``."""
        if self.revoked_at is not None:
            return self.State.REVOKED
        if now < self.signs_from:
            return self.State.ANNOUNCED
        if self.retired_at is None or now < self.retired_at:
            return self.State.SIGNING
        if self.deleted_at is None or now < self.deleted_at:
            return self.State.RETIRED
        return self.State.DELETED
