"""The table of what was written."""

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chat_app.engagement.models.engagements import Engagement, Participant


class TranscriptMessage(models.Model):
    """What a participant wrote. Off the record: only that, for the sake of its ``messageId``; the body is empty."""

    engagement = models.ForeignKey(Engagement, on_delete=models.CASCADE, db_index=False, related_name="messages")
    participant = models.ForeignKey(
        Participant, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="messages"
    )
    """Leaves together with the engagement: a constraint would look through all messages for each participant."""
    posted_at = models.DateTimeField(_("written"))
    body = models.TextField(_("text"), blank=True)
    """Verbatim. Whoever shows it escapes it."""
    rich_text = models.BooleanField(default=False)
    off_the_record = models.BooleanField(_("off the record"), default=False)
    message_id = models.CharField(max_length=200, null=True)  # noqa: DJ001 - null is none; "" would collide with itself
    """The writer's own; the same one again is the same message."""

    objects: ClassVar[models.Manager["TranscriptMessage"]] = models.Manager()

    class Meta:
        verbose_name = _("message of a transcript")
        verbose_name_plural = _("messages of a transcript")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["participant", "message_id"],
                condition=Q(message_id__isnull=False),
                name="transcript_message_once",
            ),
            models.CheckConstraint(condition=Q(off_the_record=False) | Q(body=""), name="transcript_off_the_record"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["engagement", "id"], name="transcript_by_engagement"),
            GinIndex(SearchVector("body", config="simple"), name="transcript_words"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"
