"""What is told to the business's own system."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from authenticate_app.messages.models.businesses import Business


class WebhookDelivery(models.Model):
    """One event for a business's system, sent until it is taken or a day has passed (Standard Webhooks)."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    """The header ``webhook-id``: the same for every attempt."""
    business = models.ForeignKey(
        Business, on_delete=models.CASCADE, related_name="deliveries", verbose_name=_("business")
    )
    event = models.CharField(_("event"), max_length=60)
    payload = models.JSONField(_("payload"))
    """What is sent, no secrets in it."""
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    last_answer = models.CharField(_("last answer"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created"))
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True)

    objects: ClassVar[models.Manager["WebhookDelivery"]] = models.Manager()

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["business", "-created_at"], name="webhook_by_business"),
            models.Index(fields=["created_at"], name="webhook_created"),
            models.Index(fields=["next_attempt_at"], name="webhook_waiting", condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return str(self.pk)
