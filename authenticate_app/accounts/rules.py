"""What one user may do to another, and to roles: nobody grants, or takes apart, what they do not hold.

Only superusers edit superusers and the roles that migrations make.

``actor`` is None where no user acts: somebody at the server's own command line, who could write to the database
anyway. These rules come on top of Django's permissions (may the actor edit users at all?), which the pages ask for.
"""

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission

from authenticate_app.accounts.entitlements import BUILT_IN_ROLES
from authenticate_app.accounts.models import User


def grantable_roles(actor: User | None, roles: Iterable[Group]) -> list[Group]:
    """Those of ``roles`` that ``actor`` may give to others; one query."""
    if _holds_everything(actor):
        return list(roles)
    held = set(actor.groups.values_list("pk", flat=True)) if actor else set()
    return [role for role in roles if role.pk in held]


def may_grant_entitlement(actor: User | None, entitlement: Permission) -> bool:
    """Whether ``actor`` holds ``entitlement`` and may therefore put it into a role."""
    return _holds_everything(actor) or (
        actor is not None and actor.has_perm(f"{entitlement.content_type.app_label}.{entitlement.codename}")
    )


def is_built_in(role: Group) -> bool:
    """Whether migrations made ``role``: nobody renames or deletes it, since the server or its people count on it."""
    return role.name in BUILT_IN_ROLES


def may_change_role(actor: User | None, role: Group) -> bool:
    """Whether ``actor`` may change what ``role`` carries now: built-in roles are for superusers alone.

    Any other role is for whoever holds all of it, since a change counts at once for everybody who holds the role. What
    it is to carry afterwards is asked of ``may_grant_entitlement``, one by one.
    """
    return _holds_everything(actor) or (not is_built_in(role) and not lacking_entitlements(actor, role))


def may_delete_role(actor: User | None, role: Group) -> bool:
    """Whether ``actor`` may delete ``role``: nobody a built-in one, else whoever may change it."""
    return not is_built_in(role) and may_change_role(actor, role)


def lacking_entitlements(actor: User | None, role: Group) -> list[Permission]:
    """What ``role`` carries and ``actor`` does not hold; one query, and those of the actor's own permissions."""
    carried = role.permissions.select_related("content_type")
    return [entitlement for entitlement in carried if not may_grant_entitlement(actor, entitlement)]


def may_edit(actor: User | None, user: User) -> bool:
    """Whether ``actor`` may change ``user``: superusers everybody, others everybody but superusers."""
    return _holds_everything(actor) or not user.is_superuser


def may_set_password(actor: User | None, user: User) -> bool:
    """Whether ``actor`` may set the password of ``user``, and so act as them.

    Only who holds whatever the user holds may: else a new password would be a way around ``grantable_roles``.
    """
    if _holds_everything(actor) or actor == user:
        return True
    return (
        actor is not None
        and not user.is_superuser
        and set(user.groups.all()) <= set(actor.groups.all())
        and user.get_all_permissions() <= actor.get_all_permissions()
    )


def may_lend(actor: User | None, user: User) -> bool:
    """Whether ``actor`` may let a client act as ``user``: that is as good as knowing their password."""
    return may_set_password(actor, user)


def _holds_everything(actor: User | None) -> bool:
    return actor is None or (actor.is_active and actor.is_superuser)
