"""*Check this business*: try what can be tried, and say in words what is wrong.

Nothing is sent to a customer. Whether Apple's register says the same as the business's page cannot be tried from here.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from authenticate_app.keys.encryption import Undecryptable, decrypt
from authenticate_app.messages.addresses import address_fault
from authenticate_app.messages.models import Business
from authenticate_app.messages.rules import broken_rules
from authenticate_app.oauth.findings import Finding, advice, right, wrong
from authenticate_app.oauth.scopes import MESSAGES

if TYPE_CHECKING:
    import httpx

TIMEOUT_SECONDS = 5


def findings_of(business: Business) -> list[Finding]:
    """Look at a stored business, step by step; takes up to ``TIMEOUT_SECONDS`` for each address."""
    return [
        *_account(business),
        *_rules(business),
        *_safety(business),
        *_addresses(business),
        *_askers(business),
    ]


def _account(business: Business) -> Iterator[Finding]:
    subject = _("API secret of the MSP account")
    try:
        decrypt(bytes(business.account.encrypted_api_secret))
    except Undecryptable:
        yield wrong(subject, _("It cannot be decrypted. Write it on the account's page again."))
    else:
        yield right(
            subject, _("It is stored and can be decrypted. Whether Apple takes it shows with the first message.")
        )


def _rules(business: Business) -> Iterator[Finding]:
    faults = broken_rules(business)
    for field, sentence in faults:
        yield wrong(_label(field), sentence)
    if not faults:
        yield right(_("Provider, client and flows"), _("They fit together."))


def _label(field: str) -> str:
    if field == "client_secret":
        return _("Client secret")
    column: Any = Business._meta.get_field(field)
    return str(column.verbose_name)


def _safety(business: Business) -> Iterator[Finding]:
    if business.trusts_callback_alone:
        sentence = _(
            "A sign-in counts that the phone did not confirm. A link forwarded to somebody else looks exactly so."
        )
        yield advice(_("Confirmation by the phone"), sentence)
    is_elsewhere = business.provider == Business.Provider.OTHER
    if business.allows_legacy_flow and is_elsewhere and not business.introspection_url:
        sentence = _(
            "Without an introspection URL nobody can say whose token the phone sends: results are not verified."
        )
        yield advice(_("Legacy flow"), sentence)
    if business.trusted_email_domains:
        sentence = _(
            "Who has a verified address of %(domains)s at the provider becomes the user with that address here."
        )
        yield advice(_("Trusted e-mail domains"), sentence % {"domains": business.trusted_email_domains})


def _addresses(business: Business) -> Iterator[Finding]:
    yield _reached(_("Gateway"), business.gateway_url)
    if business.provider == Business.Provider.OTHER:
        yield _reached(_("Authorization URL"), business.authorization_url)
        for subject, address in (
            (_("Token URL"), business.token_url),
            (_("Userinfo URL"), business.userinfo_url),
            (_("Introspection URL"), business.introspection_url),
        ):
            if address:
                yield _reached(subject, address)
    yield from _webhook(business)


def _webhook(business: Business) -> Iterator[Finding]:
    subject = _("Webhook")
    if not business.webhook_url:
        yield advice(
            subject, _("There is none: the business's system has to ask how a sign-in ended, and hears no texts.")
        )
        return
    if not business.encrypted_webhook_secret:
        yield wrong(subject, _("It has no secret yet, so nothing is sent. Make one on the business's page."))
    yield _reached(subject, business.webhook_url)


def _askers(business: Business) -> Iterator[Finding]:
    names = [str(client) for client in business.api_clients.filter(is_active=True) if MESSAGES in client.scopes]
    subject = _("Clients of the REST API")
    if names:
        yield right(subject, _("These may ask customers to sign in: %(names)s.") % {"names": ", ".join(sorted(names))})
    else:
        yield wrong(subject, _("No active integration with the scope %(scope)s reaches it.") % {"scope": MESSAGES})


def _reached(subject: str, address: str) -> Finding:
    """Whether something answers there at all: what it says to a request without credentials means nothing."""
    import httpx

    from authenticate_app.messages.guarded_http import open_client

    if fault := address_fault(address):
        return wrong(subject, fault)
    try:
        with open_client(timeout_seconds=TIMEOUT_SECONDS) as client, client.stream("GET", address) as response:
            sentence = _("%(address)s answers (with %(status)d, to a request that says nothing).")
            return right(subject, sentence % {"address": address, "status": response.status_code})
    except httpx.HTTPError as error:
        sentence = _("%(address)s cannot be reached: %(reason)s.")
        return wrong(subject, sentence % {"address": address, "reason": _reason(error)})


def _reason(error: "httpx.HTTPError") -> str:
    import httpx

    if isinstance(error, httpx.TimeoutException):
        return _("no answer within %(seconds)d seconds") % {"seconds": TIMEOUT_SECONDS}
    return str(error).rstrip(".") or type(error).__name__
