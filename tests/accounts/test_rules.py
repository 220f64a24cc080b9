import pytest
from django.contrib.auth.models import Group, Permission

from authenticate_app.accounts import rules
from authenticate_app.accounts.entitlements import (
    BUILT_IN_ROLES,
    ON_BEHALF_ROLE,
    REQUEST_FOR_CHAT,
    REQUEST_FOR_CHAT_ON_BEHALF,
    SELF_SERVICE_USER,
)
from authenticate_app.accounts.models import User

pytestmark = pytest.mark.django_db


def role(name: str = SELF_SERVICE_USER) -> Group:
    return Group.objects.get(name=name)


@pytest.fixture
def superuser() -> User:
    return User.objects.create_superuser("root")


@pytest.fixture
def clerk() -> User:
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.groups.add(role())
    return clerk


@pytest.fixture
def customer() -> User:
    return User.objects.create_user("customer")


def test_nobody_grants_a_role_that_they_do_not_hold(clerk: User, superuser: User) -> None:
    both = [role(), role(ON_BEHALF_ROLE)]
    assert rules.grantable_roles(clerk, both) == [role()]
    assert rules.grantable_roles(superuser, both) == both
    assert rules.grantable_roles(None, both) == both


def test_a_disabled_superuser_holds_nothing(superuser: User, customer: User) -> None:
    superuser.is_active = False
    assert rules.grantable_roles(superuser, [role()]) == []
    assert not rules.may_edit(superuser, superuser)


def test_only_superusers_edit_superusers(clerk: User, superuser: User, customer: User) -> None:
    assert not rules.may_edit(clerk, superuser)
    assert rules.may_edit(clerk, customer)
    assert rules.may_edit(superuser, superuser)
    assert rules.may_edit(None, superuser)


def test_a_role_takes_only_entitlements_that_one_holds(clerk: User, superuser: User) -> None:
    on_behalf = Permission.objects.get(codename=REQUEST_FOR_CHAT_ON_BEHALF)
    assert not rules.may_grant_entitlement(clerk, on_behalf)
    assert rules.may_grant_entitlement(superuser, on_behalf)
    assert rules.may_grant_entitlement(clerk, role().permissions.get())


def role_of(*codenames: str) -> Group:
    made = Group.objects.create(name="PARTNER")
    made.permissions.set(Permission.objects.filter(codename__in=codenames))
    return made


def test_a_built_in_role_is_changed_by_superusers_and_deleted_by_nobody(clerk: User, superuser: User) -> None:
    for built_in in map(role, BUILT_IN_ROLES):
        assert rules.is_built_in(built_in)
        assert [rules.may_change_role(actor, built_in) for actor in (clerk, superuser, None)] == [False, True, True]
        assert not any(rules.may_delete_role(actor, built_in) for actor in (clerk, superuser, None))


def test_a_role_is_for_whoever_holds_all_that_it_carries(clerk: User, superuser: User) -> None:
    partner = role_of(REQUEST_FOR_CHAT)
    for may in (rules.may_change_role, rules.may_delete_role):
        assert may(clerk, partner)
        assert may(superuser, partner)
    partner.permissions.add(Permission.objects.get(codename=REQUEST_FOR_CHAT_ON_BEHALF))
    for may in (rules.may_change_role, rules.may_delete_role):
        assert not may(clerk, partner)
        assert may(superuser, partner)


def test_what_one_lacks_of_a_role_is_named(clerk: User, superuser: User) -> None:
    partner = role_of(REQUEST_FOR_CHAT, REQUEST_FOR_CHAT_ON_BEHALF)
    lacking = rules.lacking_entitlements(clerk, partner)
    assert [entitlement.codename for entitlement in lacking] == [REQUEST_FOR_CHAT_ON_BEHALF]
    assert rules.lacking_entitlements(superuser, partner) == []


def test_who_was_disabled_changes_no_role(clerk: User, superuser: User) -> None:
    partner = role_of(REQUEST_FOR_CHAT)
    for actor in (clerk, superuser):
        actor.is_active = False
        assert not rules.may_change_role(actor, partner)


def test_a_password_is_set_only_by_who_holds_as_much(clerk: User, customer: User, superuser: User) -> None:
    assert rules.may_set_password(clerk, customer)
    assert rules.may_set_password(clerk, clerk)
    assert not rules.may_set_password(clerk, superuser)
    customer.groups.set([role(ON_BEHALF_ROLE)])
    assert not rules.may_set_password(clerk, customer)
    assert rules.may_set_password(superuser, customer)


def test_a_password_is_not_set_by_who_lacks_a_permission_of_the_users_own(clerk: User, customer: User) -> None:
    customer.user_permissions.set([Permission.objects.get(codename=REQUEST_FOR_CHAT_ON_BEHALF)])
    assert not rules.may_set_password(clerk, customer)
