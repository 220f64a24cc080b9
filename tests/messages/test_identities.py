"""Which user somebody is who signed in elsewhere."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.utils import timezone

from authenticate_app.accounts.entitlements import ON_BEHALF_ROLE, SELF_SERVICE_USER
from authenticate_app.accounts.models import User
from authenticate_app.audit.models import AuditEvent
from authenticate_app.messages.identities import IdentityRefused, find_user
from authenticate_app.messages.models import Business, LinkedIdentity
from authenticate_app.oauth.addresses import issuer
from tests.messages.world import business
from tests.tokens import store_integration

pytestmark = pytest.mark.django_db

ELSEWHERE = "https://idp.example"
SUBJECT = "248289761001"
CLAIMS = {
    "sub": SUBJECT,
    "email": "jane@vision.example",
    "email_verified": True,
    "given_name": "Jane",
    "family_name": "Doe",
}


def elsewhere(**fields: Any) -> Business:
    return business(provider="other", client=None, provider_issuer=ELSEWHERE, **fields)


def trusting(**fields: Any) -> Business:
    return elsewhere(**{"trusted_email_domains": "other.example vision.example", **fields})


def found(at: Business, *, issuer: str = ELSEWHERE, subject: str = SUBJECT, **claims: Any) -> User | None:
    return find_user(business=at, issuer=issuer, subject=subject, claims={**CLAIMS, **claims}, now=timezone.now())


def user_with_address(**fields: Any) -> User:
    return User.objects.create_user("jane", **{"email": "Jane@Vision.example", "email_verified": True, **fields})


def linked(user: User, subject: str = SUBJECT, issuer: str = ELSEWHERE) -> LinkedIdentity:
    return LinkedIdentity.objects.create(user=user, issuer=issuer, subject=subject, created_at=timezone.now())


# Our own server


def test_our_own_people_are_found_by_subject() -> None:
    user = User.objects.create_user("jane")
    assert found(business(), issuer=issuer(), subject=str(user.subject)) == user


def test_our_own_people_who_are_disabled_are_refused() -> None:
    user = User.objects.create_user("jane", is_active=False)
    with pytest.raises(IdentityRefused):
        found(business(), issuer=issuer(), subject=str(user.subject))


def test_another_provider_cannot_pass_for_ours() -> None:
    user = User.objects.create_user("jane")
    at = business(provider="other", client=None, provider_issuer=issuer(), creates_users=True)
    with pytest.raises(IdentityRefused):
        found(at, issuer=issuer(), subject=str(user.subject))
    assert User.objects.count() == 1


# Issuer and subject


def test_nobody_is_found_by_an_address_alone() -> None:
    user_with_address()
    assert found(elsewhere()) is None
    assert not LinkedIdentity.objects.exists()


def test_somebody_known_is_found_by_issuer_and_subject_whatever_else_is_said() -> None:
    user = User.objects.create_user("jane")
    linked(user)
    at = elsewhere()
    assert found(at, email="somebody@else.example") == user
    assert found(at, subject="another") is None
    assert found(at, issuer="https://other.example") is None
    assert found(at, subject=SUBJECT + " ") is None


def test_somebody_known_who_is_disabled_is_refused_and_gets_no_second_user() -> None:
    linked(User.objects.create_user("jane", is_active=False))
    with pytest.raises(IdentityRefused):
        found(elsewhere(creates_users=True))
    assert User.objects.count() == 1


# Linking by a verified address


def test_a_verified_address_of_a_trusted_domain_links_once() -> None:
    user, at = user_with_address(), trusting()
    assert found(at) == user
    identity = LinkedIdentity.objects.get()
    assert (identity.user, identity.issuer, identity.subject) == (user, ELSEWHERE, SUBJECT)
    event = AuditEvent.objects.get(event="messages_identity_linked")
    assert (event.object_id, event.changes["subject"]) == (str(user.pk), [None, SUBJECT])
    assert found(at, email="gone@elsewhere.example") == user  # the address counted once
    assert found(at, subject="the address was given to somebody else") is None
    assert LinkedIdentity.objects.count() == 1


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email_verified": "true"},
        {"email_verified": 1},
        {"email_verified": None},
        {"email": "jane@vision.example.evil.example"},
        {"email": "jane@evil.example"},
        {"email": "jane@sub.vision.example"},
        {"email": "@vision.example"},
        {"email": "vision.example"},
        {"email": ["jane@vision.example"]},
        {"email": None},
        {"email": "j" * 400 + "@vision.example"},
        {"email": "jane\x00@vision.example"},
        {"email": "jane@vi\N{LATIN SMALL LETTER LONG S}ion.example"},  # compared forms would be the same
        {"email": "\N{FULLWIDTH LATIN SMALL LETTER J}ane@vision.example"},
    ],
)
def test_no_other_address_links(claims: dict[str, Any]) -> None:
    user_with_address()
    assert found(trusting(), **claims) is None
    assert not LinkedIdentity.objects.exists()


def test_an_address_that_we_did_not_verify_links_nobody() -> None:
    user_with_address(email_verified=False)
    assert found(trusting()) is None


@pytest.mark.parametrize("domains", ["", "example", "@vision.example.org", "*"])
def test_a_domain_is_trusted_as_a_whole(domains: str) -> None:
    user_with_address()
    assert found(trusting(trusted_email_domains=domains)) is None


@pytest.mark.parametrize("domains", ["@vision.example", "VISION.example", "a.example,vision.example"])
def test_domains_are_written_as_people_write_them(domains: str) -> None:
    user = user_with_address()
    assert found(trusting(trusted_email_domains=domains)) == user


@pytest.mark.parametrize("fields", [{"is_staff": True}, {"is_superuser": True}, {"second_factor_required": True}])
def test_whoever_holds_more_than_a_customer_is_never_linked(fields: dict[str, Any]) -> None:
    user_with_address(**fields)
    assert found(trusting()) is None
    assert not LinkedIdentity.objects.exists()


def test_the_role_of_customers_may_be_linked_and_others_may_not() -> None:
    user, at = user_with_address(), trusting()
    user.groups.add(Group.objects.get(name=ON_BEHALF_ROLE))
    assert found(at) is None
    user.groups.set([Group.objects.get(name=SELF_SERVICE_USER)])
    assert found(at) == user


def test_whom_an_integration_acts_as_is_never_linked() -> None:
    store_integration(user_with_address())
    assert found(trusting()) is None


def test_a_disabled_user_does_not_come_back_by_their_address() -> None:
    user_with_address(is_active=False)
    with pytest.raises(IdentityRefused):
        found(trusting(creates_users=True))
    assert User.objects.count() == 1


# Making users


def test_a_new_customer_gets_a_user_without_a_password_where_the_business_wants_it() -> None:
    user = found(trusting(creates_users=True))
    assert user is not None
    user.refresh_from_db()
    assert not user.has_usable_password()
    assert (user.first_name, user.last_name) == ("Jane", "Doe")
    assert (user.email, user.email_verified) == ("jane@vision.example", True)
    assert (user.is_staff, user.is_superuser, user.groups.count()) == (False, False, 0)
    assert user.username.startswith("customer-")
    assert "jane" not in user.username
    assert AuditEvent.objects.get(event="messages_user_made").object_id == str(user.pk)
    assert found(trusting(creates_users=True, business_id="another")) == user


def test_an_address_that_the_business_does_not_trust_is_not_taken_over() -> None:
    user = found(elsewhere(creates_users=True))
    assert user is not None
    assert (user.email, user.email_verified) == ("", False)


def test_an_address_that_somebody_has_is_left_to_them() -> None:
    staff = user_with_address(is_staff=True)
    user = found(trusting(creates_users=True))
    assert user is not None
    assert user != staff
    assert user.email == ""


@pytest.mark.parametrize(
    ("name", "kept"),
    [(None, ""), (7, ""), (["Jane"], ""), ("Ja\x00ne\n", "Jane"), ("J" * 400, "J" * 150), (" Jane ", "Jane")],
)
def test_a_name_is_cut_to_what_a_user_can_have(name: object, kept: str) -> None:
    user = found(elsewhere(creates_users=True), given_name=name)
    assert user is not None
    assert user.first_name == kept


def at_once(at: Business, *claims: dict[str, Any]) -> list[User | None]:
    barrier = Barrier(len(claims))

    def run(said: dict[str, Any]) -> User | None:
        try:
            barrier.wait(timeout=30)
            return found(at, **said)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(claims)) as pool:
        return list(pool.map(run, claims))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("trusted", ["", "vision.example"])
def test_a_new_customer_who_signs_in_several_times_at_once_is_one_user(trusted: str) -> None:
    users = at_once(elsewhere(creates_users=True, trusted_email_domains=trusted), {}, {}, {}, {})
    assert None not in users
    assert len(set(users)) == 1
    assert User.objects.count() == 1
    assert LinkedIdentity.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_user_who_signs_in_several_times_at_once_is_linked_once() -> None:
    user = user_with_address()
    assert at_once(trusting(), {}, {}, {}) == [user] * 3
    assert LinkedIdentity.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_claim_one_address_at_once_do_not_both_become_its_user() -> None:
    user = user_with_address()
    users = at_once(trusting(), {"subject": "one"}, {"subject": "other"})
    assert sorted(found is None for found in users) == [False, True]
    assert LinkedIdentity.objects.get().user == user
