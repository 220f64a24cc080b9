"""What breaks off after any of its statements has happened wholly or not at all.

It is broken off by an exception after one statement of a connection: after the first one, then after the second, and so
on. What becomes of sign-ins whose processes are killed is in ``test_killed``.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import Any

import pytest
from django.db import connection

from authenticate_app.messages import processing
from authenticate_app.messages.models import InboundMessage, OutboundMessage, SignInRequest, WebhookDelivery
from tests.messages.apple import text
from tests.messages.inbound import received
from tests.messages.invariants import check
from tests.messages.story import ASKED, after, asked, asked_in_legacy_flow
from tests.messages.world import sign_in

pytestmark = pytest.mark.django_db(transaction=True)

Act = Callable[[], object]


class BrokenOff(Exception):
    """So far and no further."""


@contextmanager
def broken_off_after(number: int) -> Iterator[None]:
    """Break off when the statement of this number is done."""
    statements = count(1)

    def execute(run: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        result = run(sql, params, many, context)
        if next(statements) == number:
            raise BrokenOff
        return result

    with connection.execute_wrapper(execute):
        yield


def is_broken_off(act: Act, number: int) -> bool:
    """Do it, and break off after the statement of this number; False if there are fewer."""
    try:
        with broken_off_after(number):
            act()
    except BrokenOff:
        return True
    return False


def processing_of(message: InboundMessage, seconds: float) -> Act:
    return partial(processing.process, inbound_id=message.pk, now=after(seconds))


def test_a_text_is_handed_on_once() -> None:
    at = asked().conversation
    for number in count(1):
        WebhookDelivery.objects.all().delete()
        message = received(at, text(), now=after(number))
        act = processing_of(message, number)
        was_broken_off = is_broken_off(act, number)
        act()
        assert WebhookDelivery.objects.filter(event="message.received").count() == 1
        if not was_broken_off:
            break


@pytest.mark.parametrize("make", [asked, asked_in_legacy_flow], ids=["new", "legacy"])
def test_a_request_is_asked_for_wholly_or_not_at_all(make: Callable[[], SignInRequest]) -> None:
    at = make().conversation
    for number in count(1):
        SignInRequest.objects.all().delete()
        was_broken_off = is_broken_off(partial(sign_in, at, now=ASKED), number)
        assert SignInRequest.objects.count() == OutboundMessage.objects.count()
        if not was_broken_off:
            break
    check(SignInRequest.objects.get())
