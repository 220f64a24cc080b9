"""Which interface and which queue a request gets, row by row of the spec's order."""

from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries, Settings

from chat_app.routing import snapshot
from chat_app.routing.models import Interface, Queue
from chat_app.routing.snapshot import Assignment, InterfaceFacts, Reason
from tests.routing import builders
from tests.routing.builders import Row, request

pytestmark = pytest.mark.django_db

GOLD: Row = ("custom-field", "tier", "equals", "gold")
GOLD_REQUEST = {"tier": "gold"}


@pytest.fixture
def front() -> Interface:
    """The default interface, with the default queue 10."""
    return builders.interface(1)


def facts(interface: Interface) -> InterfaceFacts:
    found = snapshot.load().interface(interface.pk)
    assert found is not None
    return found


def assigned(interface: Interface, **asked: Any) -> Assignment | None:
    return snapshot.load().assign_queue(facts(interface), request(**asked))


class TestInterface:
    def test_of_the_business_unit(self, front: Interface) -> None:
        other = builders.interface(2, business_unit_org_id="204")
        assert snapshot.load().interface_for("204") == facts(other)

    @pytest.mark.parametrize("business_unit", [None, "", "999"])
    def test_default_where_no_business_unit_claims(self, front: Interface, business_unit: str | None) -> None:
        builders.interface(2, business_unit_org_id="204")
        assert snapshot.load().interface_for(business_unit) == facts(front)

    def test_default_where_that_of_the_business_unit_is_disabled(self, front: Interface) -> None:
        builders.interface(2, business_unit_org_id="204", enabled=False)
        assert snapshot.load().interface_for("204") == facts(front)

    def test_none_where_the_default_is_disabled(self, front: Interface) -> None:
        Interface.objects.update(enabled=False)
        assert snapshot.load().interface_for(None) is None
        assert snapshot.load().interface(front.pk) is None

    def test_business_unit_still_served_where_the_default_is_disabled(self, front: Interface) -> None:
        other = builders.interface(2, business_unit_org_id="204")
        Interface.objects.filter(pk=front.pk).update(enabled=False)
        assert snapshot.load().interface_for("204") == facts(other)

    def test_none_without_any(self) -> None:
        assert snapshot.load().interface_for(None) is None


@pytest.mark.parametrize(
    ("server", "domain", "port", "expected"),
    [
        ("https://chat.example.com", "", None, ("chat.example.com", None, "https://chat.example.com")),
        ("https://chat.example.com:443", "", None, ("chat.example.com", None, "https://chat.example.com")),
        ("https://chat.example.com:8443", "", None, ("chat.example.com", 8443, "https://chat.example.com:8443")),
        ("https://chat.example.com:8443", "", 9443, ("chat.example.com", 9443, "https://chat.example.com:9443")),
        (
            "https://chat.example.com:8443",
            "own.example.com",
            None,
            ("own.example.com", None, "https://own.example.com"),
        ),
        ("https://chat.example.com", "own.example.com", 443, ("own.example.com", None, "https://own.example.com")),
        ("https://chat.example.com", "own.example.com", 444, ("own.example.com", 444, "https://own.example.com:444")),
        (
            "https://chat.example.com",
            "own.example.com:444",
            None,
            ("own.example.com:444", None, "https://own.example.com:444"),
        ),
        ("http://127.0.0.1:8000", "", None, ("127.0.0.1", 8000, "https://127.0.0.1:8000")),
        ("https://[::1]:8443", "", None, ("[::1]", 8443, "https://[::1]:8443")),
    ],
)
def test_address_and_audience(
    settings: Settings, server: str, domain: str, port: int | None, expected: tuple[str, int | None, str]
) -> None:
    settings.CHAT_SERVER_URL = server
    found = facts(builders.interface(1, domain=domain, port=port, chat_site_name="site"))
    assert (found.domain, found.port) == expected[:2]
    assert found.audience == f"{expected[2]}/engagement/api/consumer/site"


