"""Queues, interfaces, hours of service and profile options: guards, warnings, the values in force."""

from http import HTTPStatus
from typing import Any

import pytest
from django.urls import reverse

from authenticate_app.accounts.models import User
from chat_app.routing.models import (
    AssignmentRule,
    Interface,
    ProfileOption,
    ProfileOptionValue,
    Queue,
    QueueResource,
    Team,
)
from tests.admin.conftest import Browser, SignedIn
from tests.admin.test_audit import queue_form

QUEUES = reverse("admin:chat_app_queue_changelist")
EFFECTIVE = reverse("admin:chat_app_profileoption_effective_values")

pytestmark = pytest.mark.usefixtures("routing_data")


def delete(admin: Browser, row: Any) -> Any:
    return admin.post(reverse(f"admin:chat_app_{row._meta.model_name}_delete", args=[row.pk]), {"post": "yes"})


def test_the_default_queue_cannot_be_deleted(admin: Browser) -> None:
    AssignmentRule.objects.all().delete()
    assert delete(admin, Queue.objects.get(pk=1)).status_code == HTTPStatus.FORBIDDEN
    admin.post(QUEUES, {"action": "delete_selected", "_selected_action": ["1", "2"], "post": "yes"})
    assert Queue.objects.filter(pk=1).exists()


def test_a_queue_that_a_rule_gives_cannot_be_deleted(admin: Browser) -> None:
    assert delete(admin, Queue.objects.get(pk=2)).status_code == HTTPStatus.FORBIDDEN


def test_a_queue_that_nothing_depends_on_is_deleted(admin: Browser) -> None:
    AssignmentRule.objects.all().delete()
    assert delete(admin, Queue.objects.get(pk=2)).status_code == HTTPStatus.FOUND
    assert not Queue.objects.filter(pk=2).exists()


@pytest.mark.parametrize("changes", [{"enabled": ""}, {"distribution": "manual"}])
def test_the_default_queue_stays_enabled_and_automatic(admin: Browser, changes: dict[str, str]) -> None:
    queue = Queue.objects.get(pk=1)
    form = {key: value for key, value in queue_form(queue, **changes).items() if value}
    response = admin.post(reverse("admin:chat_app_queue_change", args=[1]), form)
    assert response.status_code == HTTPStatus.OK
    assert "must be enabled" in str(response.context["errors"])


def test_a_name_that_another_queue_of_the_interface_has(admin: Browser) -> None:
    response = admin.post(
        reverse("admin:chat_app_queue_change", args=[2]), queue_form(Queue.objects.get(pk=2), name="General")
    )
    assert response.status_code == HTTPStatus.OK
    assert response.context["errors"]


ROW = {"overflow_queue": "1", "priority": "1", "enabled": "on"}


@pytest.mark.parametrize(
    ("prefix", "rows"),
    [
        ("overflows", [ROW, ROW]),
        ("overflows", [{**ROW, "overflow_queue": "2"}]),
        ("resources", [{"agent": "own", "team": "team"}]),
        ("resources", [{"agent": "own", "team": ""}, {"agent": "own", "team": ""}]),
    ],
)
def test_rows_that_contradict_each_other_or_themselves(
    admin: Browser, superuser: User, prefix: str, rows: list[dict[str, str]]
) -> None:
    stored = {"own": str(superuser.pk), "team": str(Team.objects.create(name="Night").pk)}
    form = {f"{prefix}-TOTAL_FORMS": str(len(rows))}
    for number, row in enumerate(rows):
        form |= {f"{prefix}-{number}-{name}": stored.get(value, value) for name, value in row.items()}
    address = reverse("admin:chat_app_queue_change", args=[2])
    response = admin.post(address, queue_form(Queue.objects.get(pk=2), **form))
    assert response.status_code == HTTPStatus.OK
    assert response.context["errors"]


def test_making_a_queue_the_default_is_asked_first(admin: Browser) -> None:
    address = reverse("admin:chat_app_queue_make_default", args=[2])
    assert "Make “Priority” the default queue?" in admin.get(address).content.decode()
    assert Queue.objects.get(is_default=True).pk == 1
    admin.post(address)
    assert Queue.objects.get(is_default=True).pk == 2


