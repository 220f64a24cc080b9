"""Which interface and which queue a request gets in the configured release (docs/compatibility.md, "Releases")."""

from datetime import date
from typing import NamedTuple

from authenticate_app.accounts.callers import Caller
from authenticate_app.accounts.names import name_key
from chat_app.adf.errors import AdfError, Fault
from chat_app.adf.exceptions import try_again
from chat_app.chat_authenticate import errors
from chat_app.chat_authenticate.attributes import ChatAuthenticateRequest
from chat_app.chat_authenticate.permissions import may_speak_for_others
from chat_app.chat_authenticate.releases import ONLY_ID, Release
from chat_app.routing.evaluation import RoutingRequest
from chat_app.routing.profile import OptionCode, OptionsInForce
from chat_app.routing.selectors import user_level_values
from chat_app.routing.snapshot import InterfaceFacts, Routing


class Placement(NamedTuple):
    """Where a chat goes. ``queue_id`` is None while that is left to ``requestEngagement``."""

    interface: InterfaceFacts
    queue_id: int | None


def place(
    *, request: ChatAuthenticateRequest, caller: Caller, routing: Routing, release: Release, today: date
) -> Placement:
    """Assign the interface and, unless waiting times are shown, the queue. At most one query.

    Raises ``AdfError``: 403 where chat is turned off for this end user, 503 where no interface or queue is there.
    """
    interface = _interface(request, routing, release)
    options = _options(request, caller, routing, today)
    if not options.is_on(OptionCode.ENABLE_CHAT):
        raise AdfError(Fault(errors.CHAT_DISABLED))
    if not release.assigns_queue:
        return Placement(interface, ONLY_ID)
    if options.is_on(OptionCode.WAIT_TIME_ENABLED):
        return Placement(interface, None)
    return Placement(interface, _queue(request, caller, routing, interface))


def _options(request: ChatAuthenticateRequest, caller: Caller, routing: Routing, today: date) -> OptionsInForce:
    """Values of users are read only if there are any."""
    user_values = (
        user_level_values(name_key=name_key(request.auth_user_name), caller_id=caller.user_id)
        if routing.profile.has_user_values
        else {}
    )
    return OptionsInForce(routing.profile, product=request.stripe_code or "", user_values=user_values, today=today)


def _interface(request: ChatAuthenticateRequest, routing: Routing, release: Release) -> InterfaceFacts:
    chosen = (
        routing.interface_for(request.business_unit_org_id) if release.assigns_interface else routing.interface(ONLY_ID)
    )
    if chosen is None:
        raise try_again(errors.NO_INTERFACE)
    return chosen


def _queue(request: ChatAuthenticateRequest, caller: Caller, routing: Routing, interface: InterfaceFacts) -> int:
    assignment = routing.assign_queue(interface, _routing_request(request, caller))
    if assignment is None:
        raise try_again(errors.NO_QUEUE)
    return assignment.queue_id


def _routing_request(request: ChatAuthenticateRequest, caller: Caller) -> RoutingRequest:
    return RoutingRequest.for_chat(
        attributes=request.stored,
        custom_fields=request.custom_fields_object,
        organization_party_id=caller.organization_party_id,
        queue_id=request.queue_id,
        speaks_for_others=may_speak_for_others(caller),
    )
