"""From a call to the agent whose session it proves."""

from authenticate_app.accounts.sign_in import Origin
from chat_app.engagement.access import agent_of
from chat_app.engagement.http.requests import Call
from chat_app.engagement.present import AgentFacts


def caller_of(call: Call) -> AgentFacts:
    """Prove whose session it is, in the thread of a service; one query. Raises ``Refused``."""
    agent = agent_of(
        session_id=call.unverified_session_id,
        account_id=call.headers.get("X-AID"),
        interface_id=call.interface.id,
        now=call.began,
    )
    call.noted["agent"] = agent.user_id
    return agent


def origin_of(call: Call) -> Origin:
    """Where a call comes from, for the audit log."""
    return Origin(call.client_address, call.request_id)
