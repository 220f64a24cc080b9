"""Signing out, one's account, and the pages that say what went wrong."""

from http import HTTPStatus

import pytest

from authenticate_app.accounts.models import User
from authenticate_app.audit.models import AuditEvent
from tests.login.conftest import PASSWORD, Browser


def test_signing_out_ends_the_session_and_is_audited(john: User, signed_in: Browser) -> None:
    assert signed_in.post("/logout/")["Location"] == "/logged-out/"
    assert "_auth_user_id" not in signed_in.session
    assert AuditEvent.objects.get(event="signed_out").actor_id == john.pk
    assert "You are signed out" in signed_in.get("/logged-out/").content.decode()


def test_a_link_signs_nobody_out(signed_in: Browser) -> None:
    assert "Sign out?" in signed_in.get("/logout/").content.decode()
    assert signed_in.get("/account/").status_code == HTTPStatus.OK


@pytest.mark.django_db
def test_who_is_not_signed_in_can_sign_out_all_the_same(browser: Browser) -> None:
    assert browser.post("/logout/?next=//evil.example/")["Location"] == "/logged-out/"
    assert not AuditEvent.objects.exists()


def test_the_account_says_who_is_signed_in(signed_in: Browser) -> None:
    page = signed_in.get("/account/").content.decode()
    assert "You are signed in as John." in page
    assert 'href="/account/password/"' in page
    assert 'href="/admin/"' not in page


def test_administrators_find_the_admin(signed_in: Browser) -> None:
    User.objects.update(is_staff=True)
    assert 'href="/admin/"' in signed_in.get("/account/").content.decode()


def test_who_is_disabled_is_signed_in_nowhere(signed_in: Browser) -> None:
    User.objects.update(is_active=False)
    assert signed_in.get("/account/")["Location"] == "/login/?next=/account/"
    assert signed_in.get("/login/").status_code == HTTPStatus.OK


def test_a_password_set_by_somebody_else_ends_sessions(john: User, signed_in: Browser) -> None:
    john.set_password(PASSWORD + "!")
    john.save()
    assert signed_in.get("/account/").status_code == HTTPStatus.FOUND
