"""Every change in the admin is in the audit log with who, what, before and after."""

from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.urls import reverse

from authenticate_app.accounts.entitlements import SELF_SERVICE_USER
from authenticate_app.accounts.models import User
from authenticate_app.audit.admin import EVENT_NAMES, REASON_NAMES
from authenticate_app.audit.events import Event
from authenticate_app.audit.models import AuditEvent
from authenticate_app.oauth.refusals import Reason
from chat_app.routing.models import AssignmentRule, Interface, ProfileOption, Queue, Team
from tests.admin.conftest import PASSWORD, Browser

pytestmark = pytest.mark.usefixtures("routing_data")

NO_OVERFLOWS = {"overflows-TOTAL_FORMS": "0", "overflows-INITIAL_FORMS": "0"}
NO_RESOURCES = {"resources-TOTAL_FORMS": "0", "resources-INITIAL_FORMS": "0"}


def latest(event: Event) -> AuditEvent:
    return AuditEvent.objects.filter(event=event).order_by("-pk")[0]


def queue_form(queue: Queue, **changes: Any) -> dict[str, Any]:
    fields = ("name", "description", "distribution", "stripe_code", "external_reference", "assumed_wait_seconds")
    stored = {field: getattr(queue, field) for field in fields} | {"enabled": "on"}
    return {**stored, **NO_OVERFLOWS, **NO_RESOURCES, **changes}


def save_queue(admin: Browser, queue: Queue, **changes: Any) -> Any:
    address = reverse("admin:chat_app_queue_change", args=[queue.pk])
    response = admin.post(address, queue_form(queue, **changes))
    assert response.status_code == HTTPStatus.FOUND, response.context["errors"]
    return response


def test_a_changed_field(admin: Browser, superuser: User) -> None:
    queue = Queue.objects.get(pk=2)
    save_queue(admin, queue, name="VIP")
    event = latest(Event.OBJECT_CHANGED)
    assert (event.actor_id, event.actor_name) == (superuser.pk, superuser.username)
    assert (event.object_type, event.object_id, event.address) == ("chat_app.queue", "2", "127.0.0.1")
    assert event.changes == {"name": ["Priority", "VIP"]}


def test_saving_without_a_change_is_no_event(admin: Browser) -> None:
    save_queue(admin, Queue.objects.get(pk=2))
    assert not AuditEvent.objects.filter(event=Event.OBJECT_CHANGED).exists()


def test_a_row_that_is_edited_on_the_same_page(admin: Browser) -> None:
    added = {
        "overflows-TOTAL_FORMS": "1",
        "overflows-INITIAL_FORMS": "0",
        "overflows-0-overflow_queue": "1",
        "overflows-0-priority": "3",
        "overflows-0-enabled": "on",
    }
    save_queue(admin, Queue.objects.get(pk=2), **added)
    [(name, (before, after))] = latest(Event.OBJECT_CHANGED).changes.items()
    assert name.startswith("overflow queue #")
    assert before is None
    assert after == "overflow_queue: General (1); priority: 3; enabled: True"


def test_members_of_a_team(admin: Browser, superuser: User) -> None:
    team = Team.objects.create(name="Night")
    admin.post(reverse("admin:chat_app_team_change", args=[team.pk]), {"name": "Night", "members": [str(superuser.pk)]})
    assert latest(Event.OBJECT_CHANGED).changes == {"members": [[], [superuser.username]]}


def test_an_added_row(admin: Browser) -> None:
    admin.post(reverse("admin:chat_app_team_add"), {"name": "Night"})
    event = latest(Event.OBJECT_CREATED)
    assert (event.object_type, event.object_name) == ("chat_app.team", "Night")
    assert event.changes["name"] == [None, "Night"]


def test_a_deleted_row(admin: Browser) -> None:
    team = Team.objects.create(name="Night")
    admin.post(reverse("admin:chat_app_team_delete", args=[team.pk]), {"post": "yes"})
    event = latest(Event.OBJECT_DELETED)
    assert (event.object_id, event.changes["name"]) == (str(team.pk), ["Night", None])


def test_rows_deleted_together(admin: Browser) -> None:
    teams = [Team.objects.create(name=name) for name in ("Day", "Night")]
    chosen = {"action": "delete_selected", "_selected_action": [str(team.pk) for team in teams], "post": "yes"}
    admin.post(reverse("admin:chat_app_team_changelist"), chosen)
    deleted = AuditEvent.objects.filter(event=Event.OBJECT_DELETED).values_list("object_name", flat=True)
    assert sorted(deleted) == ["Day", "Night"]
    assert not Team.objects.exists()


def test_what_fails_leaves_no_event(admin: Browser) -> None:
    queue = Queue.objects.get(pk=2)
    address = reverse("admin:chat_app_queue_change", args=[queue.pk])
    assert admin.post(address, queue_form(queue, name="")).status_code == HTTPStatus.OK
    assert not AuditEvent.objects.filter(event=Event.OBJECT_CHANGED).exists()


def test_an_action_of_our_own(admin: Browser) -> None:
    admin.post(reverse("admin:chat_app_queue_make_default", args=[2]))
    changes = {event.object_id: event.changes for event in AuditEvent.objects.filter(event=Event.OBJECT_CHANGED)}
    assert changes == {"1": {"is_default": [True, False]}, "2": {"is_default": [False, True]}}


