"""Why a request to sign in ended, in codes and in words.

A code never changes its meaning: it is stored, counted, audited and told to the systems that asked. How each comes
about: docs/apple-messages.md.
"""

from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise


class Reason(StrEnum):
    """Every end that a request can come to, and every reason for which something of it is refused."""

    SIGNED_IN = "signed-in"
    SIGNED_IN_UNCONFIRMED = "signed-in-unconfirmed"

    DEVICE_CANNOT_SIGN_IN = "device-cannot-sign-in"
    FLOW_NOT_ALLOWED = "flow-not-allowed"

    GATEWAY_REFUSED = "gateway-refused"
    GATEWAY_UNAVAILABLE = "gateway-unavailable"
    CUSTOMER_UNKNOWN = "customer-unknown"
    CONVERSATION_CLOSED = "conversation-closed"
    CANCELLED_BY_ASKER = "cancelled-by-asker"

    NO_REPLY = "no-reply"
    PHONE_DID_NOT_CONFIRM = "phone-did-not-confirm"
    SUCCESS_WITHOUT_CALLBACK = "success-without-callback"
    PHONE_CANCELLED = "phone-cancelled"
    PHONE_FAILED = "phone-failed"
    REPLY_UNEXPECTED = "reply-unexpected"

    REDIRECT_WITHOUT_CODE = "redirect-without-code"
    TOKEN_MISSING = "token-missing"  # noqa: S105 - the name of a reason
    KEY_EMPTY = "key-empty"
    KEY_NOT_BASE64 = "key-not-base64"
    KEY_NOT_ELLIPTIC = "key-not-elliptic"
    KEY_INVALID = "key-invalid"
    ENCRYPTION_FAILED = "encryption-failed"
    PROVIDER_TIMED_OUT = "provider-timed-out"
    PROVIDER_NOT_FOUND = "provider-not-found"
    PROVIDER_UNREACHABLE = "provider-unreachable"
    CONNECTION_LOST = "connection-lost"
    PHONE_OFFLINE = "phone-offline"
    PROVIDER_TLS = "provider-tls"
    TOKEN_ANSWER_NOT_JSON = "token-answer-not-json"  # noqa: S105 - the name of a reason

    DECRYPTION_FAILED = "decryption-failed"
    TOKEN_INACTIVE = "token-inactive"  # noqa: S105 - the name of a reason
    TOKEN_FOREIGN = "token-foreign"  # noqa: S105 - the name of a reason
    TOKEN_EARLY = "token-early"  # noqa: S105 - the name of a reason
    TOKEN_SCOPE = "token-scope"  # noqa: S105 - the name of a reason
    TOKEN_REPLAYED = "token-replayed"  # noqa: S105 - the name of a reason

    STATE_UNKNOWN = "state-unknown"
    STATE_USED = "state-used"
    STATE_EXPIRED = "state-expired"

    CONSENT_REFUSED = "consent-refused"
    PROVIDER_REFUSED = "provider-refused"
    CODE_MISSING = "code-missing"
    EXCHANGE_FAILED = "exchange-failed"
    PROVIDER_UNAVAILABLE = "provider-unavailable"
    PROVIDER_BUSY = "provider-busy"
    IDENTITY_MISSING = "identity-missing"
    IDENTITY_REFUSED = "identity-refused"


WORDS: "dict[Reason, StrOrPromise]" = {
    Reason.SIGNED_IN: _("The customer signed in, and the phone confirmed it."),
    Reason.SIGNED_IN_UNCONFIRMED: _("The customer signed in; this business does not wait for the phone to confirm it."),
    Reason.DEVICE_CANNOT_SIGN_IN: _("The customer's device cannot sign in."),
    Reason.FLOW_NOT_ALLOWED: _("The customer's device can sign in only in a way that the business does not allow."),
    Reason.GATEWAY_REFUSED: _("Apple's gateway refused the message."),
    Reason.GATEWAY_UNAVAILABLE: _("Apple's gateway did not take the message in time."),
    Reason.CUSTOMER_UNKNOWN: _("Apple's gateway does not know the customer any more."),
    Reason.CONVERSATION_CLOSED: _("The customer deleted the conversation."),
    Reason.CANCELLED_BY_ASKER: _("Whoever asked for the sign-in cancelled it."),
    Reason.NO_REPLY: _("The customer did not sign in in time, or closed the sheet."),
    Reason.PHONE_DID_NOT_CONFIRM: _("Somebody signed in, but the customer's phone did not confirm it in time."),
    Reason.SUCCESS_WITHOUT_CALLBACK: _("The phone said that it succeeded, but nobody had signed in."),
    Reason.PHONE_CANCELLED: _("The customer cancelled on the phone."),
    Reason.PHONE_FAILED: _("The phone said that it failed."),
    Reason.REPLY_UNEXPECTED: _("The phone's reply does not fit the request."),
    Reason.REDIRECT_WITHOUT_CODE: _(
        "The phone got neither code nor token: the customer refused consent, or the token address answered nothing."
    ),
    Reason.TOKEN_MISSING: _("The identity provider gave the phone no access token."),
    Reason.KEY_EMPTY: _("The phone found no key to encrypt with."),
    Reason.KEY_NOT_BASE64: _("The phone could not read the key to encrypt with: it is no base64."),
    Reason.KEY_NOT_ELLIPTIC: _("The phone could not read the key to encrypt with: it is no elliptic-curve key."),
    Reason.KEY_INVALID: _("The phone found the key to encrypt with invalid."),
    Reason.ENCRYPTION_FAILED: _("The phone could not encrypt the token."),
    Reason.PROVIDER_TIMED_OUT: _("The identity provider did not answer the phone in time."),
    Reason.PROVIDER_NOT_FOUND: _("The phone did not find the identity provider's host."),
    Reason.PROVIDER_UNREACHABLE: _("The phone could not connect to the identity provider."),
    Reason.CONNECTION_LOST: _("The phone lost the connection to the identity provider."),
    Reason.PHONE_OFFLINE: _("The phone was offline."),
    Reason.PROVIDER_TLS: _("The phone could not connect to the identity provider safely: its certificate, or its TLS."),
    Reason.TOKEN_ANSWER_NOT_JSON: _("The identity provider's answer to the phone was no JSON."),
    Reason.DECRYPTION_FAILED: _("What the phone sent could not be decrypted."),
    Reason.TOKEN_INACTIVE: _("The identity provider does not know the phone's token, or not any more."),
    Reason.TOKEN_FOREIGN: _("The phone's token was issued to somebody else's application."),
    Reason.TOKEN_EARLY: _("The phone's token was issued before the sign-in was asked for."),
    Reason.TOKEN_SCOPE: _("The phone's token lacks scopes that were asked for."),
    Reason.TOKEN_REPLAYED: _("The phone's token was used before."),
    Reason.STATE_UNKNOWN: _("The sign-in came back with a state that nobody knows."),
    Reason.STATE_USED: _("The sign-in came back with a state that was used before."),
    Reason.STATE_EXPIRED: _("The sign-in came back too late, or after the request had ended."),
    Reason.CONSENT_REFUSED: _("The customer did not agree to sign in."),
    Reason.PROVIDER_REFUSED: _("The identity provider refused to let the customer sign in."),
    Reason.CODE_MISSING: _("The identity provider sent the customer back without a code."),
    Reason.EXCHANGE_FAILED: _("The identity provider gave nothing for the code."),
    Reason.PROVIDER_UNAVAILABLE: _("The identity provider could not be reached, or did not answer in time."),
    Reason.PROVIDER_BUSY: _("Too many sign-ins wait for the identity provider at once."),
    Reason.IDENTITY_MISSING: _("The identity provider did not say who the customer is."),
    Reason.IDENTITY_REFUSED: _("The one who signed in may not sign in here."),
}
"""A sentence for each reason; a test holds it against ``Reason``."""


