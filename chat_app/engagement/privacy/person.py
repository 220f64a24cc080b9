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
from authenticate_app.messages.models import Conversation, LinkedIdentity, SignInResult
from chat_app.engagement.models import Engagement, Participant

STRETCH: Final = 50_000
"""Keys in one statement: some tens of milliseconds."""
FEW: Final = 1_000
"""Keys that one statement names."""
Login = tuple[str, str]
"""Issuer and subject: how an identity provider knows somebody."""


class NoName(ValueError):
    """What was given as a name is none, and would be everybody's or nobody's."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who an end user is. ``keys``: the compared forms of their names; or ``customer_id``: that of Apple Messages.

    Known once, before anything is erased: what is written meanwhile is found by it when the account has gone.
    """

    keys: tuple[str, ...]
    account_id: int | None
    logins: frozenset[Login]
    customer_id: str


@dataclass(frozen=True, slots=True)
class Person:
    """An end user and the keys of the rows that are about them.

    ``conversations`` are those of Apple Messages in which nobody else has signed in; in ``shared_conversations``
    somebody else has, so that only ``sign_ins`` are theirs. ``acts`` are audit events of what they did, ``changes``
    those of what was done to their account.
    """

    identity: Identity
    account: User | None
    sessions: list[int]
    engagements: list[int]
    conversations: list[Any]
    shared_conversations: list[Any]
    sign_ins: list[Any]
    acts: list[int]
    changes: list[int]


def identify(*, name: str, is_customer_id: bool = False) -> Identity:
    """Learn who this is, by user name or e-mail address as ``authUserName`` has it, or by the id of Apple's customer.

    The one is never taken for the other: what people are called is chosen by them, or by whoever asks for a chat.

    Raises:
        NoName: it is empty, or no text.
    """
    if not name or not _is_text(name):
        raise NoName("The name is empty or no text; it should be a user name, an e-mail address or a customer's id.")
    if is_customer_id:
        return Identity((), None, frozenset(), customer_id=name)
    account = _account_of(name)
    return Identity(_keys(name, account), account.pk if account else None, _logins(account), customer_id="")


def everything_of(identity: Identity) -> Person:
    """Look for everything about the end user, as it is now."""
    sessions = list(_sessions(identity))
    acts, changes = _audited(identity)
    own, shared, sign_ins = conversations_of(identity)
    return Person(
        identity=identity,
        account=User.objects.filter(pk=identity.account_id).first() if identity.account_id is not None else None,
        sessions=sessions,
        engagements=_engagements(identity, sessions),
        conversations=own,
        shared_conversations=shared,
        sign_ins=sign_ins,
        acts=acts,
        changes=changes,
    )


def conversations_of(identity: Identity) -> tuple[list[Any], list[Any], list[Any]]:
    """Return the keys of conversations of Apple Messages that are theirs alone, of shared ones, and of their sign-ins.

    Who has no account here is known by issuer and subject. Under a customer's id all of their conversation is found.
    """
    signed_in = _signed_in(identity)
    sign_ins, theirs = sorted(pk for pk, _in in signed_in), {conversation for _pk, conversation in signed_in}
    others = SignInResult.objects.filter(sign_in__conversation__in=theirs).exclude(pk__in=sign_ins)
    shared = set(others.values_list("sign_in__conversation_id", flat=True))
    by_id = Conversation.objects.filter(customer_id=identity.customer_id).exclude(customer_id="")
    asked_for = set(by_id.values_list("pk", flat=True))
    return sorted(theirs - shared | asked_for), sorted(shared - asked_for), sign_ins


def few(keys: list[Any]) -> Iterator[list[Any]]:
    """Cut a list into pieces that one statement can name."""
    for start in range(0, len(keys), FEW):
        yield keys[start : start + FEW]


def _is_text(name: str) -> bool:
    """Whether it is without halves of surrogate pairs, which a shell's bytes become, and without NUL."""
    return "\0" not in name and not any("\ud800" <= character <= "\udfff" for character in name)


def _account_of(name: str) -> User | None:
    """An address that its account has not verified may be somebody else's, so it leads to no account."""
    key = name_key(name)
    return User.objects.filter(Q(username_key=key) | Q(email_key=key, email_verified=True)).first()


