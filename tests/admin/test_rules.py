"""The page of assignment rules: their order, and a request that is tried."""

import json
from http import HTTPStatus
from typing import Any

import pytest
from django.urls import reverse

from authenticate_app.accounts.models import User
from authenticate_app.audit.events import Event
from authenticate_app.audit.models import AuditEvent
from chat_app.routing.models import AssignmentRule, Criterion, Interface, ProfileOptionValue, Queue
from tests.admin.conftest import Browser, SignedIn

PAGE = "/admin/chat_app/assignmentrule/"
ORDER = reverse("admin:chat_app_assignmentrule_order", args=[1])

pytestmark = pytest.mark.usefixtures("routing_data")


def names_in_order() -> list[str]:
    return list(AssignmentRule.objects.filter(interface=1).order_by("rank").values_list("name", flat=True))


def ids_in_order() -> list[int]:
    return list(AssignmentRule.objects.filter(interface=1).order_by("rank").values_list("pk", flat=True))


def tried(admin: Browser, organization: str = "", **attributes: Any) -> Any:
    form = {"request": json.dumps(attributes), "caller_organization": organization}
    response = admin.post(PAGE, form)
    assert response.status_code == HTTPStatus.OK
    return response


def test_the_order_that_was_dragged_is_stored(admin: Browser) -> None:
    wanted = list(reversed(ids_in_order()))
    admin.post(ORDER, {"order": ",".join(map(str, wanted))})
    assert ids_in_order() == wanted


@pytest.mark.parametrize(("move", "expected"), [("down", [1, 0, 2]), ("up", [0, 1, 2])])
def test_the_first_rule_moves_by_its_buttons(admin: Browser, move: str, expected: list[int]) -> None:
    before = ids_in_order()
    admin.post(ORDER, {"order": "", "move": f"{move}-{before[0]}"})
    assert ids_in_order() == [before[place] for place in expected]


def test_the_new_order_is_audited(admin: Browser) -> None:
    before = names_in_order()
    admin.post(ORDER, {"move": f"up-{ids_in_order()[1]}"})
    event = AuditEvent.objects.get(event=Event.OBJECT_CHANGED)
    assert event.changes == {"order of rules": [before, [before[1], before[0], before[2]]]}


@pytest.mark.parametrize(
    "form", [{"order": "1"}, {"order": "abc"}, {"order": ""}, {"move": "up-999999"}, {"move": "up"}]
)
def test_an_order_of_other_rules_is_refused(admin: Browser, form: dict[str, str]) -> None:
    before = ids_in_order()
    page = admin.post(ORDER, form, follow=True).content.decode()
    assert ids_in_order() == before
    assert "have changed meanwhile" in page


def test_only_who_may_change_rules_changes_their_order(signed_in: SignedIn) -> None:
    before = ids_in_order()
    response = signed_in("CHATAUTH_SUPERVISOR").post(ORDER, {"move": f"down-{before[0]}"})
    assert response.status_code == HTTPStatus.FORBIDDEN
    assert ids_in_order() == before


def test_looking_at_the_address_of_the_order_changes_nothing(admin: Browser) -> None:
    assert admin.get(ORDER).status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_a_rule_takes_the_request(admin: Browser) -> None:
    response = tried(admin, customFields={"tier": "gold"})
    outcomes = [entry["outcome"] for entry in response.context["rules"]]
    assert [outcome.took for outcome in outcomes] == [True, False, False]
    assert [outcome.criteria[0].found for outcome in outcomes] == ["gold", "", ""]
    page = response.content.decode()
    assert "Queue “Priority” (queueId 2)" in page
    assert "takes the request" in page


def test_custom_fields_may_be_a_string_as_on_the_wire(admin: Browser) -> None:
    response = tried(admin, customFields='{"tier": "gold"}')
    assert response.context["assigned_queue"].pk == 2


def test_the_request_asks_for_a_queue(admin: Browser) -> None:
    assert "it asks for this queue" in tried(admin, queueId="2").content.decode()


def test_nothing_takes_the_request(admin: Browser) -> None:
    response = tried(admin, authUserName="john.smith@vision.com")
    assert response.context["assigned_queue"].pk == 1
    assert "so the default queue does" in response.content.decode()


def test_the_organization_of_the_caller_counts(admin: Browser) -> None:
    rule = AssignmentRule.objects.create(interface_id=1, rank=1, name="Vision", queue_id=2)
    Criterion.objects.create(rule=rule, subject="caller-organization", operator="equals", value="4711")
    assert tried(admin, organization=" 4711 ").context["assigned_queue"].pk == 2
    assert tried(admin, organization="4712").context["assigned_queue"].pk == 1


