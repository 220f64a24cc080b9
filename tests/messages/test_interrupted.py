"""A process that is killed between any two statements: the outcome is the one that it would have been.

A kill is made by an exception after one statement of a connection: after the first one, then after the second, and so
on. What a killed process had not committed, the database forgets. Then the job comes again, as for what a worker left.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import Any

import pytest
from django.db import connection

from authenticate_app.messages import processing, sign_ins
from authenticate_app.messages.models import Conversation, InboundMessage, SignInRequest, WebhookDelivery
from authenticate_app.messages.reasons import Reason
from tests.messages.apple import text
from tests.messages.inbound import received, reply
from tests.messages.invariants import check
from tests.messages.story import ASKED, after, asked, asked_in_legacy_flow, come_back, confirm, outcome, signed_in
from tests.messages.world import identity, sign_in

pytestmark = pytest.mark.django_db(transaction=True)

State = SignInRequest.State
Act = Callable[[], object]
Ending = tuple[str, str]


class Killed(Exception):
    """The process is no more."""


@contextmanager
def killed_after(number: int) -> Iterator[None]:
    """Kill when the statement of this number is done."""
    statements = count(1)

    def execute(run: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        result = run(sql, params, many, context)
        if next(statements) == number:
            raise Killed
        return result

    with connection.execute_wrapper(execute):
        yield


def is_killed(act: Act, number: int) -> bool:
    """Do it, and kill after the statement of this number; False if there are fewer."""
    try:
        with killed_after(number):
            act()
    except Killed:
        return True
    return False


def processing_of(message: InboundMessage, seconds: float) -> Act:
    return partial(processing.process, inbound_id=message.pk, now=after(seconds))


def replied(request: SignInRequest, status: str, seconds: float, **fields: Any) -> Act:
    """A worker processes the phone's reply."""
    return processing_of(received(request.conversation, reply(request, status, **fields), now=after(seconds)), seconds)


def success_after_callback(request: SignInRequest) -> Act:
    signed_in(request, 20)
    return replied(request, "success", 21)


def success_before_callback(request: SignInRequest) -> Act:
    come_back(request, 20)
    return replied(request, "success", 21)


def callback_after_success(request: SignInRequest) -> Act:
    come_back(request, 20)
    confirm(request, 21)
    return partial(sign_ins.store_identity, sign_in=request, identity=identity(), now=after(22))


def cancelled_by_phone(request: SignInRequest) -> Act:
    signed_in(request, 20)
    return replied(request, "cancel", 21)


def closed(request: SignInRequest) -> Act:
    message = received(request.conversation, text(type="close"), now=after(20))
    return processing_of(message, 20)


def over(request: SignInRequest) -> Act:
    sign_ins.mark_sent(sign_in_id=request.pk, now=after(1))
    return partial(sign_ins.settle, sign_in_id=request.pk, now=after(180))


def never_confirmed(request: SignInRequest) -> Act:
    signed_in(request, 20)
    return partial(sign_ins.settle, sign_in_id=request.pk, now=after(180))


def cancelled_by_asker(request: SignInRequest) -> Act:
    reason = Reason.CANCELLED_BY_ASKER
    return partial(sign_ins.end, sign_in_id=request.pk, state=State.CANCELLED, reason=reason, now=after(20))


def sent(request: SignInRequest) -> Act:
    return partial(sign_ins.mark_sent, sign_in_id=request.pk, now=after(1))


STORIES: list[tuple[Callable[[SignInRequest], Act], Ending]] = [
    (success_after_callback, (State.SUCCEEDED, Reason.SIGNED_IN)),
    (success_before_callback, (State.OPENED, "")),
    (callback_after_success, (State.SUCCEEDED, Reason.SIGNED_IN)),
    (cancelled_by_phone, (State.CANCELLED, Reason.PHONE_CANCELLED)),
    (closed, (State.CANCELLED, Reason.CONVERSATION_CLOSED)),
    (over, (State.TIMED_OUT, Reason.NO_REPLY)),
    (never_confirmed, (State.TIMED_OUT, Reason.PHONE_DID_NOT_CONFIRM)),
    (cancelled_by_asker, (State.CANCELLED, Reason.CANCELLED_BY_ASKER)),
    (sent, (State.SENT, "")),
]


def again(first: SignInRequest) -> SignInRequest:
    """Another request in the conversation, which the customer has opened again."""
    Conversation.objects.update(closed_at=None, last_message_at=None)
    return sign_in(first.conversation, now=ASKED)


@pytest.mark.parametrize(("story", "ending"), STORIES, ids=[story.__name__ for story, _ in STORIES])
def test_whatever_is_killed_ends_as_if_it_had_not_been(story: Callable[[SignInRequest], Act], ending: Ending) -> None:
    request = asked()
    for number in count(1):
        act = story(request)
        before = check(request)
        if not is_killed(act, number):
            break
        assert check(request) in (before, ended_already(request, ending))
        act()
        act()
        assert outcome(request) == ending
        check(request)
        request = again(request)
    assert number > 2
    assert outcome(request) == ending


def ended_already(request: SignInRequest, ending: Ending) -> Any:
    """Killed after the commit: the row as it is, which must be the one of the end."""
    return check(request) if outcome(request) == ending else None


def test_a_text_is_handed_on_once() -> None:
    at = asked().conversation
    for number in count(1):
        WebhookDelivery.objects.all().delete()
        message = received(at, text(), now=after(number))
        act = processing_of(message, number)
        was_killed = is_killed(act, number)
        act()
        assert WebhookDelivery.objects.filter(event="message.received").count() == 1
        if not was_killed:
            break


@pytest.mark.parametrize("make", [asked, asked_in_legacy_flow], ids=["new", "legacy"])
def test_a_request_is_asked_for_wholly_or_not_at_all(make: Callable[[], SignInRequest]) -> None:
    from authenticate_app.messages.models import OutboundMessage

    at = make().conversation
    for number in count(1):
        SignInRequest.objects.all().delete()
        was_killed = is_killed(partial(sign_in, at, now=ASKED), number)
        assert SignInRequest.objects.count() == OutboundMessage.objects.count()
        if not was_killed:
            break
    check(SignInRequest.objects.get())
