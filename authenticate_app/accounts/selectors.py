"""Reading an account as signing in needs it: one statement, whoever it is."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from authenticate_app.accounts.callers import Caller

HELD = """
held AS MATERIALIZED (
    SELECT role.id, role.name FROM person
    JOIN authenticate_app_user_groups AS holding ON holding.user_id = person.id
    JOIN auth_group AS role ON role.id = holding.group_id
)
"""
"""A common table expression, the roles of ``person``: one before it, the row of a user or none.

Neither may lock. A lock would fetch the newest user row beside older roles, and pass them off as current.
"""

PERSON = f"""
person AS MATERIALIZED (
    SELECT * FROM authenticate_app_user WHERE username_key = %(name_key)s::text
), {HELD}
"""  # noqa: S608 - made of constants
"""Common table expressions: ``person``, found by name (none, if there is no such user), and the ``held`` roles."""

ACCOUNT = """
person.id, person.username, person.username_key, person.email, person.email_verified, person.email_key,
person.first_name, person.last_name, person.contact_party_id, person.organization_party_id, person.revision,
person.password, person.is_active,
ARRAY(SELECT name FROM held),
ARRAY(
    SELECT DISTINCT entitlement.codename FROM held
    JOIN auth_group_permissions AS carried ON carried.group_id = held.id
    JOIN auth_permission AS entitlement ON entitlement.id = carried.permission_id
),
(SELECT value FROM authenticate_app_revision WHERE topic = 'roles')
"""
"""The columns that ``account_of`` makes an account of; the statement also holds ``person`` and ``HELD``."""

ACCOUNT_COLUMNS = 16


@dataclass(frozen=True, slots=True)
class Account:
    """A user as stored, before anything is proven: what they would be as a caller, and what decides about it."""

    unproven_caller: Caller
    password_hash: str
    is_active: bool


def find_account(name_key: str) -> Account | None:
    """Read one account by its name in the compared form; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_FIND, {"name_key": name_key})
        row = cursor.fetchone()
    return None if row is None else account_of(row)


def account_of(row: tuple[Any, ...]) -> Account | None:
    """Make an account of the columns ``ACCOUNT``; None if they are those of nobody."""
    if row[0] is None:
        return None
    (user_id, username, username_key, email, email_verified, email_key, *rest) = row[:ACCOUNT_COLUMNS]
    (first_name, last_name, contact, organization, revision, password_hash, is_active, *held) = rest
    roles, entitlements, roles_revision = held
    caller = Caller(
        user_id=user_id,
        username=username,
        username_key=username_key,
        email=email,
        verified_email_key=email_key if email_verified else "",
        first_name=first_name,
        last_name=last_name,
        contact_party_id=contact,
        organization_party_id=organization,
        roles=frozenset(roles),
        entitlements=frozenset(entitlements),
        revision=revision,
        roles_revision=roles_revision,
    )
    return Account(caller, password_hash, is_active)


_FIND = f"WITH {PERSON} SELECT {ACCOUNT} FROM person"  # noqa: S608 - made of constants
