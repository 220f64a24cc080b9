"""``postMessage``, ``activity`` and ``concludeEngagement`` of the consumer API."""

from chat_app.engagement.consumer.schemas import CustomerActivity, Message
from chat_app.engagement.conversation import Activity, NewMessage, Writer, post_message, set_activity
from chat_app.engagement.endings import conclude
from chat_app.engagement.engine import Engine
from chat_app.engagement.errors import SESSION_UNKNOWN, Refused
from chat_app.engagement.http.operations import LARGE_BYTES, Answer, Operation
from chat_app.engagement.http.parsing import parse
from chat_app.engagement.http.requests import Call
from chat_app.engagement.models import Engagement
from chat_app.engagement.sessions import Speaker, find_customer
from chat_app.engagement.vocabulary import ActivityMode


async def post(call: Call, engine: Engine) -> Answer:
    """Write to the agent, or to whoever comes."""
    return _answer(await engine.run(_post, call, parse(Message, call.fields)))


def _post(call: Call, asked: Message) -> Speaker:
    speaker = _speaker(call)
    message = NewMessage(asked.body, asked.message_id, asked.rich_text, asked.off_the_record)
    writer = Writer(participant_id=speaker.participant_id)
    post_message(engagement_id=speaker.engagement_id, writer=writer, message=message, now=call.began)
    return speaker


async def act(call: Call, engine: Engine) -> Answer:
    """Show the agent whether the customer is typing."""
    return _answer(await engine.run(_act, call, parse(CustomerActivity, call.fields)))


def _act(call: Call, asked: CustomerActivity) -> Speaker:
    speaker = _speaker(call)
    activity = Activity(ActivityMode(asked.mode), asked.sneak_preview_text or "", asked.sneak_preview_focus)
    writer = Writer(participant_id=speaker.participant_id)
    set_activity(engagement_id=speaker.engagement_id, writer=writer, activity=activity, now=call.began)
    return speaker


async def end(call: Call, engine: Engine) -> Answer:
    """End the engagement; one that has ended stays as it is."""
    speaker = await engine.run(_end, call)
    engine.assign_soon(call.interface.id)  # an agent has room again
    return _answer(speaker)


def _end(call: Call) -> Speaker:
    speaker = _speaker(call)
    reason = Engagement.Reason.END_USER_CONCLUDED
    conclude(engagement_id=speaker.engagement_id, reason=reason, by=speaker.participant_id, now=call.began)
    return speaker


def _speaker(call: Call) -> Speaker:
    """Prove whose session it is, in the thread of a service; one query. Raises ``Refused``."""
    speaker = find_customer(call.unverified_session_id)
    if speaker is None or speaker.interface_id != call.interface.id:
        raise Refused(SESSION_UNKNOWN)
    call.noted["engagement"] = speaker.engagement_id
    return speaker


def _answer(speaker: Speaker) -> Answer:
    return Answer({"engagementId": speaker.engagement_id, "clientId": speaker.participant_id})


OPERATIONS = (
    Operation("postMessage", post, limit=LARGE_BYTES),
    Operation("activity", act),
    Operation("concludeEngagement", end),
)
