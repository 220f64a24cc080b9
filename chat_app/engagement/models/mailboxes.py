"""Tables of what waits for the clients: the event streams that ``getMessages`` reads."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chat_app.engagement.models.engagements import Engagement


class Mailbox(models.Model):
    """What waits for one client: the customer's side of one engagement, or an agent's session over all of theirs.

    A client proves itself with its session id, stored as a checksum. A customer who resumes gets a new mailbox, and the
    old one is void. The row is locked while an event is put in, so events are committed in the order of their numbers:
    whoever has read up to a number has missed nothing before it. Locks: first the engagement, then mailboxes by id.
    """

    class Connection(models.TextChoices):
        """The ``connectionState`` that the other side is told."""

        ACTIVE = "ACTIVE", _("there")
        ABSENT = "ABSENT", _("absent")
        DISCONNECTED = "DISCONNECTED", _("gone")

    session_checksum = models.CharField(max_length=64, unique=True)
    """``oauth.secrets.checksum`` of the session id."""
    engagement = models.ForeignKey(
        Engagement, null=True, on_delete=models.CASCADE, related_name="mailboxes", verbose_name=_("engagement")
    )
    """Of a customer; null for an agent's session."""
    last_sequence = models.BigIntegerField(default=0)
    """``sequenceNumber`` of the last event."""
    received_sequence = models.BigIntegerField(default=0)
    """Up to where the client has everything: acknowledged, or written whole in an answer before its latest poll."""
    written_sequence = models.BigIntegerField(default=0)
    """Up to where answers were written whole; received as soon as a later poll arrives."""
    handed_sequence = models.BigIntegerField(default=0, db_default=0)
    """Up to where answers were begun; more than written: one is being written, or broke off."""
    reader = models.BigIntegerField(default=0, db_default=0)
    """The number of the process that the latest poll came to; 0 before the first one."""
    connection = models.CharField(_("connection"), max_length=12, choices=Connection.choices, default=Connection.ACTIVE)
    last_seen_at = models.DateTimeField(_("last sign of life"))
    absent_seconds = models.PositiveIntegerField()
    """``ORA_SVC_CHAT_ABSENT_INTERVAL`` when it began."""
    absences = models.PositiveSmallIntegerField()
    """How many further intervals make an absent client a disconnected one."""
    created_at = models.DateTimeField(_("created"))
    voided_at = models.DateTimeField(null=True)
    """From then on its session id is good for nothing."""

    objects: ClassVar[models.Manager["Mailbox"]] = models.Manager()

    class Meta:
        verbose_name = _("mailbox")
        verbose_name_plural = _("mailboxes")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["engagement"], condition=Q(voided_at=None), name="mailbox_one_for_a_customer"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class MailboxEvent(models.Model):
    """An entry of ``getMessages``, kept until its engagement has long ended; off the record: until it was received."""

    pk = models.CompositePrimaryKey("mailbox_id", "sequence")
    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="events", db_index=False)
    sequence = models.BigIntegerField()
    engagement_id = models.BigIntegerField(null=True)
    client_id = models.BigIntegerField(null=True)
    """The participant that caused it."""
    message_name = models.CharField(max_length=80)
    fields = models.JSONField(default=dict)
    """What else the entry says, under its wire names, without the twins (``wire.with_twins`` adds them)."""
    created_at = models.DateTimeField()
    off_the_record = models.BooleanField(default=False)

    objects: ClassVar[models.Manager["MailboxEvent"]] = models.Manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes: ClassVar = [
            models.Index(fields=["mailbox"], name="event_off_the_record", condition=Q(off_the_record=True)),
        ]

    def __str__(self) -> str:
        return f"{self.mailbox_id}/{self.sequence} {self.message_name}"
