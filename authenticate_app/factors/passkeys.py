"""Passkeys: discoverable credentials, with user verification (Web Authentication, level 2).

A passkey is something the person has, unlocked by what they are or know, so it stands for password and second factor
together. Nobody is named before it is used: the options say nothing about anybody (section 14.6.2).

A signature cannot be guessed. So no allowance keeps a passkey out; it only bounds what refusals write into the audit
log.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import Q

from authenticate_app.accounts.mail import business_name
from authenticate_app.accounts.models import User
from authenticate_app.accounts.sign_in import Origin
from authenticate_app.audit.events import Event
from authenticate_app.factors import challenges, logs
from authenticate_app.factors.challenges import Purpose
from authenticate_app.factors.errors import FactorRefused, Reason
from authenticate_app.factors.metrics import Factor, Outcome, count
from authenticate_app.factors.models import Passkey
from authenticate_app.factors.relying_party import relying_party
from authenticate_app.factors.responses import UnverifiedAssertion, UnverifiedAttestation
from authenticate_app.throttling.claims import Scope
from authenticate_app.throttling.failures import claim_failure

if TYPE_CHECKING:  # py_webauthn is imported where it is used, as in ``responses``
    from webauthn.authentication.verify_authentication_response import VerifiedAuthentication

TIMEOUT = int(challenges.LIFETIME.total_seconds() * 1000)
"""Milliseconds that browsers give people to choose a passkey."""


def options_to_use(*, purpose: Purpose, holder: str, now: datetime) -> str:
    """What ``navigator.credentials.get`` needs, as JSON: the same for everybody, so it tells of no user."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    options = generate_authentication_options(
        rp_id=relying_party().id,
        challenge=challenges.make(purpose=purpose, holder=holder, now=now),
        timeout=TIMEOUT,
        allow_credentials=[],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


def options_to_add(*, user: User, holder: str, now: datetime) -> str:
    """What ``navigator.credentials.create`` needs, as JSON; one query. The user's handle is their ``subject``."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers import structs

    options = generate_registration_options(
        rp_id=relying_party().id,
        rp_name=business_name(),
        user_id=user.subject.bytes,
        user_name=user.username,
        user_display_name=user.get_full_name(),
        challenge=challenges.make(purpose=Purpose.ADD, holder=holder, now=now),
        timeout=TIMEOUT,
        attestation=structs.AttestationConveyancePreference.NONE,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            structs.PublicKeyCredentialDescriptor(id=bytes(known))
            for known in user.passkeys.values_list("credential_id", flat=True)
        ],
    )
    return options_to_json(options)


def use(
    raw_response: str, *, purpose: Purpose, holder: str, origin: Origin, now: datetime, user: User | None = None
) -> Passkey:
    """Find out whose passkey was used; ``user`` is who it has to be, if that is known. Three statements.

    Raises:
        FactorRefused: it proves nothing, whatever the reason: people are told the same sentence.
    """
    try:
        passkey = _proven(raw_response, purpose=purpose, holder=holder, now=now, user=user)
    except FactorRefused as refused:
        _note_refusal(refused, user=refused.user or user, origin=origin, now=now)
        raise
    count(Factor.PASSKEY, Outcome.ACCEPTED)
    return passkey


def read_new(raw_response: str, *, user: User, holder: str, name: str, now: datetime) -> Passkey:
    """Make the row of a passkey that was just made, and store it; two statements. Raises ``FactorRefused``."""
    unverified = UnverifiedAttestation.parse(raw_response)
    challenges.check(unverified.challenge, purpose=Purpose.ADD, holder=holder, now=now)
    verified = unverified.verify()
    challenges.spend(unverified.challenge)
    passkey = Passkey(
        user=user,
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        name=name,
        transports=unverified.transports,
        aaguid=verified.aaguid,
        backed_up=verified.credential_backed_up,
        created_at=now,
    )
    _insert(passkey)
    return passkey


def _insert(passkey: Passkey) -> None:
    try:
        with transaction.atomic():
            passkey.save(force_insert=True)
    except IntegrityError:
        raise FactorRefused(Reason.KNOWN_PASSKEY) from None


def _proven(raw_response: str, *, purpose: Purpose, holder: str, now: datetime, user: User | None) -> Passkey:
    unverified = UnverifiedAssertion.parse(raw_response)
    challenges.check(unverified.challenge, purpose=purpose, holder=holder, now=now)
    passkey = _find(unverified)
    verified = unverified.verify(bytes(passkey.public_key))
    if user is not None and passkey.user_id != user.pk:
        raise FactorRefused(Reason.OTHER_USER)
    challenges.spend(unverified.challenge)
    _store_use(passkey, verified, now=now)
    return passkey


def _find(unverified: UnverifiedAssertion) -> Passkey:
    """The passkey of an active user, who must be the one that the authenticator names (section 7.2, step 6)."""
    rows = Passkey.objects.select_related("user").filter(user__is_active=True)
    passkey = rows.filter(credential_id=unverified.credential.raw_id).first()
    if passkey is None or unverified.credential.response.user_handle != passkey.user.subject.bytes:
        raise FactorRefused(Reason.UNKNOWN_PASSKEY)
    return passkey


def _store_use(passkey: Passkey, verified: "VerifiedAuthentication", *, now: datetime) -> None:
    """Store the new sign count unless it is none (section 6.1.1): of two copies of a key, one is refused."""
    counted = verified.new_sign_count
    is_later = Q(sign_count__lt=counted) if counted else Q(sign_count=0)
    fields = {"sign_count": counted, "last_used_at": now, "backed_up": verified.credential_backed_up}
    if not Passkey.objects.filter(is_later, pk=passkey.pk).update(**fields):
        raise FactorRefused(Reason.SIGN_COUNT, user=passkey.user)


def _note_refusal(refused: FactorRefused, *, user: User | None, origin: Origin, now: datetime) -> None:
    count(Factor.PASSKEY, Outcome.REFUSED)
    claimed = claim_failure(f"passkeys from {origin.network}", scope=Scope.PASSKEYS, address=origin.address, now=now)
    if claimed.is_granted or refused.reason is Reason.SIGN_COUNT:
        logs.write(Event.PASSKEY_REFUSED, user=user, origin=origin, now=now, reason=refused.reason)
    elif claimed.note_refusal(now=now):
        logs.write(Event.PASSKEY_REFUSED, user=user, origin=origin, now=now, reason="too-many-failures")
