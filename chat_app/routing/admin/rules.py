"""The page of assignment rules: their order, and what they would do with a request."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.widgets import UnfoldAdminTextInputWidget

from authenticate_app.audit.model_admin import AuditedModelAdmin
from authenticate_app.audit.owned_rows import OwnedBlocks
from authenticate_app.audit.paging import is_key
from authenticate_app.audit.services import record_change
from chat_app.routing import services
from chat_app.routing.admin.trial import Trial, TrialForm, try_request
from chat_app.routing.admin.warnings import show_advice
from chat_app.routing.models import AssignmentRule, Criterion, Interface, Queue
from chat_app.routing.snapshot import RuleOutcome, routing
from chat_app.routing.texts import ATTRIBUTES, lines


class SuggestingInput(UnfoldAdminTextInputWidget):
    """A text field that suggests what may be written, without refusing anything else."""

    def __init__(self, suggestions: Sequence[str]) -> None:
        super().__init__(attrs={"autocomplete": "off"})
        self.suggestions = suggestions

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """The field and its list, which is named after it: so it is found wherever the row is copied to."""
        list_id = f"suggestions-{name}"
        field = super().render(name, value, {**(attrs or {}), "list": list_id}, renderer)
        options = format_html_join("", '<option value="{}"></option>', ((each,) for each in self.suggestions))
        return format_html('{}<datalist id="{}">{}</datalist>', field, list_id, options)


class CriterionInline(OwnedBlocks):
    """Criteria of a rule."""

    model = Criterion
    fields: ClassVar = [("subject", "name"), ("operator", "value")]
    verbose_name_plural = _("Criteria: all of them must hold; without any the rule takes every request")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "value" and field:
            field.widget.attrs["rows"] = 2
        if db_field.name == "name" and field:
            field.widget = SuggestingInput(ATTRIBUTES)
        return field


@admin.register(AssignmentRule)
class AssignmentRuleAdmin(AuditedModelAdmin):
    """Assignment rules; the list is a page of its own, where their order is changed and requests are tried."""

    search_fields: ClassVar = ["name"]
    autocomplete_fields: ClassVar = ["queue"]
    inlines: ClassVar = [CriterionInline]
    fieldsets: ClassVar = [(None, {"fields": [("name", "enabled"), ("interface", "queue")]})]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("order/<int:interface_id>/", view(require_POST(self.reorder)), name="chat_app_assignmentrule_order"),
        ]
        return [*own, *super().get_urls()]

    def get_readonly_fields(self, request: HttpRequest, obj: AssignmentRule | None = None) -> list[str]:
        """A rule stays with its interface, whose queues it gives."""
        return ["interface"] if obj else []

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"interface": request.GET.get("interface") or Interface.objects.filter(is_default=True).first()}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A new rule is tried last; its place is changed on the list."""
        if not change:
            obj.rank = services.next_rank(interface=obj.interface)
        super().save_model(request, obj, form, change)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the rules of one interface in their order, and beside them the form to try a request."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if request.method == "GET":
            show_advice(request, about=AssignmentRule)
        form = TrialForm(request.POST) if request.method == "POST" else TrialForm()
        trial = _trial(form) if form.is_valid() else None
        context = {
            **self.admin_site.each_context(request),
            **self._page(request, _shown_interface(request, trial), trial),
            "title": _("Assignment rules"),
            "opts": self.opts,
            "form": form,
            "trial": trial,
        }
        return TemplateResponse(request, "admin/chat_app/rules.html", context)

    def reorder(self, request: HttpRequest, interface_id: int) -> HttpResponse:
        """Give the rules of an interface the order in which the form names them; ``move`` shifts one of them."""
        interface = get_object_or_404(Interface, pk=interface_id)
        if not self.has_change_permission(request):
            raise PermissionDenied
        rules = list(_rules(interface))
        try:
            self._store_order(request, interface, rules)
        except ValidationError as fault:
            messages.error(request, " ".join(fault.messages))
        else:
            messages.success(request, _("The new order counts from the next request."))
        return HttpResponseRedirect(_address(interface))

    def _store_order(self, request: HttpRequest, interface: Interface, rules: list[AssignmentRule]) -> None:
        names = {rule.pk: rule.name for rule in rules}
        order = _wanted_order(request, list(names))
        with transaction.atomic():
            services.reorder(interface=interface, rule_ids=order)
            before, after = ([names[pk] for pk in pks] for pks in (names, order))
            record_change(
                actor=request.user,
                before={"order of rules": before},
                after={"order of rules": after},
                target=interface,
                request=request,
            )

    def response_add(self, request: HttpRequest, obj: AssignmentRule, post_url_continue: Any = None) -> HttpResponse:
        self.message_user(request, _("The rule “%s” is the last that is tried. Move it to where it belongs.") % obj)
        return HttpResponseRedirect(_address(obj.interface))

    def response_post_save_change(self, request: HttpRequest, obj: AssignmentRule) -> HttpResponse:
        return HttpResponseRedirect(_address(obj.interface))

    def _page(self, request: HttpRequest, interface: Interface | None, trial: Trial | None) -> dict[str, Any]:
        return {
            "interfaces": Interface.objects.all(),
            "interface": interface,
            "rules": _with_outcomes(interface, trial) if interface else [],
            "default_queue": Queue.objects.filter(interface=interface, is_default=True).first(),
            "assigned_queue": _assigned_queue(trial),
            "may_change": self.has_change_permission(request),
            "may_add": self.has_add_permission(request),
            "add_rule_url": _add_address(interface),
        }


