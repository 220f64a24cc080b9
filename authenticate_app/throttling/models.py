"""Counters of failed sign-ins, and the addresses that users lately signed in from."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

LONGEST_SUBJECT = 120
"""Characters of a name that are shown."""


class FailureCount(models.Model):
    """Failed sign-ins of one key within the running window (docs/security.md, "Guessing").

    The key is a keyed hash of what is counted, so that names which do not exist (and may be mistyped passwords)
    are never stored.
    """

    class Scope(models.TextChoices):
        NAME_AND_ADDRESS = "name-address", _("name and address")
        KNOWN_ADDRESS = "known-address", _("name and an address that it lately signed in from")
        ADDRESS = "address", _("address alone")
        CODES = "codes", _("one-time codes of a user")
        PASSKEYS = "passkeys", _("passkeys from an address")
        CLIENT_SECRET = "client-secret", _("secrets of a client")
        ASKED = "asked", _("new passwords asked for")

    key = models.CharField(_("key"), max_length=64, primary_key=True)
    scope = models.CharField(_("scope"), max_length=20, choices=Scope.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
    )
    subject = models.CharField(_("of what"), max_length=LONGEST_SUBJECT, blank=True, default="", db_default="")
    """What is counted, where that is no user: the name of a client. Never what somebody typed."""
    address = models.CharField(_("address or network"), max_length=50)
    """Where the failures come from; the first of them, for what is counted from everywhere together."""
    failures = models.PositiveIntegerField(_("failures"))
    window_ends_at = models.DateTimeField(_("counted until"), db_index=True)
    throttled_at = models.DateTimeField(_("refused since"), null=True, blank=True)
    """When the full counter first refused somebody in this window; whoever sets it writes the one audit event."""

    class Meta:
        verbose_name = _("failed sign-ins")
        verbose_name_plural = _("failed sign-ins")
        ordering: ClassVar = ["-failures"]

    def __str__(self) -> str:
        return f"{self.failures} · {self.address}"


class KnownAddress(models.Model):
    """An address from which a user lately signed in: guesses from elsewhere do not shut it out."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="known_addresses")
    address = models.CharField(max_length=50)
    signed_in_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("known address")
        verbose_name_plural = _("known addresses")
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "address"], name="known_address_once")]

    def __str__(self) -> str:
        return self.address
