"""*Test this client*: the authorization request, parameter by parameter (RFC 6749, section 4.1.1; RFC 7636)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlsplit

from django.utils.translation import gettext_lazy as _

from authenticate_app.oauth.authorization import KNOWN, NOT_SUPPORTED
from authenticate_app.oauth.findings import Finding, advice, right, wrong
from authenticate_app.oauth.models import Client
from authenticate_app.oauth.pkce import CODE_CHALLENGE
from authenticate_app.oauth.redirect_uris import NATURES, difference

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise

SHORTEST_STATE: Final = 16
"""Characters: what is shorter can hardly be random enough (RFC 6749, section 10.10)."""


@dataclass(frozen=True, slots=True)
class PastedRequest:
    """An address that somebody pasted, taken apart; nothing about it is verified."""

    address: str
    query: str
    parameters: dict[str, list[str]]

    @classmethod
    def parse(cls, pasted: str) -> "PastedRequest | None":
        """Take the address apart; None if it is none, or has no query."""
        text = "".join(pasted.split())  # line breaks come from mails and consoles; no address holds a blank
        try:
            parts = urlsplit(text)
            pairs = parse_qsl(parts.query, keep_blank_values=True)
        except ValueError:
            return None
        if not pairs:
            return None
        parameters: dict[str, list[str]] = {}
        for name, value in pairs:
            parameters.setdefault(name, []).append(value)
        return cls(f"{parts.scheme}://{parts.netloc}{parts.path}", parts.query, parameters)

    def get(self, name: str) -> str:
        """The first value of a parameter; empty if there is none."""
        return self.parameters.get(name, [""])[0]


def findings_of_request(client: Client, request: PastedRequest, *, expected: str) -> Iterator[Finding]:
    """Look at every parameter; ``expected`` is the address that authorization requests go to."""
    yield _address(request, expected)
    yield from _repeated(request)
    for look in LOOKS:
        yield look(client, request)
    yield from _not_supported(request)


def finding_of_redirect_uri(client: Client, asked: str, *, subject: "StrOrPromise") -> Finding:
    """Compare a redirect URI with the registered ones; where it differs, say where and in what."""
    found = difference(asked, client.redirect_uris.split())
    if found is None and not client.redirect_uris:
        return wrong(subject, _("No redirect URI is registered for this client."))
    if found is None:
        return right(subject, _("It is registered, letter by letter."))
    sentence = _(
        "It differs from the registered “%(registered)s”: %(nature)s. The first different character is number "
        "%(place)d: registered “%(registered_there)s”, asked for “%(asked_there)s”."
    )
    return wrong(
        subject,
        sentence
        % {
            "registered": found.registered,
            "nature": NATURES[found.nature],
            "place": found.place,
            "registered_there": found.registered_there,
            "asked_there": found.asked_there,
        },
    )


def _address(request: PastedRequest, expected: str) -> Finding:
    subject = _("Address")
    if request.address == expected:
        return right(subject, _("It leads to this server's authorization endpoint."))
    sentence = _("It leads to “%(address)s”. This server's authorization endpoint is “%(endpoint)s”.")
    return wrong(subject, sentence % {"address": request.address, "endpoint": expected})


def _repeated(request: PastedRequest) -> Iterator[Finding]:
    for name, values in request.parameters.items():
        if len(values) > 1 and name in KNOWN:
            yield wrong(
                name, _("It is there %d times. Each parameter may be there once (RFC 6749, section 3.1).") % len(values)
            )


def _client_id(client: Client, request: PastedRequest) -> Finding:
    asked = request.get("client_id")
    if asked == client.client_id:
        return right("client_id", _("It is this client's."))
    if not asked:
        return wrong("client_id", _("It is missing. This client's is “%s”.") % client.client_id)
    sentence = _("It is “%(asked)s”. This client's is “%(client_id)s”.")
    return wrong("client_id", sentence % {"asked": asked, "client_id": client.client_id})


def _response_type(client: Client, request: PastedRequest) -> Finding:
    asked = request.get("response_type")
    if asked == "code":
        return right("response_type", _("It asks for a code."))
    sentence = _(
        "It is “%s”. It must be “code”: tokens are handed out by the token endpoint alone (RFC 9700, section 2.1.2)."
    )
    return wrong("response_type", sentence % asked)


def _redirect_uri(client: Client, request: PastedRequest) -> Finding:
    asked = request.get("redirect_uri")
    if asked:
        return finding_of_redirect_uri(client, asked, subject="redirect_uri")
    return wrong("redirect_uri", _("It is missing. Send it even where only one is registered."))


def _pkce(client: Client, request: PastedRequest) -> Finding:
    challenge, method = request.get("code_challenge"), request.get("code_challenge_method")
    if not challenge and not client.pkce_required:
        return right(
            "code_challenge", _("There is none, and this client need not send one: it is one of the exceptions.")
        )
    if not challenge:
        return wrong("code_challenge", _("It is missing: this client must use PKCE (RFC 7636), with the method S256."))
    if method != "S256":
        sentence = _("“code_challenge_method” is “%s”. It must be “S256”; without it, “plain” would be meant.")
        return wrong("code_challenge", sentence % method)
    if not CODE_CHALLENGE.fullmatch(challenge):
        sentence = _(
            "It has %d characters and is no S256 challenge: that is base64url(SHA-256(code_verifier)) without “=”, "
            "43 characters."
        )
        return wrong("code_challenge", sentence % len(challenge))
    return right("code_challenge", _("PKCE is used, with the method S256."))


def finding_of_scope(client: Client, asked: list[str]) -> Finding:
    """Compare the scopes that are asked for with those that the client may have."""
    allowed = client.allowed_scopes.split()
    refused = [scope for scope in asked if scope not in allowed]
    if refused:
        sentence = _("This client may not ask for: %(refused)s. It may ask for: %(allowed)s.")
        return wrong("scope", sentence % {"refused": ", ".join(refused), "allowed": ", ".join(allowed) or "–"})
    if not asked:
        return advice(
            "scope", _("There is none. Write those that you need; this client may ask for: %s.") % ", ".join(allowed)
        )
    return right("scope", _("This client may ask for all of it."))


def _scope(client: Client, request: PastedRequest) -> Finding:
    return finding_of_scope(client, request.get("scope").split())


def _state(client: Client, request: PastedRequest) -> Finding:
    state = request.get("state")
    if not state:
        return advice("state", _("There is none. Send a random one and compare it when the answer comes back."))
    if len(state) < SHORTEST_STATE:
        return advice("state", _("It has %d characters: too few to be random. Send 16 or more.") % len(state))
    return right("state", _("It is there. Compare it when the answer comes back."))


def _not_supported(request: PastedRequest) -> Iterator[Finding]:
    for name in NOT_SUPPORTED:
        if name in request.parameters:
            yield wrong(name, _("This server does not take it. Send every parameter by itself."))


LOOKS: tuple[Callable[[Client, PastedRequest], Finding], ...] = (
    _client_id,
    _response_type,
    _redirect_uri,
    _pkce,
    _scope,
    _state,
)
