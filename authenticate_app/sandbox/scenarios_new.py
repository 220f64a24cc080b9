"""The new flow: every status of the reply, every order in which things arrive, and what goes wrong on the way."""

from functools import partial
from urllib.parse import urlencode

from authenticate_app.messages.models import SignInRequest
from authenticate_app.messages.providers import issuer_of
from authenticate_app.messages.reasons import CallbackError, Reason
from authenticate_app.sandbox import services
from authenticate_app.sandbox.asker import wait_for
from authenticate_app.sandbox.conditions import PADDING, Conditions
from authenticate_app.sandbox.customer import REFUSE
from authenticate_app.sandbox.faults import Fault
from authenticate_app.sandbox.line import new_message_id
from authenticate_app.sandbox.replies import interactive_data
from authenticate_app.sandbox.scenario import Act, Scenario, State
from authenticate_app.sandbox.stage import Asked, Stage

GOOD_PHONE = Conditions()
NOBODYS_NUMBER = 9999
OVER = "messages-auth://"


def _sign_in(stage: Stage, conditions: Conditions = GOOD_PHONE) -> SignInRequest:
    stage.phone.conditions = conditions
    asked = stage.ask()
    stage.sign_in(asked)
    return asked.request


def _refuse(stage: Stage) -> SignInRequest:
    asked = stage.ask()
    stage.sign_in(asked, decision=REFUSE)
    return asked.request


def _reply_early(stage: Stage) -> SignInRequest:
    """The phone says success while the customer still stands before our callback."""
    asked = stage.ask()
    callback = stage.come_to_callback(asked)
    stage.phone.forge_success(asked.bubble)
    _wait_until_confirmed(asked.request)
    stage.get(callback)
    return asked.request


def _wait_until_confirmed(request: SignInRequest) -> None:
    confirmed = SignInRequest.objects.filter(pk=request.pk, confirmed_at__isnull=False)
    wait_for(confirmed.first, what="The server did not process the reply")


def _forge(stage: Stage) -> SignInRequest:
    asked = stage.ask()
    stage.phone.forge_success(asked.bubble)
    return asked.request


def _close_sheet(stage: Stage) -> SignInRequest:
    asked = stage.ask()
    stage.get(stage.phone.open(asked.bubble))
    return asked.request


def _same_message_twice(stage: Stage) -> SignInRequest:
    """The gateway posts the very same reply again, as it does where an answer was lost."""
    asked = stage.ask()
    with stage.customer() as customer:
        customer.sign_in(stage.phone.open(asked.bubble))
    message_id = new_message_id()
    reply = interactive_data(services.sign_in_message_of(asked.bubble), {"status": "success"})
    stage.phone.line.post_reply(reply, message_id=message_id)
    stage.phone.line.post_reply(reply, message_id=message_id)
    return asked.request


def _arrive(stage: Stage, query: str) -> SignInRequest:
    """The browser is sent to an address that our callback did not write."""
    asked = stage.ask()
    stage.get(stage.phone.open(asked.bubble))
    stage.phone.arrive(asked.bubble, f"{OVER}?{query}")
    return asked.request


def _say_otherwise(stage: Stage, status: str) -> SignInRequest:
    asked = stage.ask()
    stage.phone.reply(asked.bubble, {"status": status})
    return asked.request


def _come_back_with(stage: Stage, **parameters: str) -> SignInRequest:
    """The identity provider sends the customer back with these parameters, and the state."""
    asked = stage.ask()
    stage.get(stage.phone.open(asked.bubble))
    stage.phone.follow(asked.bubble, _callback(asked, **parameters))
    return asked.request


def _callback(asked: Asked, **parameters: str) -> str:
    message = services.sign_in_message_of(asked.bubble)
    given = {"state": message.state, "iss": issuer_of(asked.request.business), **parameters}
    return f"{message.redirect_uri}?{urlencode(given)}"


def _unknown_state(stage: Stage) -> SignInRequest:
    asked = stage.ask()
    stage.phone.follow(asked.bubble, _callback(asked, state="A" * 32, code="code"))
    return asked.request


def _state_used_twice(stage: Stage) -> SignInRequest:
    """Somebody opens the address of the callback once more; the first time counts."""
    asked = stage.ask()
    callback = stage.come_to_callback(asked)
    over = stage.get(callback)
    stage.get(callback)
    stage.phone.arrive(asked.bubble, over)
    return asked.request


