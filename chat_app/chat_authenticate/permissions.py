"""For whom a caller may ask, and what may be said about them (docs/compatibility.md, "On behalf of others")."""

from collections.abc import Iterator

from authenticate_app.accounts.callers import Caller
from authenticate_app.accounts.entitlements import REQUEST_FOR_CHAT_ON_BEHALF
from authenticate_app.accounts.names import name_key
from chat_app.adf.errors import AdfError, Fault
from chat_app.chat_authenticate import errors
from chat_app.chat_authenticate.attributes import ChatAuthenticateRequest


def may_speak_for_others(caller: Caller) -> bool:
    """Whether the caller may ask for tokens of other end users, and choose how they are routed."""
    return REQUEST_FOR_CHAT_ON_BEHALF in caller.entitlements


def check_end_user(caller: Caller, request: ChatAuthenticateRequest) -> None:
    """Refuse a caller who asks for somebody else, or passes for somebody else, without being allowed to.

    Raises ``AdfError`` (403): one fault for another's token, or one for each attribute that is not the caller's own.
    """
    if may_speak_for_others(caller):
        return
    if name_key(request.auth_user_name) not in _names(caller):
        raise AdfError(Fault(errors.OTHER_USERS_TOKEN, "/authUserName"))
    faults = [Fault(errors.NOT_OWN, f"/{name}", {"name": name}) for name in _not_own(caller, request)]
    if faults:
        raise AdfError(*faults)


def _names(caller: Caller) -> set[str]:
    return {caller.username_key, caller.verified_email_key} - {""}


def _not_own(caller: Caller, request: ChatAuthenticateRequest) -> Iterator[str]:
    """The attributes that make the end user look like another person."""
    if request.contact_id not in {None, caller.contact_party_id}:
        yield "contactId"
    if request.organization_id not in {None, caller.organization_party_id}:
        yield "organizationId"
    if request.email_address is not None and name_key(request.email_address) not in _names(caller):
        yield "emailAddress"
    if request.first_name not in {None, caller.first_name}:
        yield "firstName"
    if request.last_name not in {None, caller.last_name}:
        yield "lastName"
