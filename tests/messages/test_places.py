"""A business whose systems hang leaves places to all others."""

import pytest

from authenticate_app.messages import processing, provider_calls, receivers, sending
from authenticate_app.messages.jobs import Queue
from authenticate_app.messages.places import NoPlace, Places
from authenticate_app.messages.worker import THREADS


def test_no_business_takes_all_the_threads_of_a_queue() -> None:
    taken = {
        Queue.REPLIES: provider_calls.places.each + processing.large_replies_at_once.each,
        Queue.GATEWAY: sending.gateways.each,
        Queue.WEBHOOKS: receivers.AT_ONCE,
    }
    assert [queue for queue, places in taken.items() if places >= THREADS[queue]] == []


def test_places_are_bounded_for_all_and_for_each() -> None:
    places = Places(total=3, each=2)
    with places.taken_for(1), places.taken_for(1):
        with pytest.raises(NoPlace), places.taken_for(1):
            pass
        with places.taken_for(2), pytest.raises(NoPlace), places.taken_for(3):
            pass
        with places.taken_for(3):
            pass
    with places.taken_for(1):
        pass


def test_without_a_total_each_key_has_its_own() -> None:
    places = Places(each=1)
    with places.taken_for(1), places.taken_for(2), places.taken_for(3), pytest.raises(NoPlace), places.taken_for(2):
        pass
