"""Roles: the built-in ones are for superusers, any other for whoever holds all that it carries."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from authenticate_app.accounts.entitlements import (
    ADMINISTRATOR_ROLE,
    BUILT_IN_ROLES,
    ON_BEHALF_ROLE,
    REQUEST_FOR_CHAT,
    REQUEST_FOR_CHAT_ON_BEHALF,
    SELF_SERVICE_USER,
)
from authenticate_app.accounts.models import User
from authenticate_app.audit.events import Event
from authenticate_app.audit.models import AuditEvent
from tests.admin.conftest import Browser, SignedIn

LIST = reverse("admin:authenticate_app_role_changelist")
ADD = reverse("admin:authenticate_app_role_add")
HELD, OTHER_HELD = "view_queue", "view_team"
"""What administrators hold."""
LACKED = REQUEST_FOR_CHAT_ON_BEHALF
"""What they do not."""

every_built_in_role = pytest.mark.parametrize("name", sorted(BUILT_IN_ROLES))


def role_of(name: str, *codenames: str) -> Group:
    role = Group.objects.create(name=name)
    role.permissions.set(Permission.objects.filter(codename__in=codenames))
    return role


def carried(role: Group) -> set[str]:
    return set(role.permissions.values_list("codename", flat=True))


def page_of(role: Group, deed: str = "change") -> str:
    return reverse(f"admin:authenticate_app_role_{deed}", args=[role.pk])


def form(name: str, codenames: Iterable[str]) -> dict[str, Any]:
    chosen = Permission.objects.filter(codename__in=list(codenames)).values_list("pk", flat=True)
    return {"name": name, "permissions": [str(pk) for pk in chosen]}


def delete_together(browser: Browser, *roles: Group) -> Any:
    chosen = [str(role.pk) for role in roles]
    return browser.post(LIST, {"action": "delete_selected", "_selected_action": chosen, "post": "yes"})


@pytest.fixture
def administrator(signed_in: SignedIn) -> Browser:
    return signed_in(ADMINISTRATOR_ROLE)


def test_the_built_in_roles_are_those_that_migrations_make(db: None) -> None:
    assert set(Group.objects.values_list("name", flat=True)) == BUILT_IN_ROLES


@every_built_in_role
def test_a_built_in_role_is_not_emptied_by_an_administrator(signed_in: SignedIn, name: str) -> None:
    role = Group.objects.get(name=name)
    before = carried(role)
    holder = signed_in(*BUILT_IN_ROLES)
    response = holder.post(page_of(role), form(name, []))
    assert response.status_code == HTTPStatus.FORBIDDEN
    assert "built in" in response.content.decode()
    assert carried(role) == before
    assert not AuditEvent.objects.filter(event=Event.OBJECT_CHANGED).exists()


@every_built_in_role
def test_a_superuser_changes_a_built_in_role_and_that_is_audited(admin: Browser, name: str) -> None:
    role = Group.objects.get(name=name)
    assert admin.post(page_of(role), form(name, [HELD])).status_code == HTTPStatus.FOUND
    assert carried(role) == {HELD}
    assert "permissions" in AuditEvent.objects.get(event=Event.OBJECT_CHANGED).changes


@every_built_in_role
def test_nobody_renames_or_deletes_a_built_in_role(admin: Browser, name: str) -> None:
    role = Group.objects.get(name=name)
    admin.post(page_of(role), form("RENAMED", carried(role)))
    answer = admin.post(page_of(role, "delete"), {"post": "yes"})
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert "nobody renames or deletes it" in answer.content.decode()
    delete_together(admin, role)
    assert Group.objects.filter(pk=role.pk, name=name).exists()


def test_the_page_of_a_built_in_role_says_why_it_only_shows(administrator: Browser, admin: Browser) -> None:
    role = Group.objects.get(name=SELF_SERVICE_USER)
    page = administrator.get(page_of(role)).content.decode()
    assert "only superusers change it" in page
    assert 'name="_save"' not in page
    page = admin.get(page_of(role)).content.decode()
    assert "nobody renames or deletes it" in page
    assert 'name="_save"' in page


def test_who_holds_all_of_a_role_changes_and_deletes_it(administrator: Browser) -> None:
    role = role_of("PARTNER", HELD)
    assert "what you do not hold" not in administrator.get(page_of(role)).content.decode()
    assert administrator.post(page_of(role), form("PARTNERS", [OTHER_HELD])).status_code == HTTPStatus.FOUND
    role.refresh_from_db()
    assert (role.name, carried(role)) == ("PARTNERS", {OTHER_HELD})
    assert administrator.post(page_of(role, "delete"), {"post": "yes"}).status_code == HTTPStatus.FOUND
    assert not Group.objects.filter(pk=role.pk).exists()
    assert AuditEvent.objects.filter(event=Event.OBJECT_DELETED, object_name="PARTNERS").exists()


@pytest.mark.parametrize("kept", [[], [LACKED], [HELD, LACKED]])
def test_a_role_that_carries_more_than_one_holds_stays_as_it_is(administrator: Browser, kept: list[str]) -> None:
    role = role_of("PARTNER", HELD, LACKED)
    response = administrator.post(page_of(role), form("RENAMED", kept))
    assert response.status_code == HTTPStatus.FORBIDDEN
    assert LACKED in response.content.decode()
    role.refresh_from_db()
    assert (role.name, carried(role)) == ("PARTNER", {HELD, LACKED})


def test_its_page_names_what_one_does_not_hold(administrator: Browser) -> None:
    page = administrator.get(page_of(role_of("PARTNER", HELD, LACKED))).content.decode()
    assert "what you do not hold" in page
    assert LACKED in page
    assert 'name="_save"' not in page


def test_a_role_that_carries_more_than_one_holds_is_not_deleted(administrator: Browser) -> None:
    role = role_of("PARTNER", LACKED)
    for answer in (administrator.get(page_of(role, "delete")), administrator.post(page_of(role, "delete"))):
        assert answer.status_code == HTTPStatus.FORBIDDEN
        assert "what you do not hold" in answer.content.decode()
    assert Group.objects.filter(pk=role.pk).exists()


def test_of_roles_deleted_together_one_that_must_stay_keeps_all(administrator: Browser) -> None:
    own, other = role_of("OWN", HELD), role_of("OTHER", LACKED)
    built_in = Group.objects.get(name=SELF_SERVICE_USER)
    page = delete_together(administrator, own, other, built_in).content.decode()
    assert "OTHER: This role carries what you do not hold" in page
    assert f"{SELF_SERVICE_USER}: This role is built in" in page
    assert Group.objects.filter(pk__in=[own.pk, other.pk, built_in.pk]).count() == 3
    assert not AuditEvent.objects.filter(event=Event.OBJECT_DELETED).exists()


def test_roles_that_one_holds_all_of_are_deleted_together(administrator: Browser) -> None:
    roles = [role_of("ONE", HELD), role_of("TWO")]
    delete_together(administrator, *roles)
    assert not Group.objects.filter(pk__in=[role.pk for role in roles]).exists()
    assert AuditEvent.objects.filter(event=Event.OBJECT_DELETED).count() == 2


def test_deleting_together_takes_the_permission_to_delete(signed_in: SignedIn) -> None:
    role = role_of("VIEWERS", "view_role", "change_role")
    delete_together(signed_in("VIEWERS"), role)
    assert Group.objects.filter(pk=role.pk).exists()


def test_an_entitlement_that_one_lacks_goes_into_no_role(administrator: Browser) -> None:
    role = role_of("PARTNER", HELD)
    response = administrator.post(page_of(role), form("PARTNER", [HELD, LACKED]))
    assert "You do not hold" in str(response.context["errors"])
    assert carried(role) == {HELD}
    assert "You do not hold" in str(administrator.post(ADD, form("NEW", [LACKED])).context["errors"])
    assert not Group.objects.filter(name="NEW").exists()


def test_saving_as_a_new_role_is_no_way_around(administrator: Browser) -> None:
    role = role_of("PARTNER", HELD, LACKED)
    administrator.post(page_of(role), {**form("COPY", [HELD, LACKED]), "_saveasnew": "1"})
    assert carried(role) == {HELD, LACKED}
    assert not Group.objects.filter(name="COPY").exists()


def test_a_name_that_is_taken_is_refused_with_a_sentence(administrator: Browser) -> None:
    role = role_of("PARTNER", HELD)
    response = administrator.post(page_of(role), form(SELF_SERVICE_USER, [HELD]))
    assert response.status_code == HTTPStatus.OK
    assert response.context["errors"]
    role.refresh_from_db()
    assert role.name == "PARTNER"


def test_a_role_that_is_gone_is_said_to_be(administrator: Browser) -> None:
    role = role_of("GONE")
    pages = [page_of(role), page_of(role, "delete")]
    role.delete()
    for page in pages:
        assert "doesn’t exist" in administrator.post(page, form("GONE", []), follow=True).content.decode()


@pytest.mark.parametrize("role_id", ["abc", "9" * 400])
@pytest.mark.parametrize("deed", ["change", "delete"])
def test_an_id_that_is_none_leads_back(administrator: Browser, role_id: str, deed: str) -> None:
    answer = administrator.post(f"{LIST}{role_id}/{deed}/", form("NEW", []))
    assert answer.status_code == HTTPStatus.FOUND


def test_a_superuser_makes_a_role(admin: Browser) -> None:
    assert admin.post(ADD, form("PARTNER", [LACKED])).status_code == HTTPStatus.FOUND
    assert carried(Group.objects.get(name="PARTNER")) == {LACKED}


def test_what_one_holds_of_ones_own_counts_too(signed_in: SignedIn) -> None:
    browser = signed_in(ADMINISTRATOR_ROLE)
    role = role_of("PARTNER", REQUEST_FOR_CHAT)
    assert browser.post(page_of(role), form("PARTNER", [])).status_code == HTTPStatus.FORBIDDEN
    User.objects.get(username="staff@example.com").groups.add(Group.objects.get(name=SELF_SERVICE_USER))
    assert browser.post(page_of(role), form("PARTNER", [])).status_code == HTTPStatus.FOUND
    assert carried(role) == set()


def test_a_user_is_given_roles_as_before(signed_in: SignedIn) -> None:
    """What may be done to a role, and to whom it may be given, are two questions."""
    jane = User.objects.create_user("jane@example.com")
    page = reverse("admin:authenticate_app_user_change", args=[jane.pk])
    held = Group.objects.get(name=SELF_SERVICE_USER)
    browser = signed_in(ADMINISTRATOR_ROLE, SELF_SERVICE_USER)
    browser.post(page, {"username": jane.username, "is_active": "on", "groups": [str(held.pk)]})
    assert list(jane.groups.all()) == [held]
    other = Group.objects.get(name=ON_BEHALF_ROLE)
    browser.post(page, {"username": jane.username, "is_active": "on", "groups": [str(other.pk)]})
    assert list(jane.groups.all()) == [held]
    browser.post(page, {"username": jane.username, "is_active": "on"})
    assert not jane.groups.exists()