def _keys(name: str, account: User | None) -> tuple[str, ...]:
    keys = {name_key(name)}
    if account is not None:
        keys |= {account.username_key, account.email_key if account.email_verified else ""}
    return tuple(sorted(keys - {""}))


def _logins(account: User | None) -> frozenset[Login]:
    """How identity providers know them, our own included."""
    if account is None:
        return frozenset()
    known = LinkedIdentity.objects.filter(user=account).values_list("issuer", "subject")
    results = SignInResult.objects.filter(user=account).values_list("issuer", "subject")
    return frozenset({*known, *results})


def _sessions(identity: Identity) -> Iterator[int]:
    found = _walk("chat_app_chatsession", _SESSIONS, {"keys": list(identity.keys), "account": identity.account_id})
    for pk, name, end_user_id in found:
        if name_key(name) in identity.keys or (identity.account_id is not None and end_user_id == identity.account_id):
            yield pk


def _engagements(identity: Identity, sessions: list[int]) -> list[int]:
    """By name, by session, and by the account as the customer: it may have had another name, its session be gone."""
    found = set(Engagement.objects.filter(end_user_key__in=identity.keys).values_list("pk", flat=True))
    for some in few(sessions):
        found |= set(Engagement.objects.filter(session_id__in=some).values_list("pk", flat=True))
    if identity.account_id is not None:
        as_customer = Participant.objects.filter(user_id=identity.account_id, kind=Participant.Kind.CONSUMER)
        found |= set(as_customer.values_list("engagement_id", flat=True))
    return sorted(found)


def _signed_in(identity: Identity) -> set[tuple[Any, Any]]:
    """Their sign-ins, each with its conversation; also those from before this server knew whose they are."""
    if identity.account_id is None:
        return set()
    theirs = SignInResult.objects.filter(user_id=identity.account_id)
    found = set(theirs.values_list("pk", "sign_in__conversation_id"))
    for some in few(sorted(identity.logins)):
        unknown = SignInResult.objects.filter(user=None, subject__in=[subject for _issuer, subject in some])
        rows = unknown.values_list("pk", "sign_in__conversation_id", "issuer", "subject")
        found |= {(pk, conversation) for pk, conversation, *login in rows if tuple(login) in identity.logins}
    return found


def _audited(identity: Identity) -> tuple[list[int], list[int]]:
    parameters = {
        "keys": list(identity.keys),
        "account": identity.account_id,
        "pseudonyms": [pseudonym(key) for key in identity.keys],
        "kind": User._meta.label_lower,
    }
    acts, changes = [], []
    for pk, is_act, is_change, actor, changed in _walk("authenticate_app_auditevent", _AUDITED, parameters):
        acts += [pk] if is_act or name_key(actor) in identity.keys else []
        changes += [pk] if is_change or name_key(changed) in identity.keys else []
    return acts, changes


def _walk(table: str, statement: str, parameters: dict[str, Any]) -> Iterator[Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT min(id), max(id) FROM {table}")  # noqa: S608 - a constant
        first, last = cursor.fetchone() or (None, None)
        for start in range(first or 0, (last or 0) + 1, STRETCH):
            cursor.execute(statement, {**parameters, "first": start, "end": start + STRETCH})
            yield from cursor.fetchall()


# Names beyond ASCII are compared by us: the database folds letters otherwise. In Turkish it does so with ASCII, too.
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
            actor_id = %(account)s::bigint OR lower(actor_name COLLATE "C") = ANY(%(keys)s)
            OR (actor_id IS NULL AND address IS NOT NULL AND pseudonym = ANY(%(pseudonyms)s)), FALSE
        ) AS is_act,
        coalesce(
            object_type = %(kind)s AND object_name <> ''
            AND (object_id = %(account)s::text OR lower(object_name COLLATE "C") = ANY(%(keys)s)), FALSE
        ) AS is_change
    FROM authenticate_app_auditevent WHERE id >= %(first)s AND id < %(end)s
) AS event
WHERE is_act OR is_change OR actor_name ~ '[^[:ascii:]]' OR changed_name ~ '[^[:ascii:]]'
"""
