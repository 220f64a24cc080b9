"""Tables of what time has measured."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from chat_app.routing.models import Queue


class QueueFigures(models.Model):
    """How long customers waited in a queue, and since when there has been nobody to answer them."""

    queue = models.OneToOneField(Queue, primary_key=True, on_delete=models.CASCADE, related_name="figures")
    average_wait_seconds = models.FloatField(_("average wait"), null=True)
    """Exponentially weighted: nine parts what it was, one part the latest wait; null: nobody was answered yet."""
    unattended_since = models.DateTimeField(null=True)
    """Since when customers have waited without any agent being there; null: an agent is there, or nobody waits."""

    objects: ClassVar[models.Manager["QueueFigures"]] = models.Manager()

    class Meta:
        verbose_name = _("figures of a queue")
        verbose_name_plural = _("figures of queues")

    def __str__(self) -> str:
        return f"{self.pk}"


class ClockReading(models.Model):
    """One row: when a process last looked at what is due. After a gap nobody was seen, and yet nobody was gone."""

    ticked_at = models.DateTimeField()

    objects: ClassVar[models.Manager["ClockReading"]] = models.Manager()

    class Meta:
        verbose_name = _("reading of the clock")
        verbose_name_plural = _("readings of the clock")

    def __str__(self) -> str:
        return f"{self.ticked_at}"
