"""``getMessages`` of the consumer API."""

from chat_app.engagement.engine import Engine
from chat_app.engagement.http import entries
from chat_app.engagement.http.operations import Answer, Operation
from chat_app.engagement.http.requests import Call


async def get_messages(call: Call, engine: Engine) -> Answer:
    """Wait for what is new in the conversation."""
    answered = await entries.poll(call, engine)
    return entries.answer(answered, [entries.entry(event) for event in answered.events], engine)


GET_MESSAGES = Operation("getMessages", get_messages, waits=True)
