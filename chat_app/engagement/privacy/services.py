"""Find, export and erase the personal data of one end user (docs/personal-data.md).

Erasing goes in small transactions, each whole, so that it can be broken off and repeated: what is gone already is not
found again. Everything is erased but what the report names, with the reason.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import Model, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from authenticate_app.accounts.entitlements import SELF_SERVICE_USER
from authenticate_app.accounts.models import User
from authenticate_app.accounts.names import name_key
from authenticate_app.audit.events import Event
from authenticate_app.audit.models import AuditEvent
from authenticate_app.audit.services import pseudonym, record
from authenticate_app.messages.endings import SIGN_IN_ENDED
from authenticate_app.messages.models import (
    Conversation,
    InboundMessage,
    OutboundMessage,
    SignInRequest,
    SignInResult,
    SignInStep,
    WebhookDelivery,
)
from authenticate_app.oauth.models import Client
from chat_app.engagement.locks import lock_engagement
from chat_app.engagement.models import (
    AgentSession,
    Engagement,
    Mailbox,
    MailboxEvent,
    Offer,
    Participant,
    TranscriptMessage,
)
from chat_app.engagement.privacy.columns import COLUMNS
from chat_app.engagement.privacy.person import Person, conversations_of, everything_of, few, identify
from chat_app.engagement.privacy.report import Report
from chat_app.sessions.models import ChatSession, ChatToken

RUNNING = _("A chat has not ended yet: erase again when it has.")
SHARED = _("In a conversation somebody else has signed in too: only this person's sign-ins go.")
FOUND_BY = _("By this account a chat is found again that has not ended yet: erase again when it has.")
OF_STAFF = _("This account uses the admin, answers chats or acts for a client: delete it on its own page.")
ONE_AT_A_TIME: Final = 0x65726173696E67
"""Key of the PostgreSQL advisory lock: "erasing" in ASCII."""


def find(*, name: str, is_customer_id: bool = False) -> Report:
    """Count what there is about an end user, table by table.

    In all three functions ``name`` is what ``authUserName`` has, or the id of a customer of Apple Messages.

    Raises:
        NoName: nothing was looked for.
    """
    return _counted(everything_of(identify(name=name, is_customer_id=is_customer_id)))


def export(*, name: str, is_customer_id: bool = False, actor: Any = None, now: datetime) -> str:
    """Write down as JSON what there is about an end user; secrets are left out. The audit log says that it was done.

    Raises:
        NoName: nothing was looked for.
    """
    tables: dict[str, list[Any]] = {}
    for table, rows in _parts(everything_of(identify(name=name, is_customer_id=is_customer_id))):
        tables.setdefault(table, []).extend(_shown(table, row) for row in rows.values())
    _audit(Event.PERSONAL_DATA_EXPORTED, name, actor, now)
    data = {"name": name, "at": now, "tables": {table: rows for table, rows in tables.items() if rows}}
    return json.dumps(data, cls=_Encoder, ensure_ascii=False, indent=2)


def erase(*, name: str, is_customer_id: bool = False, actor: Any = None, now: datetime) -> Report:
    """Erase what there is about an end user. The audit log says that it was done, under the pseudonym alone.

    In two rounds: what was written during the first, such as a sign-in that is audited, goes in the second.

    Raises:
        NoName: nothing was looked for.
    """
    identity = identify(name=name, is_customer_id=is_customer_id)
    person = everything_of(identity)
    report = _counted(person)
    _erase_all(person, report)
    _erase_all(everything_of(identity), report)
    _audit(Event.PERSONAL_DATA_ERASED, name, actor, now)
    report.settle()
    return report


def _counted(person: Person) -> Report:
    report = Report(person.identity.keys or (person.identity.customer_id,))
    for table, rows in _parts(person):
        report.of(table).found += rows.count()
    return report


def _parts(person: Person) -> Iterator[tuple[str, "QuerySet[Any]"]]:
    """Everything about a person: tables by their labels, with the rows."""
    for some in few(person.engagements):
        yield from _of_engagements(some)
    for some in few(person.sessions):
        yield _named(ChatToken.objects.filter(session_id__in=some))
        yield _named(ChatSession.objects.filter(pk__in=some))
    for key in person.conversations:
        yield from _of_conversation(key)
    yield from _of_sign_ins(_shared_sign_ins(person.sign_ins, person.conversations))
    for events in few(sorted({*person.acts, *person.changes})):
        yield _named(AuditEvent.objects.filter(pk__in=events))
    if person.account is not None:
        yield from _of_account(person.account)


def _of_engagements(keys: list[int]) -> Iterator[tuple[str, "QuerySet[Any]"]]:
    yield _named(MailboxEvent.objects.filter(mailbox_id__in=_mailboxes(keys), engagement_id__in=keys))
    yield _named(Mailbox.objects.filter(engagement_id__in=keys))
    yield _named(TranscriptMessage.objects.filter(engagement_id__in=keys))
    yield _named(Offer.objects.filter(engagement_id__in=keys))
    yield _named(Participant.objects.filter(engagement_id__in=keys))
    yield _named(Engagement.objects.filter(pk__in=keys))


def _mailboxes(engagements: list[int]) -> list[int]:
    """Those of the customer, and those of agents who were offered the chat or took part in it."""
    agents = AgentSession.objects.filter(
        Q(offers__engagement_id__in=engagements) | Q(participations__engagement_id__in=engagements)
    )
    own = Mailbox.objects.filter(engagement_id__in=engagements).values_list("pk", flat=True)
    return sorted({*own, *agents.values_list("mailbox_id", flat=True)})


def _of_conversation(key: Any) -> Iterator[tuple[str, "QuerySet[Any]"]]:
    """What customers wrote is found by their id at the business; webhooks by the conversation that they tell of."""
    for business, customer in Conversation.objects.filter(pk=key).values_list("business_id", "customer_id"):
        yield _named(InboundMessage.objects.filter(business_id=business, customer_id=customer))
        yield _named(WebhookDelivery.objects.filter(business_id=business, payload__data__conversation=str(key)))
    yield _named(OutboundMessage.objects.filter(conversation_id=key))
    requests = SignInRequest.objects.filter(conversation_id=key)
    yield _named(SignInStep.objects.filter(sign_in__in=requests))
    yield _named(SignInResult.objects.filter(sign_in__in=requests))
    yield _named(requests)
    yield _named(Conversation.objects.filter(pk=key))


def _of_sign_ins(keys: list[Any]) -> Iterator[tuple[str, "QuerySet[Any]"]]:
    """Of sign-ins in conversations that are not theirs alone: also what others were sent and told of them."""
    for some in few(keys):
        told = [str(key) for key in some]
        yield _named(WebhookDelivery.objects.filter(payload__type=SIGN_IN_ENDED, payload__data__id__in=told))
        yield _named(OutboundMessage.objects.filter(sign_in__in=some))
        yield _named(SignInStep.objects.filter(sign_in__in=some))
        yield _named(SignInResult.objects.filter(sign_in__in=some))
        yield _named(SignInRequest.objects.filter(pk__in=some))


def _shared_sign_ins(sign_ins: list[Any], own: list[Any]) -> list[Any]:
    within = set(SignInRequest.objects.filter(conversation__in=own).values_list("pk", flat=True))
    return [key for key in sign_ins if key not in within]


def _of_account(account: User) -> Iterator[tuple[str, "QuerySet[Any]"]]:
    """The account, and rows of all tables that leave with it."""
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            if field.related_model is User and model not in FOUND_OTHERWISE:
                yield _named(model._default_manager.filter(**{field.name: account.pk}))
    yield _named(User.objects.filter(pk=account.pk))


FOUND_OTHERWISE = {AuditEvent, ChatSession, Engagement, Participant, SignInResult}
"""Tables that name accounts, and whose rows are found by more than that."""


def _named(rows: "QuerySet[Any]") -> tuple[str, "QuerySet[Any]"]:
    return rows.model._meta.label, rows


def _erase_all(person: Person, report: Report) -> None:
    is_talking = _erase_chats(person, report)
    _erase_messages(person, report)
    _blank_audit(person, report)
    _erase_account(person, report, is_talking=is_talking)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """A step of erasing, whole or not at all. Others wait, so that of two who erase each sees what the other has done.

    It comes before all other locks (``engagement.locks``).
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        yield