def test_a_disabled_queue_is_not_made_the_default(admin: Browser) -> None:
    Queue.objects.filter(pk=2).update(enabled=False)
    page = admin.post(reverse("admin:chat_app_queue_make_default", args=[2]), follow=True).content.decode()
    assert "must be enabled" in page
    assert Queue.objects.get(is_default=True).pk == 1


def test_making_another_interface_the_default(admin: Browser) -> None:
    other = Interface.objects.create(id=9, name="Partners", chat_site_name="partners")
    address = reverse("admin:chat_app_interface_make_default", args=[9])
    assert admin.get(address).status_code == HTTPStatus.OK
    admin.post(address)
    assert Interface.objects.get(is_default=True) == other


@pytest.mark.parametrize("name", ["queue", "interface"])
def test_whoever_only_looks_makes_nothing_the_default(signed_in: SignedIn, name: str) -> None:
    browser = signed_in("CHATAUTH_SUPERVISOR")
    assert browser.post(reverse(f"admin:chat_app_{name}_make_default", args=[2])).status_code == HTTPStatus.FORBIDDEN


def test_the_default_interface_cannot_be_deleted(admin: Browser) -> None:
    assert delete(admin, Interface.objects.get(pk=1)).status_code == HTTPStatus.FORBIDDEN


def test_an_interface_goes_with_its_queue(admin: Browser) -> None:
    other = Interface.objects.create(id=9, name="Partners", chat_site_name="partners")
    Queue.objects.create(id=90, interface=other, name="Partners", is_default=True)
    assert delete(admin, other).status_code == HTTPStatus.FOUND
    assert not Queue.objects.filter(pk=90).exists()


def test_an_interface_with_further_queues_stays_and_the_page_says_why(admin: Browser) -> None:
    other = Interface.objects.create(id=9, name="Partners", chat_site_name="partners")
    Queue.objects.create(id=90, interface=other, name="Partners", is_default=True)
    Queue.objects.create(id=91, interface=other, name="Dealers")
    assert "Dealers" in delete(admin, other).content.decode()
    assert Interface.objects.filter(pk=9).exists()


def test_an_interface_with_a_queue_id_that_is_taken(admin: Browser) -> None:
    form = {
        "id": "7",
        "name": "P",
        "chat_site_name": "p",
        "pool_id": "1:1",
        "default_queue_id": "1",
        "default_queue_name": "P",
    }
    response = admin.post(reverse("admin:chat_app_interface_add"), form)
    assert "queue with this id already" in str(response.context["errors"])
    assert not Interface.objects.filter(pk=7).exists()


def test_it_warns_while_nobody_serves_the_default_queue(admin: Browser, superuser: User) -> None:
    warning = "Nobody serves the default queue “General”"
    assert warning in admin.get(QUEUES).content.decode()
    assert warning in admin.get(reverse("admin:chat_app_queue_change", args=[1])).content.decode()
    assert warning not in admin.get(reverse("admin:chat_app_queue_change", args=[2])).content.decode()
    QueueResource.objects.create(queue_id=1, agent=superuser)
    assert warning not in admin.get(QUEUES).content.decode()


def test_the_list_of_queues_asks_a_fixed_number_of_queries(admin: Browser, django_assert_max_num_queries: Any) -> None:
    for number in range(10, 40):
        Queue.objects.create(id=number, interface_id=1, name=f"Queue {number}")
    with django_assert_max_num_queries(18):
        page = admin.get(QUEUES)
    assert "Queue 39" in page.content.decode()


def effective(admin: Browser, **form: str) -> dict[str, tuple[str, str]]:
    described = admin.post(EFFECTIVE, form).context["values"]
    return {each.option.pk: (each.effective.value, str(each.effective.source)) for each in described}


