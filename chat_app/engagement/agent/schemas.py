"""What the operations of the agent API take."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StrictBool

from chat_app.engagement.consumer.schemas import Message
from chat_app.engagement.http.parsing import Body
from chat_app.engagement.vocabulary import ActivityMode

LARGEST = 2**63 - 1
MOST_QUEUES = 1_000
MOST_CAPACITY = 2**15
LONGEST_NAME = 200
LONGEST_VALUE = 4_000


def _false_if_absent(value: Any) -> Any:
    return False if value is None else value


Flag = Annotated[StrictBool, BeforeValidator(_false_if_absent)]
Id = Annotated[int, Field(ge=0, le=LARGEST)]
"""A number or its digits."""


class SignOn(Body):
    """``createAutomatedAgentSession``."""

    logon_override: Flag = False


class Readiness(Body):
    """``requestAssignment``. ``queue_ids``: None for all of the agent's."""

    capacity: Annotated[int, Field(ge=0, le=MOST_CAPACITY)]
    queue_ids: Annotated[list[Id], Field(max_length=MOST_QUEUES)] | None = None


class OfEngagement(Body):
    """Whatever is about one engagement."""

    engagement_id: Id


class Acknowledgement(OfEngagement):
    """``assignmentAcknowledgement``."""

    accepted: StrictBool


class AgentMessage(OfEngagement, Message):
    """``postMessage``."""


class AgentActivity(OfEngagement):
    """``setActivityStatus``."""

    mode: ActivityMode


class Property(OfEngagement):
    """``setEngagementProperty``."""

    type: Annotated[str, Field(max_length=LONGEST_NAME)]
    name: Annotated[str, Field(max_length=LONGEST_NAME)]
    value: Annotated[str, Field(max_length=LONGEST_VALUE)] | int | None = None


class Rerouting(OfEngagement):
    """``rerouteEngagement``: one of the two."""

    queue_id: Id | None = None
    agent_id: Id | None = None


class LogOff(Body):
    """``logoff``."""

    force_logoff: Flag = False
