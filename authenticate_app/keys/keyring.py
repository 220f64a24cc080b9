"""All signing keys as one process knows them, with whatever can be computed beforehand."""

import hashlib
import json
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from authenticate_app.keys.certificates import load_private_key, public_jwk, public_key
from authenticate_app.keys.encryption import Undecryptable, decrypt
from authenticate_app.keys.models import SigningKey
from authenticate_app.keys.tokens import SigningMaterial
from authenticate_app.revisions.memory import Remembered

TOPIC = "keys"
State = SigningKey.State
PUBLISHED_IN_THIS_ORDER = (State.SIGNING, State.ANNOUNCED, State.RETIRED)
"""Clients that take the first key, whatever the ``kid``, are right most of the time."""

log = structlog.get_logger("chatauth.keys")


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A row and, if this process can sign with it, what it signs with."""

    row: SigningKey
    material: SigningMaterial | None

    @property
    def is_unreadable(self) -> bool:
        """Whether there is a private key that this process cannot use."""
        return self.material is None and bool(self.row.encrypted_private_key)


@dataclass(frozen=True, slots=True)
class PublishedKeySet:
    """The key set as it goes over the wire."""

    body: bytes
    digest: str


class Keyring:
    """The keys that are not revoked. Never changes; states follow from the time that is asked for."""

    def __init__(self, keys: Iterable[KnownKey]) -> None:
        self._keys = sorted(keys, key=lambda key: key.row.signs_from, reverse=True)
        self._turning_points = sorted(_turning_points(self._keys))
        self._published: dict[int, PublishedKeySet] = {}

    def signing_key(self, now: datetime) -> SigningMaterial | None:
        """Return what signs at ``now``; None when no key does, or none that can be decrypted."""
        for key in self._keys:
            if key.material is not None and key.row.state(now=now) is State.SIGNING:
                return key.material
        return None

    def unreadable_kids(self, now: datetime) -> list[str]:
        """Return the keys that should sign at ``now`` and cannot, for want of the right encryption key."""
        return [k.row.kid for k in self._keys if k.is_unreadable and k.row.state(now=now) is State.SIGNING]

    def public_key(self, kid: str, now: datetime) -> RSAPublicKey | None:
        """Return the published key of that id, which verifies what it signed; None when there is none."""
        for key in self._keys:
            if key.row.kid == kid and key.row.state(now=now) in PUBLISHED_IN_THIS_ORDER:
                return public_key(bytes(key.row.certificate))
        return None

    def key_set(self, now: datetime) -> dict[str, Any]:
        """Return the public keys as a JSON Web Key Set (RFC 7517, section 5)."""
        shown = [key.row for state in PUBLISHED_IN_THIS_ORDER for key in self._keys if key.row.state(now=now) is state]
        return {"keys": [public_jwk(kid=row.kid, certificate=bytes(row.certificate)) for row in shown]}

    def published(self, now: datetime) -> PublishedKeySet:
        """Return ``key_set`` as bytes, made once for each stretch of time in which no key changes its state."""
        stretch = bisect_right(self._turning_points, now)
        published = self._published.get(stretch)
        if published is None:
            published = self._published[stretch] = _publish(self.key_set(now))
        return published


def _turning_points(keys: Sequence[KnownKey]) -> set[datetime]:
    times = (time for key in keys for time in (key.row.signs_from, key.row.retired_at, key.row.deleted_at))
    return {time for time in times if time is not None}


def _publish(key_set: dict[str, Any]) -> PublishedKeySet:
    body = json.dumps(key_set, separators=(",", ":")).encode("ascii")
    return PublishedKeySet(body=body, digest=hashlib.sha256(body).hexdigest()[:32])


class KeyringLoader:
    """Makes keyrings; a private key that the one before had loaded is not parsed again."""

    def __init__(self) -> None:
        self._private_keys: dict[bytes, RSAPrivateKey] = {}

    def load(self) -> Keyring:
        """Read all keys in one query, decrypt those that still have a private part."""
        rows = SigningKey.objects.filter(revoked_at=None)
        before, self._private_keys = self._private_keys, {}
        return Keyring([KnownKey(row=row, material=self._material(row, before)) for row in rows])

    def _material(self, row: SigningKey, before: dict[bytes, RSAPrivateKey]) -> SigningMaterial | None:
        if not row.encrypted_private_key:
            return None
        try:
            return self._prepare(row, before)
        except (Undecryptable, ValueError, TypeError) as error:
            log.error(  # noqa: TRY400 - the reason says all, a traceback nothing more
                "signing key cannot be used", kid=row.kid, setting="FIELD_ENCRYPTION_KEYS", reason=str(error)
            )
            return None

    def _prepare(self, row: SigningKey, before: dict[bytes, RSAPrivateKey]) -> SigningMaterial:
        certificate = bytes(row.certificate)
        private_key = self._private_key(decrypt(bytes(row.encrypted_private_key)), before)
        if private_key.public_key() != public_key(certificate):
            raise ValueError("The certificate is that of another key.")
        return SigningMaterial.prepare(kid=row.kid, certificate=certificate, private_key=private_key)

    def _private_key(self, der: bytes, before: dict[bytes, RSAPrivateKey]) -> RSAPrivateKey:
        fingerprint = hashlib.sha256(der).digest()
        private_key = before.get(fingerprint) or load_private_key(der)
        self._private_keys[fingerprint] = private_key
        return private_key


keyring: Remembered[Keyring] = Remembered(TOPIC, KeyringLoader().load)
"""This process's keyring."""
