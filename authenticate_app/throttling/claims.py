"""The SQL that counts a failure before it has happened.

A sign-in first *claims* a failure, in the same statement that reads the user; only with the claim in hand may a hash
be computed. Success gives it back. So however many processes try at once, no more passwords are ever tried within a
window than the limit allows; had the failure been counted after the hash, every process could have slipped one by.

A claim takes from two counters, in this order, always: the address alone, then name and address. If either is full,
nothing is taken from the address: else one client that goes on and on with one wrong password would use up the
allowance of everybody behind the same address. From an address where the user lately signed in, only the second counts,
so that others behind that address cannot shut the user out. Both limits are the same whether or not the user exists.

``CLAIM`` is a list of common table expressions for a statement that has one before it: ``person(id)``, empty if
there is no such user. It ends with ``claim``, one row, whose columns ``COLUMNS`` names.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac

from authenticate_app.throttling.models import LONGEST_SUBJECT, FailureCount
from authenticate_app.throttling.networks import network_of

Scope = FailureCount.Scope

KNOWN_FOR = timedelta(days=30)
"""How long an address is known after a sign-in: a month, since some people come only for the monthly bill."""
COLUMNS = "is_granted, name_window_ends_at, address_window_ends_at, full_until, is_unnoted"

CLAIM = """
known AS MATERIALIZED (
    SELECT FROM person JOIN authenticate_app_knownaddress AS known ON known.user_id = person.id
    WHERE known.address = %(network)s::text AND known.signed_in_at > %(known_since)s::timestamptz
), full_counter AS MATERIALIZED (
    SELECT key, window_ends_at, throttled_at FROM authenticate_app_failurecount
    WHERE window_ends_at > %(now)s::timestamptz AND (
        (key = %(name_counter)s::text AND failures >= %(name_limit)s::integer)
        OR (key = %(address_counter)s::text AND failures >= %(address_limit)s::integer
            AND NOT EXISTS (SELECT FROM known))
    )
), by_address AS (
    INSERT INTO authenticate_app_failurecount AS counter (key, scope, user_id, address, failures, window_ends_at)
    SELECT %(address_counter)s::text, 'address', NULL, %(network)s::text, 1, %(window_ends_at)s::timestamptz
    WHERE NOT EXISTS (SELECT FROM known) AND NOT EXISTS (SELECT FROM full_counter)
    ON CONFLICT (key) DO UPDATE SET
        failures = CASE WHEN counter.window_ends_at > %(now)s::timestamptz THEN counter.failures + 1 ELSE 1 END,
        window_ends_at = CASE WHEN counter.window_ends_at > %(now)s::timestamptz
            THEN counter.window_ends_at ELSE EXCLUDED.window_ends_at END,
        throttled_at = CASE WHEN counter.window_ends_at > %(now)s::timestamptz THEN counter.throttled_at END
    WHERE counter.window_ends_at <= %(now)s::timestamptz OR counter.failures < %(address_limit)s::integer
    RETURNING counter.window_ends_at
), by_name AS (
    INSERT INTO authenticate_app_failurecount AS counter
        (key, scope, user_id, subject, address, failures, window_ends_at)
    SELECT
        %(name_counter)s::text,
        CASE WHEN %(scope)s::text = 'name-address' AND EXISTS (SELECT FROM known) THEN 'known-address'
            ELSE %(scope)s::text END,
        (SELECT id FROM authenticate_app_user WHERE id = (SELECT id FROM person) FOR KEY SHARE),
        %(subject)s::text, %(network)s::text, 1, %(window_ends_at)s::timestamptz
    WHERE EXISTS (SELECT FROM by_address)
        OR (EXISTS (SELECT FROM known) AND NOT EXISTS (SELECT FROM full_counter))
    ON CONFLICT (key) DO UPDATE SET
        scope = EXCLUDED.scope,
        user_id = EXCLUDED.user_id,
        subject = EXCLUDED.subject,
        failures = CASE WHEN counter.window_ends_at > %(now)s::timestamptz THEN counter.failures + 1 ELSE 1 END,
        window_ends_at = CASE WHEN counter.window_ends_at > %(now)s::timestamptz
            THEN counter.window_ends_at ELSE EXCLUDED.window_ends_at END,
        throttled_at = CASE WHEN counter.window_ends_at > %(now)s::timestamptz THEN counter.throttled_at END
    WHERE counter.window_ends_at <= %(now)s::timestamptz OR counter.failures < %(name_limit)s::integer
    RETURNING counter.window_ends_at
), claim AS (
    SELECT
        EXISTS (SELECT FROM by_name) AS is_granted,
        (SELECT window_ends_at FROM by_name) AS name_window_ends_at,
        (SELECT window_ends_at FROM by_address) AS address_window_ends_at,
        (SELECT max(window_ends_at) FROM full_counter) AS full_until,
        EXISTS (SELECT FROM full_counter WHERE throttled_at IS NULL) AS is_unnoted
)
"""
# FOR KEY SHARE: a user who is deleted at this very moment leaves NULL behind instead of a broken reference.


@dataclass(frozen=True, slots=True)
class Counters:
    """The keys of the two counters of a sign-in, and the address as it counts."""

    name: str
    address: str
    network: str
    scope: Scope = Scope.NAME_AND_ADDRESS
    """What the first counter is of, as the admin shows it."""
    subject: str = ""
    """The name of what the first counter is of, where that is no user."""

    @classmethod
    def of(cls, *, name: str, address: str) -> "Counters":
        """Find the counters of a name (in its compared form) and a client's IP address."""
        network = network_of(address)
        return cls(_counter("name", name, network), _counter("address", network), network)

    @classmethod
    def of_factor(cls, factor: str, *, scope: Scope, subject: str = "", address: str) -> "Counters":
        """Find the counters of what is shown beside a password; ``factor`` says of whom, such as ``codes of user 7``.

        Its first counter is the same for all addresses: whoever is asked for a code has the password already, and
        another address costs them nothing.
        """
        network = network_of(address)
        return cls(_counter("factor", factor), _counter("address", network), network, scope, subject[:LONGEST_SUBJECT])


@dataclass(frozen=True, slots=True)
class Claim:
    """What became of a claim. The windows say which ones it was counted in, so that it can be given back there."""

    counters: Counters
    is_granted: bool
    name_window_ends_at: datetime | None
    address_window_ends_at: datetime | None
    full_until: datetime | None
    """When the fullest counter begins anew; None unless one was seen full."""
    is_unnoted: bool
    """A counter is full, and no refusal because of it has been noted yet."""


def parameters(counters: Counters, *, now: datetime) -> dict[str, Any]:
    """The parameters of ``CLAIM``."""
    return {
        "now": now,
        "network": counters.network,
        "known_since": now - KNOWN_FOR,
        "name_counter": counters.name,
        "address_counter": counters.address,
        "scope": counters.scope.value,
        "subject": counters.subject,
        "name_limit": settings.THROTTLE_FAILURES_BY_NAME,
        "address_limit": settings.THROTTLE_FAILURES_BY_ADDRESS,
        "window_ends_at": now + settings.THROTTLE_WINDOW,
    }


def _counter(*parts: str) -> str:
    """A keyed hash, the same in every process: unknown names may be mistyped passwords and are stored nowhere."""
    return salted_hmac("authenticate_app.throttling", "\0".join(parts), algorithm="sha256").hexdigest()