class CallbackError(IntEnum):
    """Our callback's ``error_code`` in the new flow: it goes to the phone, and comes back in the phone's reply.

    The numbers are ours alone, and say nothing of the customer. Apple's page leaves their meaning to the business.
    """

    STATE_UNKNOWN = 1
    STATE_USED = 2
    STATE_EXPIRED = 3
    CONSENT_REFUSED = 4
    PROVIDER_REFUSED = 5
    CODE_MISSING = 6
    EXCHANGE_FAILED = 7
    PROVIDER_UNAVAILABLE = 8
    PROVIDER_BUSY = 9
    IDENTITY_MISSING = 10
    IDENTITY_REFUSED = 11

    @property
    def reason(self) -> Reason:
        """What the number stands for: the reason of the same name."""
        return Reason[self.name]


ERRORS_OF_AUTHENTICATION = "com.apple.icloud.messages.business.authentication.error"
ERRORS_OF_ENCRYPTION = "com.apple.icloud.messages.business.cryptor"
ERRORS_OF_CONNECTIONS = "NSURLErrorDomain"
ERRORS_OF_FORMATS = "NSCocoaErrorDomain"

PHONE_ERRORS: dict[tuple[str, int], Reason] = {
    (ERRORS_OF_AUTHENTICATION, 0): Reason.REDIRECT_WITHOUT_CODE,
    (ERRORS_OF_AUTHENTICATION, 2): Reason.TOKEN_MISSING,
    (ERRORS_OF_ENCRYPTION, 0): Reason.KEY_EMPTY,
    (ERRORS_OF_ENCRYPTION, 1): Reason.KEY_NOT_BASE64,
    (ERRORS_OF_ENCRYPTION, 2): Reason.KEY_NOT_ELLIPTIC,
    (ERRORS_OF_ENCRYPTION, 3): Reason.KEY_INVALID,
    (ERRORS_OF_ENCRYPTION, 4): Reason.ENCRYPTION_FAILED,
    (ERRORS_OF_CONNECTIONS, -1001): Reason.PROVIDER_TIMED_OUT,
    (ERRORS_OF_CONNECTIONS, -1003): Reason.PROVIDER_NOT_FOUND,
    (ERRORS_OF_CONNECTIONS, -1004): Reason.PROVIDER_UNREACHABLE,
    (ERRORS_OF_CONNECTIONS, -1005): Reason.CONNECTION_LOST,
    (ERRORS_OF_CONNECTIONS, -1009): Reason.PHONE_OFFLINE,
    **{(ERRORS_OF_CONNECTIONS, code): Reason.PROVIDER_TLS for code in range(-1206, -1199)},
    (ERRORS_OF_FORMATS, 3840): Reason.TOKEN_ANSWER_NOT_JSON,
}
"""What the phone says in the legacy flow, by domain and code. Not documented by Apple: read off devices."""


def words_of(code: str) -> "StrOrPromise":
    """The sentence for a stored code; the code itself where a former version wrote it."""
    return WORDS[Reason(code)] if code in frozenset(Reason) else code


def of_phone_error(domain: str | None, code: int | None) -> Reason:
    """What a phone's error of the legacy flow stands for; ``PHONE_FAILED`` for one that nobody has seen yet."""
    if domain is None or code is None:
        return Reason.PHONE_FAILED
    return PHONE_ERRORS.get((domain, code), Reason.PHONE_FAILED)


def of_callback_error(number: int | None) -> Reason:
    """What a number of ours stands for that the phone gives back in the new flow; ``PHONE_FAILED`` for any other."""
    return CallbackError(number).reason if number in frozenset(CallbackError) else Reason.PHONE_FAILED