class TestQueue:
    def test_by_the_first_rule_that_holds(self, front: Interface) -> None:
        builders.rule(builders.queue(2, front), ("custom-field", "tier", "equals", "silver"), rank=1)
        third = builders.rule(builders.queue(4, front), GOLD, rank=3)
        second = builders.rule(builders.queue(3, front), GOLD, rank=2)
        assert assigned(front, custom_fields=GOLD_REQUEST) == Assignment(3, second.pk, Reason.RULE)
        assert third.rank > second.rank

    def test_by_rule_before_the_request_itself(self, front: Interface) -> None:
        rule = builders.rule(builders.queue(2, front), GOLD)
        builders.queue(3, front)
        assert assigned(front, custom_fields=GOLD_REQUEST, queue_id=3) == Assignment(2, rule.pk, Reason.RULE)

    def test_not_by_a_disabled_rule(self, front: Interface) -> None:
        builders.rule(builders.queue(2, front), GOLD, enabled=False)
        assert assigned(front, custom_fields=GOLD_REQUEST) == Assignment(10, None, Reason.DEFAULT)

    def test_not_by_a_rule_of_another_interface(self, front: Interface) -> None:
        builders.rule(builders.queue(2, builders.interface(2)), GOLD)
        assert assigned(front, custom_fields=GOLD_REQUEST) == Assignment(10, None, Reason.DEFAULT)

    def test_next_rule_where_the_queue_is_disabled(self, front: Interface) -> None:
        builders.rule(builders.queue(2, front, enabled=False), GOLD, rank=1)
        second = builders.rule(builders.queue(3, front), GOLD, rank=2)
        assert assigned(front, custom_fields=GOLD_REQUEST) == Assignment(3, second.pk, Reason.RULE)

    def test_requested_where_the_queue_of_the_only_rule_is_disabled(self, front: Interface) -> None:
        builders.rule(builders.queue(2, front, enabled=False), GOLD)
        builders.queue(3, front)
        assert assigned(front, custom_fields=GOLD_REQUEST, queue_id=3) == Assignment(3, None, Reason.REQUESTED)

    def test_default_where_the_requested_one_is_disabled(self, front: Interface) -> None:
        builders.queue(2, front, enabled=False)
        assert assigned(front, queue_id=2) == Assignment(10, None, Reason.DEFAULT)

    def test_default_where_the_requested_one_is_of_another_interface(self, front: Interface) -> None:
        builders.queue(2, builders.interface(2))
        assert assigned(front, queue_id=2) == Assignment(10, None, Reason.DEFAULT)

    @pytest.mark.parametrize("queue_id", [None, 0, -1, 999, 2**63 - 1])
    def test_default_where_nothing_fits(self, front: Interface, queue_id: int | None) -> None:
        assert assigned(front, queue_id=queue_id) == Assignment(10, None, Reason.DEFAULT)

    def test_default_in_place_of_a_manual_one_by_rule(self, front: Interface) -> None:
        rule = builders.rule(builders.queue(2, front, distribution=Queue.Distribution.MANUAL), GOLD)
        builders.queue(3, front)
        assert assigned(front, custom_fields=GOLD_REQUEST, queue_id=3) == Assignment(10, rule.pk, Reason.MANUAL)

    def test_default_in_place_of_a_manual_one_by_request(self, front: Interface) -> None:
        builders.queue(2, front, distribution=Queue.Distribution.MANUAL)
        assert assigned(front, queue_id=2) == Assignment(10, None, Reason.MANUAL)

    def test_none_without_a_default_queue(self) -> None:
        bare = Interface.objects.create(id=7, name="Bare", chat_site_name="bare", is_default=True)
        assert assigned(bare, queue_id=2) is None


class TestExplanation:
    def test_every_rule_with_every_criterion(self, front: Interface) -> None:
        queue = builders.queue(2, front)
        builders.rule(queue, GOLD, ("attribute", "stripeCode", "equals", "HRHD"), rank=1, name="first")
        builders.rule(queue, GOLD, rank=2, enabled=False, name="disabled")
        builders.rule(builders.queue(3, front, enabled=False), GOLD, rank=3, name="passed over")
        builders.rule(queue, GOLD, rank=4, name="takes it")
        builders.rule(queue, GOLD, rank=5, name="too late")
        explained = snapshot.load().explain(facts(front), request({"stripeCode": "CRM"}, custom_fields=GOLD_REQUEST))
        assert [(outcome.rule.name, outcome.held, outcome.took) for outcome in explained.rules] == [
            ("first", False, False),
            ("disabled", True, False),
            ("passed over", True, False),
            ("takes it", True, True),
            ("too late", True, False),
        ]
        assert [outcome.queue_enabled for outcome in explained.rules] == [True, True, False, True, True]
        assert [(tried.found, tried.held) for tried in explained.rules[0].criteria] == [("gold", True), ("CRM", False)]
        assert explained.assignment is not None
        assert explained.assignment.queue_id == 2

    def test_no_rule_took_it(self, front: Interface) -> None:
        builders.rule(builders.queue(2, front), GOLD)
        explained = snapshot.load().explain(facts(front), request())
        assert not any(outcome.took for outcome in explained.rules)
        assert explained.assignment == Assignment(10, None, Reason.DEFAULT)


@pytest.mark.parametrize("rules", [0, 30])
def test_loading_takes_six_queries(
    front: Interface, rules: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    queue = builders.queue(2, front)
    for rank in range(rules):
        builders.rule(queue, GOLD, rank=rank)
    with django_assert_num_queries(6):
        snapshot.load()


def test_answering_takes_no_query(front: Interface, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    routing = snapshot.load()
    with django_assert_num_queries(0):
        found = routing.interface_for(None)
        assert found is not None
        routing.explain(found, request(custom_fields=GOLD_REQUEST))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE chat_app_interface SET name = name",
        "UPDATE chat_app_queue SET name = name",
        "UPDATE chat_app_assignmentrule SET name = name",
        "DELETE FROM chat_app_criterion",
        "UPDATE chat_app_profileoption SET default_value = default_value",
        "INSERT INTO chat_app_profileoptionvalue (option_id, level, product, value)"
        " VALUES ('SVC_ENABLE_CHAT', 'site', '', 'No')",
    ],
)
def test_every_table_of_routing_raises_its_revision(front: Interface, change: str) -> None:
    before = snapshot.routing.current().revision
    with connection.cursor() as cursor:
        cursor.execute(change)
    assert snapshot.routing.current().revision > before