def _erase_chats(person: Person, report: Report) -> bool:
    """Erase what has ended; answers whether a chat goes on."""
    running = sum(not _erase_chat(key, report) for key in person.engagements)
    kept = 0
    for some in few(person.sessions):
        with _one_at_a_time():
            _delete([_named(ChatToken.objects.filter(session_id__in=_without_chat(some)))], report)
            free = _without_chat(some)  # again: a token that somebody was faster with has begun a chat
            _delete([_named(ChatSession.objects.filter(pk__in=free))], report)
            kept += ChatSession.objects.filter(pk__in=some).count()
    for model, count in ((Engagement, running), (ChatSession, kept)):
        _leave(report, model, count, RUNNING)
    return running > 0 or kept > 0


def _erase_chat(key: int, report: Report) -> bool:
    """Erase a chat; answers False if it goes on."""
    with _one_at_a_time():
        engagement = lock_engagement(key)
        if engagement is None:
            return True
        if engagement.state != Engagement.State.CONCLUDED:
            return False
        _delete(_of_engagements([key]), report)
        return True


def _without_chat(sessions: list[Any]) -> list[Any]:
    """Those that no chat belongs to, or not any more."""
    begun = set(Engagement.objects.filter(session_id__in=sessions).values_list("session_id", flat=True))
    return [key for key in sessions if key not in begun]


