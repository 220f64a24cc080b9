"""Creating users, disabling them, giving them roles and passwords. Each call is one transaction, and audited."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from authenticate_app.accounts import passwords, rules
from authenticate_app.accounts.models import User
from authenticate_app.accounts.rules import may_edit, may_grant, may_grant_entitlement, may_set_password
from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record

__all__ = [
    "create_user",
    "may_edit",
    "may_grant",
    "may_grant_entitlement",
    "may_set_password",
    "set_active",
    "set_password",
    "set_roles",
]


def create_user(
    *, actor: User | None, username: str, password: str | None = None, roles: Iterable[Group] = (), **fields: Any
) -> User:
    """Store a user with roles; without a password nobody can sign in by password as them.

    Raises:
        django.core.exceptions.ValidationError: a name is taken or unusable, another field or the password is at fault.
        django.core.exceptions.PermissionDenied: ``actor`` may not grant a role, or make a superuser.
        SignInBusy: too many password hashes are being computed.
    """
    user = User(username=username, **fields)
    granted = list(roles)
    _require(rules.may_edit(actor, user), _("Only superusers make superusers."))
    _require_grantable(actor, granted)
    _set_hash(user, password)
    _check(user)
    with transaction.atomic():
        _insert(user)
        user.groups.set(granted)
        _record(Event.OBJECT_CREATED, actor, user, username=[None, username], roles=[[], _names(granted)])
    return user


def set_active(*, actor: User | None, user: User, is_active: bool) -> None:
    """Enable or disable a user; it counts from the next request on, in every process.

    Raises:
        django.core.exceptions.PermissionDenied: the user is a superuser and ``actor`` is none.
    """
    _require_editable(actor, user)
    with transaction.atomic():
        stored = User.objects.select_for_update().get(pk=user.pk)
        if stored.is_active != is_active:
            User.objects.filter(pk=user.pk).update(is_active=is_active)
            _record(Event.OBJECT_CHANGED, actor, user, is_active=[stored.is_active, is_active])
    user.is_active = is_active


def set_roles(*, actor: User | None, user: User, roles: Iterable[Group]) -> None:
    """Give a user these roles and no others. Taking one away needs nothing that giving it would.

    Raises:
        django.core.exceptions.PermissionDenied: ``actor`` does not hold a role that the user does not have yet, or the
            user is a superuser and ``actor`` is none.
    """
    _require_editable(actor, user)
    wanted = list(roles)
    with transaction.atomic():
        held = list(user.groups.select_for_update(of=("self",)).order_by("name"))
        _require_grantable(actor, [role for role in wanted if role not in held])
        if set(wanted) != set(held):
            user.groups.set(wanted)
            _record(Event.OBJECT_CHANGED, actor, user, roles=[_names(held), _names(wanted)])


def set_password(*, actor: User | None, user: User, password: str | None) -> None:
    """Give a user a new password, or with None make signing in by password impossible.

    Raises:
        django.core.exceptions.ValidationError: the password is too weak.
        django.core.exceptions.PermissionDenied: ``actor`` holds less than the user, see ``rules.may_set_password``.
        SignInBusy: too many password hashes are being computed.
    """
    _require(
        rules.may_set_password(actor, user), _("You may set the password only of users who hold nothing that you lack.")
    )
    _set_hash(user, password)
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(password=user.password)
        _record(Event.PASSWORD_SET, actor, user)


def _set_hash(user: User, password: str | None) -> None:
    if password is None:
        user.set_unusable_password()
    else:
        validate_password(password, user)
        user.password = passwords.make_hash(password)


def _insert(user: User) -> None:
    """Insert the user; where a rival took one of the names after ``full_clean``, say so as ``full_clean`` does."""
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        user.pk = None
        _check(user)
        raise


def _check(user: User) -> None:
    """As a form would check it; ``clean`` judges the names in their compared form."""
    user.full_clean(exclude={"username_key", "email_key"})


def _require_editable(actor: User | None, user: User) -> None:
    _require(rules.may_edit(actor, user), _("Only superusers change superusers."))


def _require_grantable(actor: User | None, roles: list[Group]) -> None:
    grantable = rules.grantable_roles(actor, roles)
    lacking = [role for role in roles if role not in grantable]
    _require(not lacking, _("You do not hold and so cannot give: %(roles)s") % {"roles": ", ".join(_names(lacking))})


def _require(condition: bool, sentence: str) -> None:
    if not condition:
        raise PermissionDenied(sentence)


def _names(roles: Iterable[Group]) -> list[str]:
    return sorted(role.name for role in roles)


def _record(event: Event, actor: User | None, user: User, **changes: list[Any]) -> None:
    record(
        event=event,
        actor=actor.pk if actor else None,
        actor_name=actor.get_username() if actor else "",
        target=user,
        changes=changes,
    )
