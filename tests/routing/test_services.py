"""What changes routing, and what is refused with a sentence."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from authenticate_app.accounts.models import User
from chat_app.models import ChatSession
from chat_app.routing import services
from chat_app.routing.models import AssignmentRule, Criterion, Interface, Queue, QueueOverflow
from tests.routing import builders

pytestmark = pytest.mark.django_db


def messages(act: Callable[[], object]) -> str:
    with pytest.raises(ValidationError) as refusal:
        act()
    return " ".join(refusal.value.messages)


def refused_fields(row: Any) -> set[str]:
    with pytest.raises(ValidationError) as refusal:
        row.full_clean()
    return set(refusal.value.message_dict)


def session(interface: Interface, queue: Queue | None = None) -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    ChatSession.objects.create(
        caller=User.objects.create_user("caller"),
        auth_user_name="jane",
        interface=interface,
        queue=queue,
        request={},
        client_address="127.0.0.1",
        created_at=now,
        token_expires_at=now,
    )


@transaction.atomic
def run(statement: str) -> None:
    """Run a statement as a transaction of its own would."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
    connection.check_constraints()


@pytest.fixture
def front() -> Interface:
    return builders.interface(1)


class TestCreateInterface:
    def test_the_first_one_is_the_default(self) -> None:
        assert builders.interface(1).is_default
        assert not builders.interface(2).is_default

    def test_comes_with_a_default_queue(self, front: Interface) -> None:
        queue = front.queues.get()
        assert (queue.pk, queue.is_default, queue.enabled, queue.distribution) == (10, True, True, "automatic")

    def test_the_queue_gets_the_next_free_id(self, front: Interface) -> None:
        services.create_interface(interface=Interface(id=2, name="Two", chat_site_name="two"))
        assert Interface.objects.get(pk=2).queues.get().pk == 11

    def test_nothing_is_stored_where_the_queue_is_at_fault(self) -> None:
        row = Interface(id=1, name="One", chat_site_name="one")
        assert messages(lambda: services.create_interface(interface=row, default_queue=Queue(id=10, name="")))
        assert not Interface.objects.exists()

    def test_an_id_in_use_is_refused(self, front: Interface) -> None:
        row = Interface(id=1, name="Again", chat_site_name="again")
        assert "already exists" in messages(lambda: services.create_interface(interface=row))


class TestDefaultInterface:
    def test_moves(self, front: Interface) -> None:
        other = builders.interface(2)
        services.make_default_interface(interface=other)
        assert Interface.objects.get(is_default=True) == other

    def test_stays_where_it_is(self, front: Interface) -> None:
        services.make_default_interface(interface=front)
        assert Interface.objects.get(is_default=True) == front

    def test_not_to_a_disabled_one(self, front: Interface) -> None:
        other = builders.interface(2, enabled=False)
        assert "Enable it first" in messages(lambda: services.make_default_interface(interface=other))
        assert Interface.objects.get(is_default=True) == front

    def test_the_mark_cannot_just_be_taken_away(self, front: Interface) -> None:
        front.is_default = False
        assert refused_fields(front) == {"is_default"}

    def test_there_are_never_two(self, front: Interface) -> None:
        other = builders.interface(2)
        other.is_default = True
        assert "default already" in messages(other.full_clean)
        with pytest.raises(IntegrityError):
            other.save()


class TestInterface:
    def test_port_named_twice(self, front: Interface) -> None:
        front.domain, front.port = "chat.example.com:444", 444
        assert refused_fields(front) == {"port"}

    @pytest.mark.parametrize("domain", ["https://chat.example.com", "chat.example.com/", "a b", "-x"])
    def test_domain_that_is_not_a_host(self, front: Interface, domain: str) -> None:
        front.domain = domain
        assert refused_fields(front) == {"domain"}

    def test_no_business_unit_is_stored_as_none(self, front: Interface) -> None:
        front.business_unit_org_id = ""
        front.full_clean()
        assert front.business_unit_org_id is None


