"""What one user may do to another: nobody grants what they do not hold, only superusers edit superusers.

``actor`` is None where no user acts: somebody at the server's own command line, who could write to the database
anyway. These rules come on top of Django's permissions (may the actor edit users at all?), which the pages ask for.
"""

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission

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


def _holds_everything(actor: User | None) -> bool:
    return actor is None or (actor.is_active and actor.is_superuser)
