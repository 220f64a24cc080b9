"""Issuing a token: the order of things, and what is left when one of them fails."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings

from authenticate_app.accounts.callers import Caller
from authenticate_app.accounts.models import User
from authenticate_app.accounts.selectors import find_account
from authenticate_app.keys.models import SigningKey
from chat_app.adf.errors import AdfError
from chat_app.chat_authenticate.facts import Facts
from chat_app.chat_authenticate.releases import NEWEST
from chat_app.chat_authenticate.services import IssuedChat, issue_chat_token
from chat_app.routing.models import Queue
from chat_app.sessions.models import ChatSession, ChatToken
from chat_app.sessions.services import BasisChanged
from tests.chat_authenticate.bodies import parse
from tests.world import CALLER, QUEUE, segments_of

pytestmark = pytest.mark.usefixtures("world")

NOW = datetime(2031, 5, 4, 12, 0, 7, 654321, tzinfo=UTC)


def caller() -> Caller:
    account = find_account(CALLER)
    assert account is not None
    return account.unproven_caller


def issue(
    *, now: datetime = NOW, facts: Facts | None = None, by: Caller | None = None, **attributes: Any
) -> IssuedChat:
    return issue_chat_token(
        request=parse(attributes),
        caller=by or caller(),
        facts=facts or Facts.checked(),
        release=NEWEST,
        client_address="192.0.2.1",
        now=now,
    )


def test_times_are_those_of_the_clock_that_is_given() -> None:
    claims = json.loads(segments_of(issue().jwt)[1])
    whole_second = NOW.replace(microsecond=0)
    token = ChatToken.objects.get()
    assert claims["iat"] == int(whole_second.timestamp())
    assert claims["exp"] == claims["iat"] + 120
    assert (token.issued_at, token.expires_at) == (whole_second, whole_second + timedelta(seconds=120))
    assert token.session.created_at == whole_second
    assert str(token.jti) == claims["jti"]


def test_the_life_of_a_token_is_the_settings(settings: LazySettings) -> None:
    settings.TOKEN_LIFETIME = timedelta(seconds=45)
    issue()
    token = ChatToken.objects.get()
    assert token.expires_at - token.issued_at == timedelta(seconds=45)


def test_what_is_answered_is_what_is_stored() -> None:
    issued = issue(queueId=QUEUE)
    session = ChatSession.objects.get()
    assert (issued.session.id, issued.session.queue_id) == (session.pk, session.queue_id)
    assert (issued.interface.id, issued.session.begun) == (session.interface_id, True)


@pytest.mark.parametrize(
    "change",
    [
        lambda: User.objects.filter(username=CALLER).update(is_active=False),
        lambda: SigningKey.objects.update(revoked_at=NOW),
        lambda: Queue.objects.filter(pk=QUEUE).update(enabled=False),
    ],
    ids=["caller", "keys", "routing"],
)
def test_nothing_is_stored_on_facts_that_are_out_of_date(change: Any) -> None:
    facts, by = Facts.checked(), caller()
    change()
    with pytest.raises(BasisChanged):
        issue(facts=facts, by=by)
    assert not ChatSession.objects.exists()
    assert not ChatToken.objects.exists()


def test_nothing_is_stored_without_a_key() -> None:
    SigningKey.objects.update(retired_at=NOW - timedelta(days=1))
    with pytest.raises(AdfError) as refused:
        issue()
    assert [fault.error.code for fault in refused.value.faults] == ["CHAT-50305"]
    assert not ChatSession.objects.exists()


def test_the_key_is_the_one_of_the_moment_not_of_the_whole_second() -> None:
    SigningKey.objects.update(signs_from=NOW)
    assert issue().jwt


def test_text_survives_on_its_way() -> None:
    name, question = 'Zoë "Z" Roe \\ 名前 🙂', "Zeile 1\nZeile 2\t\u2028"
    issued = issue(authUserName=name, question=question)
    session = ChatSession.objects.get()
    assert (session.auth_user_name, session.request["question"]) == (name, question)
    assert json.loads(segments_of(issued.jwt)[1])["sub"] == name