def test_roles_given_to_a_user(admin: Browser) -> None:
    user = User.objects.create_user("jane@example.com", PASSWORD)
    role = Group.objects.get(name=SELF_SERVICE_USER)
    admin.post(
        reverse("admin:authenticate_app_user_change", args=[user.pk]),
        {"username": "jane@example.com", "is_active": "on", "groups": [str(role.pk)]},
    )
    assert latest(Event.OBJECT_CHANGED).changes == {"groups": [[], [SELF_SERVICE_USER]]}


def test_a_password_is_a_fact_and_no_value(admin: Browser) -> None:
    user = User.objects.create_user("jane@example.com", PASSWORD)
    new = {"password1": "another fine password", "password2": "another fine password", "usable_password": "true"}
    response = admin.post(reverse("admin:auth_user_password_change", args=[user.pk]), new)
    assert response.status_code == HTTPStatus.FOUND
    user.refresh_from_db()
    assert user.check_password("another fine password")
    event = latest(Event.PASSWORD_SET)
    assert (event.object_id, event.changes) == (str(user.pk), {})


def test_ones_own_password(admin: Browser, superuser: User) -> None:
    new = {"old_password": PASSWORD, "new_password1": "another fine password", "new_password2": "another fine password"}
    assert admin.post(reverse("password-change"), new).status_code == HTTPStatus.FOUND
    event = latest(Event.PASSWORD_SET)
    assert (event.actor_id, event.object_id, event.changes) == (superuser.pk, str(superuser.pk), {})


def test_a_new_user_is_audited_without_the_password(admin: Browser) -> None:
    form = {
        "username": "jane@example.com",
        "usable_password": "true",
        "password1": "another fine password",
        "password2": "another fine password",
    }
    response = admin.post(reverse("admin:authenticate_app_user_add"), form)
    assert response.status_code == HTTPStatus.FOUND, response.context["errors"]
    event = latest(Event.OBJECT_CREATED)
    assert event.changes["username"] == [None, "jane@example.com"]
    assert event.changes["password"] == [None, "••••••"]
    assert "argon2" not in str(event.changes)


def test_a_profile_option_value(admin: Browser) -> None:
    option = ProfileOption.objects.get(pk="SVC_ENABLE_CHAT")
    form = {
        "default_value": "Yes",
        "values-TOTAL_FORMS": "1",
        "values-INITIAL_FORMS": "0",
        "values-0-level": "site",
        "values-0-value": "No",
    }
    response = admin.post(reverse("admin:chat_app_profileoption_change", args=[option.pk]), form)
    assert response.status_code == HTTPStatus.FOUND, response.context["errors"]
    assert [pair[1] for pair in latest(Event.OBJECT_CHANGED).changes.values()] == ["level: site; value: No"]


def test_an_added_interface_with_its_queue(admin: Browser) -> None:
    form = {
        "id": "7",
        "name": "Partners",
        "enabled": "on",
        "chat_site_name": "partners",
        "pool_id": "1:1",
        "default_queue_id": "70",
        "default_queue_name": "Partners",
    }
    response = admin.post(reverse("admin:chat_app_interface_add"), form)
    assert response.status_code == HTTPStatus.FOUND, response.context["errors"]
    assert Interface.objects.get(pk=7).queues.get().is_default
    assert latest(Event.OBJECT_CREATED).object_id == "7"


def test_the_history_of_an_object_is_the_audit_log(admin: Browser) -> None:
    save_queue(admin, Queue.objects.get(pk=2), name="VIP")
    save_queue(admin, Queue.objects.get(pk=1), name="Everything")
    admin.get("/admin/")  # shows what was said of the two changes
    response = admin.get(reverse("admin:chat_app_queue_history", args=[2]), follow=True)
    page = response.content.decode()
    assert "VIP" in page
    assert "Everything (1)" not in page


def test_an_event_shows_before_and_after(admin: Browser) -> None:
    save_queue(admin, Queue.objects.get(pk=2), name="<b>VIP</b>")
    event = latest(Event.OBJECT_CHANGED)
    page = admin.get(reverse("admin:authenticate_app_auditevent_change", args=[event.pk])).content.decode()
    assert "&lt;b&gt;VIP&lt;/b&gt;" in page
    assert "Priority" in page


def test_django_writes_no_second_log(admin: Browser) -> None:
    save_queue(admin, Queue.objects.get(pk=2), name="VIP")
    assert not LogEntry.objects.exists()


def test_every_event_has_a_name_for_people() -> None:
    assert set(EVENT_NAMES) == set(Event)


def test_every_reason_of_a_refused_token_request_has_a_name() -> None:
    assert set(Reason) <= set(REASON_NAMES)


def test_a_rule_with_a_criterion(admin: Browser) -> None:
    form = {
        "name": "Spanish",
        "interface": "1",
        "queue": "2",
        "enabled": "on",
        "criteria-TOTAL_FORMS": "1",
        "criteria-INITIAL_FORMS": "0",
        "criteria-0-subject": "custom-field",
        "criteria-0-name": "language",
        "criteria-0-operator": "equals",
        "criteria-0-value": "es",
    }
    response = admin.post(reverse("admin:chat_app_assignmentrule_add"), form)
    assert response.status_code == HTTPStatus.FOUND, response.context["errors"]
    rule = AssignmentRule.objects.get(name="Spanish")
    assert rule.rank == max(AssignmentRule.objects.values_list("rank", flat=True))
    assert "language" in str(latest(Event.OBJECT_CREATED).changes)
