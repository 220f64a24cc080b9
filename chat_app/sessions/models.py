"""Tables of chat sessions and of the tokens that were issued for them."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chat_app.routing.models import Interface, Queue


class ChatSession(models.Model):
    """A chat from its first token to its end.

    Rows are written by ``services.store`` in one statement that has checked caller, interface and queue itself;
    the foreign keys bear no constraint of their own, because each would lock its row once more for every request.
    *Expired* is not stored: it is what *authenticated* becomes when the last token ran out unused.
    """

    class State(models.TextChoices):
        AUTHENTICATED = "authenticated", _("authenticated")
        REQUESTED = "requested", _("requested")
        ENGAGED = "engaged", _("engaged")
        CONCLUDED = "concluded", _("concluded")
        EXPIRED = "expired", _("expired")

    caller = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("caller"),
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    end_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("end user's account"),
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    auth_user_name = models.CharField(_("end user"), max_length=320, db_collation="C")
    """Exactly as it was sent; in plain byte order, so that an index serves searches by the beginning."""
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
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    state = models.CharField(_("state"), max_length=13, choices=State.choices, default=State.AUTHENTICATED)
    resumable = models.BooleanField(default=True, null=True)
    """True for the one session that a request with ``resumeType: RESUME`` comes back to, else NULL.

    The constraint counts no NULLs, so its index holds every session and also serves searches by the end user's name.
    """
    request = models.JSONField(_("asked for"))
    """The attributes as asked for, without the empty ones, under their wire names."""
    speaks_for_others = models.BooleanField(default=False, db_default=False)
    """Whether the caller might ask on behalf of others: if not, some attributes do not count (``NOT_ROUTED_BY``)."""
    organization_party_id = models.BigIntegerField(null=True)
    """That of the caller, or of the customer in whose place the caller asked; rules can test it."""
    client_address = models.GenericIPAddressField(_("client address"))
    created_at = models.DateTimeField(_("created"))
    token_expires_at = models.DateTimeField(_("last token expires"))
    requested_at = models.DateTimeField(_("requested"), null=True)
    engaged_at = models.DateTimeField(_("engaged"), null=True)
    concluded_at = models.DateTimeField(_("concluded"), null=True)

    class Meta:
        verbose_name = _("chat session")
        verbose_name_plural = _("chat sessions")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["auth_user_name", "caller", "interface", "resumable"], name="chat_session_resumable_once"
            ),
            models.CheckConstraint(condition=~Q(resumable=False), name="chat_session_resumable_or_null"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["queue", "id"], name="chat_session_queue"),
            BrinIndex(fields=["created_at"], name="chat_session_created"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    def state_at(self, *, now: datetime) -> State:
        """Return the state at ``now``, *expired* included."""
        if self.state == self.State.AUTHENTICATED and self.token_expires_at <= now:
            return self.State.EXPIRED
        return self.State(self.state)


class ChatToken(models.Model):
    """A token that was issued for a session. The chat server claims it by ``jti``, once."""

    jti = models.UUIDField(primary_key=True)
    session = models.ForeignKey(ChatSession, on_delete=models.CASCADE, db_constraint=False, related_name="tokens")
    issued_at = models.DateTimeField(_("issued"))
    expires_at = models.DateTimeField(_("expires"))
    claimed_at = models.DateTimeField(_("claimed"), null=True)

    class Meta:
        verbose_name = _("chat token")
        verbose_name_plural = _("chat tokens")
        indexes: ClassVar = [BrinIndex(fields=["issued_at"], name="chat_token_issued")]

    def __str__(self) -> str:
        return str(self.jti)
