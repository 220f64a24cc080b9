"""Tables of agents who are signed on, and of what they are offered."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chat_app.engagement.models.engagements import Engagement
from chat_app.engagement.models.mailboxes import Mailbox
from chat_app.routing.models import Interface, Queue


class AgentSession(models.Model):
    """An agent who is signed on at an interface, from ``createAutomatedAgentSession`` to the end."""

    class End(models.TextChoices):
        LOGGED_OFF = "logged_off", _("logged off")
        OVERRIDDEN = "overridden", _("signed on elsewhere")
        DISCONNECTED = "disconnected", _("gone")
        ACCESS_LOST = "access_lost", _("may not serve chats any more")
        ADMIN_ENDED = "admin_ended", _("ended by an administrator")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("agent"), on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    interface = models.ForeignKey(Interface, verbose_name=_("interface"), on_delete=models.CASCADE, related_name="+")
    mailbox = models.OneToOneField(Mailbox, on_delete=models.PROTECT, related_name="agent_session")
    sign_in_stamp = models.BigIntegerField(db_default=0)
    """``User.sign_in_stamp`` at the sign-on: the session ends with a new password or a sign-out everywhere."""
    name = models.CharField(_("name"), max_length=200)
    """What customers see."""
    capacity = models.PositiveSmallIntegerField(_("capacity"), default=0)
    """How many engagements at once (``requestAssignment``); 0: takes no offers."""
    queue_ids = ArrayField(models.BigIntegerField(), null=True, verbose_name=_("queues"))
    """Of the agent's queues only these; null: all of them."""
    idle_since = models.DateTimeField(_("idle since"))
    """When an engagement was last accepted or ended: the longest idle agent is offered the next one."""
    signed_on_at = models.DateTimeField(_("signed on"))
    ended_at = models.DateTimeField(_("ended"), null=True)
    end = models.CharField(_("why"), max_length=12, choices=End.choices, blank=True)

    objects: ClassVar[models.Manager["AgentSession"]] = models.Manager()

    class Meta:
        verbose_name = _("agent session")
        verbose_name_plural = _("agent sessions")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "interface"], condition=Q(ended_at=None), name="agent_session_one_at_a_time"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["interface", "idle_since"], name="agent_session_on", condition=Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return self.name


class Offer(models.Model):
    """An engagement offered to an agent. Of one engagement there is one open offer at most."""

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("offer", "open")
        ACCEPTED = "accepted", pgettext_lazy("offer", "accepted")
        DECLINED = "declined", pgettext_lazy("offer", "declined")
        EXPIRED = "expired", pgettext_lazy("offer", "not answered")
        WITHDRAWN = "withdrawn", pgettext_lazy("offer", "withdrawn")

    engagement = models.ForeignKey(Engagement, on_delete=models.CASCADE, db_index=False, related_name="offers")
    agent_session = models.ForeignKey(
        AgentSession, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="offers"
    )
    """May have gone, shortly before the engagement goes: a constraint would look through all offers for it."""
    queue = models.ForeignKey(Queue, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    """Whose agent it was offered to: the engagement's, or one that it overflowed to."""
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.OPEN)
    offered_at = models.DateTimeField(_("offered"))
    expires_at = models.DateTimeField(_("expires"))
    answered_at = models.DateTimeField(_("answered"), null=True)

    objects: ClassVar[models.Manager["Offer"]] = models.Manager()

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["engagement"], condition=Q(state="open"), name="offer_one_at_a_time"),
            models.CheckConstraint(condition=Q(expires_at__gte=F("offered_at")), name="offer_expires_later"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["expires_at"], name="offer_open", condition=Q(state="open")),
            models.Index(fields=["agent_session"], name="offer_open_of_agent", condition=Q(state="open")),
            models.Index(fields=["engagement", "answered_at"], name="offer_by_engagement"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"
