"""Interfaces, queues, rules and profile options as a process remembers them (topic "routing").

Which interface and which queue a request gets: docs/administration.md, "Where a chat goes".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from authenticate_app.revisions.memory import Remembered
from authenticate_app.web_origins import web_origin
from chat_app.routing.evaluation import (
    CompiledCriterion,
    CompiledRule,
    RoutingRequest,
    RuleIndex,
    Texts,
    compile_criterion,
)
from chat_app.routing.hours import is_open
from chat_app.routing.models import AssignmentRule, Criterion, Interface, Queue, ServiceCalendar
from chat_app.routing.profile import ProfileSnapshot, load_profile

HTTPS_PORT = 443


class Reason(StrEnum):
    """Why a chat got its queue."""

    RULE = "rule"
    REQUESTED = "requested"
    DEFAULT = "default"
    MANUAL = "manual"
    """A rule or the request chose a manual queue, for which the default queue stands in."""


class Assignment(NamedTuple):
    """The queue of a chat; ``rule_id`` is the rule that took it, if one did."""

    queue_id: int
    rule_id: int | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class InterfaceFacts:
    """What an answer tells of an interface; ``port`` is ``None`` where clients need none.

    ``audience`` is the ``aud`` claim of its tokens (docs/administration.md, "Interfaces").
    """

    id: int
    chat_site_name: str
    pool_id: str
    domain: str
    port: int | None
    audience: str
    allowed_origins: frozenset[str] = frozenset()
    """Of the sites whose pages may call the chat server's consumer API."""
    enabled: bool = True
    """Otherwise no new chat begins here; those that run go on."""


@dataclass(frozen=True, slots=True)
class CriterionOutcome:
    """One criterion tried; ``found`` is what stands in the request (``None``: a list or an object)."""

    criterion: CompiledCriterion
    found: str | None
    held: bool


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """One rule tried; ``held`` is about its criteria alone, ``took`` is true for the rule that took the request."""

    rule: CompiledRule
    queue_enabled: bool
    criteria: tuple[CriterionOutcome, ...]
    held: bool
    took: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """Every rule of the interface in the order in which it is tried, and what came of it."""

    rules: tuple[RuleOutcome, ...]
    assignment: Assignment | None


@dataclass(frozen=True, slots=True)
class InterfaceRoutes:
    """Queues and rules of one interface. ``enabled_queues`` says of each enabled one whether it is manual."""

    enabled_queues: Mapping[int, bool]
    default_queue_id: int | None
    rules: tuple[CompiledRule, ...]
    index: RuleIndex = field(repr=False)

    def assign(self, request: RoutingRequest) -> Assignment | None:
        """Choose the queue of ``request``; ``None`` only if the interface has no default queue."""
        rule = next(self.index.holding(request), None)
        if rule is not None:
            return self._give(rule.queue_id, rule.id, Reason.RULE)
        if request.queue_id in self.enabled_queues:
            return self._give(request.queue_id, None, Reason.REQUESTED)
        return self._default(None, Reason.DEFAULT)

    def _give(self, queue_id: int | None, rule_id: int | None, reason: Reason) -> Assignment | None:
        if queue_id is None or self.enabled_queues[queue_id]:
            return self._default(rule_id, Reason.MANUAL)
        return Assignment(queue_id, rule_id, reason)

    def _default(self, rule_id: int | None, reason: Reason) -> Assignment | None:
        if self.default_queue_id is None:
            return None
        return Assignment(self.default_queue_id, rule_id, reason)


@dataclass(frozen=True, slots=True)
class Routing:
    """Everything that decides where a chat goes. Made by ``load``; answers without a query."""

    by_business_unit: Mapping[str, InterfaceFacts]
    by_id: Mapping[int, InterfaceFacts]
    by_site: Mapping[str, InterfaceFacts]
    """All interfaces, disabled ones too, by what stands in the addresses of the chat server."""
    default: InterfaceFacts | None
    routes: Mapping[int, InterfaceRoutes]
    calendars: Mapping[int, ServiceCalendar]
    """The hours of service of queues that have any, by queue; periods and holidays are there."""
    profile: ProfileSnapshot

    def interface_for(self, business_unit_org_id: str | None) -> InterfaceFacts | None:
        """Find the enabled interface of the business unit, else the default one; ``None`` if that is disabled."""
        return self.by_business_unit.get(business_unit_org_id or "", self.default)

    def interface(self, interface_id: int) -> InterfaceFacts | None:
        """Find the enabled interface with this id, for releases that know only one."""
        return self.by_id.get(interface_id)

    def assign_queue(self, interface: InterfaceFacts, request: RoutingRequest) -> Assignment | None:
        """Choose the queue of a request: by rule, by its own ``queue_id``, else the default queue of the interface.

        A rule whose queue is disabled is passed over. ``None`` if the interface has no default queue.
        """
        routes = self.routes.get(interface.id)
        return routes.assign(request) if routes else None

    def has_service(self, queue_id: int, at: datetime) -> bool:
        """Tell whether a queue is within its hours of service at ``at``, which bears a time zone."""
        return is_open(self.calendars.get(queue_id), at)

    def explain(self, interface: InterfaceFacts, request: RoutingRequest) -> Explanation:
        """Try every rule, disabled ones too, for somebody who wants to know why."""
        routes = self.routes[interface.id]
        assignment, texts = routes.assign(request), request.texts()
        taken_by = assignment.rule_id if assignment else None
        outcomes = tuple(_outcome(rule, routes, texts, taken_by) for rule in routes.rules)
        return Explanation(rules=outcomes, assignment=assignment)


