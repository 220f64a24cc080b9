"""What can be played: a course of events, and how the sign-in has to end then."""

from collections.abc import Callable
from dataclasses import dataclass

from authenticate_app.messages.models import SignInRequest
from authenticate_app.messages.reasons import Reason
from authenticate_app.sandbox.sign_in_message import Flow
from authenticate_app.sandbox.stage import Stage

State = SignInRequest.State

Act = Callable[[Stage], SignInRequest]
"""Play it; answers the request whose end is looked at."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One course of events. ``name`` is what the command knows it by."""

    name: str
    flow: Flow
    words: str
    state: State
    reason: Reason
    act: Act
    is_impatient: bool = False
    """Played with the business whose sign-ins end after seconds."""