def _state_expired(stage: Stage) -> SignInRequest:
    asked = stage.ask()
    callback = stage.come_to_callback(asked)
    ended = stage.wait_for_end(asked.request)
    stage.phone.follow(asked.bubble, callback)
    return ended


def _two_open(stage: Stage) -> SignInRequest:
    """Two requests are open; the customer signs in by the newer one."""
    stage.ask()
    newer = stage.ask()
    stage.sign_in(newer)
    return newer.request


def _reply_to_older(stage: Stage) -> SignInRequest:
    """Two requests are open; the customer signs in by the older one."""
    older = stage.ask()
    stage.ask()
    stage.sign_in(older)
    return older.request


def _late_reply(stage: Stage) -> SignInRequest:
    """The customer's reply comes when the request has ended long since."""
    asked = stage.ask()
    callback = stage.come_to_callback(asked)
    over = stage.get(callback)
    ended = stage.wait_for_end(asked.request)
    stage.phone.arrive(asked.bubble, over)
    return ended


def _delete_conversation(stage: Stage) -> SignInRequest:
    asked = stage.ask()
    stage.phone.delete_conversation()
    return asked.request


def _faulty_gateway(stage: Stage, fault: Fault) -> SignInRequest:
    services.prepare_phone(phone=stage.phone.row, flow="new", fault=fault)
    asked = stage.ask()
    stage.sign_in(asked)
    return asked.request


def _unknown_customer(stage: Stage) -> SignInRequest:
    services.prepare_phone(phone=stage.phone.row, flow="new", fault=Fault.GATEWAY_UNKNOWN)
    return stage.request()


def _old_device(stage: Stage) -> SignInRequest:
    stage.phone.row.capabilities = "LIST,TIME,QUICK"
    stage.phone.row.save(update_fields=["capabilities"])
    return stage.request()


def _new(name: str, words: str, state: State, reason: Reason, act: Act, *, is_impatient: bool = False) -> Scenario:
    return Scenario(f"new-{name}", "new", words, state, reason, act, is_impatient)


GOOD = (State.SUCCEEDED, Reason.SIGNED_IN)

