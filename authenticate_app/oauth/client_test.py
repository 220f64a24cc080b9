"""*Test this client*: what an application sends is looked at step by step, and each step ends in a sentence.

The sentences come from looking at every parameter; whether a step is right is also asked of the server's own code,
which runs the whole way once and takes everything back (``client_trial``). Nothing of it is stored or logged.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _

from authenticate_app.accounts.entitlements import (
    REQUEST_FOR_CHAT,
    REQUEST_FOR_CHAT_ON_BEHALF,
    SELF_SERVICE_USER,
)
from authenticate_app.accounts.models import User
from authenticate_app.oauth import secrets
from authenticate_app.oauth.addresses import public_url
from authenticate_app.oauth.client_test_request import (
    PastedRequest,
    finding_of_redirect_uri,
    finding_of_scope,
    findings_of_request,
)
from authenticate_app.oauth.client_trial import Examiner, finding_of_answer, finding_of_trial
from authenticate_app.oauth.findings import Finding, advice, faults, right, wrong
from authenticate_app.oauth.models import Client
from authenticate_app.oauth.purposes import CLIENT_CREDENTIALS

EXAMPLE_CHALLENGE: Final = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
"""Of RFC 7636, appendix B."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What somebody typed, all of it unverified; empty where they left it out."""

    request: str = ""
    redirect_uri: str = ""
    scope: str = ""
    secret: str = ""


def findings_of(client: Client, trial: Trial, examiner: Examiner) -> list[Finding]:
    """Test ``client`` with what was typed; every step that can be looked at has a finding."""
    look = _of_integration if client.authorization_grant_type == CLIENT_CREDENTIALS else _of_sign_in
    found = [*_of_client(client), *look(client, trial, examiner.now)]
    has_proof = bool(trial.secret) or not client.is_confidential
    if has_proof and not faults(found):
        found.append(finding_of_trial(client, examiner, scope=trial.scope))
    return found


def example_of(client: Client) -> str:
    """What a request that is right looks like: an authorization request, or a command line for the token endpoint."""
    if client.authorization_grant_type == CLIENT_CREDENTIALS:
        return (
            f"curl -u {client.client_id}:CLIENT_SECRET {public_url('oauth-token')}"
            f" -d grant_type=client_credentials -d scope={client.allowed_scopes}"
        )
    parameters = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": (client.redirect_uris.split() or [""])[0],
        "scope": client.allowed_scopes,
        "state": secrets.new_verifier(),
    }
    if client.pkce_required:
        parameters |= {"code_challenge": EXAMPLE_CHALLENGE, "code_challenge_method": "S256"}
    return f"{public_url('oauth-authorize')}?{urlencode(parameters)}"


def _of_client(client: Client) -> Iterator[Finding]:
    if client.is_active:
        yield right(_("Client"), _("It is active."))
    else:
        yield wrong(_("Client"), _("It is disabled: whatever it asks for is refused. Turn it on again on its page."))


def _of_sign_in(client: Client, trial: Trial, now: datetime) -> Iterator[Finding]:
    request = PastedRequest.parse(trial.request)
    if trial.request and request is None:
        sentence = _("This is no address with parameters. It begins with “%s?”.")
        yield wrong(_("Authorization request"), sentence % public_url("oauth-authorize"))
    if request is not None:
        found = list(findings_of_request(client, request, expected=public_url("oauth-authorize")))
        yield from found
        yield finding_of_answer(request.query, now=now, is_explained=bool(faults([*_of_client(client), *found])))
    if trial.redirect_uri:
        yield _of_second_redirect_uri(client, trial.redirect_uri, request)
    yield from _of_secret(client, trial.secret)


def _of_second_redirect_uri(client: Client, asked: str, request: PastedRequest | None) -> Finding:
    """RFC 6749, section 4.1.3: the same as in the authorization request, letter by letter."""
    subject = _("Redirect URI of the token request")
    found = finding_of_redirect_uri(client, asked, subject=subject)
    if request is not None and not faults([found]) and request.get("redirect_uri") not in {"", asked}:
        return wrong(subject, _("It is registered, but it is another one than in the authorization request."))
    return found


def _of_secret(client: Client, secret: str) -> Iterator[Finding]:
    subject = _("Client secret")
    if not secret:
        return
    if secrets.matches(secret, client.client_secret):
        yield right(subject, _("It is this client's."))
    elif secrets.matches(secret.strip(), client.client_secret):
        yield wrong(subject, _("It has blanks before or after it. Without them it is right."))
    elif len(secret) != secrets.SECRET_LENGTH:
        sentence = _("It is wrong: it has %(length)d characters, and secrets of this server have %(right)d.")
        yield wrong(subject, sentence % {"length": len(secret), "right": secrets.SECRET_LENGTH})
    else:
        yield wrong(subject, _("It is wrong: perhaps an old one, or another client's. If it got lost, make a new one."))


def _of_integration(client: Client, trial: Trial, _now: datetime) -> Iterator[Finding]:
    yield from _of_secret(client, trial.secret)
    if trial.scope:
        yield finding_of_scope(client, trial.scope.split())
    yield from _of_acting_user(client.acting_user)


def _of_acting_user(user: User | None) -> Iterator[Finding]:
    subject = _("Acting user")
    if user is None:
        yield wrong(subject, _("There is none, so the integration may do nothing. Choose one on its page."))
        return
    if not user.is_active:
        yield wrong(subject, _("“%s” is disabled, so the integration may do nothing.") % user)
        return
    lacking = _lacking(user)
    if lacking:
        sentence = _("“%(user)s” lacks what chatAuthenticate asks for: %(lacking)s.")
        yield wrong(subject, sentence % {"user": user, "lacking": ", ".join(lacking)})
        return
    yield right(subject, _("“%s” is active and may ask for chats.") % user)
    yield _of_reach(user)


def _of_reach(user: User) -> Finding:
    subject = _("For whom")
    if REQUEST_FOR_CHAT_ON_BEHALF in _entitlements(user):
        return advice(subject, _("It may ask for anybody, and so is as powerful as the key that signs."))
    return right(subject, _("It may ask for “%s” alone, and for nobody else.") % user)


def _lacking(user: User) -> list[str]:
    roles = set(user.groups.values_list("name", flat=True))
    needed = [(SELF_SERVICE_USER, roles), (REQUEST_FOR_CHAT, _entitlements(user))]
    return [name for name, held in needed if name not in held]


def _entitlements(user: User) -> set[str]:
    """Those that come through roles; nothing else counts at the API."""
    return set(user.groups.values_list("permissions__codename", flat=True))
