"""Releases, assignment of interface and queue, and the profile options that ``chatAuthenticate`` acts on."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.utils import timezone

from chat_app.routing.models import AssignmentRule, Interface, ProfileOption, Queue
from chat_app.sessions.models import ChatSession
from tests.routing import builders
from tests.world import (
    BUSINESS_UNIT,
    CALLER,
    CUSTOMER,
    DEFAULT_QUEUE,
    DISABLED_QUEUE,
    INTERFACE,
    MANUAL_QUEUE,
    ORGANIZATION_ID,
    OTHER_DEFAULT_QUEUE,
    OTHER_INTERFACE,
    OTHER_QUEUE,
    QUEUE,
    ask,
    body_of,
    granted,
    refused,
    set_option,
)

pytestmark = pytest.mark.usefixtures("world")

WAIT_TIME, ENABLE_CHAT = "SVC_CHAT_WAIT_TIME_ENABLED", "SVC_ENABLE_CHAT"


def placed(**attributes: object) -> tuple[str, str | None]:
    """Ask with these attributes, and return the interface and the queue of the answer, which the session shares."""
    answered = granted(**attributes)
    session = ChatSession.objects.latest("id")
    assert str(session.interface_id) == answered["interfaceId"]
    assert (None if session.queue_id is None else str(session.queue_id)) == answered["queueId"]
    return answered["interfaceId"], answered["queueId"]


def queue(number: int) -> Queue:
    return Queue.objects.get(pk=number)


def pair(interface: int, queue: int | None) -> tuple[str, str | None]:
    return str(interface), None if queue is None else str(queue)


# Releases


@pytest.mark.parametrize(
    ("release", "queue_of_rule", "interface_of_unit"),
    [
        ("R13.17.08", "1", "1"),
        ("R13.17.11", "1", "1"),
        ("11.13.17.11", "1", "1"),
        ("11.13.17.11.0", "1", "1"),
        ("R13.18.02", "2", "1"),
        ("11.13.18.02.0", "2", "1"),
        ("R13.18.05", "2", "1"),
        ("11.13.24.10.0", "2", "1"),
    ],
)
def test_what_a_release_assigns(
    release: str, queue_of_rule: str, interface_of_unit: str, settings: LazySettings
) -> None:
    settings.FUSION_RELEASE = release
    builders.rule(queue(QUEUE), ("attribute", "question", "equals", "Why?"))
    assert placed(question="Why?", queueId=7, interfaceId=9) == (interface_of_unit, queue_of_rule)


@pytest.mark.parametrize(
    ("release", "interface"), [("R13.17.11", 1), ("R13.18.02", 1), ("R13.18.05", 5), ("11.13.24.10.0", 5)]
)
def test_before_18_05_the_interface_is_always_1(release: str, interface: int, settings: LazySettings) -> None:
    from chat_app.routing import services

    settings.FUSION_RELEASE = release
    services.make_default_interface(interface=Interface.objects.get(pk=OTHER_INTERFACE))
    assert placed()[0] == str(interface)


@pytest.mark.parametrize(
    ("release", "newest"),
    [
        ("11.13.18.05.0", set[str]()),
        ("11.13.19.01.0", {"businessUnitOrgId"}),
        ("11.13.19.07.0", {"businessUnitOrgId", "chatPriority"}),
        ("11.13.24.07.0", {"businessUnitOrgId", "chatPriority"}),
        ("11.13.24.10.0", {"businessUnitOrgId", "chatPriority", "chatSource", "chatDirection"}),
    ],
)
def test_attributes_of_a_release(release: str, newest: set[str], settings: LazySettings) -> None:
    settings.FUSION_RELEASE = release
    newer = {"businessUnitOrgId": "1", "chatPriority": "1", "chatSource": "x", "chatDirection": "y"}
    known = {name: value for name, value in newer.items() if name in newest}
    assert granted(**known).keys() & newer.keys() == newest
    for name in newer.keys() - newest:
        assert refused(attributes={name: "1"}) == [("CHAT-40030", f"/{name}")]


# Interface


@pytest.mark.parametrize(
    ("attributes", "interface"),
    [
        ({}, INTERFACE),
        ({"interfaceId": "5"}, INTERFACE),
        ({"interfaceId": "99"}, INTERFACE),
        ({"businessUnitOrgId": BUSINESS_UNIT}, OTHER_INTERFACE),
        ({"businessUnitOrgId": BUSINESS_UNIT, "interfaceId": "1"}, OTHER_INTERFACE),
        ({"businessUnitOrgId": "unknown"}, INTERFACE),
    ],
)
def test_interface(attributes: dict[str, object], interface: int) -> None:
    assert placed(**attributes)[0] == str(interface)


def test_a_disabled_interface_is_not_chosen() -> None:
    Interface.objects.filter(pk=OTHER_INTERFACE).update(enabled=False)
    assert placed(businessUnitOrgId=BUSINESS_UNIT)[0] == str(INTERFACE)


def test_without_an_interface_there_is_no_chat() -> None:
    Interface.objects.filter(pk=INTERFACE).update(enabled=False)
    response = ask(headers={"REST-Framework-Version": "4"})
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert refused() == [("CHAT-50303", "")]
    assert placed(businessUnitOrgId=BUSINESS_UNIT)[0] == str(OTHER_INTERFACE)


# Queue


@pytest.mark.parametrize(
    ("wished", "assigned"),
    [
        (None, DEFAULT_QUEUE),
        (QUEUE, QUEUE),
        (str(QUEUE), QUEUE),
        (MANUAL_QUEUE, DEFAULT_QUEUE),
        (DISABLED_QUEUE, DEFAULT_QUEUE),
        (OTHER_QUEUE, DEFAULT_QUEUE),  # a queue of another interface
        (999, DEFAULT_QUEUE),
        (-1, DEFAULT_QUEUE),
        (2**63 - 1, DEFAULT_QUEUE),
    ],
)
def test_the_queue_of_the_request(wished: object, assigned: int) -> None:
    assert placed(queueId=wished) == pair(INTERFACE, assigned)


def test_queues_are_those_of_the_interface() -> None:
    assert placed(businessUnitOrgId=BUSINESS_UNIT, queueId=QUEUE) == pair(OTHER_INTERFACE, OTHER_DEFAULT_QUEUE)
    assert placed(businessUnitOrgId=BUSINESS_UNIT, queueId=OTHER_QUEUE) == pair(OTHER_INTERFACE, OTHER_QUEUE)


WHY = ("attribute", "question", "equals", "Why?")


def test_a_rule_comes_before_the_queue_of_the_request() -> None:
    builders.rule(queue(DEFAULT_QUEUE), WHY)
    assert placed(question="Why?", queueId=QUEUE) == pair(INTERFACE, DEFAULT_QUEUE)
    assert placed(question="What?", queueId=QUEUE) == pair(INTERFACE, QUEUE)


def test_the_first_rule_by_rank_takes_it() -> None:
    builders.rule(queue(DEFAULT_QUEUE), WHY, rank=20)
    builders.rule(queue(QUEUE), WHY, rank=10)
    assert placed(question="Why?") == pair(INTERFACE, QUEUE)
    AssignmentRule.objects.filter(rank=20).update(rank=5)
    assert placed(question="Why?") == pair(INTERFACE, DEFAULT_QUEUE)


@pytest.mark.parametrize(
    ("target", "enabled", "assigned"),
    [
        (QUEUE, True, QUEUE),
        (QUEUE, False, DEFAULT_QUEUE),
        (DISABLED_QUEUE, True, DEFAULT_QUEUE),
        (MANUAL_QUEUE, True, DEFAULT_QUEUE),
    ],
)
def test_what_a_rule_gives(target: int, enabled: bool, assigned: int) -> None:
    builders.rule(queue(target), WHY, enabled=enabled)
    assert placed(question="Why?") == pair(INTERFACE, assigned)


def test_after_a_rule_with_a_disabled_queue_the_next_candidate_is_taken() -> None:
    builders.rule(queue(DISABLED_QUEUE), WHY, rank=1)
    builders.rule(queue(QUEUE), WHY, rank=2)
    assert placed(question="Why?") == pair(INTERFACE, QUEUE)
    AssignmentRule.objects.filter(rank=2).delete()
    assert placed(question="Why?", queueId=QUEUE) == pair(INTERFACE, QUEUE)


def test_all_criteria_of_a_rule_must_hold() -> None:
    builders.rule(queue(QUEUE), WHY, ("attribute", "stripeCode", "equals", "HRHD"))
    assert placed(question="Why?") == pair(INTERFACE, DEFAULT_QUEUE)
    assert placed(question="Why?", stripeCode="HRHD") == pair(INTERFACE, QUEUE)


@pytest.mark.parametrize(
    ("criterion", "holds", "fails"),
    [
        (("attribute", "question", "equals", "Why?"), {"question": "Why?"}, {"question": "Why not?"}),
        (("attribute", "question", "not-equals", "Why?"), {"question": "What?"}, {"question": "Why?"}),
        (("attribute", "stripeCode", "one-of", "CRM\nHRHD"), {"stripeCode": "HRHD"}, {"stripeCode": "ISR"}),
        (("attribute", "question", "contains", "refund"), {"question": "A refund!"}, {"question": "A fund"}),
        (("attribute", "question", "starts-with", "Why"), {"question": "Why so?"}, {"question": "So why"}),
        (("attribute", "chatPriority", "at-least", "5"), {"chatPriority": 10}, {"chatPriority": 4}),
        (("attribute", "productId", "at-most", "5"), {"productId": "-10"}, {"productId": 6}),
        (("attribute", "question", "is-empty", ""), {}, {"question": "Why?"}),
        (("custom-field", "tier", "equals", "gold"), {"customFields": '{"tier": "gold"}'}, {"question": "gold"}),
        (("custom-field", "n", "at-least", "2"), {"customFields": '{"n": 2.5}'}, {"customFields": '{"n": 1}'}),
        (("custom-field", "n", "is-empty", ""), {"customFields": "{}"}, {"customFields": '{"n": 1}'}),
    ],
    ids=str,
)
def test_criterion(criterion: tuple[str, str, str, str], holds: dict[str, object], fails: dict[str, object]) -> None:
    builders.rule(queue(QUEUE), criterion)
    assert placed(**holds) == pair(INTERFACE, QUEUE)
    assert placed(**fails) == pair(INTERFACE, DEFAULT_QUEUE)


def test_the_organization_of_a_criterion_is_the_callers() -> None:
    builders.rule(queue(QUEUE), ("caller-organization", "", "equals", str(ORGANIZATION_ID)))
    assert placed(organizationId=ORGANIZATION_ID) == pair(INTERFACE, DEFAULT_QUEUE)
    assert body_of(ask(caller=CUSTOMER, attributes={"authUserName": CUSTOMER}))["queueId"] == str(QUEUE)


@pytest.mark.parametrize(
    "change",
    [
        lambda: Queue.objects.filter(pk=QUEUE).update(enabled=False),
        lambda: AssignmentRule.objects.update(enabled=False),
        lambda: AssignmentRule.objects.all().delete(),
        lambda: AssignmentRule.objects.update(queue_id=DEFAULT_QUEUE),
        lambda: AssignmentRule.objects.get().criteria.update(value="What?"),
        lambda: AssignmentRule.objects.get().criteria.create(name="stripeCode", operator="equals", value="HRHD"),
    ],
    ids=["queue disabled", "rule disabled", "rule deleted", "other queue", "criterion changed", "criterion added"],
)
def test_a_change_counts_from_the_next_request(change: Callable[[], object]) -> None:
    builders.rule(queue(QUEUE), WHY)
    assert placed(question="Why?") == placed(question="Why?") == pair(INTERFACE, QUEUE)
    change()
    assert placed(question="Why?") == pair(INTERFACE, DEFAULT_QUEUE)


# Profile options


def test_the_queue_is_assigned_at_once_by_default() -> None:
    assert placed(queueId=QUEUE) == pair(INTERFACE, QUEUE)


def test_with_waiting_times_the_queue_is_assigned_later() -> None:
    set_option(WAIT_TIME, "Yes")
    assert placed(queueId=QUEUE, question="Why?") == pair(INTERFACE, None)
    kept = ChatSession.objects.get().request
    assert (kept["queueId"], kept["question"]) == (str(QUEUE), "Why?")


def test_releases_without_queues_answer_1_even_with_waiting_times(settings: LazySettings) -> None:
    settings.FUSION_RELEASE = "R13.17.11"
    set_option(WAIT_TIME, "Yes")
    assert placed() == ("1", "1")


def test_chat_may_be_switched_off() -> None:
    set_option(ENABLE_CHAT, "No")
    assert refused() == [("CHAT-40306", "")]
    assert not ChatSession.objects.exists()


@pytest.mark.parametrize(
    ("levels", "attributes", "is_on"),
    [
        ({}, {}, True),
        ({"site": "No"}, {}, False),
        ({"site": "No", "CRM": "Yes"}, {}, True),
        ({"site": "Yes", "CRM": "No"}, {}, False),
        ({"site": "Yes", "CRM": "No"}, {"stripeCode": "HRHD"}, True),
        ({"site": "Yes", "HRHD": "No"}, {"stripeCode": "HRHD"}, False),
        ({"site": "Yes", "HRHD": "No"}, {"productId": 7}, True),
        ({"site": "No", "CRM": "No", "end user": "Yes"}, {}, True),
        ({"site": "Yes", "CRM": "Yes", "end user": "No"}, {}, False),
        ({"caller": "No"}, {}, True),  # the end user has an account, so the caller's values do not count
        ({"caller": "No"}, {"authUserName": "Without account"}, False),
        ({"end user": "No"}, {"authUserName": "Without account"}, True),
    ],
    ids=str,
)
def test_the_closest_level_wins(levels: dict[str, str], attributes: dict[str, object], is_on: bool) -> None:
    from authenticate_app.accounts.models import User

    users = {"caller": CALLER, "end user": CUSTOMER}
    for level, value in levels.items():
        user = User.objects.get(username=users[level]) if level in users else None
        product = "" if user or level == "site" else level
        set_option(ENABLE_CHAT, value, user=user, product=product)
    response = ask(attributes={"authUserName": CUSTOMER, **attributes})
    assert response.status_code == (201 if is_on else 403)


@pytest.mark.parametrize(
    ("from_days", "to_days", "is_on"), [(-2, -1, True), (-1, 1, False), (0, 0, False), (1, 2, True)]
)
def test_outside_of_its_dates_an_option_has_its_default(from_days: int, to_days: int, is_on: bool) -> None:
    today = timezone.localdate()
    set_option(ENABLE_CHAT, "No")
    dates = {"start_date": today + timedelta(days=from_days), "end_date": today + timedelta(days=to_days)}
    ProfileOption.objects.filter(pk=ENABLE_CHAT).update(**dates)
    assert ask().status_code == (201 if is_on else 403)


def test_an_option_counts_from_the_next_request() -> None:
    assert ask().status_code == 201
    set_option(ENABLE_CHAT, "No")
    assert ask().status_code == 403
    ProfileOption.objects.get(pk=ENABLE_CHAT).values.all().delete()
    assert ask().status_code == 201