SCENARIOS: tuple[Scenario, ...] = (
    _new("success", "The callback comes first, then the reply.", *GOOD, _sign_in),
    _new("reply-early", "The reply comes before our callback.", *GOOD, _reply_early),
    _new(
        "reply-doubled",
        "The reply comes twice, under two ids.",
        *GOOD,
        partial(_sign_in, conditions=Conditions(copies=2)),
    ),
    _new("message-doubled", "The gateway posts the same reply twice.", *GOOD, _same_message_twice),
    _new(
        "reply-large",
        "The reply is too large for a message.",
        *GOOD,
        partial(_sign_in, conditions=Conditions(padding=PADDING)),
    ),
    _new(
        "reply-slow",
        "The reply takes its time.",
        *GOOD,
        partial(_sign_in, conditions=Conditions(seconds_before_reply=1.0)),
    ),
    _new(
        "status-in-capitals",
        "The reply says SUCCESS.",
        *GOOD,
        partial(_sign_in, conditions=Conditions(status="SUCCESS")),
    ),
    _new("state-used-twice", "Somebody comes back with the same state again.", *GOOD, _state_used_twice),
    _new("two-open", "Two requests are open; the newer one is answered.", *GOOD, _two_open),
    _new("reply-to-older", "Two requests are open; the older one is answered.", *GOOD, _reply_to_older),
    _new("gateway-fails", "The gateway answers 500 twice.", *GOOD, partial(_faulty_gateway, fault=Fault.GATEWAY_FAILS)),
    _new("gateway-slow", "The gateway is slow.", *GOOD, partial(_faulty_gateway, fault=Fault.GATEWAY_SLOW)),
    _new(
        "gateway-unknown",
        "The gateway does not know the customer any more.",
        State.FAILED,
        Reason.CUSTOMER_UNKNOWN,
        _unknown_customer,
    ),
    _new(
        "conversation-deleted",
        "The customer deletes the conversation.",
        State.CANCELLED,
        Reason.CONVERSATION_CLOSED,
        _delete_conversation,
    ),
    _new(
        "device-too-old",
        "The customer's device can do neither flow.",
        State.UNSUPPORTED,
        Reason.DEVICE_CANNOT_SIGN_IN,
        _old_device,
    ),
    _new("consent-refused", "The customer refuses.", State.CANCELLED, Reason.CONSENT_REFUSED, _refuse),
    _new(
        "provider-refused",
        "The identity provider sends the customer back with an error.",
        State.FAILED,
        Reason.PROVIDER_REFUSED,
        partial(_come_back_with, error="server_error"),
    ),
    _new(
        "code-missing",
        "The identity provider sends the customer back without a code.",
        State.FAILED,
        Reason.CODE_MISSING,
        _come_back_with,
    ),
    _new(
        "code-wrong",
        "The customer comes back with a code that nobody made.",
        State.FAILED,
        Reason.EXCHANGE_FAILED,
        partial(_come_back_with, code="made-up"),
    ),
    _new(
        "issuer-foreign",
        "The customer comes back from another server.",
        State.FAILED,
        Reason.EXCHANGE_FAILED,
        partial(_come_back_with, code="made-up", iss="https://other.example"),
    ),
    _new(
        "state-unknown",
        "The customer comes back with a state that nobody made.",
        State.FAILED,
        Reason.STATE_UNKNOWN,
        _unknown_state,
    ),
    _new(
        "state-expired",
        "The customer comes back when the request has ended.",
        State.TIMED_OUT,
        Reason.NO_REPLY,
        _state_expired,
        is_impatient=True,
    ),
    _new(
        "success-forged",
        "The phone says success, and nobody signed in.",
        State.FAILED,
        Reason.SUCCESS_WITHOUT_CALLBACK,
        _forge,
        is_impatient=True,
    ),
    _new(
        "reply-lost",
        "The customer signs in, and no reply comes.",
        State.TIMED_OUT,
        Reason.PHONE_DID_NOT_CONFIRM,
        partial(_sign_in, conditions=Conditions(copies=0)),
        is_impatient=True,
    ),
    _new(
        "reply-late",
        "The reply comes when the request has ended.",
        State.TIMED_OUT,
        Reason.PHONE_DID_NOT_CONFIRM,
        _late_reply,
        is_impatient=True,
    ),
    _new(
        "sheet-closed",
        "The customer closes the sign-in page.",
        State.TIMED_OUT,
        Reason.NO_REPLY,
        _close_sheet,
        is_impatient=True,
    ),
    _new(
        "cancel",
        "The phone says cancel, without a number: it sends nothing.",
        State.TIMED_OUT,
        Reason.NO_REPLY,
        partial(_arrive, query="status=cancel"),
        is_impatient=True,
    ),
    _new(
        "address-repeats",
        "The last address repeats a parameter: the phone ignores it.",
        State.TIMED_OUT,
        Reason.NO_REPLY,
        partial(_arrive, query="status=success&status=success"),
        is_impatient=True,
    ),
    _new(
        "cancel-with-number",
        "The phone says cancel, with a number of ours.",
        State.CANCELLED,
        Reason.CONSENT_REFUSED,
        partial(_arrive, query=f"status=cancel&error_code={CallbackError.CONSENT_REFUSED:d}"),
    ),
    _new(
        "failure",
        "The phone says failure, with a number of ours.",
        State.FAILED,
        Reason.EXCHANGE_FAILED,
        partial(_arrive, query=f"status=failure&error_code={CallbackError.EXCHANGE_FAILED:d}"),
    ),
    _new(
        "failure-of-others",
        "The phone says failure, with a number that is not ours.",
        State.FAILED,
        Reason.PHONE_FAILED,
        partial(_arrive, query=f"status=failure&error_code={NOBODYS_NUMBER}"),
    ),
    _new(
        "status-unknown",
        "The phone says something that nobody has heard before.",
        State.FAILED,
        Reason.REPLY_UNEXPECTED,
        partial(_say_otherwise, status="perhaps"),
    ),
    _new(
        "status-of-legacy",
        "The phone replies as in the legacy flow.",
        State.FAILED,
        Reason.REPLY_UNEXPECTED,
        partial(_say_otherwise, status="authenticated"),
    ),
)
