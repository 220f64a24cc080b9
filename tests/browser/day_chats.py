"""The chats of a plausible day: who waits, who is with an agent, what was said."""

import random
from datetime import datetime, timedelta
from typing import Any

CHATS = 240
WAITING, RUNNING = 3, 2
TALK = (
    ("consumer", "Hello! My parcel should have come yesterday. Where is it?"),
    ("agent", "Good morning, John. One moment please, I am looking it up."),
    ("agent", "It left our warehouse in Zürich this morning.\nYou will have it tomorrow before noon."),
    ("consumer", "Great, thank you very much!"),
)
ENDS = ("AGENT_CONCLUDED", "AGENT_CONCLUDED", "END_USER_CONCLUDED", "QUEUE_TIMEOUT", "END_USER_DISCONNECTED")


def fill_chats(now: datetime) -> None:
    """Store engagements of the day before ``now``, agents who are signed on, and one conversation in full."""
    from chat_app.engagement.models import Engagement

    ages = sorted((random.random() * 86_000 + 900 for _chat in range(CHATS)), reverse=True)
    Engagement.objects.bulk_create(_ended(number, now - timedelta(seconds=age)) for number, age in enumerate(ages))
    anna, *_others = [_agent(*given, now) for given in (("Anna Agent", 3), ("Ben Agent", 2), ("Carla Agent", 0))]
    for number in range(RUNNING):
        _with_agent(_open(CHATS + number, now - timedelta(seconds=240), "engaged"), anna, now)
    for number in range(WAITING):
        _open(CHATS + RUNNING + number, now - timedelta(seconds=80 - 20 * number), "waiting")


def _ended(number: int, at: datetime) -> Any:
    reason = random.choice(ENDS)
    engaged = None if reason == "QUEUE_TIMEOUT" else at + timedelta(seconds=random.expovariate(1 / 50))
    return _chat(
        number, at, state="concluded", reason=reason, engaged_at=engaged, concluded_at=at + timedelta(minutes=14)
    )


def _open(number: int, at: datetime, state: str) -> Any:
    chat = _chat(number, at, state=state)
    chat.save()
    return chat


def _chat(number: int, at: datetime, **fields: Any) -> Any:
    from chat_app.engagement.models import Engagement

    name = f"customer{random.randrange(400):03}.{number}@vision.com"
    given = {
        "session_id": number + 1,
        "interface_id": 1,
        "queue_id": random.choice((1, 1, 2)),
        "auth_user_name": name,
        "end_user_key": name,
        "properties": {"firstName": "John", "lastName": "Smith", "question": "Where is my parcel?"},
        "requested_at": at,
        "waiting_since": at,
        "discard_seconds": 600,
        "starvation_seconds": 180,
        "offer_seconds": 15,
    }
    return Engagement(**given, **fields)


def _agent(name: str, capacity: int, now: datetime) -> Any:
    from django.contrib.auth.hashers import make_password
    from django.contrib.auth.models import Group

    from authenticate_app.accounts.entitlements import CHAT_AGENT
    from authenticate_app.accounts.models import User
    from chat_app.engagement.models import AgentSession, Mailbox
    from chat_app.routing.models import QueueResource

    user = User.objects.create(username=f"{name.partition(' ')[0].lower()}@vision.com", password=make_password(None))
    user.groups.add(Group.objects.get(name=CHAT_AGENT))
    QueueResource.objects.create(queue_id=1, agent=user)
    box = Mailbox.objects.create(
        session_checksum=name, last_seen_at=now, absent_seconds=86_400, absences=2, created_at=now
    )
    user.refresh_from_db(fields=["sign_in_stamp"])
    return AgentSession.objects.create(
        user=user,
        sign_in_stamp=user.sign_in_stamp,
        interface_id=1,
        mailbox=box,
        name=name,
        capacity=capacity,
        idle_since=now,
        signed_on_at=now,
    )


def _with_agent(chat: Any, session: Any, now: datetime) -> None:
    """Let the agent take the chat, and the two talk."""
    from chat_app.engagement.models import Offer, Participant, TranscriptMessage

    taken = chat.requested_at + timedelta(seconds=25)
    Offer.objects.create(
        engagement=chat,
        agent_session=session,
        queue_id=chat.queue_id,
        state="accepted",
        offered_at=taken - timedelta(seconds=4),
        expires_at=taken + timedelta(seconds=11),
        answered_at=taken,
    )
    people = {
        "consumer": Participant.objects.create(
            engagement=chat, kind="consumer", name="John Smith", joined_at=chat.requested_at
        ),
        "agent": Participant.objects.create(
            engagement=chat, kind="agent", role="LEAD", name=session.name, agent_session=session, joined_at=taken
        ),
    }
    for number, (side, body) in enumerate(TALK):
        at = taken + timedelta(seconds=20 * (number + 1))
        TranscriptMessage.objects.create(engagement=chat, participant=people[side], posted_at=at, body=body)
    chat.engaged_at = chat.last_written_at = taken
    chat.save()
