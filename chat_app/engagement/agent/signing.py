"""``createAutomatedAgentSession`` and ``logoff``."""

from chat_app.engagement import agent_sessions
from chat_app.engagement.access import admit
from chat_app.engagement.agent.schemas import LogOff, SignOn
from chat_app.engagement.agent.sessions import caller_of, origin_of
from chat_app.engagement.agent_sessions import SignedOn
from chat_app.engagement.engine import Engine
from chat_app.engagement.http.operations import Answer, Operation
from chat_app.engagement.http.parsing import parse
from chat_app.engagement.http.requests import Call
from chat_app.engagement.limits import Kind


async def sign_on(call: Call, engine: Engine) -> Answer:
    """Begin a session of the agent who comes with an access token."""
    signed_on = await engine.run(_sign_on, call, parse(SignOn, call.fields))
    engine.assign_soon(call.interface.id)  # what an older session left behind
    call.noted["agent"] = signed_on.agent.user_id
    account_id = str(signed_on.agent.user_id)
    return Answer({"sessionId": signed_on.secret, "accountId": account_id, "name": signed_on.agent.name})


def _sign_on(call: Call, asked: SignOn) -> SignedOn:
    caller = admit(unverified_token=call.unverified_token, origin=origin_of(call), now=call.began)
    return agent_sessions.sign_on(
        caller=caller, interface=call.interface, override=asked.logon_override, now=call.began
    )


async def log_off(call: Call, engine: Engine) -> Answer:
    """End the agent's session."""
    await engine.run(_log_off, call, parse(LogOff, call.fields))
    engine.assign_soon(call.interface.id)
    return Answer()


def _log_off(call: Call, asked: LogOff) -> None:
    agent_sessions.log_off(agent=caller_of(call), force=asked.force_logoff, now=call.began)


OPERATIONS = (
    Operation("createAutomatedAgentSession", sign_on, limited=Kind.DOOR),
    Operation("logoff", log_off),
)
