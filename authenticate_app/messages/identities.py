"""Which user of this server somebody is who signed in at a business's identity provider (docs/apple-messages.md).

A user is found by issuer and subject alone. An e-mail address is nobody's identity: providers give one out again, and
whoever runs a provider can claim any. So it may link once, where the business trusts its provider for that domain, and
never a user who holds more than a customer does.
"""

import unicodedata
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from django.db import IntegrityError, transaction

from authenticate_app.accounts.entitlements import REQUEST_FOR_CHAT
from authenticate_app.accounts.models import User
from authenticate_app.accounts.names import email_fault, name_key
from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record
from authenticate_app.messages.metrics import IDENTITIES
from authenticate_app.messages.models import Business, LinkedIdentity
from authenticate_app.oauth import addresses
from authenticate_app.oauth.models import Client

Found = TypeVar("Found", User, None)
OF_CUSTOMERS: Final = frozenset({f"{User._meta.app_label}.{REQUEST_FOR_CHAT}"})
"""What a user may hold and still be linked by an e-mail address."""
LONGEST_EMAIL: Final = 320
LONGEST_NAME: Final = 150
NAME_PREFIX: Final = "customer-"
"""What the names of users begin with who are made here; the rest is random, and says nothing of the customer."""


class IdentityRefused(Exception):
    """The one who signed in may not sign in here: their user is disabled, or the provider passes for another one."""


@dataclass(frozen=True, slots=True)
class _Known:
    """Somebody as their provider knows them. ``email`` is empty unless it is verified, and trusted to be."""

    issuer: str
    subject: str
    email: str
    first_name: str
    last_name: str


def find_user(
    *, business: Business, issuer: str, subject: str, claims: Mapping[str, Any], now: datetime
) -> User | None:
    """Return the user who signed in; link or make one where the business allows it. None for nobody known here.

    ``issuer`` and ``subject`` must come from the provider itself. Two sign-ins of the same new customer at once make
    one user. At most eight statements; one for a customer who was here before.

    Raises:
        IdentityRefused: see there.
        django.db.DatabaseError: the database did not answer.
    """
    if business.provider == Business.Provider.OWN:
        return _counted("own", _own(subject))
    if issuer == addresses.issuer():  # or whoever runs the other provider could be anybody here
        raise _refused()
    if (user := _linked(issuer, subject)) is not None:
        return _counted("linked", user)
    known = _Known(
        issuer,
        subject,
        _trusted_email(business, claims),
        _name(claims.get("given_name")),
        _name(claims.get("family_name")),
    )
    user = _link_by_email(known, now)
    if user is None and business.creates_users:
        user = _make(known, now)
    return user if user is not None else _counted("unknown", None)


def _own(subject: str) -> User:
    user = User.objects.filter(subject=subject, is_active=True).first()
    if user is None:
        raise _refused()
    return user


def _linked(issuer: str, subject: str) -> User | None:
    identity = LinkedIdentity.objects.select_related("user").filter(issuer=issuer, subject=subject).first()
    if identity is not None and not identity.user.is_active:
        raise _refused()
    return None if identity is None else identity.user


@transaction.atomic
def _link_by_email(known: _Known, now: datetime) -> User | None:
    """Link a user by their verified address. Their row is locked, so that two identities do not both become theirs."""
    if not known.email:
        return None
    users = User.objects.select_for_update().filter(email_key=name_key(known.email), email_verified=True)
    user = users.first()
    if user is None:
        return None
    if (meanwhile := _linked(known.issuer, known.subject)) is not None:  # the same customer signs in twice at once
        return _counted("linked", meanwhile)
    if not user.is_active:
        raise _refused()
    if not _may_be_linked(user, known.issuer):
        return None
    identity, is_new = LinkedIdentity.objects.get_or_create(
        issuer=known.issuer, subject=known.subject, defaults={"user": user, "created_at": now}
    )
    if is_new:
        _audit(Event.MESSAGES_IDENTITY_LINKED, user, known, now)
    return _counted("linked_by_email" if is_new else "linked", identity.user)


def _may_be_linked(user: User, issuer: str) -> bool:
    """Whether an address may be enough: of a mere customer whom this provider has not known under another subject."""
    return not (
        user.is_staff
        or user.is_superuser
        or user.second_factor_required
        or user.get_all_permissions() - OF_CUSTOMERS
        or LinkedIdentity.objects.filter(user=user, issuer=issuer).exists()
        or Client.objects.filter(acting_user=user).exists()
    )


def _make(known: _Known, now: datetime) -> User:
    """Make a user; without the address where somebody else has it. Whoever made one first at this moment, made it."""
    for email in dict.fromkeys((known.email, "")):
        try:
            return _counted("made", _stored(known, email, now))
        except IntegrityError:
            if (user := _linked(known.issuer, known.subject)) is not None:
                return _counted("linked", user)
    raise AssertionError("A user without an address and with a random name takes nobody's place.")


@transaction.atomic
def _stored(known: _Known, email: str, now: datetime) -> User:
    user = User(
        username=f"{NAME_PREFIX}{uuid.uuid4().hex}",
        first_name=known.first_name,
        last_name=known.last_name,
        email=email,
        email_verified=bool(email),
    )
    user.set_unusable_password()
    user.save(force_insert=True)
    LinkedIdentity.objects.create(user=user, issuer=known.issuer, subject=known.subject, created_at=now)
    _audit(Event.MESSAGES_USER_MADE, user, known, now)
    return user


def _trusted_email(business: Business, claims: Mapping[str, Any]) -> str:
    """The customer's address, if the provider verified it and the business trusts it for that domain; else nothing.

    In ASCII alone: addresses are compared in a form that folds others into it, such as ``busineß.com`` into
    ``business.com``, and these are other mailboxes.
    """
    email = claims.get("email")
    if not isinstance(email, str) or claims.get("email_verified") is not True:
        return ""
    domains = {
        domain.casefold().removeprefix("@") for domain in business.trusted_email_domains.replace(",", " ").split()
    }
    local_part, at, domain = email.rpartition("@")
    is_plain = email.isascii() and len(email) <= LONGEST_EMAIL and email_fault(email) is None
    return email if local_part and at and is_plain and domain.casefold() in domains else ""


def _name(claim: object) -> str:
    if not isinstance(claim, str):
        return ""
    visible = "".join(character for character in claim if unicodedata.category(character) not in {"Cc", "Cs"})
    return visible.strip()[:LONGEST_NAME]


def _audit(event: Event, user: User, known: _Known, now: datetime) -> None:
    record(
        event=event, target=user, changes={"issuer": [None, known.issuer], "subject": [None, known.subject]}, now=now
    )


def _counted(outcome: str, user: Found) -> Found:
    IDENTITIES.labels(outcome).inc()
    return user


def _refused() -> IdentityRefused:
    IDENTITIES.labels("refused").inc()
    return IdentityRefused()
