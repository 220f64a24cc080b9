"""The page of signing keys: rotate and revoke by POST alone, never a private key."""

from http import HTTPStatus

import pytest
from django.urls import reverse

from authenticate_app.accounts.models import User
from authenticate_app.audit.events import Event
from authenticate_app.audit.models import AuditEvent
from authenticate_app.keys.certificates import thumbprint
from authenticate_app.keys.models import SigningKey
from tests.admin.conftest import Browser, SignedIn

LIST = reverse("admin:authenticate_app_signingkey_changelist")
ROTATE = reverse("admin:authenticate_app_signingkey_rotate_now")


def revoke_address(key: SigningKey) -> str:
    return reverse("admin:authenticate_app_signingkey_revoke", args=[key.pk])


def test_the_list_shows_state_and_thumbprint(admin: Browser, signing_key: SigningKey) -> None:
    page = admin.get(LIST).content.decode()
    assert thumbprint(bytes(signing_key.certificate)) in page
    assert "signing" in page


def test_no_page_shows_the_private_key(admin: Browser, signing_key: SigningKey) -> None:
    address = reverse("admin:authenticate_app_signingkey_change", args=[signing_key.pk])
    page = admin.get(address).content.decode() + admin.get(LIST).content.decode()
    assert bytes(signing_key.encrypted_private_key).decode()[:40] not in page
    assert "private_key" not in page


def test_looking_at_the_question_does_nothing(admin: Browser, signing_key: SigningKey) -> None:
    assert "Rotate the signing key?" in admin.get(ROTATE).content.decode()
    assert "Revoke the key" in admin.get(revoke_address(signing_key)).content.decode()
    assert SigningKey.objects.get() == signing_key
    assert SigningKey.objects.get().revoked_at is None


def test_rotating_announces_a_successor_once(admin: Browser, signing_key: SigningKey, superuser: User) -> None:
    first = admin.post(ROTATE, follow=True).content.decode()
    second = admin.post(ROTATE, follow=True).content.decode()
    assert SigningKey.objects.count() == 2
    assert "is announced and signs from" in first
    assert "was announced already" in second
    event = AuditEvent.objects.get(event=Event.KEY_ANNOUNCED)
    assert event.actor_name == superuser.username


def test_revoking_counts_at_once(admin: Browser, signing_key: SigningKey) -> None:
    admin.post(revoke_address(signing_key))
    signing_key.refresh_from_db()
    assert signing_key.revoked_at is not None
    assert SigningKey.objects.count() == 2
    assert AuditEvent.objects.filter(event=Event.KEY_REVOKED).exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_whoever_only_looks_at_keys_changes_none(signed_in: SignedIn, signing_key: SigningKey, method: str) -> None:
    browser = signed_in("CHATAUTH_SUPERVISOR")
    for address in (ROTATE, revoke_address(signing_key)):
        assert getattr(browser, method)(address).status_code == HTTPStatus.FORBIDDEN
    assert SigningKey.objects.get().revoked_at is None


def test_a_key_that_is_not_there(admin: Browser, signing_key: SigningKey) -> None:
    address = reverse("admin:authenticate_app_signingkey_revoke", args=[signing_key.pk + 1])
    assert admin.post(address).status_code == HTTPStatus.NOT_FOUND


def test_the_list_says_that_nothing_signs(admin: Browser) -> None:
    assert "No signing key is active" in admin.get(LIST).content.decode()
