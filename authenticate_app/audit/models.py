"""The audit log."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditEvent(models.Model):
    """One thing that happened to somebody's access, or one change that an administrator made.

    Events are only ever added and, after their retention, purged. The actor's row may be gone while the event
    stays: therefore no constraint, and a pseudonym (keyed hash of the name) that outlives the name.
    """

    at = models.DateTimeField(_("time"), db_index=True)
    event = models.CharField(_("event"), max_length=60)
    reason = models.CharField(_("reason"), max_length=60, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("actor"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        db_constraint=False,
        related_name="+",
    )
    actor_name = models.CharField(_("actor's name"), max_length=320, blank=True)
    pseudonym = models.CharField(_("pseudonym"), max_length=32, blank=True, db_index=True)
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    request_id = models.CharField(_("request id"), max_length=64, blank=True)
    object_type = models.CharField(_("kind of object"), max_length=60, blank=True)
    object_id = models.CharField(_("object's id"), max_length=60, blank=True)
    object_name = models.CharField(_("object"), max_length=320, blank=True)
    changes = models.JSONField(_("changes"), default=dict, blank=True)
    """``{field: [before, after]}``, secrets never."""

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        ordering: ClassVar = ["-at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["event", "-at"], name="audit_event_at"),
            models.Index(fields=["actor", "-at"], name="audit_actor_at"),
            models.Index(fields=["object_type", "object_id", "-at"], name="audit_object_at"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.event}"
