from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.test import RequestFactory

from authenticate_app.accounts.models import User
from authenticate_app.audit.models import AuditEvent
from authenticate_app.login.forms import SignInForm
from tests.accounts.conftest import PASSWORD


def sign_in(name: str, password: str) -> SignInForm:
    request = RequestFactory().post("/login/", REMOTE_ADDR="192.0.2.1")
    return SignInForm(request, {"username": name, "password": password})


def test_a_form_signs_in_as_basic_does(user: User) -> None:
    form = sign_in("DCSadmin1", PASSWORD)
    assert form.is_valid()
    assert form.get_user() == user


@pytest.mark.parametrize(("name", "password"), [("dcsadmin1", "wrong"), ("nobody", PASSWORD), ("a\u0085", "x")])
def test_wrong_credentials_are_refused_alike(user: User, name: str, password: str) -> None:
    form = sign_in(name, password)
    assert not form.is_valid()
    assert form.errors.as_data()["__all__"][0].code == "invalid_login"


def test_disabled_users_cannot_sign_in(user: User) -> None:
    User.objects.update(is_active=False)
    assert not sign_in("dcsadmin1", PASSWORD).is_valid()


def test_form_and_basic_count_together_and_people_are_told_when_to_come_back(user: User, settings: Any) -> None:
    settings.THROTTLE_FAILURES_BY_NAME = 1
    assert not sign_in("dcsadmin1", "wrong").is_valid()
    form = sign_in("dcsadmin1", PASSWORD)
    assert not form.is_valid()
    assert form.errors["__all__"] == ["Too many attempts have failed. Please try again in 15 minutes."]
    assert list(AuditEvent.objects.order_by("id").values_list("event", flat=True)) == [
        "sign_in_failed",
        "sign_in_throttled",
    ]


def test_a_busy_moment_is_said(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    from authenticate_app.accounts import passwords
    from authenticate_app.accounts.errors import SignInBusy

    def busy(password: str, password_hash: str, *, alone: bool) -> None:
        raise SignInBusy(1)

    monkeypatch.setattr(passwords, "compare", busy)
    form = sign_in("dcsadmin1", PASSWORD)
    assert not form.is_valid()
    assert form.errors.as_data()["__all__"][0].code == "busy"


def test_without_a_request_it_works_too(user: User) -> None:
    assert authenticate(username="dcsadmin1", password=PASSWORD) == user
