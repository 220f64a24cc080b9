"""What is known of a request for an engagement when it arrives, and what is made of it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

from django.utils import timezone
from pydantic_core import from_json

from authenticate_app.statements import TRUE, Row, Statement
from chat_app.engagement.errors import CHAT_DISABLED, NO_QUEUE, OUT_OF_HOURS, Refused
from chat_app.engagement.pace import Pace, pace_of
from chat_app.routing.evaluation import RoutingRequest
from chat_app.routing.profile import OptionCode, OptionsInForce
from chat_app.routing.snapshot import InterfaceFacts, Routing
from chat_app.sessions.models import ChatSession

LONGEST_NAME: Final = 200
HIGHEST_PRIORITY: Final = 1_000_000_000
"""Also the lowest, below zero: what callers send may have ten digits, a priority that waiting raises needs room."""

MOST_SECONDS: Final = 10 * 365 * 24 * 3600
MOST_ABSENCES: Final = 1_000
"""An option may say any number; nobody waits that long, and the columns hold it."""

GREATEST_ID: Final = 2**63 - 1


class Asked(NamedTuple):
    """A token that was issued, the chat session that it is for, and the engagements that there are already.

    ``version`` tells one state of the session's row from all others. ``request``: the attributes under their wire
    names. ``engagement_id``: the session's own; ``waiting_id``: one that waits for the same end user at the interface.
    ``user_values``: profile options at the level *User*.
    """

    is_claimed: bool
    session_id: int
    version: str
    state: ChatSession.State
    auth_user_name: str
    interface_id: int
    queue_id: int | None
    request: Mapping[str, str]
    speaks_for_others: bool
    organization_party_id: int | None
    user_values: Mapping[str, str]
    engagement_id: int | None
    waiting_id: int | None


class Plan(NamedTuple):
    """Where an engagement goes and the rules by which it lives, as of one revision of routing."""

    routing_revision: int
    queue_id: int
    pace: Pace
    customer_name: str
    priority: int
    proposed_agent_id: int | None
    discard_seconds: int
    starvation_seconds: int
    offer_seconds: int
    absent_seconds: int
    absences: int


def find_asked(jti: UUID, *, end_user_key: str) -> Asked | None:
    """Read what a token was issued for; None if no such token is stored (any more). One query."""
    row = _FIND.row((jti, end_user_key))
    return None if row is None else _asked(row)


def _asked(row: Row) -> Asked:
    found = dict(zip(Asked._fields, row, strict=True))
    return Asked(
        is_claimed=found["is_claimed"] == TRUE,
        session_id=int(found["session_id"]),
        version=found["version"].decode(),
        state=ChatSession.State(found["state"].decode()),
        auth_user_name=found["auth_user_name"].decode(),
        interface_id=int(found["interface_id"]),
        queue_id=_number(found["queue_id"]),
        request=from_json(found["request"]),
        speaks_for_others=found["speaks_for_others"] == TRUE,
        organization_party_id=_number(found["organization_party_id"]),
        user_values=from_json(found["user_values"] or b"{}"),
        engagement_id=_number(found["engagement_id"]),
        waiting_id=_number(found["waiting_id"]),
    )


def _number(text: bytes | None) -> int | None:
    return None if text is None else int(text)


def plan(asked: Asked, *, interface: InterfaceFacts, routing: Routing, revision: int, now: datetime) -> Plan:
    """Decide where a new engagement goes. From memory, apart from the pace of the queue.

    Raises ``Refused``: 409 where chat is turned off for this end user or the queue has no service now, 503 without
    any queue.
    """
    options = _options(asked, routing, timezone.localdate(now, timezone.get_default_timezone()))
    if not options.is_on(OptionCode.ENABLE_CHAT):
        raise Refused(CHAT_DISABLED)
    queue_id = _queue(asked, interface, routing)
    if not routing.has_service(queue_id, now):
        raise Refused(OUT_OF_HOURS)
    return Plan(
        routing_revision=revision,
        queue_id=queue_id,
        pace=pace_of(queue_id, now),
        customer_name=_customer_name(asked),
        priority=_priority(asked),
        proposed_agent_id=_proposed_agent(asked),
        discard_seconds=_seconds(options, OptionCode.DISCARD_SECONDS),
        starvation_seconds=_seconds(options, OptionCode.STARVATION_PREVENTION_INTERVAL),
        offer_seconds=_seconds(options, OptionCode.OFFER_TIMEOUT),
        absent_seconds=_seconds(options, OptionCode.ABSENT_INTERVAL),
        absences=min(options.number(OptionCode.END_USER_ABSENT_RETRY_COUNT), MOST_ABSENCES),
    )


def _options(asked: Asked, routing: Routing, today: date) -> OptionsInForce:
    product = asked.request.get("stripeCode", "")
    return OptionsInForce(routing.profile, product=product, user_values=asked.user_values, today=today)


def _seconds(options: OptionsInForce, code: OptionCode) -> int:
    return min(options.number(code), MOST_SECONDS)


def _queue(asked: Asked, interface: InterfaceFacts, routing: Routing) -> int:
    """The queue that ``chatAuthenticate`` assigned, if it still takes chats; else one is assigned now."""
    if asked.queue_id is not None and asked.queue_id in routing.routes[interface.id].enabled_queues:
        return asked.queue_id
    assignment = routing.assign_queue(interface, _routing_request(asked))
    if assignment is None:
        raise Refused(NO_QUEUE)
    return assignment.queue_id


def _routing_request(asked: Asked) -> RoutingRequest:
    custom_fields, queue_id = asked.request.get("customFields"), asked.request.get("queueId")
    return RoutingRequest.for_chat(
        attributes=asked.request,
        custom_fields=from_json(custom_fields) if custom_fields else {},
        organization_party_id=asked.organization_party_id,
        queue_id=int(queue_id) if queue_id else None,
        speaks_for_others=asked.speaks_for_others,
    )


def _customer_name(asked: Asked) -> str:
    names = (asked.request.get("firstName"), asked.request.get("lastName"))
    return (" ".join(name for name in names if name) or asked.auth_user_name)[:LONGEST_NAME]


def _priority(asked: Asked) -> int:
    if not asked.speaks_for_others:
        return 0
    return max(-HIGHEST_PRIORITY, min(HIGHEST_PRIORITY, int(asked.request.get("chatPriority", "0"))))


def _proposed_agent(asked: Asked) -> int | None:
    """Account ids are numbers; whatever else an ``assigneeId`` is proposes nobody."""
    text = asked.request.get("assigneeId", "") if asked.speaks_for_others else ""
    if not (text.isascii() and text.isdecimal()):
        return None
    return int(text) if int(text) <= GREATEST_ID else None


# Who waits again, after an agent had them, is no request that another one could take over.
_FIND = Statement(
    "find_asked",
    """
SELECT
    token.claimed_at IS NOT NULL, session.id, session.xmin::text, session.state, session.auth_user_name,
    session.interface_id, session.queue_id, session.request, session.speaks_for_others, session.organization_party_id,
    (
        SELECT jsonb_object_agg(option_id, value) FROM chat_app_profileoptionvalue
        WHERE level = 'user' AND user_id = coalesce(session.end_user_id, session.caller_id)
    ),
    own.id, waiting.id
FROM chat_app_chattoken AS token
JOIN chat_app_chatsession AS session ON session.id = token.session_id
LEFT JOIN chat_app_engagement AS own ON own.session_id = session.id
LEFT JOIN chat_app_engagement AS waiting ON waiting.interface_id = session.interface_id
    AND waiting.end_user_key = %(end_user_key)s AND waiting.state = 'waiting' AND waiting.engaged_at IS NULL
WHERE token.jti = %(jti)s
""",
    {"jti": "uuid", "end_user_key": "text"},
)
