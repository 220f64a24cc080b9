"""Find, export and erase the personal data of one end user (docs/personal-data.md).

Erasing goes in small transactions, each whole, so that it can be broken off and repeated: what is gone already is not
found again. Everything is erased but what the report names, with the reason.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Model, Q, QuerySet

from authenticate_app.accounts.entitlements import SELF_SERVICE_USER
from authenticate_app.accounts.models import User
from authenticate_app.accounts.names import name_key
from authenticate_app.audit.events import Event
from authenticate_app.audit.models import AuditEvent
from authenticate_app.audit.services import pseudonym, record
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
from chat_app.engagement.privacy.person import Person, few, find_person
from chat_app.engagement.privacy.report import Report
from chat_app.sessions.models import ChatSession, ChatToken

RUNNING = "a chat that has not ended yet; erase again when it has"
SHARED = "in this conversation somebody else has signed in too; only this person's sign-ins go"
FOUND_BY = "by this account the chat is found again that has not ended yet; erase again when it has"
OF_STAFF = "an account of somebody who uses the admin, answers chats or acts for a client; delete it there"


def find(*, name: str) -> Report:
    """Count what there is about an end user, table by table."""
    report = Report(name)
    for table, rows in _parts(find_person(name=name)):
        report.of(table).found += rows.count()
    return report


def export(*, name: str, actor: Any = None, now: datetime) -> str:
    """Write down as JSON what there is about an end user; secrets are left out. The audit log says that it was done."""
    tables: dict[str, list[Any]] = {}
    for table, rows in _parts(find_person(name=name)):
        tables.setdefault(table, []).extend(_shown(table, row) for row in rows.values())
    _audit(Event.PERSONAL_DATA_EXPORTED, name, actor, now)
    data = {"name": name, "at": now, "tables": {table: rows for table, rows in tables.items() if rows}}
    return json.dumps(data, cls=_Encoder, ensure_ascii=False, indent=2)


def erase(*, name: str, actor: Any = None, now: datetime) -> Report:
    """Erase what there is about an end user. The audit log says that it was done, under the pseudonym alone."""
    person, report = find_person(name=name), find(name=name)
    is_talking = _erase_chats(person, report)
    _erase_messages(person, report)
    _blank_audit(person, report)
    _erase_account(person, report, is_talking=is_talking)
    _audit(Event.PERSONAL_DATA_ERASED, name, actor, now)
    return report


def _parts(person: Person) -> Iterator[tuple[str, "QuerySet[Any]"]]:
    """Everything about a person: tables by their labels, with the rows."""
    for some in few(person.engagements):
        yield from _of_engagements(some)
    for some in few(person.sessions):
        yield _named(ChatToken.objects.filter(session_id__in=some))
        yield _named(ChatSession.objects.filter(pk__in=some))
    for some in few(person.conversations):
        yield from _of_conversations(some)
        yield _named(Conversation.objects.filter(pk__in=some))
    yield from _of_sign_ins(person)
    for some in few(sorted({*person.acts, *person.changes})):
        yield _named(AuditEvent.objects.filter(pk__in=some))
    if person.account is not None:
        yield from _of_account(person.account)
        yield _named(User.objects.filter(pk=person.account.pk))


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


def _of_conversations(keys: list[Any]) -> Iterator[tuple[str, "QuerySet[Any]"]]:
    """What customers wrote is found by their id at the business; webhooks by the conversation that they tell of."""
    for business, customer in Conversation.objects.filter(pk__in=keys).values_list("business_id", "customer_id"):
        yield _named(InboundMessage.objects.filter(business_id=business, customer_id=customer))
    told = [str(key) for key in keys]
    yield _named(WebhookDelivery.objects.filter(payload__data__conversation__in=told))
    yield _named(OutboundMessage.objects.filter(conversation_id__in=keys))


def _of_sign_ins(person: Person) -> Iterator[tuple[str, "QuerySet[Any]"]]:
    requests = SignInRequest.objects.filter(Q(conversation__in=person.conversations) | Q(pk__in=person.sign_ins))
    yield _named(SignInStep.objects.filter(sign_in__in=requests))
    yield _named(SignInResult.objects.filter(sign_in__in=requests))
    yield _named(requests)


def _of_account(account: User) -> Iterator[tuple[str, "QuerySet[Any]"]]:
    """Rows of all tables that leave with the account."""
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            if field.related_model is User and model not in FOUND_OTHERWISE:
                yield _named(model._default_manager.filter(**{field.name: account.pk}))


FOUND_OTHERWISE = {AuditEvent, ChatSession, Engagement, Participant, SignInResult}
"""Tables that name accounts, and whose rows are found by more than that."""


def _named(rows: "QuerySet[Any]") -> tuple[str, "QuerySet[Any]"]:
    return rows.model._meta.label, rows


def _erase_chats(person: Person, report: Report) -> bool:
    """Erase what has ended; answers whether a chat goes on."""
    running = set(_of_keys(Engagement, person.engagements).exclude(state="concluded").values_list("pk", flat=True))
    for key in person.engagements:
        if key not in running:
            with transaction.atomic():
                _delete(_of_engagements([key]), report)
    kept = 0
    for some in few(person.sessions):
        with transaction.atomic():
            _delete([_named(ChatToken.objects.filter(session_id__in=_without_chat(some)))], report)
            free = _without_chat(some)  # again: a token that somebody was faster with has begun a chat
            _delete([_named(ChatSession.objects.filter(pk__in=free))], report)
        kept += len(some) - len(free)
    for model, count in ((Engagement, len(running)), (ChatSession, kept)):
        _leave(report, model, count, RUNNING)
    return bool(running) or kept > 0


def _without_chat(sessions: list[Any]) -> list[Any]:
    """Those that no chat belongs to, or not any more."""
    begun = set(Engagement.objects.filter(session_id__in=sessions).values_list("session_id", flat=True))
    return [key for key in sessions if key not in begun]


def _erase_messages(person: Person, report: Report) -> None:
    for some in few(person.conversations):
        with transaction.atomic():
            _delete(_of_conversations(some), report)
    with transaction.atomic():
        _delete(list(_of_sign_ins(person)), report)
    for some in few(person.conversations):
        with transaction.atomic():
            _delete([_named(Conversation.objects.filter(pk__in=some))], report)
    _leave(report, Conversation, len(person.shared_conversations), SHARED)


def _blank_audit(person: Person, report: Report) -> None:
    """Events stay, under the pseudonym; of changes of the account stays that there was one, when and by whom."""
    if person.account is not None and _is_of_staff(person.account):
        _leave(report, AuditEvent, len({*person.acts, *person.changes}), OF_STAFF)
        return
    for some in few(person.acts):
        blank: dict[str, Any] = {"actor": None, "actor_name": "", "address": None, "object_name": "", "changes": {}}
        AuditEvent.objects.filter(pk__in=some).update(pseudonym=pseudonym(person.keys[0]), **blank)
    for some in few(person.changes):
        AuditEvent.objects.filter(pk__in=some).update(object_name="", changes={})
    report.of(AuditEvent._meta.label).blanked += len({*person.acts, *person.changes})


def _erase_account(person: Person, report: Report, *, is_talking: bool) -> None:
    """Erase it last: other names, under which chats are found, are known by it alone."""
    account = person.account
    if account is None:
        return
    parts = [*_of_account(account), _named(User.objects.filter(pk=account.pk))]
    counts = [(rows.model, rows.count()) for _table, rows in parts]
    why = OF_STAFF if _is_of_staff(account) else FOUND_BY if is_talking else ""
    if why:
        for model, count in counts:
            report.of(model._meta.label).left += count
        report.of(User._meta.label).why.append(why)
        return
    account.delete()
    for model, count in counts:
        report.of(model._meta.label).erased += count


def _is_of_staff(account: User) -> bool:
    serves = account.groups.exclude(name=SELF_SERVICE_USER).exists()
    serves = serves or AgentSession.objects.filter(user=account).exists()
    acts = Client.objects.filter(acting_user=account).exists()
    return account.is_staff or account.is_superuser or serves or acts


def _delete(parts: Any, report: Report) -> None:
    for table, rows in parts:
        report.of(table).erased += rows.count()
        rows.delete()


def _leave(report: Report, model: type[Model], count: int, why: str) -> None:
    if count:
        lines = report.of(model._meta.label)
        lines.found, lines.left = max(lines.found, count), count
        lines.why.append(why)


def _of_keys(model: type[Model], keys: list[Any]) -> "QuerySet[Any]":
    return model._default_manager.filter(pk__in=keys)


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
