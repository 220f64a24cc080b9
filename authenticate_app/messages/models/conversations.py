"""Conversations with customers, and the messages in and out."""

import uuid
from typing import ClassVar

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from authenticate_app.messages.models.businesses import Business


class Conversation(models.Model):
    """What a customer and a business write to each other. Ids rise with time, so that pages of a list hold still."""

    id = models.UUIDField(primary_key=True)
    business = models.ForeignKey(
        Business, on_delete=models.PROTECT, related_name="conversations", verbose_name=_("business")
    )
    customer_id = models.CharField(_("customer"), max_length=300)
    """Apple's opaque id, ``urn:mbid:…``: another one at every business."""
    capabilities = models.JSONField(_("capabilities"), default=list)
    """What the customer's device last said that it can do, in upper case, such as ``["AUTH", "AUTH2", "LIST"]``."""
    capabilities_at = models.DateTimeField(_("capabilities as of"), null=True)
    created_at = models.DateTimeField(_("created"))
    last_message_at = models.DateTimeField(_("last message"), null=True)
    closed_at = models.DateTimeField(pgettext_lazy("conversation", "closed"), null=True)
    """The customer deleted the conversation, or Apple no longer knows them; a later message opens it again."""

    objects: ClassVar[models.Manager["Conversation"]] = models.Manager()

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["business", "customer_id"], name="conversation_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["business", "-id"], name="conversation_by_business")]

    def __str__(self) -> str:
        return str(self.pk)


class InboundMessage(models.Model):
    """A message as Apple posted it, kept until it is purged; what is not processed yet is found by its own index."""

    business = models.ForeignKey(
        Business, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    message_id = models.CharField(_("id"), max_length=100)
    """Apple's; the same message may be posted again."""
    customer_id = models.CharField(_("customer"), max_length=300)
    capabilities = models.CharField(_("capabilities"), max_length=500, blank=True)
    """The header as it came."""
    device_agent = models.CharField(max_length=200, blank=True)
    received_at = models.DateTimeField(_("received"))
    body = models.BinaryField()
    """JSON, unpacked. What customers write: it is neither logged nor shown."""
    processed_at = models.DateTimeField(_("processed"), null=True)

    objects: ClassVar[models.Manager["InboundMessage"]] = models.Manager()

    class Meta:
        verbose_name = _("message received")
        verbose_name_plural = _("messages received")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["business", "message_id"], name="inbound_message_once"),
        ]
        indexes: ClassVar = [
            BrinIndex(fields=["received_at"], name="inbound_message_received"),
            models.Index(fields=["received_at"], name="inbound_message_waiting", condition=Q(processed_at=None)),
        ]

    def __str__(self) -> str:
        return self.message_id


class OutboundMessage(models.Model):
    """A message to a customer. It is sent until the gateway takes it or it is too late, always with the same id."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    """The ``id`` of the message, by which Apple knows that it is the same one."""
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="outbound_messages", verbose_name=_("conversation")
    )
    sign_in = models.OneToOneField(
        "SignInRequest", null=True, on_delete=models.CASCADE, related_name="message", verbose_name=_("sign-in")
    )
    encrypted_body = models.BinaryField(default=b"")
    """The whole body: that of a sign-in holds secrets. Empty as soon as it is sent, or not to be sent any more."""
    state = models.CharField(_("state"), max_length=7, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    last_answer = models.CharField(_("last answer"), max_length=200, blank=True)
    """In words, such as ``500 Internal Server Error`` or ``timed out``."""
    created_at = models.DateTimeField(_("created"))
    give_up_at = models.DateTimeField(_("given up"))
    sent_at = models.DateTimeField(_("sent"), null=True)

    objects: ClassVar[models.Manager["OutboundMessage"]] = models.Manager()

    class Meta:
        verbose_name = _("message sent")
        verbose_name_plural = _("messages sent")
        indexes: ClassVar = [
            models.Index(fields=["created_at"], name="outbound_message_created"),
            models.Index(fields=["give_up_at"], name="outbound_message_waiting", condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return str(self.pk)
