"""Every page of the admin: it is shown to whoever may see it, and to nobody else."""

import re
from http import HTTPStatus

import pytest
from django.contrib import admin as django_admin
from django.urls import reverse

from chat_app.routing.models import AssignmentRule, ProfileOption, Queue
from tests.admin.conftest import Browser, SignedIn

MODELS = sorted(django_admin.site._registry, key=lambda model: model._meta.label)
LISTS = [f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist" for model in MODELS]
ADDABLE = ("interface", "queue", "assignmentrule", "servicecalendar", "team")
JARGON = re.compile(r"Django|Group|Site administration|Select .* to change|Models")

pytestmark = pytest.mark.usefixtures("routing_data", "signing_key")


@pytest.mark.parametrize("name", [*LISTS, "admin:index"])
def test_a_superuser_sees_it(admin: Browser, name: str) -> None:
    assert admin.get(reverse(name)).status_code == HTTPStatus.OK


@pytest.mark.parametrize("name", [*LISTS, "admin:index"])
def test_nobody_else_sees_it(client: Browser, name: str) -> None:
    response = Browser().get(reverse(name))
    assert response.status_code == HTTPStatus.FOUND
    assert response["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("name", [*LISTS, "admin:index"])
def test_it_speaks_no_jargon(admin: Browser, name: str) -> None:
    page = admin.get(reverse(name)).content.decode()
    text = re.sub(r"<(script|style)[^>]*>.*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL)
    assert not JARGON.search(text)


@pytest.mark.parametrize("model", ADDABLE)
def test_the_form_for_a_new_one_is_shown(admin: Browser, model: str) -> None:
    assert admin.get(reverse(f"admin:chat_app_{model}_add")).status_code == HTTPStatus.OK


@pytest.mark.parametrize("model", ["user", "role"])
def test_the_form_for_a_new_user_or_role_is_shown(admin: Browser, model: str) -> None:
    assert admin.get(reverse(f"admin:authenticate_app_{model}_add")).status_code == HTTPStatus.OK


@pytest.mark.parametrize("model", [AssignmentRule, ProfileOption, Queue])
def test_the_form_of_a_stored_one_is_shown(admin: Browser, model: type) -> None:
    for row in model.objects.all():  # type: ignore[attr-defined]
        address = reverse(f"admin:chat_app_{model._meta.model_name}_change", args=[row.pk])  # type: ignore[attr-defined]
        assert admin.get(address).status_code == HTTPStatus.OK


@pytest.mark.parametrize(
    "address",
    ["/admin/chat_app/profileoption/effective/", "/admin/authenticate_app/user/import/", "/admin/"],
)
def test_our_own_pages_are_shown(admin: Browser, address: str) -> None:
    assert admin.get(address).status_code == HTTPStatus.OK


def test_the_way_up_leads_to_the_start_page(admin: Browser) -> None:
    response = admin.get("/admin/chat_app/")
    assert (response.status_code, response["Location"]) == (HTTPStatus.FOUND, "/admin/")


def test_no_page_asks_another_site_for_anything(admin: Browser) -> None:
    response = admin.get("/admin/")
    assert not re.findall(r'(?:src|href)="(?:https?:)?//[^"]+"', response.content.decode())
    policy = response["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval';" in f"{policy};"
    assert "http" not in policy


SUPERVISED = [
    "agentsession",
    "chatsession",
    "engagement",
    "queue",
    "interface",
    "assignmentrule",
    "servicecalendar",
    "team",
    "profileoption",
]


@pytest.mark.parametrize("model", SUPERVISED)
def test_a_supervisor_sees_where_chats_go(signed_in: SignedIn, model: str) -> None:
    browser = signed_in("CHATAUTH_SUPERVISOR")
    assert browser.get(reverse(f"admin:chat_app_{model}_changelist")).status_code == HTTPStatus.OK


@pytest.mark.parametrize("model", ["user", "role", "signingkey", "failurecount"])
def test_a_supervisor_sees_neither_people_nor_keys(signed_in: SignedIn, model: str) -> None:
    browser = signed_in("CHATAUTH_SUPERVISOR")
    address = reverse(f"admin:authenticate_app_{model}_changelist")
    assert browser.get(address).status_code == HTTPStatus.FORBIDDEN
    assert address not in browser.get("/admin/").content.decode()


def test_a_supervisor_changes_nothing(signed_in: SignedIn) -> None:
    browser = signed_in("CHATAUTH_SUPERVISOR")
    queue = Queue.objects.get(pk=2)
    response = browser.post(reverse("admin:chat_app_queue_change", args=[queue.pk]), {"name": "Mine"})
    assert response.status_code == HTTPStatus.FORBIDDEN
    queue.refresh_from_db()
    assert queue.name == "Priority"


@pytest.mark.parametrize("name", LISTS)
def test_an_administrator_sees_every_list(signed_in: SignedIn, name: str) -> None:
    assert signed_in("CHATAUTH_ADMINISTRATOR").get(reverse(name)).status_code == HTTPStatus.OK


READ_ONLY = [
    "authenticate_app_auditevent",
    "authenticate_app_signingkey",
    "chat_app_chatsession",
    "chat_app_engagement",
]


@pytest.mark.parametrize("name", READ_ONLY)
def test_what_is_read_only_has_no_form_for_a_new_one(admin: Browser, name: str) -> None:
    assert admin.get(reverse(f"admin:{name}_add")).status_code == HTTPStatus.FORBIDDEN


def test_somebody_without_any_role_sees_a_start_page_that_says_where_to_go(signed_in: SignedIn) -> None:
    page = signed_in().get("/admin/").content.decode()
    assert "Choose a page from the menu" in page
    assert "Tokens per hour" not in page