def test_a_caller_who_speaks_for_nobody_else_does_not_jump_the_queue(admin: Browser) -> None:
    rule = AssignmentRule.objects.create(interface_id=1, rank=1, name="Urgent", queue_id=2)
    Criterion.objects.create(rule=rule, subject="attribute", name="chatPriority", operator="at-most", value="1")
    form = {"request": '{"chatPriority": 1}'}
    assert admin.post(PAGE, {**form, "speaks_for_others": "on"}).context["assigned_queue"].pk == 2
    assert admin.post(PAGE, form).context["assigned_queue"].pk == 1


def test_the_interface_of_the_business_unit_takes_the_request(admin: Browser) -> None:
    other = Interface.objects.create(id=9, name="Partners", chat_site_name="partners", business_unit_org_id="BU9")
    Queue.objects.create(id=90, interface=other, name="Partners", is_default=True)
    response = tried(admin, businessUnitOrgId="BU9")
    assert response.context["interface"] == other
    assert response.context["assigned_queue"].pk == 90


def test_no_interface_takes_the_request(admin: Browser) -> None:
    Interface.objects.filter(pk=1).update(enabled=False)
    assert "No enabled interface takes this request" in tried(admin).content.decode()


def test_chat_is_turned_off_for_the_end_user(admin: Browser, superuser: User) -> None:
    ProfileOptionValue.objects.create(option_id="SVC_ENABLE_CHAT", level="user", user=superuser, value="No")
    page = tried(admin, authUserName=superuser.username).content.decode()
    assert "Refused: chat is turned off" in page
    assert "set for the user" in page


def test_the_queue_is_assigned_later(admin: Browser) -> None:
    ProfileOptionValue.objects.create(
        option_id="SVC_CHAT_WAIT_TIME_ENABLED", level="product", product="HR", value="Yes"
    )
    assert "when the customer joins the chat" in tried(admin, stripeCode="HR").content.decode()
    assert "at once" in tried(admin, stripeCode="CRM").content.decode()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", "not valid JSON"),
        ("[]", "Write a JSON object"),
        ('{"customFields": "{"}', "customFields is not valid JSON"),
        ('{"customFields": "[]"}', "Write a JSON object"),
        ('{"customFields": [1]}', "customFields must be a JSON object"),
        ("[" * 100_000, "Ensure this value has at most"),
        ("[" * 60_000, "not valid JSON"),
        ("", "required"),
    ],
)
def test_what_is_no_request_is_refused_with_a_sentence(admin: Browser, text: str, fault: str) -> None:
    response = admin.post(PAGE, {"request": text})
    assert response.status_code == HTTPStatus.OK
    assert fault in str(response.context["form"].errors)


@pytest.mark.parametrize(
    "odd", [{"queueId": 10**30}, {"queueId": "²"}, {"productId": {"a": 1}}, {"authUserName": None}]
)
def test_odd_values_do_no_harm(admin: Browser, odd: dict[str, Any]) -> None:
    assert tried(admin, **odd).context["assigned_queue"].pk == 1


@pytest.mark.parametrize("address", ["?interface=1", "?interface=999", "?interface=abc", "?interface=²"])
def test_any_interface_may_be_asked_for(admin: Browser, address: str) -> None:
    response = admin.get(PAGE + address)
    assert response.context["interface"].pk == 1


def test_without_an_interface_the_page_says_what_to_do(admin: Browser) -> None:
    AssignmentRule.objects.all().delete()
    Queue.objects.filter(is_default=False).delete()
    Interface.objects.all().update(is_default=False)
    page = admin.get(PAGE + "?interface=5").content.decode()
    assert "There is no rule yet" in page


def test_a_rule_keeps_to_the_queues_of_its_interface(admin: Browser) -> None:
    other = Interface.objects.create(id=9, name="Partners", chat_site_name="partners")
    Queue.objects.create(id=90, interface=other, name="Partners", is_default=True)
    form = {
        "name": "Astray",
        "interface": "1",
        "queue": "90",
        "enabled": "on",
        "criteria-TOTAL_FORMS": "0",
        "criteria-INITIAL_FORMS": "0",
    }
    response = admin.post(reverse("admin:chat_app_assignmentrule_add"), form)
    assert "another interface" in str(response.context["errors"])


def test_a_misspelt_attribute_is_refused_and_the_right_one_guessed(admin: Browser) -> None:
    rule = AssignmentRule.objects.first()
    assert rule is not None
    form = {
        "name": rule.name,
        "queue": str(rule.queue_id),
        "criteria-TOTAL_FORMS": "1",
        "criteria-INITIAL_FORMS": "0",
        "criteria-0-subject": "attribute",
        "criteria-0-name": "productID",
        "criteria-0-operator": "equals",
        "criteria-0-value": "1",
    }
    response = admin.post(reverse("admin:chat_app_assignmentrule_change", args=[rule.pk]), form)
    assert "productId" in str(response.context["errors"])