def load() -> Routing:
    """Read everything in six queries; two or three more where there are hours of service.

    Rules are read before the queues that they point to; a queue that is not found counts as disabled.
    """
    rules = _load_rules()
    queues = list(
        Queue.objects.only("id", "interface_id", "enabled", "distribution", "is_default", "service_calendar_id")
    )
    interfaces = list(Interface.objects.all())
    everywhere = {row.id: _facts(row) for row in interfaces}
    facts = {row.id: everywhere[row.id] for row in interfaces if row.enabled}
    return Routing(
        by_business_unit=MappingProxyType(
            {row.business_unit_org_id: facts[row.id] for row in interfaces if row.enabled and row.business_unit_org_id}
        ),
        by_id=MappingProxyType(facts),
        by_site=MappingProxyType({row.chat_site_name: row for row in everywhere.values()}),
        default=next((facts.get(row.id) for row in interfaces if row.is_default), None),
        routes=MappingProxyType({row.id: _routes(row.id, queues, rules) for row in interfaces}),
        calendars=MappingProxyType(_calendars(queues)),
        profile=load_profile(),
    )


routing: Remembered[Routing] = Remembered("routing", load)
"""What this process knows of routing; ``recall()`` and ``current()`` say how sure it is."""


def _load_rules() -> dict[int, list[CompiledRule]]:
    criteria: dict[int, list[CompiledCriterion]] = {}
    rows = list(AssignmentRule.objects.order_by("rank", "id"))
    for row in Criterion.objects.order_by("id"):
        criteria.setdefault(row.rule_id, []).append(_compiled(row))
    rules: dict[int, list[CompiledRule]] = {}
    for rule in rows:
        compiled = CompiledRule(
            id=rule.pk,
            rank=rule.rank,
            name=rule.name,
            enabled=rule.enabled,
            queue_id=rule.queue_id,
            criteria=tuple(criteria.get(rule.pk, ())),
        )
        rules.setdefault(rule.interface_id, []).append(compiled)
    return rules


def _compiled(row: Criterion) -> CompiledCriterion:
    return compile_criterion(id=row.pk, subject=row.subject, name=row.name, operator=row.operator, value=row.value)


def _routes(interface_id: int, queues: Iterable[Queue], rules: Mapping[int, list[CompiledRule]]) -> InterfaceRoutes:
    own = [queue for queue in queues if queue.interface_id == interface_id]
    enabled = {queue.id: queue.distribution == Queue.Distribution.MANUAL for queue in own if queue.enabled}
    own_rules = tuple(rules.get(interface_id, ()))
    return InterfaceRoutes(
        enabled_queues=MappingProxyType(enabled),
        default_queue_id=next((queue.id for queue in own if queue.is_default), None),
        rules=own_rules,
        index=RuleIndex([rule for rule in own_rules if rule.enabled and rule.queue_id in enabled]),
    )


def _calendars(queues: Iterable[Queue]) -> dict[int, ServiceCalendar]:
    used = {queue.pk: queue.service_calendar_id for queue in queues if queue.service_calendar_id}
    if not used:
        return {}
    found = ServiceCalendar.objects.prefetch_related("periods", "holidays").in_bulk(set(used.values()))
    return {queue_id: found[calendar_id] for queue_id, calendar_id in used.items() if calendar_id in found}


def _facts(interface: Interface) -> InterfaceFacts:
    domain, port = _address(interface, urlsplit(settings.CHAT_SERVER_URL))
    host = f"{domain}:{port}" if port else domain
    return InterfaceFacts(
        id=interface.id,
        chat_site_name=interface.chat_site_name,
        pool_id=interface.pool_id,
        domain=domain,
        port=port,
        audience=f"https://{host}/engagement/api/consumer/{interface.chat_site_name}",
        allowed_origins=frozenset(map(web_origin, interface.allowed_origins)),
        enabled=interface.enabled,
    )


def _address(interface: Interface, server: SplitResult) -> tuple[str, int | None]:
    """Host and port of the interface, else of the chat server; the port only where it has to be said."""
    if not interface.domain:
        return _host(server), _port_to_say(interface.port or server.port)
    if ":" in interface.domain:
        return interface.domain, None
    return interface.domain, _port_to_say(interface.port)


def _host(server: SplitResult) -> str:
    host = server.hostname or ""
    return f"[{host}]" if ":" in host else host


def _port_to_say(port: int | None) -> int | None:
    return None if port == HTTPS_PORT else port


def _outcome(rule: CompiledRule, routes: InterfaceRoutes, texts: Texts, taken_by: int | None) -> RuleOutcome:
    criteria = tuple(
        CriterionOutcome(criterion, texts.get(criterion.place, ""), criterion.holds(texts))
        for criterion in rule.criteria
    )
    return RuleOutcome(
        rule=rule,
        queue_enabled=rule.queue_id in routes.enabled_queues,
        criteria=criteria,
        held=all(outcome.held for outcome in criteria),
        took=rule.id == taken_by,
    )
