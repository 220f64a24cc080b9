"""Who somebody is in our tables: their account, and the keys of the rows that are about them.

Large tables without an index on what we look for are read in stretches of keys, each in a statement of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection
from django.db.models import Q

from authenticate_app.accounts.models import User
from authenticate_app.accounts.names import name_key
from authenticate_app.audit.services import pseudonym
from authenticate_app.messages.models import Conversation, SignInResult
from chat_app.engagement.models import Engagement

STRETCH: Final = 50_000
"""Keys in one statement: some tens of milliseconds."""
FEW: Final = 1_000
"""Keys that one statement names."""


@dataclass(frozen=True, slots=True)
class Person:
    """An end user. ``keys``: the compared forms of their names. Lists hold primary keys.

    ``conversations`` are those of Apple Messages in which nobody else has signed in; in ``shared_conversations``
    somebody else has, so that only ``sign_ins`` are theirs. ``acts`` are audit events of what they did, ``changes``
    those of what was done to their account.
    """

    name: str
    keys: tuple[str, ...]
    account: User | None
    sessions: list[int]
    engagements: list[int]
    conversations: list[Any]
    shared_conversations: list[Any]
    sign_ins: list[Any]
    acts: list[int]
    changes: list[int]


def find_person(*, name: str) -> Person:
    """Look for everything about the end user of this name, as ``authUserName`` has it: user name or e-mail address."""
    account = _account_of(name)
    keys = _keys(name, account)
    sessions = list(_sessions(keys, account))
    acts, changes = _audited(keys, account)
    sign_ins = list(SignInResult.objects.filter(user=account).values_list("pk", flat=True)) if account else []
    own, shared = _conversations(sign_ins, account)
    return Person(
        name=name,
        keys=keys,
        account=account,
        sessions=sessions,
        engagements=_engagements(keys, sessions),
        conversations=own,
        shared_conversations=shared,
        sign_ins=sign_ins,
        acts=acts,
        changes=changes,
    )


def few(keys: list[Any]) -> Iterator[list[Any]]:
    """Cut a list into pieces that one statement can name."""
    for start in range(0, len(keys), FEW):
        yield keys[start : start + FEW]


def _account_of(name: str) -> User | None:
    """An address that its account has not verified may be somebody else's, so it leads to no account."""
    key = name_key(name)
    return User.objects.filter(Q(username_key=key) | Q(email_key=key, email_verified=True)).first()


def _keys(name: str, account: User | None) -> tuple[str, ...]:
    keys = {name_key(name)}
    if account is not None:
        keys |= {account.username_key, account.email_key if account.email_verified else ""}
    return tuple(sorted(keys - {""}))


def _sessions(keys: tuple[str, ...], account: User | None) -> Iterator[int]:
    found = _walk("chat_app_chatsession", _SESSIONS, {"keys": list(keys), "account": account.pk if account else None})
    for pk, name, end_user_id in found:
        if name_key(name) in keys or (account is not None and end_user_id == account.pk):
            yield pk


def _engagements(keys: tuple[str, ...], sessions: list[int]) -> list[int]:
    found = set(Engagement.objects.filter(end_user_key__in=keys).values_list("pk", flat=True))
    for some in few(sessions):
        found |= set(Engagement.objects.filter(session_id__in=some).values_list("pk", flat=True))
    return sorted(found)


def _conversations(sign_ins: list[Any], account: User | None) -> tuple[list[Any], list[Any]]:
    theirs = set(Conversation.objects.filter(sign_ins__in=sign_ins).values_list("pk", flat=True))
    others = SignInResult.objects.filter(sign_in__conversation__in=theirs, user__isnull=False).exclude(user=account)
    shared = set(others.values_list("sign_in__conversation_id", flat=True))
    return sorted(theirs - shared), sorted(shared)


def _audited(keys: tuple[str, ...], account: User | None) -> tuple[list[int], list[int]]:
    parameters = {
        "keys": list(keys),
        "account": account.pk if account else None,
        "pseudonyms": [pseudonym(key) for key in keys],
        "kind": User._meta.label_lower,
    }
    acts, changes = [], []
    for pk, is_act, is_change, actor, changed in _walk("authenticate_app_auditevent", _AUDITED, parameters):
        acts += [pk] if is_act or name_key(actor) in keys else []
        changes += [pk] if is_change or name_key(changed) in keys else []
    return acts, changes


def _walk(table: str, statement: str, parameters: dict[str, Any]) -> Iterator[Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT min(id), max(id) FROM {table}")  # noqa: S608 - a constant
        first, last = cursor.fetchone() or (None, None)
        for start in range(first or 0, (last or 0) + 1, STRETCH):
            cursor.execute(statement, {**parameters, "first": start, "end": start + STRETCH})
            yield from cursor.fetchall()


# Names beyond ASCII are compared by us: the database folds letters otherwise.
_SESSIONS = """
SELECT id, auth_user_name, end_user_id FROM chat_app_chatsession
WHERE id >= %(first)s AND id < %(end)s AND (
    lower(auth_user_name) = ANY(%(keys)s) OR end_user_id = %(account)s::bigint OR auth_user_name ~ '[^[:ascii:]]'
)
"""

_AUDITED = """
SELECT id, is_act, is_change, actor_name, changed_name FROM (
    SELECT
        id,
        actor_name,
        CASE WHEN object_type = %(kind)s THEN object_name ELSE '' END AS changed_name,
        coalesce(
            actor_id = %(account)s::bigint OR lower(actor_name) = ANY(%(keys)s)
            OR (actor_id IS NULL AND address IS NOT NULL AND pseudonym = ANY(%(pseudonyms)s)), FALSE
        ) AS is_act,
        coalesce(
            object_type = %(kind)s AND object_name <> ''
            AND (object_id = %(account)s::text OR lower(object_name) = ANY(%(keys)s)), FALSE
        ) AS is_change
    FROM authenticate_app_auditevent WHERE id >= %(first)s AND id < %(end)s
) AS event
WHERE is_act OR is_change OR actor_name ~ '[^[:ascii:]]' OR changed_name ~ '[^[:ascii:]]'
"""
