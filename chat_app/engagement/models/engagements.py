"""Tables of engagements and of those who take part in them."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chat_app.routing.models import Interface, Queue
from chat_app.sessions.models import ChatSession


class Engagement(models.Model):
    """One conversation of a customer, from joining a queue to its end.

    Whoever changes anything about an engagement locks its row first (``locks.lock_engagement``), so that whatever
    happens at the same moment happens one after the other. *Concluded* is final.

    It keeps what it needs of its chat session, which may be purged earlier. Foreign keys of what administrators delete
    only after it has gone bear no constraint, because each would lock one row more.
    """

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("engagement", "waiting")
        ENGAGED = "engaged", pgettext_lazy("engagement", "with an agent")
        CONCLUDED = "concluded", pgettext_lazy("engagement", "concluded")

    class Reason(models.TextChoices):
        """Why it ended: the ``reason`` of ``RNEngagementConcludedMessage``."""

        AGENT_CONCLUDED = "AGENT_CONCLUDED", _("the agent ended it")
        END_USER_CONCLUDED = "END_USER_CONCLUDED", _("the customer ended it")
        QUEUE_TIMEOUT = "QUEUE_TIMEOUT", _("no agent came in time")
        IDLE_TIMEOUT = "IDLE_TIMEOUT", _("nobody wrote for long")
        END_USER_DISCONNECTED = "END_USER_DISCONNECTED", _("the customer was gone")

    session = models.OneToOneField(
        ChatSession,
        verbose_name=_("chat session"),
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="engagement",
    )
    interface = models.ForeignKey(
        Interface,
        verbose_name=_("interface"),
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    queue = models.ForeignKey(
        Queue,
        verbose_name=_("queue"),
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.WAITING)
    auth_user_name = models.CharField(_("end user"), max_length=320, db_collation="C")
    """Exactly as ``chatAuthenticate`` got it."""
    end_user_key = models.CharField(max_length=320)
    """``name_key`` of ``auth_user_name``: one end user waits once at an interface."""
    end_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("end user's account"),
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    properties = models.JSONField(_("what is known"), default=dict)
    """The attributes asked for, under their wire names, and what agents corrected since (``setEngagementProperty``)."""
    priority = models.IntegerField(_("priority"), default=0)
    """``chatPriority``; higher ones come first."""
    proposed_agent_id = models.BigIntegerField(null=True)
    """Whom it is offered to first: the account id that ``assigneeId`` or a hand-over named."""

    requested_at = models.DateTimeField(_("requested"))
    """Its place among those of its priority, also after it has come back to the queue."""
    waiting_since = models.DateTimeField(_("waiting since"))
    engaged_at = models.DateTimeField(_("first with an agent"), null=True)
    last_written_at = models.DateTimeField(_("last message"), null=True)
    """Since an agent has joined; null while nobody has."""
    concluded_at = models.DateTimeField(_("concluded"), null=True)
    reason = models.CharField(_("reason of the end"), max_length=24, choices=Reason.choices, blank=True)

    discard_seconds = models.PositiveIntegerField()
    """How long it may wait (``ORA_SVC_QUEUED_REQUEST_DISCARD_SECONDS`` when it began); 0: as long as it likes."""
    starvation_seconds = models.PositiveIntegerField()
    """``SVC_STARVATION_PREVENTION_RT_INTERVAL`` when it began: after each such wait the priority rises by one."""
    offer_seconds = models.PositiveIntegerField()
    """``SVC_CHAT_OFFER_NOTIFICATION_TIMEOUT_VALUE`` when it began."""
    shown_position = models.PositiveIntegerField(null=True)
    shown_wait_seconds = models.PositiveIntegerField(null=True)
    """What the customer was last told of waiting; null when nothing yet."""

    objects: ClassVar[models.Manager["Engagement"]] = models.Manager()

    class Meta:
        verbose_name = _("engagement")
        verbose_name_plural = _("engagements")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["interface", "end_user_key"],
                condition=Q(state="waiting", engaged_at=None),
                name="engagement_waits_once",
            ),
            models.CheckConstraint(
                condition=Q(state="concluded", concluded_at__isnull=False)
                | (~Q(state="concluded") & Q(concluded_at=None)),
                name="engagement_concluded_has_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["queue", "requested_at"], name="engagement_waiting", condition=Q(state="waiting")),
            models.Index(fields=["last_written_at"], name="engagement_running", condition=Q(state="engaged")),
            models.Index(fields=["queue", "engaged_at"], name="engagement_by_queue"),
            models.Index(fields=["end_user_key", "id"], name="engagement_by_end_user"),
            models.Index(fields=["concluded_at"], name="engagement_concluded"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class Participant(models.Model):
    """The customer or an agent in an engagement; its id is the ``clientId`` of all events that it causes."""

    class Kind(models.TextChoices):
        CONSUMER = "consumer", _("customer")
        AGENT = "agent", _("agent")

    class Role(models.TextChoices):
        LEAD = "LEAD", _("leads")
        CONFEREE = "CONFEREE", _("takes part")

    class Departure(models.TextChoices):
        """The ``disconnectReason`` of ``RNEngagementParticipantLeftMessage``."""

        TRANSFERRED_TO_QUEUE = "TRANSFERRED_TO_QUEUE", _("handed over")
        PARTICIPANT_LEFT = "PARTICIPANT_LEFT", _("left")

    engagement = models.ForeignKey(Engagement, on_delete=models.CASCADE, related_name="participants")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    role = models.CharField(_("role"), max_length=8, choices=Role.choices, blank=True)
    """Of agents; empty for the customer."""
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        null=True,
        on_delete=models.SET_NULL,
        db_index=False,
        related_name="+",
    )
    agent_session = models.ForeignKey(
        "chat_app.AgentSession", null=True, on_delete=models.SET_NULL, related_name="participations"
    )
    name = models.CharField(_("name"), max_length=200, blank=True)
    """What the other side sees."""
    joined_at = models.DateTimeField(_("joined"))
    left_at = models.DateTimeField(_("left"), null=True)
    departure = models.CharField(_("why"), max_length=20, choices=Departure.choices, blank=True)

    objects: ClassVar[models.Manager["Participant"]] = models.Manager()

    class Meta:
        verbose_name = _("participant")
        verbose_name_plural = _("participants")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["engagement"], condition=Q(kind="consumer"), name="participant_one_customer"
            ),
            models.UniqueConstraint(
                fields=["engagement"], condition=Q(role="LEAD", left_at=None), name="participant_one_lead"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["agent_session"], name="participant_busy", condition=Q(left_at=None)),
            models.Index(fields=["user"], name="participant_account", condition=Q(user__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name
