"""Tables of interfaces, queues and those who serve them."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chat_app.routing.models.hours import ServiceCalendar

validate_host = RegexValidator(
    r"\A[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?(:[0-9]{1,5})?\Z",
    _("Write a host name without https:// and without a path, such as chat.example.com."),
)
validate_site_name = RegexValidator(
    r"\A[A-Za-z0-9._-]+\Z", _("Use letters, digits, dots, hyphens and underscores: it becomes part of an address.")
)
validate_origin = RegexValidator(
    r"\Ahttps?://[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?(:[0-9]{1,5})?\Z",
    _("Write an origin: https:// and a host, without a path, such as https://www.example.com."),
)
validate_pool_id = RegexValidator(
    r"\A[0-9]+:[0-9]+\Z", _("Write two numbers with a colon between them, such as 353:2.")
)


class Interface(models.Model):
    """One front door of the chat service, with its own site name, host and pool."""

    id = models.BigIntegerField(
        _("interface id"), primary_key=True, help_text=_("The interfaceId of requests and answers.")
    )
    name = models.CharField(_("name"), max_length=80, unique=True)
    enabled = models.BooleanField(_("enabled"), default=True, help_text=_("A disabled interface takes no new chats."))
    is_default = models.BooleanField(
        _("default interface"), default=False, help_text=_("Takes every request that no business unit claims.")
    )
    business_unit_org_id = models.CharField(
        _("business unit"),
        max_length=80,
        unique=True,
        null=True,
        blank=True,
        help_text=_("Requests with this businessUnitOrgId come to this interface."),
    )
    chat_site_name = models.CharField(_("chat site name"), max_length=120, unique=True, validators=[validate_site_name])
    pool_id = models.CharField(_("pool"), max_length=40, default="1:1", validators=[validate_pool_id])
    domain = models.CharField(
        _("chat server"),
        max_length=253,
        blank=True,
        validators=[validate_host],
        help_text=_("Host of the chat server. Empty: the one of the setting CHAT_SERVER_URL."),
    )
    port = models.PositiveIntegerField(
        _("port"),
        null=True,
        blank=True,
        help_text=_("Only where it is not 443. Known clients ignore it and call port 443."),
    )
    allowed_origins = ArrayField(
        models.CharField(max_length=253, validators=[validate_origin]),
        verbose_name=_("sites"),
        default=list,
        db_default=[],
        blank=True,
        help_text=_("Origins of the sites whose pages may chat here, such as https://www.example.com, with commas."),
    )

    class Meta:
        verbose_name = _("interface")
        verbose_name_plural = _("interfaces")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=Q(is_default=True),
                name="interface_default_once",
                violation_error_message=_(
                    "Another interface is the default already. "
                    "Save this one without the mark, then make it the default."
                ),
            ),
            models.CheckConstraint(condition=Q(id__gt=0), name="interface_id_positive"),
            models.CheckConstraint(
                condition=Q(port__isnull=True) | Q(port__range=(1, 65535)), name="interface_port_valid"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.pk})"

    def clean(self) -> None:
        """Refuse to take the default mark away, and a port that is named twice."""
        self.business_unit_org_id = self.business_unit_org_id or None
        if self.port and ":" in self.domain:
            raise ValidationError({"port": _("The chat server's host names a port already. Leave one of them out.")})
        if not self.is_default and Interface.objects.filter(pk=self.pk, is_default=True).exists():
            raise ValidationError(
                {"is_default": _("There must be a default interface. Make another one the default instead.")}
            )


class Queue(models.Model):
    """Where chats wait for an agent."""

    class Distribution(models.TextChoices):
        AUTOMATIC = "automatic", _("automatic: agents are offered chats")
        MANUAL = "manual", _("manual: agents pick")

    id = models.BigIntegerField(_("queue id"), primary_key=True, help_text=_("The queueId of requests and answers."))
    interface = models.ForeignKey(
        Interface, verbose_name=_("interface"), on_delete=models.PROTECT, related_name="queues"
    )
    name = models.CharField(_("name"), max_length=80)
    description = models.TextField(_("description"), blank=True)
    enabled = models.BooleanField(
        _("enabled"), default=True, help_text=_("A disabled queue gets no chat; the next candidate takes it.")
    )
    distribution = models.CharField(
        _("distribution"), max_length=10, choices=Distribution.choices, default=Distribution.AUTOMATIC
    )
    is_default = models.BooleanField(
        _("default queue"), default=False, help_text=_("Takes what nothing else takes. Must be enabled and automatic.")
    )
    stripe_code = models.CharField(
        _("application"), max_length=30, default="CRM", help_text=_("The stripe code, such as CRM or HRHD.")
    )
    external_reference = models.CharField(_("external reference"), max_length=120, blank=True)
    service_calendar = models.ForeignKey(
        ServiceCalendar,
        verbose_name=_("hours of service"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        help_text=_("Empty: always open."),
    )
    assumed_wait_seconds = models.PositiveIntegerField(
        _("assumed wait"),
        default=60,
        db_default=60,
        help_text=_("Seconds for each place in line that customers are told until it has been measured."),
    )

    class Meta:
        verbose_name = _("queue")
        verbose_name_plural = _("queues")
        ordering: ClassVar = ["interface", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["interface", "name"], name="queue_name_once"),
            models.UniqueConstraint(
                fields=["interface"],
                condition=Q(is_default=True),
                name="queue_default_once",
                violation_error_message=_(
                    "This interface has a default queue already. "
                    "Save this one without the mark, then make it the default."
                ),
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(enabled=True, distribution="automatic"),
                name="queue_default_enabled_automatic",
                violation_error_message=_("The default queue must be enabled, and its distribution automatic."),
            ),
            models.CheckConstraint(condition=Q(id__gt=0), name="queue_id_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.pk})"

    def clean(self) -> None:
        """Refuse to take the default mark away, and to move to another interface."""
        stored = Queue.objects.filter(pk=self.pk).first()
        if stored is None or self._state.adding:
            return
        if stored.interface_id != self.interface_id:
            raise ValidationError({"interface": _("A queue stays with its interface. Create a new queue there.")})
        if stored.is_default and not self.is_default:
            raise ValidationError(
                {"is_default": _("An interface needs a default queue. Make another queue the default instead.")}
            )


class QueueOverflow(models.Model):
    """Another queue that takes over while a queue has nobody, lowest priority number first."""

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="overflows")
    overflow_queue = models.ForeignKey(
        Queue, verbose_name=_("overflow queue"), on_delete=models.CASCADE, related_name="+"
    )
    priority = models.PositiveSmallIntegerField(_("priority"), default=1)
    enabled = models.BooleanField(_("enabled"), default=True)

    class Meta:
        verbose_name = _("overflow queue")
        verbose_name_plural = _("overflow queues")
        ordering: ClassVar = ["priority", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["queue", "overflow_queue"], name="queue_overflow_once"),
            models.CheckConstraint(
                condition=~Q(queue=F("overflow_queue")),
                name="queue_overflow_not_itself",
                violation_error_message=_("A queue cannot overflow into itself."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.overflow_queue)

    def clean(self) -> None:
        """Refuse a queue of another interface."""
        queues = Queue.objects.filter(pk__in=(self.queue_id, self.overflow_queue_id))
        if len(set(queues.values_list("interface_id", flat=True))) > 1:
            raise ValidationError({"overflow_queue": _("Choose a queue of the same interface.")})


class Team(models.Model):
    """Agents who serve queues together."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, verbose_name=_("members"), blank=True, related_name="+")

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class QueueResource(models.Model):
    """Who serves a queue: one agent or one team."""

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="resources")
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("agent"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
    )
    team = models.ForeignKey(
        Team, verbose_name=_("team"), null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )

    class Meta:
        verbose_name = _("resource")
        verbose_name_plural = _("resources")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(agent__isnull=False, team__isnull=True) | Q(agent__isnull=True, team__isnull=False),
                name="queue_resource_agent_or_team",
                violation_error_message=_("Choose an agent or a team, one of the two."),
            ),
            models.UniqueConstraint(fields=["queue", "agent"], name="queue_agent_once"),
            models.UniqueConstraint(fields=["queue", "team"], name="queue_team_once"),
        ]

    def __str__(self) -> str:
        return str(self.agent or self.team)