class TestDefaultQueue:
    def test_moves(self, front: Interface) -> None:
        services.make_default_queue(queue=builders.queue(2, front))
        assert Queue.objects.get(is_default=True).pk == 2

    @pytest.mark.parametrize("unfit", [{"enabled": False}, {"distribution": "manual"}])
    def test_not_to_an_unfit_one(self, front: Interface, unfit: dict[str, Any]) -> None:
        queue = builders.queue(2, front, **unfit)
        assert "must be enabled" in messages(lambda: services.make_default_queue(queue=queue))
        assert Queue.objects.get(is_default=True).pk == 10

    @pytest.mark.parametrize("change", [{"enabled": False}, {"distribution": "manual"}])
    def test_cannot_become_unfit(self, front: Interface, change: dict[str, Any]) -> None:
        queue = front.queues.get()
        for name, value in change.items():
            setattr(queue, name, value)
        assert "must be enabled" in messages(queue.full_clean)
        with pytest.raises(IntegrityError):
            queue.save()

    def test_the_mark_cannot_just_be_taken_away(self, front: Interface) -> None:
        queue = front.queues.get()
        queue.is_default = False
        assert refused_fields(queue) == {"is_default"}

    def test_there_are_never_two(self, front: Interface) -> None:
        queue = builders.queue(2, front)
        queue.is_default = True
        assert "default queue already" in messages(queue.full_clean)

    @pytest.mark.parametrize(
        "statement",
        [
            "DELETE FROM chat_app_queue WHERE id = 10",
            "UPDATE chat_app_queue SET is_default = false WHERE id = 10",
            "UPDATE chat_app_queue SET interface_id = 2, name = 'moved', is_default = false WHERE id = 10",
        ],
    )
    def test_the_database_itself_keeps_it(self, front: Interface, statement: str) -> None:
        builders.interface(2)
        with pytest.raises(IntegrityError, match="without a default queue"):
            run(statement)


class TestQueue:
    def test_stays_with_its_interface(self, front: Interface) -> None:
        queue = builders.queue(2, front)
        queue.interface = builders.interface(2)
        assert refused_fields(queue) == {"interface"}

    def test_does_not_overflow_into_another_interface(self, front: Interface) -> None:
        other = builders.interface(2).queues.get()
        assert refused_fields(QueueOverflow(queue=front.queues.get(), overflow_queue=other)) == {"overflow_queue"}

    def test_overflows_into_its_own_interface(self, front: Interface) -> None:
        QueueOverflow(queue=front.queues.get(), overflow_queue=builders.queue(2, front)).full_clean()

    def test_does_not_overflow_into_itself(self, front: Interface) -> None:
        queue = front.queues.get()
        assert "into itself" in messages(QueueOverflow(queue=queue, overflow_queue=queue).full_clean)


class TestDeletion:
    def test_of_a_queue_that_nothing_depends_on(self, front: Interface) -> None:
        services.delete_queue(queue=builders.queue(2, front))
        assert list(Queue.objects.values_list("pk", flat=True)) == [10]

    def test_not_of_the_default_queue(self, front: Interface) -> None:
        assert "default queue" in messages(lambda: services.delete_queue(queue=front.queues.get()))

    def test_not_of_a_queue_with_rules(self, front: Interface) -> None:
        queue = builders.queue(2, front)
        builders.rule(queue, name="Gold customers")
        assert "Gold customers" in messages(lambda: services.delete_queue(queue=queue))

    def test_not_of_a_queue_with_sessions(self, front: Interface) -> None:
        queue = builders.queue(2, front)
        session(front, queue)
        assert "Chat sessions" in messages(lambda: services.delete_queue(queue=queue))

    def test_of_an_interface_with_its_default_queue_and_rules(self, front: Interface) -> None:
        other = builders.interface(2)
        builders.rule(other.queues.get())
        services.delete_interface(interface=other)
        connection.check_constraints()
        assert list(Interface.objects.all()) == [front]
        assert list(Queue.objects.all()) == list(front.queues.all())
        assert not AssignmentRule.objects.exists()

    def test_not_of_the_default_interface(self, front: Interface) -> None:
        assert "default interface" in messages(lambda: services.delete_interface(interface=front))

    def test_not_of_an_interface_with_more_queues(self, front: Interface) -> None:
        other = builders.interface(2)
        builders.queue(5, other, name="Complaints")
        assert "Complaints" in messages(lambda: services.delete_interface(interface=other))

    def test_not_of_an_interface_with_sessions(self, front: Interface) -> None:
        other = builders.interface(2)
        session(other)
        assert "Chat sessions" in messages(lambda: services.delete_interface(interface=other))

    def test_all_reasons_are_given_at_once(self, front: Interface) -> None:
        session(front)
        found = messages(lambda: services.delete_interface(interface=front))
        assert "default interface" in found
        assert "Chat sessions" in found


