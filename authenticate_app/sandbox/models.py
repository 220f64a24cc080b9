"""What simulated phones show, and what went over the wire meanwhile. Purged after a day."""

import uuid
from http import HTTPStatus
from typing import ClassVar
from urllib.parse import urlsplit

from django.db import models

from authenticate_app.messages.models import Business
from authenticate_app.oauth.models import Client


class SandboxAsker(models.Model):
    """The system of a business of the sandbox, as the simulator plays it: it asks, and is told how it ended."""

    business = models.OneToOneField(Business, primary_key=True, on_delete=models.CASCADE, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    encrypted_client_secret = models.BinaryField()

    objects: ClassVar[models.Manager["SandboxAsker"]] = models.Manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.pk)


class SandboxPhone(models.Model):
    """A customer's device with one conversation."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    customer_id = models.CharField(max_length=300, unique=True)
    capabilities = models.CharField(max_length=200)
    """The header ``capability-list`` of its messages."""
    fault = models.CharField(max_length=20, blank=True)
    """A ``faults.Fault``."""
    gateway_failures = models.PositiveSmallIntegerField(default=0)
    """How often the gateway still fails before it takes a message."""
    created_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)
    """When the customer deleted the conversation: then the gateway does not know them any more."""

    objects: ClassVar[models.Manager["SandboxPhone"]] = models.Manager()

    class Meta:
        default_permissions = ()
        indexes: ClassVar = [models.Index(fields=["created_at"], name="sandbox_phone_created")]

    def __str__(self) -> str:
        return self.customer_id


class SandboxBubble(models.Model):
    """A message in the conversation, as the phone has it."""

    class Kind(models.TextChoices):
        SAID = "said"
        HEARD = "heard"
        SIGN_IN = "sign_in"

    phone = models.ForeignKey(SandboxPhone, on_delete=models.CASCADE, related_name="bubbles")
    kind = models.CharField(max_length=7, choices=Kind.choices)
    message_id = models.CharField(max_length=100)
    at = models.DateTimeField()
    text = models.CharField(max_length=2000, blank=True)
    encrypted_body = models.BinaryField(default=b"")
    """Of a sign-in, the whole message: it holds secrets."""
    opened_at = models.DateTimeField(null=True)
    """When the customer tapped on it."""
    replied_at = models.DateTimeField(null=True)
    reply_status = models.CharField(max_length=20, blank=True)
    """As the phone put it: ``success``, ``authenticated``, ``failed`` …"""
    chat = models.JSONField(null=True)
    """The verified claims of the chat that this sign-in led to."""

    objects: ClassVar[models.Manager["SandboxBubble"]] = models.Manager()

    class Meta:
        default_permissions = ()
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["phone", "message_id"], name="sandbox_bubble_once"),
        ]

    def __str__(self) -> str:
        return self.message_id


class SandboxExchange(models.Model):
    """A request over HTTP and its answer, secrets masked."""

    class Party(models.TextChoices):
        SERVER = "server"
        GATEWAY = "gateway"
        PHONE = "phone"
        ASKER = "asker"

    phone = models.ForeignKey(SandboxPhone, on_delete=models.CASCADE, related_name="exchanges")
    at = models.DateTimeField()
    sender = models.CharField(max_length=7, choices=Party.choices)
    receiver = models.CharField(max_length=7, choices=Party.choices)
    method = models.CharField(max_length=7)
    url = models.TextField()
    request_headers = models.JSONField(default=list)
    """Pairs of name and value, as those of the answer."""
    request_body = models.TextField(blank=True)
    status = models.PositiveSmallIntegerField(null=True)
    """None where there was no answer."""
    answer_headers = models.JSONField(default=list)
    answer_body = models.TextField(blank=True)

    objects: ClassVar[models.Manager["SandboxExchange"]] = models.Manager()

    class Meta:
        default_permissions = ()
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.method} {self.url}"

    @property
    def path(self) -> str:
        """The address without its host and its query."""
        parts = urlsplit(self.url)
        return parts.path or f"{parts.scheme}:"

    @property
    def phrase(self) -> str:
        """The words of the status, such as ``Not Found``."""
        return HTTPStatus(self.status).phrase if self.status in frozenset(HTTPStatus) else ""

    @property
    def kind_of_status(self) -> str:
        """``good``, ``elsewhere`` (a redirect) or ``bad``."""
        if self.status is None or self.status >= HTTPStatus.BAD_REQUEST:
            return "bad"
        return "elsewhere" if self.status >= HTTPStatus.MULTIPLE_CHOICES else "good"


class SandboxPayload(models.Model):
    """A large reply, encrypted by the phone, that waits to be downloaded."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    phone = models.ForeignKey(SandboxPhone, on_delete=models.CASCADE, related_name="+")
    ciphertext = models.BinaryField()
    signature = models.BinaryField()
    owner = models.CharField(max_length=100)

    objects: ClassVar[models.Manager["SandboxPayload"]] = models.Manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.pk)
