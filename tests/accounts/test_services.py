from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied, ValidationError

from authenticate_app.accounts import services
from authenticate_app.accounts.entitlements import ON_BEHALF_ROLE, REQUEST_FOR_CHAT_ON_BEHALF, SELF_SERVICE_USER
from authenticate_app.accounts.models import User
from authenticate_app.audit.models import AuditEvent

STRONG = "a long and rare pass phrase"
pytestmark = pytest.mark.django_db


def role(name: str = SELF_SERVICE_USER) -> Group:
    return Group.objects.get(name=name)


@pytest.fixture
def superuser() -> User:
    return User.objects.create_superuser("root", STRONG)


@pytest.fixture
def clerk() -> User:
    clerk = User.objects.create_user("clerk", STRONG, is_staff=True)
    clerk.groups.add(role())
    return clerk


@pytest.fixture
def customer() -> User:
    return User.objects.create_user("customer")


def test_a_user_is_created_with_roles_and_audited(clerk: User) -> None:
    user = services.create_user(actor=clerk, username="new", password=STRONG, email="n@vision.com", roles=[role()])
    assert user.check_password(STRONG)
    assert list(user.groups.all()) == [role()]
    event = AuditEvent.objects.get()
    assert (event.event, event.actor_id, event.object_name) == ("object_created", clerk.pk, "new")
    assert STRONG not in str(event.changes)


def test_without_a_password_nobody_can_sign_in_by_one(clerk: User) -> None:
    assert not services.create_user(actor=clerk, username="new").has_usable_password()


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({"username": "CLERK"}, "username"),
        ({"username": "new", "email": "clerk"}, "email"),
        ({"username": ""}, "username"),
        ({"username": "new", "password": "short"}, "__all__"),
    ],
)
def test_what_is_at_fault_is_said(clerk: User, fields: dict[str, Any], at_fault: str) -> None:
    with pytest.raises(ValidationError) as refused:
        services.create_user(actor=clerk, **fields)
    assert at_fault in getattr(refused.value, "error_dict", {"__all__": []})
    assert not AuditEvent.objects.exists()


def test_a_rival_who_was_faster_is_reported_like_any_other(clerk: User, monkeypatch: pytest.MonkeyPatch) -> None:
    original, calls = User.full_clean, []

    def full_clean(self: User, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        calls.append(self)
        if len(calls) == 1:
            User.objects.create_user("new")

    monkeypatch.setattr(User, "full_clean", full_clean)
    with pytest.raises(ValidationError) as refused:
        services.create_user(actor=clerk, username="new")
    assert "username" in refused.value.message_dict


def test_nobody_grants_what_they_do_not_hold(clerk: User, customer: User, superuser: User) -> None:
    services.set_roles(actor=clerk, user=customer, roles=[role()])
    with pytest.raises(PermissionDenied, match=ON_BEHALF_ROLE):
        services.set_roles(actor=clerk, user=customer, roles=[role(), role(ON_BEHALF_ROLE)])
    with pytest.raises(PermissionDenied):
        services.set_roles(actor=clerk, user=clerk, roles=[role(ON_BEHALF_ROLE)])
    with pytest.raises(PermissionDenied):
        services.create_user(actor=clerk, username="new", roles=[role(ON_BEHALF_ROLE)])
    services.set_roles(actor=superuser, user=customer, roles=[role(ON_BEHALF_ROLE)])
    assert list(customer.groups.all()) == [role(ON_BEHALF_ROLE)]


def test_a_role_may_be_kept_or_taken_away_by_who_does_not_hold_it(clerk: User, customer: User) -> None:
    customer.groups.set([role(ON_BEHALF_ROLE)])
    services.set_roles(actor=clerk, user=customer, roles=[role(ON_BEHALF_ROLE), role()])
    services.set_roles(actor=clerk, user=customer, roles=[])
    assert not customer.groups.exists()
    assert AuditEvent.objects.filter(event="object_changed").count() == 2


def test_what_is_as_wanted_is_not_audited(clerk: User, customer: User) -> None:
    services.set_roles(actor=clerk, user=customer, roles=[])
    services.set_active(actor=clerk, user=customer, is_active=True)
    assert not AuditEvent.objects.exists()


def test_only_superusers_touch_superusers(clerk: User, superuser: User) -> None:
    with pytest.raises(PermissionDenied):
        services.create_user(actor=clerk, username="new", is_superuser=True)
    with pytest.raises(PermissionDenied):
        services.set_active(actor=clerk, user=superuser, is_active=False)
    with pytest.raises(PermissionDenied):
        services.set_roles(actor=clerk, user=superuser, roles=[])
    with pytest.raises(PermissionDenied):
        services.set_password(actor=clerk, user=superuser, password=STRONG)
    assert services.create_user(actor=superuser, username="new", is_superuser=True).is_superuser


def test_a_disabled_superuser_holds_nothing(superuser: User, customer: User) -> None:
    superuser.is_active = False
    assert not services.may_grant(superuser, role())


def test_disabling_counts_in_the_database(clerk: User, customer: User) -> None:
    services.set_active(actor=clerk, user=customer, is_active=False)
    customer.refresh_from_db()
    assert not customer.is_active
    assert AuditEvent.objects.get().changes == {"is_active": [True, False]}


def test_a_password_is_set_only_by_who_holds_as_much(clerk: User, customer: User) -> None:
    services.set_password(actor=clerk, user=customer, password=STRONG)
    customer.refresh_from_db()
    assert customer.check_password(STRONG)
    customer.groups.set([role(ON_BEHALF_ROLE)])
    with pytest.raises(PermissionDenied):
        services.set_password(actor=clerk, user=User.objects.get(pk=customer.pk), password=STRONG)
    assert AuditEvent.objects.get().event == "password_set"
    assert AuditEvent.objects.get().changes == {}


def test_everybody_sets_their_own_password(clerk: User) -> None:
    services.set_password(actor=clerk, user=clerk, password=None)
    clerk.refresh_from_db()
    assert not clerk.has_usable_password()


def test_a_role_takes_only_entitlements_that_one_holds(clerk: User, superuser: User) -> None:
    on_behalf = Permission.objects.get(codename=REQUEST_FOR_CHAT_ON_BEHALF)
    assert not services.may_grant_entitlement(clerk, on_behalf)
    assert services.may_grant_entitlement(superuser, on_behalf)
    assert services.may_grant_entitlement(clerk, role().permissions.get())
