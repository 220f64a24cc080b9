"""The demonstration's routing works, and loading it again leaves alone what somebody changed."""

import pytest

from chat_app.routing import demonstration, snapshot
from chat_app.routing.evaluation import RoutingRequest
from chat_app.routing.models import AssignmentRule, Criterion, Interface, Queue
from tests.routing import builders

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def loaded() -> None:
    demonstration.load({})


def test_everything_in_it_is_valid() -> None:
    for model in (Interface, Queue, AssignmentRule, Criterion):
        rows = list(model._default_manager.all())
        assert rows
        for row in rows:
            row.full_clean()


@pytest.mark.parametrize(
    ("asked", "queue_id"),
    [
        (builders.request(), 1),
        (builders.request(queue_id=2), 2),
        (builders.request(custom_fields={"tier": "platinum"}), 2),
        (builders.request({"question": "Where is my refund?"}), 2),
        (builders.request({"incidentSeverityCode": "ORA_SVC_SEV_1"}), 2),
    ],
)
def test_requests_find_their_queue(asked: RoutingRequest, queue_id: int) -> None:
    routing = snapshot.load()
    interface = routing.interface_for(None)
    assert interface is not None
    assignment = routing.assign_queue(interface, asked)
    assert (interface.id, assignment and assignment.queue_id) == (1, queue_id)


def test_loading_again_changes_nothing() -> None:
    Queue.objects.filter(pk=2).update(name="Renamed")
    AssignmentRule.objects.first().delete()  # type: ignore[union-attr]
    demonstration.load({})
    assert Queue.objects.get(pk=2).name == "Renamed"
    assert AssignmentRule.objects.count() == len(demonstration.RULES) - 1