def test_the_value_in_force_for_a_user_and_a_product(admin: Browser, superuser: User) -> None:
    option = ProfileOption.objects.get(pk="ORA_SVC_CHAT_ABSENT_INTERVAL")
    for level, value, place in (
        ("site", "60", {}),
        ("product", "50", {"product": "HR"}),
        ("user", "40", {"user": superuser}),
    ):
        ProfileOptionValue.objects.create(option=option, level=level, value=value, **place)
    assert effective(admin)[option.pk] == ("60", "site")
    assert effective(admin, product="HR")[option.pk] == ("50", "product")
    assert effective(admin, product="HR", user_name=superuser.username.upper())[option.pk] == ("40", "user")
    assert effective(admin)["SVC_ENABLE_CHAT"] == ("Yes", "default")


def test_an_unknown_user_has_no_values(admin: Browser) -> None:
    response = admin.post(EFFECTIVE, {"user_name": "nobody"})
    assert response.context["form"].errors["user_name"] == ["No user has this name or e-mail address."]


def test_a_value_that_the_option_does_not_take(admin: Browser) -> None:
    form = {
        "default_value": "600",
        "values-TOTAL_FORMS": "1",
        "values-INITIAL_FORMS": "0",
        "values-0-level": "site",
        "values-0-value": "5",
    }
    address = reverse("admin:chat_app_profileoption_change", args=["ORA_SVC_QUEUED_REQUEST_DISCARD_SECONDS"])
    response = admin.post(address, form)
    assert "is not allowed here" in str(response.context["errors"])
    assert not ProfileOptionValue.objects.exists()


def test_options_are_neither_added_nor_deleted(admin: Browser) -> None:
    assert admin.get(reverse("admin:chat_app_profileoption_add")).status_code == HTTPStatus.FORBIDDEN
    assert delete(admin, ProfileOption.objects.get(pk="SVC_ENABLE_CHAT")).status_code == HTTPStatus.FORBIDDEN


def test_hours_of_service_with_periods_and_holidays(admin: Browser) -> None:
    form = {
        "name": "Office",
        "time_zone": "Europe/Berlin",
        "periods-TOTAL_FORMS": "1",
        "periods-INITIAL_FORMS": "0",
        "periods-0-weekday": "0",
        "periods-0-opens_at": "09:00",
        "periods-0-closes_at": "17:00",
        "holidays-TOTAL_FORMS": "1",
        "holidays-INITIAL_FORMS": "0",
        "holidays-0-date": "2026-12-25",
        "holidays-0-name": "Christmas",
    }
    response = admin.post(reverse("admin:chat_app_servicecalendar_add"), form)
    assert response.status_code == HTTPStatus.FOUND, response.context["errors"]
    assert "Office" in admin.get(reverse("admin:chat_app_servicecalendar_changelist")).content.decode()


def test_an_option_with_many_values_is_edited_page_by_page(admin: Browser) -> None:
    option = ProfileOption.objects.get(pk="SVC_ENABLE_CHAT")
    ProfileOptionValue.objects.bulk_create(
        ProfileOptionValue(option=option, level="product", product=f"P{number:03}", value="No") for number in range(60)
    )
    address = reverse("admin:chat_app_profileoption_change", args=[option.pk])
    page = admin.get(address).content.decode()
    assert 'value="P049"' in page
    assert 'value="P050"' not in page
    last = ProfileOptionValue.objects.get(product="P059")
    form = {
        "default_value": "Yes",
        "values-page": "2",
        "values-TOTAL_FORMS": "10",
        "values-INITIAL_FORMS": "10",
    }
    for number, value in enumerate(ProfileOptionValue.objects.order_by("product")[50:]):
        form |= {
            f"values-{number}-{name}": text
            for name, text in {
                "id": str(value.pk),
                "option": option.pk,
                "level": "product",
                "product": value.product,
                "value": "Yes" if value == last else "No",
            }.items()
        }
    response = admin.post(address, form)
    assert response.status_code == HTTPStatus.FOUND, response.context["errors"]
    last.refresh_from_db()
    assert last.value == "Yes"
    assert ProfileOptionValue.objects.filter(value="No").count() == 59