def _rules(interface: Interface) -> "QuerySet[AssignmentRule]":
    return AssignmentRule.objects.filter(interface=interface).order_by("rank", "id")


def _trial(form: TrialForm) -> Trial:
    return try_request(
        routing.current().value,
        attributes=form.cleaned_data["request"],
        caller_organization=form.cleaned_data["caller_organization"],
        speaks_for_others=form.cleaned_data["speaks_for_others"],
        today=timezone.localdate(),
    )


def _shown_interface(request: HttpRequest, trial: Trial | None) -> Interface | None:
    """The interface that takes the tried request; else the one that the address names; else the default one."""
    wanted = trial.interface.id if trial and trial.interface else request.GET.get("interface", "")
    shown = Interface.objects.filter(pk=wanted).first() if is_key(str(wanted)) else None
    return shown or Interface.objects.order_by("-is_default", "id").first()


def _with_outcomes(interface: Interface, trial: Trial | None) -> list[dict[str, Any]]:
    """Each rule with what came of it in the trial, if there was one."""
    outcomes: dict[int, RuleOutcome] = {}
    if trial and trial.explanation:
        outcomes = {outcome.rule.id: outcome for outcome in trial.explanation.rules}
    rules = _rules(interface).select_related("queue").prefetch_related("criteria")
    return [{"rule": rule, "criteria": _criteria(rule, outcomes), "outcome": outcomes.get(rule.pk)} for rule in rules]


def _criteria(rule: AssignmentRule, outcomes: dict[int, RuleOutcome]) -> list[dict[str, Any]]:
    outcome = outcomes.get(rule.pk)
    tried = {each.criterion.id: each for each in outcome.criteria} if outcome else {}
    return [
        {"criterion": criterion, "values": _values(criterion), "tried": tried.get(criterion.pk)}
        for criterion in rule.criteria.all()
    ]


def _values(criterion: Criterion) -> list[str]:
    if criterion.operator == Criterion.Operator.ONE_OF:
        return lines(criterion.value)
    return [criterion.value] if criterion.value else []


def _assigned_queue(trial: Trial | None) -> Queue | None:
    if trial is None or trial.explanation is None or trial.explanation.assignment is None:
        return None
    return Queue.objects.filter(pk=trial.explanation.assignment.queue_id).first()


def _wanted_order(request: HttpRequest, current: list[int]) -> list[int]:
    """The order that the form asks for: whole, or the current one with a single rule moved."""
    if move := request.POST.get("move"):
        return _moved(current, move)
    return [int(pk) for pk in request.POST.get("order", "").split(",") if is_key(pk)]


def _moved(current: list[int], move: str) -> list[int]:
    """``current`` with one rule shifted by a place; ``move`` is such as ``up-12``."""
    direction, _dash, pk = move.partition("-")
    if not is_key(pk) or int(pk) not in current:
        return []
    order, place = list(current), current.index(int(pk))
    other = max(place - 1, 0) if direction == "up" else min(place + 1, len(order) - 1)
    order[place], order[other] = order[other], order[place]
    return order


def _address(interface: Interface) -> str:
    return f"{reverse('admin:chat_app_assignmentrule_changelist')}?interface={interface.pk}"


def _add_address(interface: Interface | None) -> str:
    address = reverse("admin:chat_app_assignmentrule_add")
    return f"{address}?interface={interface.pk}" if interface else address
