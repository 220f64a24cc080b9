"""Requests to sign in, each step of their way, and who it was."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from authenticate_app.messages.models.businesses import Business
from authenticate_app.messages.models.conversations import Conversation
from authenticate_app.oauth.models import CHECKSUM, Client


class SignInRequest(models.Model):
    """A customer is asked to sign in. Final states never change; ``id`` is the message's ``requestIdentifier``."""

    class Flow(models.TextChoices):
        NEW = "new", _("new flow")
        LEGACY = "legacy", _("legacy flow")

    class State(models.TextChoices):
        CREATED = "created", pgettext_lazy("sign-in", "created")
        SENT = "sent", _("sent")
        OPENED = "opened", _("opened")
        SUCCEEDED = "succeeded", _("succeeded")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")
        TIMED_OUT = "timed_out", _("timed out")
        UNSUPPORTED = "unsupported", _("unsupported")

    OPEN: ClassVar = (State.CREATED, State.SENT, State.OPENED)

    id = models.UUIDField(primary_key=True)
    business = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="+", verbose_name=_("business"))
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="sign_ins", verbose_name=_("conversation")
    )
    flow = models.CharField(_("flow"), max_length=6, choices=Flow.choices, blank=True)
    """Empty where the device can do neither."""
    state = models.CharField(_("state"), max_length=11, choices=State.choices, default=State.CREATED)
    reason = models.CharField(_("reason"), max_length=60, blank=True)
    """A code of ``messages.reasons``; empty while the request is open."""
    scopes = models.CharField(_("scopes"), max_length=300)
    session_identifier = models.UUIDField(editable=False)
    state_checksum = models.CharField(max_length=CHECKSUM, editable=False)
    """What recognizes the OAuth parameter ``state``, which is stored nowhere."""
    state_used_at = models.DateTimeField(null=True, editable=False)
    encrypted_private_key = models.BinaryField(default=b"", editable=False)
    """Of the legacy flow; wiped when the request ends."""

    asked_by = models.ForeignKey(
        Client, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("asked by")
    )
    reference = models.CharField(_("reference"), max_length=200, blank=True)
    """The asker's own, given back as it came."""
    idempotency_key = models.CharField(max_length=255, blank=True, editable=False)
    idempotency_checksum = models.CharField(max_length=CHECKSUM, blank=True, editable=False)
    """Of what was asked for: the same key with something else is a mistake."""

    created_at = models.DateTimeField(_("created"))
    expires_at = models.DateTimeField(_("expires"))
    sent_at = models.DateTimeField(_("sent"), null=True)
    opened_at = models.DateTimeField(_("opened"), null=True)
    identified_at = models.DateTimeField(_("signed in"), null=True)
    """When we learned who it is: by our callback, or by the token that the phone sent."""
    confirmed_at = models.DateTimeField(_("confirmed by the phone"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)

    objects: ClassVar[models.Manager["SignInRequest"]] = models.Manager()

    class Meta:
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["state_checksum"], name="sign_in_state_once"),
            models.UniqueConstraint(
                fields=["asked_by", "idempotency_key"],
                name="sign_in_idempotency_once",
                condition=~Q(idempotency_key=""),
            ),
            models.CheckConstraint(
                name="sign_in_ended_or_open",
                condition=Q(state__in=("created", "sent", "opened"), ended_at=None)
                | (~Q(state__in=("created", "sent", "opened")) & Q(ended_at__isnull=False)),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["conversation", "-id"], name="sign_in_by_conversation"),
            models.Index(fields=["business", "-id"], name="sign_in_by_business"),
            models.Index(fields=["expires_at"], name="sign_in_open", condition=Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class SignInStep(models.Model):
    """One step of a request's way: when it happened and what it was."""

    sign_in = models.ForeignKey(SignInRequest, on_delete=models.CASCADE, related_name="steps")
    at = models.DateTimeField(_("time"))
    step = models.CharField(_("step"), max_length=60)
    """A code of ``messages.steps``, which has the words."""
    detail = models.CharField(_("detail"), max_length=300, blank=True)
    """What the words leave open, such as the gateway's answer. No secrets, nothing personal."""

    objects: ClassVar[models.Manager["SignInStep"]] = models.Manager()

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.step


class SignInResult(models.Model):
    """Who signed in. It counts only when its request has succeeded, and until ``valid_until``."""

    sign_in = models.OneToOneField(SignInRequest, primary_key=True, on_delete=models.CASCADE, related_name="result")
    issuer = models.CharField(_("issuer"), max_length=500)
    subject = models.CharField(_("subject"), max_length=255)
    claims = models.JSONField(_("claims"), default=dict)
    """Emptied once the result is no longer valid; who it was stays."""
    is_verified = models.BooleanField(_("verified"), default=True)
    """False where a provider of the legacy flow can not be asked whose token it is."""
    token_checksum = models.CharField(max_length=CHECKSUM, null=True, unique=True, editable=False)  # noqa: DJ001
    """Of the legacy flow's token, so that none is taken twice; NULL in the new flow."""
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("user"),
    )
    valid_until = models.DateTimeField(_("valid until"))

    objects: ClassVar[models.Manager["SignInResult"]] = models.Manager()

    class Meta:
        verbose_name = _("result of a sign-in")
        verbose_name_plural = _("results of sign-ins")
        indexes: ClassVar = [models.Index(fields=["valid_until"], name="sign_in_claims", condition=~Q(claims={}))]

    def __str__(self) -> str:
        return f"{self.subject} ({self.issuer})"


class LinkedIdentity(models.Model):
    """A user as another identity provider knows them: found by issuer and subject, never by e-mail alone."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="linked_identities", verbose_name=_("user")
    )
    issuer = models.CharField(_("issuer"), max_length=500)
    subject = models.CharField(_("subject"), max_length=255)
    created_at = models.DateTimeField(_("created"))

    objects: ClassVar[models.Manager["LinkedIdentity"]] = models.Manager()

    class Meta:
        verbose_name = _("identity elsewhere")
        verbose_name_plural = _("identities elsewhere")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="linked_identity_once"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} ({self.issuer})"
