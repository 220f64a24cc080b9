"""Tables of assignment rules and their criteria."""

import difflib
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from chat_app.routing import texts
from chat_app.routing.models.queues import Interface, Queue


class AssignmentRule(models.Model):
    """Gives a chat to a queue when all its criteria hold. Within an interface the lowest rank is tried first."""

    interface = models.ForeignKey(
        Interface, verbose_name=_("interface"), on_delete=models.CASCADE, related_name="rules"
    )
    rank = models.PositiveIntegerField(_("rank"), default=0, db_index=True)
    name = models.CharField(_("name"), max_length=120)
    enabled = models.BooleanField(_("enabled"), default=True)
    queue = models.ForeignKey(Queue, verbose_name=_("queue"), on_delete=models.PROTECT, related_name="rules")

    class Meta:
        verbose_name = _("assignment rule")
        verbose_name_plural = _("assignment rules")
        ordering: ClassVar = ["interface", "rank", "id"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse a queue of another interface."""
        queue = Queue.objects.filter(pk=self.queue_id).first()
        if queue is not None and queue.interface_id != self.interface_id:
            raise ValidationError(
                {"queue": _("This queue belongs to another interface. Choose one of the rule's own interface.")}
            )


class Criterion(models.Model):
    """One test of one value of a request; an empty value passes only *is empty* and *not equals*."""

    class Subject(models.TextChoices):
        ATTRIBUTE = "attribute", _("attribute of the request")
        CUSTOM_FIELD = "custom-field", _("key of customFields")
        CALLER_ORGANIZATION = "caller-organization", _("caller's organization (party id)")

    class Operator(models.TextChoices):
        EQUALS = "equals", _("equals")
        NOT_EQUALS = "not-equals", _("does not equal")
        ONE_OF = "one-of", _("is one of")
        CONTAINS = "contains", _("contains")
        STARTS_WITH = "starts-with", _("starts with")
        AT_LEAST = "at-least", _("is greater or equal")
        AT_MOST = "at-most", _("is less or equal")
        IS_EMPTY = "is-empty", _("is empty")

    rule = models.ForeignKey(AssignmentRule, on_delete=models.CASCADE, related_name="criteria")
    subject = models.CharField(_("what is tested"), max_length=20, choices=Subject.choices, default=Subject.ATTRIBUTE)
    name = models.CharField(
        _("name"), max_length=120, blank=True, help_text=_("Name of the attribute, or key of customFields.")
    )
    operator = models.CharField(_("test"), max_length=20, choices=Operator.choices, default=Operator.EQUALS)
    value = models.TextField(_("value"), blank=True, help_text=_("For “is one of”: one value to a line."))

    class Meta:
        verbose_name = _("criterion")
        verbose_name_plural = _("criteria")
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.name or self.get_subject_display()} {self.get_operator_display()} {self.value}".strip()

    def clean(self) -> None:
        """Refuse a test that could never hold: of nothing, or with a value that the operator cannot use."""
        self._clean_name()
        if self.operator == self.Operator.IS_EMPTY:
            self.value = ""
        elif self.operator in (self.Operator.AT_LEAST, self.Operator.AT_MOST):
            self._clean_number()
        elif self.operator != self.Operator.NOT_EQUALS and not self.value.strip():
            raise ValidationError({"value": _("Write the value to compare with. To test for none, choose “is empty”.")})

    def _clean_name(self) -> None:
        if self.subject == self.Subject.CALLER_ORGANIZATION:
            self.name = ""
        elif not self.name:
            raise ValidationError({"name": _("Write the name of the attribute, or the key of customFields.")})
        elif self.subject == self.Subject.ATTRIBUTE and self.name not in texts.ATTRIBUTES:
            raise ValidationError({"name": self._unknown_attribute()})

    def _unknown_attribute(self) -> ValidationError:
        close = difflib.get_close_matches(self.name, texts.ATTRIBUTES, n=1)
        if close:
            return ValidationError(
                _("There is no attribute “%(name)s”. Did you mean “%(close)s”?"),
                params={"name": self.name, "close": close[0]},
            )
        return ValidationError(_("There is no attribute “%(name)s”."), params={"name": self.name})

    def _clean_number(self) -> None:
        self.value = self.value.strip()
        if texts.number(self.value) is None:
            raise ValidationError({"value": _("Write a whole or decimal number, such as 12 or 3.50.")})
