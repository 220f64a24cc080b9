"""Signing in to the admin and out of it, and clearing the counts of failures."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from authenticate_app.accounts.models import User
from authenticate_app.audit.events import Event
from authenticate_app.audit.models import AuditEvent
from authenticate_app.throttling.models import FailureCount
from tests.admin.conftest import PASSWORD, Browser, SignedIn
from tests.factors.pages import code, turn_on_codes

LOGIN = "/login/?next=/admin/"
COUNTS = reverse("admin:authenticate_app_failurecount_changelist")


def sign_in(browser: Browser, name: str, password: str = PASSWORD) -> Any:
    return browser.post(LOGIN, {"username": name, "password": password})


def test_the_right_password_leads_in_and_is_audited(superuser: User) -> None:
    browser = Browser()
    response = sign_in(browser, superuser.username.upper())
    assert (response.status_code, response["Location"]) == (HTTPStatus.FOUND, "/admin/")
    assert browser.get("/admin/").status_code == HTTPStatus.OK
    assert AuditEvent.objects.get(event=Event.ADMIN_SIGNED_IN).actor_id == superuser.pk


def test_without_a_page_to_go_to_it_leads_to_the_start_page(superuser: User) -> None:
    response = Browser().post("/login/", {"username": superuser.username, "password": PASSWORD})
    assert response["Location"] == "/admin/"


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/admin/", "/admin/authenticate_app/user/?q=a"])
def test_pages_of_the_admin_lead_to_the_one_form_and_back(address: str) -> None:
    response = Browser().get(address, follow=True)
    path, _, query = response.redirect_chain[-1][0].partition("?")
    assert path == "/login/"
    assert QueryDict(query)["next"] == address


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example/", "/\\evil.example/"])
def test_nobody_is_led_away_by_the_admins_own_address(admin: Browser, url: str) -> None:
    address = f"/admin/login/?next={quote(url)}"
    assert admin.get(address)["Location"] == "/admin/"
    assert Browser().get(address)["Location"] == "/login/?next=/admin/"


def test_who_is_signed_in_without_the_right_is_told_so(signed_in: SignedIn) -> None:
    browser = signed_in()
    User.objects.update(is_staff=False)
    response = browser.get("/admin/", follow=True)
    assert response.status_code == HTTPStatus.FORBIDDEN
    page = response.content.decode()
    assert "Your account may not use the admin." in page
    assert 'href="/logout/"' in page


def test_a_link_signs_nobody_out(admin: Browser) -> None:
    assert admin.get("/admin/logout/")["Location"] == "/logout/"
    assert admin.get("/admin/").status_code == HTTPStatus.OK


def test_the_password_is_changed_where_everybody_changes_it(admin: Browser) -> None:
    assert admin.get("/admin/password_change/")["Location"] == "/account/password/?next=/admin/"


def test_signing_out_is_audited(admin: Browser, superuser: User) -> None:
    admin.post("/admin/logout/")
    assert AuditEvent.objects.get(event=Event.ADMIN_SIGNED_OUT).actor_id == superuser.pk
    assert admin.get("/admin/").status_code == HTTPStatus.FOUND


@pytest.mark.parametrize("name", ["root@example.com", "nobody@example.com"])
def test_unknown_and_wrong_read_alike(superuser: User, name: str) -> None:
    response = sign_in(Browser(), name, "wrong")
    assert response.status_code == HTTPStatus.OK
    assert "The user name or the password is not right." in response.content.decode()
    assert not AuditEvent.objects.filter(event=Event.ADMIN_SIGNED_IN).exists()


def test_too_many_failures_are_refused_and_say_when_to_try_again(superuser: User, settings: Any) -> None:
    settings.THROTTLE_FAILURES_BY_NAME = 3
    for _attempt in range(3):
        sign_in(Browser(), superuser.username, "wrong")
    response = sign_in(Browser(), superuser.username)
    assert "Too many attempts have failed" in response.content.decode()


def count(**fields: Any) -> FailureCount:
    stored = {
        "key": "k",
        "scope": FailureCount.Scope.NAME_AND_ADDRESS,
        "address": "192.0.2.1",
        "failures": 10,
        "window_ends_at": timezone.now() + timedelta(minutes=5),
    }
    return FailureCount.objects.create(**{**stored, **fields})


def clear(browser: Browser, *counts: FailureCount) -> Any:
    return browser.post(COUNTS, {"action": "clear", "_selected_action": [each.pk for each in counts]})


def test_counts_are_cleared_and_that_is_audited(admin: Browser, superuser: User) -> None:
    cleared, kept = count(key="a"), count(key="b")
    clear(admin, cleared)
    assert list(FailureCount.objects.all()) == [kept]
    event = AuditEvent.objects.get(event=Event.COUNTS_CLEARED)
    assert (event.actor_id, event.changes) == (superuser.pk, {"failures": [10, 0]})


def test_whoever_lacks_the_permission_clears_nothing(signed_in: SignedIn) -> None:
    kept = count()
    assert clear(signed_in("CHATAUTH_SUPERVISOR"), kept).status_code == HTTPStatus.FORBIDDEN
    assert FailureCount.objects.exists()


def test_the_list_shows_only_counts_that_run(admin: Browser) -> None:
    count(key="over", address="198.51.100.1", window_ends_at=timezone.now())
    count(key="runs", address="198.51.100.2", failures=1)
    page = admin.get(COUNTS).content.decode()
    assert "198.51.100.2" in page
    assert "198.51.100.1" not in page
    assert "unknown name" in page


NEW_PASSWORD = "another fine password"


@pytest.fixture
def counted(db: None) -> User:
    """A service account that used up its allowance from two addresses, behind one that others use as well."""
    user = User.objects.create_user("service@example.com", PASSWORD)
    count(key="a", user=user)
    count(key="b", user=user, address="192.0.2.2", scope=FailureCount.Scope.KNOWN_ADDRESS, failures=4)
    count(key="another's", user=User.objects.create_user("other@example.com"))
    count(key="everybody's", scope=FailureCount.Scope.ADDRESS)
    return user


def audited_counts() -> list[list[int]]:
    events = AuditEvent.objects.filter(event=Event.COUNTS_CLEARED)
    return sorted(event.changes["failures"] for event in events)


def left() -> list[str]:
    return sorted(FailureCount.objects.filter(failures__gt=0).values_list("key", flat=True))


def change_user(admin: Browser, user: User, **changes: str) -> Any:
    form = {"username": user.username, **changes}
    response = admin.post(reverse("admin:authenticate_app_user_change", args=[user.pk]), form)
    assert response.status_code == HTTPStatus.FOUND
    return response


def set_password(admin: Browser, user: User) -> None:
    form = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "usable_password": "true"}
    response = admin.post(reverse("admin:auth_user_password_change", args=[user.pk]), form)
    assert response.status_code == HTTPStatus.FOUND


def test_who_is_enabled_again_may_sign_in_at_once(superuser: User, admin: Browser, settings: Any) -> None:
    settings.THROTTLE_FAILURES_BY_NAME = 3
    user = User.objects.create_user("agent@example.com", PASSWORD, is_staff=True, is_active=False)
    for _attempt in range(3):
        sign_in(Browser(), user.username)
    change_user(admin, user, is_active="on", is_staff="on")
    assert sign_in(Browser(), user.username).status_code == HTTPStatus.FOUND


def test_enabling_clears_the_counts_of_this_user_alone_and_is_audited(admin: Browser, counted: User) -> None:
    change_user(admin, counted)
    assert audited_counts() == []
    change_user(admin, counted, is_active="on")
    assert left() == ["another's", "everybody's"]
    assert audited_counts() == [[4, 0], [10, 0]]


def test_what_is_no_enabling_clears_nothing(admin: Browser, counted: User) -> None:
    change_user(admin, counted, is_active="on", first_name="Jane")
    change_user(admin, counted, first_name="Jane")
    assert left() == ["a", "another's", "b", "everybody's"]


def test_setting_a_password_clears_the_counts_of_this_user(admin: Browser, superuser: User, counted: User) -> None:
    set_password(admin, counted)
    assert left() == ["another's", "everybody's"]
    assert audited_counts() == [[4, 0], [10, 0]]
    assert set(AuditEvent.objects.values_list("actor_id", flat=True)) == {superuser.pk}


def test_a_count_that_is_over_is_not_said_to_be_cleared(admin: Browser, superuser: User) -> None:
    count(user=superuser, window_ends_at=timezone.now())
    set_password(admin, superuser)
    assert audited_counts() == []


def test_ones_own_new_password_clears_ones_own_counts(admin: Browser, superuser: User, counted: User) -> None:
    count(key="own", user=superuser)
    form = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    assert admin.post(reverse("password-change"), form).status_code == HTTPStatus.FOUND
    assert left() == ["a", "another's", "b", "everybody's"]
    assert audited_counts() == [[10, 0]]


def test_a_second_factor_that_is_asked_for_since_they_signed_in_is_shown_first(superuser: User, settings: Any) -> None:
    browser = Browser()
    sign_in(browser, superuser.username)
    settings.REQUIRE_SECOND_FACTOR_FOR_STAFF = True
    page = browser.get("/admin/", follow=True)
    address = page.redirect_chain[-1][0]
    assert address == "/login/?next=/admin/"
    again = browser.post(address, {"username": superuser.username, "password": PASSWORD})
    assert again["Location"] == "/login/second-factor/"
    assert browser.get("/admin/").status_code == HTTPStatus.FOUND


def test_who_has_shown_it_is_let_in(superuser: User, settings: Any) -> None:
    settings.REQUIRE_SECOND_FACTOR_FOR_STAFF = True
    turn_on_codes(superuser)
    browser = Browser()
    sign_in(browser, superuser.username)
    browser.post("/login/code/", {"code": code()})
    assert browser.get("/admin/").status_code == HTTPStatus.OK
