"""Where a chat goes: what placement adds to routing."""

import dataclasses
from collections.abc import Mapping

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from authenticate_app.accounts.models import User
from authenticate_app.accounts.selectors import find_account
from chat_app.adf.errors import AdfError
from chat_app.chat_authenticate.placement import Placement, place
from chat_app.chat_authenticate.releases import NEWEST, Release
from chat_app.routing.models import Interface, Queue
from chat_app.routing.snapshot import Routing, routing
from tests.chat_authenticate.bodies import parse
from tests.routing import builders
from tests.world import CALLER, CUSTOMER, DEFAULT_QUEUE, INTERFACE, QUEUE, set_option

pytestmark = pytest.mark.usefixtures("world")


def placed(
    attributes: Mapping[str, object] | None = None,
    *,
    caller: str = CALLER,
    release: Release = NEWEST,
    known: Routing | None = None,
) -> Placement:
    account = find_account(caller)
    assert account is not None
    return place(
        request=parse(dict(attributes or {}), release=release),
        caller=account.unproven_caller,
        routing=known or routing.check().value,
        release=release,
        today=timezone.localdate(),
    )


def codes_of(error: pytest.ExceptionInfo[AdfError]) -> list[str]:
    return [fault.error.code for fault in error.value.faults]


def test_no_query_is_needed_once_routing_is_known(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    known = routing.check().value
    account = find_account(CALLER)
    assert account is not None
    with django_assert_num_queries(0):
        place(
            request=parse({}),
            caller=account.unproven_caller,
            routing=known,
            release=NEWEST,
            today=timezone.localdate(),
        )


def test_values_of_users_are_read_only_where_there_are_any(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    set_option("SVC_ENABLE_CHAT", "Yes", user=User.objects.get(username=CUSTOMER))
    known = routing.check().value
    with django_assert_num_queries(2):  # the account, and its values
        placed(known=known)


@pytest.mark.parametrize(("name", "value"), [("chatPriority", 9), ("escalationLevel", 1), ("assigneeId", "me")])
def test_what_a_customer_cannot_be_routed_by_is_seen_by_no_rule(name: str, value: object) -> None:
    builders.rule(Queue.objects.get(pk=QUEUE), ("attribute", name, "not-equals", ""))
    own = {"authUserName": CUSTOMER, name: value}
    assert placed(own, caller=CUSTOMER).queue_id == DEFAULT_QUEUE
    assert placed(own).queue_id == QUEUE


def test_a_release_without_interfaces_needs_interface_1() -> None:
    Interface.objects.filter(pk=INTERFACE).update(enabled=False)
    with pytest.raises(AdfError) as refused:
        placed(release=Release.parse("R13.17.11"))
    assert codes_of(refused) == ["CHAT-50303"]


def without_default_queues(known: Routing) -> Routing:
    """What the database would refuse to store; a process that reads while queues are changed may see it."""
    routes = {key: dataclasses.replace(route, default_queue_id=None) for key, route in known.routes.items()}
    return dataclasses.replace(known, routes=routes)


def test_an_interface_without_a_default_queue_takes_nothing() -> None:
    known = routing.check().value
    with pytest.raises(AdfError) as refused:
        placed(known=without_default_queues(known))
    assert codes_of(refused) == ["CHAT-50304"]
    assert placed(known=known).queue_id == DEFAULT_QUEUE


def test_chat_that_is_switched_off_is_told_before_anything_about_queues() -> None:
    set_option("SVC_ENABLE_CHAT", "No")
    with pytest.raises(AdfError) as refused:
        placed(known=without_default_queues(routing.check().value))
    assert codes_of(refused) == ["CHAT-40306"]