def _erase_messages(person: Person, report: Report) -> None:
    """Erase each conversation in one step: half of it would not be found again. Whose it is may have changed."""
    for key in [*person.conversations, *person.shared_conversations]:
        with _one_at_a_time():
            own, _shared, _sign_ins = conversations_of(person.identity)
            if key in own and Conversation.objects.select_for_update().filter(pk=key).exists():
                _delete(_of_conversation(key), report)
    with _one_at_a_time():
        own, shared, sign_ins = conversations_of(person.identity)
        _delete(_of_sign_ins(_shared_sign_ins(sign_ins, own)), report)
    if shared:  # not found again, since nothing in them is this person's any more
        _leave(report, Conversation, len(shared), SHARED)


def _blank_audit(person: Person, report: Report) -> None:
    """Events stay, under the pseudonym; of changes of the account stays that there was one, when and by whom."""
    events = sorted({*person.acts, *person.changes})
    if person.account is not None and _is_of_staff(person.account):
        _leave(report, AuditEvent, len(events), OF_STAFF)
        return
    for some in few(person.acts):
        blank: dict[str, Any] = {"actor": None, "actor_name": "", "address": None, "object_name": "", "changes": {}}
        _blank(some, {**blank, "pseudonym": pseudonym(person.identity.keys[0])}, report)
    for some in few(sorted({*person.changes} - {*person.acts})):
        _blank(some, {"object_name": "", "changes": {}}, report)


def _blank(events: list[int], values: dict[str, Any], report: Report) -> None:
    """Empty what is not empty yet: somebody may have been faster."""
    with _one_at_a_time():
        report.of(AuditEvent._meta.label).blanked += (
            AuditEvent.objects.filter(pk__in=events).exclude(**values).update(**values)
        )


def _erase_account(person: Person, report: Report, *, is_talking: bool) -> None:
    """Erase it last: other names, under which chats are found, are known by it alone."""
    if person.account is None:
        return
    with _one_at_a_time():
        account = User.objects.select_for_update().filter(pk=person.account.pk).first()
        if account is None:
            return
        why = OF_STAFF if _is_of_staff(account) else FOUND_BY if is_talking else ""
        if not why:
            _delete(_of_account(account), report)
        for _table, rows in _of_account(account):
            _leave(report, rows.model, rows.count(), why if rows.model is User else "")


def _is_of_staff(account: User) -> bool:
    serves = account.groups.exclude(name=SELF_SERVICE_USER).exists()
    serves = serves or account.user_permissions.exists() or AgentSession.objects.filter(user=account).exists()
    acts = Client.objects.filter(acting_user=account).exists()
    return account.is_staff or account.is_superuser or serves or acts


def _delete(parts: Iterable[tuple[str, "QuerySet[Any]"]], report: Report) -> None:
    """Delete rows, and what depends on them; what is counted is what was there to be deleted."""
    for _table, rows in parts:
        _all, deleted = rows.delete()
        for table, count in deleted.items():
            report.of(table).erased += count


def _leave(report: Report, model: type[Model], count: int, why: Promise | str) -> None:
    report.of(model._meta.label).leave(count, why)


def _shown(table: str, row: dict[str, Any]) -> dict[str, Any]:
    hidden = COLUMNS[table].hidden.split()
    return {column: value for column, value in row.items() if column not in hidden}


def _audit(event: Event, name: str, actor: Any, now: datetime) -> None:
    actor_name = actor.get_username() if actor is not None else ""
    record(event=event, name=name_key(name), actor=actor.pk if actor else None, actor_name=actor_name, now=now)


class _Encoder(DjangoJSONEncoder):
    """Bytes as text where they are, as what customers wrote is."""

    def default(self, o: Any) -> Any:
        if isinstance(o, bytes | memoryview):
            return bytes(o).decode(errors="replace")
        return super().default(o)
