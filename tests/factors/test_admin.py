"""What administrators see of others' factors, and how they take them away."""

from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from authenticate_app.accounts.entitlements import ON_BEHALF_ROLE
from authenticate_app.accounts.models import User
from authenticate_app.audit.models import AuditEvent
from authenticate_app.factors import one_time_codes, recovery
from authenticate_app.factors.models import OneTimeCodeDevice
from tests.admin.conftest import Browser, SignedIn, admin, signed_in, superuser
from tests.factors.builders import store_passkey

__all__ = ["admin", "signed_in", "superuser"]

ADMINISTRATOR = "CHATAUTH_ADMINISTRATOR"


@pytest.fixture
def jane(db: None) -> User:
    user = User.objects.create_user("jane@example.com")
    one_time_codes.store_device(user=user, secret=one_time_codes.new_secret(), step=0, now=timezone.now())
    store_passkey(user, credential_id=b"credential-of-jane", public_key=b"public-key-of-jane")
    recovery.make_codes(user)
    return user


def page_of(user: User) -> str:
    return reverse("admin:authenticate_app_user_change", args=[user.pk])


def reset_of(user: User) -> str:
    return reverse("admin:authenticate_app_user_reset_factors", args=[user.pk])


def has_factors(user: User) -> bool:
    return user.passkeys.exists() and user.recovery_codes.exists() and OneTimeCodeDevice.objects.exists()


def test_the_page_says_what_there_is_and_no_secret(admin: Browser, jane: User) -> None:
    page = admin.get(page_of(jane)).content.decode()
    assert "1 passkey, authenticator app, 10 recovery codes" in page
    for secret in (bytes(OneTimeCodeDevice.objects.get().encrypted_secret).decode(), "credential-of-jane"):
        assert secret not in page


def test_a_reset_asks_first_and_is_audited(admin: Browser, jane: User, superuser: User) -> None:
    assert "Reset the second factors of" in admin.get(reset_of(jane)).content.decode()
    assert has_factors(jane)
    assert admin.post(reset_of(jane))["Location"] == page_of(jane)
    assert not jane.passkeys.exists()
    event = AuditEvent.objects.get(event="factors_reset")
    assert (event.actor_id, event.object_id) == (superuser.pk, str(jane.pk))
    assert event.changes == {"passkeys": [1, 0], "authenticator_app": [True, False], "recovery_codes": [10, 0]}


def test_only_who_may_set_the_password_may_reset(signed_in: SignedIn, jane: User) -> None:
    jane.groups.set(Group.objects.filter(name=ON_BEHALF_ROLE))
    browser = signed_in(ADMINISTRATOR)
    assert browser.post(reset_of(jane)).status_code == HTTPStatus.FORBIDDEN
    assert "Reset second factors" not in browser.get(page_of(jane)).content.decode()
    assert has_factors(jane)
    holder = signed_in(ADMINISTRATOR, ON_BEHALF_ROLE, name="holder@example.com")
    assert holder.post(reset_of(jane)).status_code == HTTPStatus.FOUND


def test_who_may_not_change_users_resets_nothing(signed_in: SignedIn, jane: User) -> None:
    assert signed_in("CHATAUTH_SUPERVISOR").post(reset_of(jane)).status_code == HTTPStatus.FORBIDDEN
    assert has_factors(jane)


def test_nobody_resets_their_own(admin: Browser, superuser: User) -> None:
    store_passkey(superuser)
    assert admin.post(reset_of(superuser)).status_code == HTTPStatus.FORBIDDEN
    assert superuser.passkeys.exists()


def change(browser: Browser, user: User, **fields: Any) -> None:
    form = {"username": user.username, "is_active": "on", "is_staff": "on", "is_superuser": "on", **fields}
    assert browser.post(page_of(user), form).status_code == HTTPStatus.FOUND
    user.refresh_from_db()


def test_a_second_factor_is_asked_of_somebody(admin: Browser, jane: User) -> None:
    change(admin, jane, second_factor_required="on")
    assert jane.second_factor_required
    event = AuditEvent.objects.get(event="object_changed")
    assert event.changes["second_factor_required"] == [False, True]


def test_nobody_frees_themselves_of_it(admin: Browser, superuser: User) -> None:
    User.objects.filter(pk=superuser.pk).update(second_factor_required=True)
    change(admin, superuser)
    assert superuser.second_factor_required


def test_nobody_frees_somebody_who_holds_more(signed_in: SignedIn, jane: User) -> None:
    jane.groups.set(Group.objects.filter(name=ON_BEHALF_ROLE))
    User.objects.filter(pk=jane.pk).update(second_factor_required=True)
    groups = [str(pk) for pk in jane.groups.values_list("pk", flat=True)]
    form = {"username": jane.username, "is_active": "on", "groups": groups}
    signed_in(ADMINISTRATOR).post(page_of(jane), form)
    jane.refresh_from_db()
    assert jane.second_factor_required


def test_a_user_that_is_not_there(admin: Browser) -> None:
    address = reverse("admin:authenticate_app_user_reset_factors", args=["nobody"])
    assert admin.get(address).status_code in {HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN}
