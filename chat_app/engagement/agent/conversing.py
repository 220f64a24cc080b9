"""``postMessage``, ``setActivityStatus`` and ``setEngagementProperty``."""

from chat_app.engagement import conversation, handover
from chat_app.engagement.access import participation
from chat_app.engagement.agent.schemas import AgentActivity, AgentMessage, Property
from chat_app.engagement.agent.sessions import caller_of
from chat_app.engagement.conversation import Activity, NewMessage, Writer
from chat_app.engagement.engine import Engine
from chat_app.engagement.errors import Refused
from chat_app.engagement.http.operations import LARGE_BYTES, Answer, Operation
from chat_app.engagement.http.parsing import parse
from chat_app.engagement.http.requests import Call
from chat_app.engagement.present import AgentFacts


async def post(call: Call, engine: Engine) -> Answer:
    """Write to the customer."""
    asked = parse(AgentMessage, call.fields)
    call.noted["engagement"] = asked.engagement_id
    client_id = await engine.run(_post, call, asked)
    return Answer({"engagementId": asked.engagement_id, "clientId": client_id})


def _post(call: Call, asked: AgentMessage) -> int:
    agent = caller_of(call)
    message = NewMessage(asked.body, asked.message_id, asked.rich_text, asked.off_the_record)
    try:
        return conversation.post_message(
            engagement_id=asked.engagement_id, writer=_writer(agent), message=message, now=call.began
        )
    except Refused:
        participation(agent=agent, engagement_id=asked.engagement_id)  # says it in the words of agents
        raise


async def set_activity(call: Call, engine: Engine) -> Answer:
    """Show the customer what the agent is doing."""
    asked = parse(AgentActivity, call.fields)
    client_id = await engine.run(_set_activity, call, asked)
    return Answer({"engagementId": asked.engagement_id, "clientId": client_id})


def _set_activity(call: Call, asked: AgentActivity) -> int:
    agent = caller_of(call)
    try:
        return conversation.set_activity(
            engagement_id=asked.engagement_id, writer=_writer(agent), activity=Activity(asked.mode), now=call.began
        )
    except Refused:
        participation(agent=agent, engagement_id=asked.engagement_id)
        raise


async def set_property(call: Call, engine: Engine) -> Answer:
    """Correct what is known of the customer."""
    asked = parse(Property, call.fields)
    await engine.run(_set_property, call, asked)
    return Answer({"engagementId": asked.engagement_id})


def _set_property(call: Call, asked: Property) -> None:
    handover.set_property(
        agent=caller_of(call),
        engagement_id=asked.engagement_id,
        property_type=asked.type,
        name=asked.name,
        value=asked.value,
        now=call.began,
    )


def _writer(agent: AgentFacts) -> Writer:
    return Writer(agent_session_id=agent.session_id)


OPERATIONS = (
    Operation("postMessage", post, limit=LARGE_BYTES),
    Operation("setActivityStatus", set_activity),
    Operation("setEngagementProperty", set_property),
)