class TestOrderOfRules:
    @pytest.fixture
    def rules(self, front: Interface) -> list[AssignmentRule]:
        return [builders.rule(front.queues.get(), rank=10 * n, name=f"Rule {n}") for n in range(1, 5)]

    def names(self) -> list[str]:
        return [rule.name[-1] for rule in AssignmentRule.objects.order_by("rank", "pk")]

    def test_as_given(self, front: Interface, rules: list[AssignmentRule]) -> None:
        services.reorder(interface=front, rule_ids=[rule.pk for rule in reversed(rules)])
        assert self.names() == ["4", "3", "2", "1"]

    @pytest.mark.parametrize("fault", ["missing", "doubled", "foreign"])
    def test_anything_but_each_rule_once_is_refused(
        self, front: Interface, rules: list[AssignmentRule], fault: str
    ) -> None:
        ids = [rule.pk for rule in rules]
        foreign = builders.rule(builders.interface(2).queues.get())
        asked = {"missing": ids[1:], "doubled": [*ids, ids[0]], "foreign": [*ids, foreign.pk]}[fault]
        assert "have changed" in messages(lambda: services.reorder(interface=front, rule_ids=asked))
        assert self.names()[:4] != ["4", "3", "2", "1"]

    def test_a_new_one_comes_last(self, front: Interface, rules: list[AssignmentRule]) -> None:
        assert services.next_rank(interface=front) == 50
        assert services.next_rank(interface=builders.interface(2)) == services.RANK_STEP


class TestRule:
    def test_queue_of_another_interface(self, front: Interface) -> None:
        foreign = builders.interface(2).queues.get()
        assert refused_fields(AssignmentRule(interface=front, queue=foreign, name="Astray")) == {"queue"}

    def test_queue_of_its_own_interface(self, front: Interface) -> None:
        AssignmentRule(interface=front, queue=front.queues.get(), name="Well").full_clean()


class TestCriterion:
    def criterion(self, subject: str, name: str, operator: str, value: str) -> Criterion:
        return Criterion(subject=subject, name=name, operator=operator, value=value)

    def refusal(self, *row: str) -> str:
        return messages(self.criterion(*row).clean)

    def test_an_attribute_that_does_not_exist(self) -> None:
        assert "Did you mean “stripeCode”?" in self.refusal("attribute", "stripecode", "equals", "CRM")

    def test_an_attribute_that_resembles_none(self) -> None:
        assert self.refusal("attribute", "zzz", "equals", "CRM") == "There is no attribute “zzz”."

    @pytest.mark.parametrize("subject", ["attribute", "custom-field"])
    def test_no_name(self, subject: str) -> None:
        assert "Write the name" in self.refusal(subject, "", "equals", "CRM")

    @pytest.mark.parametrize("operator", ["equals", "one-of", "contains", "starts-with"])
    def test_no_value(self, operator: str) -> None:
        assert "is empty" in self.refusal("custom-field", "tier", operator, " \n ")

    @pytest.mark.parametrize("operator", ["at-least", "at-most"])
    @pytest.mark.parametrize("value", ["", "many", "1e3", "NaN"])
    def test_no_number(self, operator: str, value: str) -> None:
        assert "number" in self.refusal("custom-field", "age", operator, value)

    def test_what_it_does_not_need_is_dropped(self) -> None:
        row = self.criterion("caller-organization", "left over", "is-empty", "left over")
        row.clean()
        assert (row.name, row.value) == ("", "")

    def test_not_equals_without_a_value_means_there_is_one(self) -> None:
        row = self.criterion("custom-field", "tier", "not-equals", "")
        row.clean()
        assert (row.name, row.value) == ("tier", "")
