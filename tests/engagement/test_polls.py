"""``getMessages``: when polls are answered, with what, and what counts as received."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from django.utils import timezone

from authenticate_app.oauth.secrets import checksum
from chat_app.engagement.events import NewEvent, put
from chat_app.engagement.limits import Allowance
from chat_app.engagement.models import Mailbox, MailboxEvent
from chat_app.engagement.vocabulary import MessageName
from tests.engagement.deck import Deck
from tests.engagement.desk import desk_of
from tests.engagement.stage import customer
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("world")

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
SESSION = "353-2.one"


@pytest.fixture
def mailbox() -> Mailbox:
    return make_mailbox(SESSION)


@pytest.fixture
def deck(mailbox: Mailbox) -> Iterator[Deck]:
    with Deck() as deck:
        yield deck


@pytest.fixture
def other_process(mailbox: Mailbox) -> Iterator[Deck]:
    with Deck() as deck:
        yield deck


def make_mailbox(session: str) -> Mailbox:
    """The mailbox of a customer, of which nobody has read yet."""
    mailbox = Mailbox.objects.get(pk=customer().mailbox_id)
    mailbox.session_checksum, mailbox.last_seen_at = checksum(session), LONG_AGO
    mailbox.save()
    return mailbox


def write(mailbox: Mailbox, *bodies: str, off_the_record: bool = False) -> None:
    events = [NewEvent(mailbox.pk, MessageName.MESSAGE_POSTED, 7, 3, {"body": body}, off_the_record) for body in bodies]
    put(events, now=timezone.now())


def bodies(deck: Deck, *, acknowledged: int | None = None, session: str = SESSION) -> list[str]:
    """Poll, and return what the entries say."""
    fields = {} if acknowledged is None else {"acknowledgedSequenceNumber": acknowledged}
    entries = deck.ask("getMessages", fields, session=session).entries
    deck.settle()
    return [entry["body"] for entry in entries]


def test_what_waits_is_answered_at_once_with_every_field_and_its_twin(deck: Deck, mailbox: Mailbox) -> None:
    write(mailbox, "Hello")
    reply = deck.ask("getMessages", session=SESSION)

    (entry,) = reply.entries
    created = datetime.fromisoformat(entry.pop("createdTime"))
    assert created == MailboxEvent.objects.get().created_at.replace(microsecond=created.microsecond)
    assert entry == {
        "messageName": "RNEngagementMessagePostedMessage",
        "sequenceNumber": 1,
        "sequenceNumberString": "1",
        "engagementId": 7,
        "engagementIdString": "7",
        "clientId": 3,
        "clientIdString": "3",
        "body": "Hello",
    }
    assert reply.body["errorMessages"] == []


def test_without_news_both_lists_are_there_and_empty(mailbox: Mailbox) -> None:
    with Deck(poll_seconds=0.05) as deck:
        body = deck.ask("getMessages", session=SESSION).body
    assert (body["systemMessages"], body["errorMessages"]) == ([], [])


def test_a_waiting_poll_is_answered_when_something_comes(deck: Deck, mailbox: Mailbox) -> None:
    poll = deck.begin("getMessages", session=SESSION)
    wait_until(lambda: deck.engine.polls.knows(checksum(SESSION)))
    write(mailbox, "Hello")
    deck.heard(mailbox.pk)
    assert [entry["body"] for entry in poll.reply().entries] == ["Hello"]


def test_after_the_ears_were_deaf_every_mailbox_is_looked_into(deck: Deck, mailbox: Mailbox) -> None:
    poll = deck.begin("getMessages", session=SESSION)
    wait_until(lambda: deck.engine.polls.knows(checksum(SESSION)))
    write(mailbox, "Hello")
    deck.call(deck.engine.polls.heard_nothing)
    assert len(poll.reply().entries) == 1


def test_a_second_poll_releases_the_first(deck: Deck, mailbox: Mailbox) -> None:
    first = deck.begin("getMessages", session=SESSION)
    wait_until(lambda: len(deck.engine.polls) == 1)
    second = deck.begin("getMessages", session=SESSION)
    assert first.reply().entries == []
    assert not second.is_answered


def test_what_was_written_whole_is_not_given_again(deck: Deck, mailbox: Mailbox) -> None:
    write(mailbox, "a", "b")
    assert bodies(deck) == ["a", "b"]
    write(mailbox, "c")
    assert bodies(deck) == ["c"]


def test_the_acknowledged_number_is_the_position_exactly(deck: Deck, mailbox: Mailbox) -> None:
    write(mailbox, "a", "b", "c")
    assert bodies(deck) == ["a", "b", "c"]
    assert bodies(deck, acknowledged=1) == ["b", "c"]
    assert bodies(deck, acknowledged=0) == ["a", "b", "c"]
    write(mailbox, "d")
    assert bodies(deck, acknowledged=3) == ["d"]


@pytest.mark.parametrize("number", [3, 2**63 - 1])
def test_who_says_to_have_more_than_there_is_gets_what_comes(deck: Deck, mailbox: Mailbox, number: int) -> None:
    write(mailbox, "a", "b")
    poll = deck.begin("getMessages", {"acknowledgedSequenceNumber": number}, session=SESSION)
    wait_until(lambda: deck.engine.polls.knows(checksum(SESSION)))
    deck.note_signs()
    write(mailbox, "c")
    deck.heard(mailbox.pk)
    assert [entry["body"] for entry in poll.reply().entries] == ["c"]
    mailbox.refresh_from_db()
    assert mailbox.received_sequence == 2


@pytest.mark.parametrize("number", [-1, 1.5, True, "x", 2**63, [], {}])
def test_a_number_that_is_none_is_refused(deck: Deck, number: object) -> None:
    reply = deck.ask("getMessages", {"acknowledgedSequenceNumber": number}, session=SESSION)
    assert reply.code == (400, "INVALID_FIELD")


def test_digits_are_a_number_too(deck: Deck, mailbox: Mailbox) -> None:
    write(mailbox, "a", "b")
    reply = deck.ask("getMessages", {"acknowledgedSequenceNumber": "1"}, session=SESSION)
    assert [entry["sequenceNumber"] for entry in reply.entries] == [2]


def test_a_client_that_has_gone_gets_it_with_its_next_poll(deck: Deck, mailbox: Mailbox) -> None:
    poll = deck.begin("getMessages", session=SESSION)
    wait_until(lambda: deck.engine.polls.knows(checksum(SESSION)))
    poll.hang_up()
    assert poll.was_given_up()
    write(mailbox, "Hello")
    assert bodies(deck) == ["Hello"]


def test_a_long_stream_comes_in_several_answers(deck: Deck, mailbox: Mailbox) -> None:
    write(mailbox, *map(str, range(150)))
    assert bodies(deck) + bodies(deck) == [str(number) for number in range(150)]


def test_a_session_of_another_pool_is_told_where_it_lives(deck: Deck) -> None:
    reply = deck.ask("getMessages", session="999-1.abc")
    (entry,) = reply.entries
    assert (reply.status, entry["messageName"]) == (200, "RNEngagementConfigurationChangedMessage")
    assert entry["poolId"] == "999:1"


@pytest.mark.parametrize("session", ["", "undefined", "353-2.other", "7-1.other", "a-b.c", "x" * 5000, "\u00e9"])
def test_a_guessed_session_id_is_refused(deck: Deck, session: str) -> None:
    assert deck.ask("getMessages", headers={"SessionId": session}).code == (403, "SESSION_UNKNOWN")


def test_a_void_session_id_is_refused(deck: Deck, mailbox: Mailbox) -> None:
    Mailbox.objects.update(voided_at=timezone.now())
    assert deck.ask("getMessages", session=SESSION).code == (403, "SESSION_UNKNOWN")


def test_nobody_gets_what_is_for_others(deck: Deck, mailbox: Mailbox) -> None:
    other = make_mailbox("353-2.other")
    write(other, "secret")
    write(mailbox, "mine")
    assert bodies(deck) == ["mine"]
    assert bodies(deck, session="353-2.other") == ["secret"]


def test_a_session_id_is_good_at_its_own_site_alone(deck: Deck, mailbox: Mailbox) -> None:
    write(mailbox, "Hello")
    assert deck.ask("getMessages", session=SESSION, site="site-5").code == (403, "SESSION_UNKNOWN")
    assert bodies(deck) == ["Hello"]


def test_a_call_at_another_site_releases_no_poll(deck: Deck, mailbox: Mailbox) -> None:
    poll = deck.begin("getMessages", session=SESSION)
    wait_until(lambda: deck.engine.polls.knows(checksum(SESSION)))
    assert deck.ask("getMessages", session=SESSION, site="site-5").status == 403
    write(mailbox, "Hello")
    deck.heard(mailbox.pk)
    assert len(poll.reply().entries) == 1


def test_an_agents_session_id_is_none_of_customers(deck: Deck) -> None:
    anna = desk_of(deck, "anna")
    assert deck.ask("getMessages", session=anna.headers["X-JSESSIONID"]).code == (403, "SESSION_UNKNOWN")


def test_several_polls_at_once_prove_no_session_id(deck: Deck) -> None:
    """Each would be released by the next one, and answered as if the session id were good."""
    polls = [deck.begin("getMessages", session="353-2.guessed") for _ in range(5)]
    assert {poll.reply().status for poll in polls} == {403}


def test_of_polls_that_come_together_the_last_one_gets_it(deck: Deck, mailbox: Mailbox) -> None:
    write(mailbox, "Hello")
    first, second = deck.begin("getMessages", session=SESSION), deck.begin("getMessages", session=SESSION)
    assert len(first.reply().entries) + len(second.reply().entries) == 1
    deck.settle()
    write(mailbox, "again")
    assert bodies(deck) == ["again"]


def test_to_say_another_pool_proves_no_session_id(deck: Deck) -> None:
    deck.engine.limits.refused = Allowance(rate=0, burst=2)
    statuses = [deck.ask("getMessages", session=f"999-1.{number}").status for number in range(4)]
    assert statuses == [200, 200, 503, 503]
    assert deck.ask("getMessages", session="999-1.0").status == 503


def test_a_poll_is_a_sign_of_life_at_its_beginning(deck: Deck, mailbox: Mailbox) -> None:
    deck.begin("getMessages", session=SESSION)
    wait_until(lambda: deck.engine.polls.knows(checksum(SESSION)))
    deck.note_signs()
    mailbox.refresh_from_db()
    assert mailbox.last_seen_at > timezone.now() - timedelta(seconds=30)


def test_what_was_said_off_the_record_is_forgotten_once_it_was_received(deck: Deck, mailbox: Mailbox) -> None:
    write(mailbox, "between us", off_the_record=True)
    assert bodies(deck) == ["between us"]
    deck.note_signs()
    assert MailboxEvent.objects.count() == 1

    write(mailbox, "for all to see")
    assert bodies(deck) == ["for all to see"]
    deck.note_signs()
    assert [event.fields["body"] for event in MailboxEvent.objects.all()] == ["for all to see"]


def test_another_process_knows_what_was_received(deck: Deck, other_process: Deck, mailbox: Mailbox) -> None:
    write(mailbox, "a")
    assert bodies(deck) == ["a"]
    write(mailbox, "b")
    assert bodies(other_process) == ["b"]
    write(mailbox, "c")
    assert bodies(deck) == ["c"]


def test_a_poll_elsewhere_releases_the_one_here(deck: Deck, other_process: Deck, mailbox: Mailbox) -> None:
    here = deck.begin("getMessages", session=SESSION)
    wait_until(lambda: deck.engine.polls.knows(checksum(SESSION)))
    elsewhere = other_process.begin("getMessages", session=SESSION)
    wait_until(lambda: other_process.engine.polls.knows(checksum(SESSION)))

    write(mailbox, "Hello")
    deck.heard(mailbox.pk)
    assert here.reply().entries == []
    other_process.heard(mailbox.pk)
    assert len(elsewhere.reply().entries) == 1


def test_signs_of_life_tell_that_the_client_has_gone_elsewhere(deck: Deck, mailbox: Mailbox) -> None:
    here = deck.begin("getMessages", session=SESSION)
    wait_until(lambda: deck.engine.polls.knows(checksum(SESSION)))
    Mailbox.objects.update(reader=1)
    deck.note_signs()
    assert here.reply().entries == []


def test_an_answer_that_another_process_is_writing_is_waited_for(deck: Deck, mailbox: Mailbox) -> None:
    write(mailbox, "a")
    Mailbox.objects.update(reader=1, handed_sequence=1)
    poll = deck.begin("getMessages", session=SESSION)
    deck.settle()
    assert not poll.is_answered

    Mailbox.objects.update(written_sequence=1)
    write(mailbox, "b")
    assert [entry["body"] for entry in poll.reply().entries] == ["b"]


def test_an_answer_of_a_process_that_died_is_given_again(
    deck: Deck, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat_app.engagement.polling.PATIENCE_SECONDS", 0.1)
    write(mailbox, "a")
    Mailbox.objects.update(reader=1, handed_sequence=1)
    assert bodies(deck) == ["a"]


def test_a_process_that_stops_answers_what_waits(deck: Deck, mailbox: Mailbox) -> None:
    poll = deck.begin("getMessages", session=SESSION)
    wait_until(lambda: deck.engine.polls.knows(checksum(SESSION)))
    deck.call(deck.engine.polls.close)
    assert poll.reply().entries == []
    assert deck.ask("getMessages", session=SESSION).entries == []


def test_many_ask_at_once_and_each_gets_its_own(deck: Deck, mailbox: Mailbox) -> None:
    sessions = [f"353-2.{number}" for number in range(20)]
    mailboxes = [make_mailbox(session) for session in sessions]
    polls = [deck.begin("getMessages", session=session) for session in sessions]
    wait_until(lambda: all(deck.engine.polls.knows(checksum(session)) for session in sessions))
    for box in mailboxes:
        write(box, str(box.pk))
    deck.heard(*(box.pk for box in mailboxes))
    for box, poll in zip(mailboxes, polls, strict=True):
        assert [entry["body"] for entry in poll.reply().entries] == [str(box.pk)]


def test_polls_are_answered_while_every_thread_for_other_calls_is_busy(mailbox: Mailbox) -> None:
    write(mailbox, "Hello")
    release = Event()
    with ThreadPoolExecutor(1) as services, Deck(services=services) as deck:
        calls = [deck.start(deck.engine.run(release.wait)) for _ in range(3)]
        try:
            assert bodies(deck) == ["Hello"]
        finally:
            release.set()
        assert [call.result() for call in calls] == [True] * 3


def test_a_fault_of_ours_fails_the_polls_that_met_it_and_no_later_ones(
    deck: Deck, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(mailbox, "Hello")
    with monkeypatch.context() as patched:
        patched.setattr("chat_app.engagement.presence.Presence.seen", None)
        assert deck.ask("getMessages", session=SESSION).code == (500, "INTERNAL_SERVER_ERROR")
    assert bodies(deck) == ["Hello"]
