"""Who proved a password and has another step to do."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.test import RequestFactory

from authenticate_app.accounts import pending
from authenticate_app.accounts.models import User
from authenticate_app.audit.models import AuditEvent

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def request_(db: None) -> HttpRequest:
    request = RequestFactory().get("/login/", REMOTE_ADDR="192.0.2.1")
    request.session = SessionStore()
    request.session.create()
    return request


def test_who_is_kept_is_found_for_a_while_and_is_not_signed_in(user: User, request_: HttpRequest) -> None:
    planted = request_.session.session_key
    pending.keep(request_, user, "/account/", NOW)
    assert request_.session.session_key != planted
    for moment in (NOW, NOW + timedelta(minutes=9, seconds=59)):
        assert pending.find(request_, moment) == pending.Pending(user, "/account/")
    assert pending.find(request_, NOW + timedelta(minutes=10)) is None
    assert "_auth_user_id" not in request_.session


def test_who_is_taken_waits_no_longer(user: User, request_: HttpRequest) -> None:
    pending.keep(request_, user, "", NOW)
    assert pending.take(request_, NOW) is not None
    assert pending.take(request_, NOW) is None
    assert pending.find(request_, NOW) is None


def test_nobody_waits_where_nobody_was_kept(request_: HttpRequest) -> None:
    assert pending.find(request_, NOW) is None
    assert pending.kept_next_url(request_, NOW) == ""


def test_where_they_asked_to_go_is_forgotten_with_them(user: User, request_: HttpRequest) -> None:
    pending.keep(request_, user, "/account/", NOW)
    assert pending.kept_next_url(request_, NOW) == "/account/"
    assert pending.kept_next_url(request_, NOW + timedelta(minutes=10)) == ""


@pytest.mark.parametrize("change", [{"is_active": False}, {"sign_in_stamp": 7}])
def test_what_was_proven_does_not_outlive_the_account(
    user: User, request_: HttpRequest, change: dict[str, Any]
) -> None:
    pending.keep(request_, user, "", NOW)
    User.objects.update(**change)
    assert pending.find(request_, NOW) is None


def test_neither_does_it_outlive_the_user(user: User, request_: HttpRequest) -> None:
    pending.keep(request_, user, "", NOW)
    user.delete()
    assert pending.find(request_, NOW) is None


def test_the_sign_in_is_completed_under_a_new_key_and_audited(user: User, request_: HttpRequest) -> None:
    pending.keep(request_, user, "/account/", NOW)
    waiting = request_.session.session_key
    response = pending.complete(request_, user, "//evil.example/", now=NOW, amr=("pwd", "otp"))
    assert response["Location"] == "/account/"
    assert request_.session.session_key != waiting
    assert request_.session["_auth_user_id"] == str(user.pk)
    assert request_.session[pending.AMR] == ["pwd", "otp"]
    assert request_.session[pending.AUTH_TIME] == int(NOW.timestamp())
    assert pending.find(request_, NOW) is None
    event = AuditEvent.objects.get()
    assert (event.event, event.actor_id, event.reason, event.address) == ("signed_in", user.pk, "pwd+otp", "192.0.2.1")
