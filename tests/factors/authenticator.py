"""An authenticator made of software: it makes passkeys and signs with them, faithfully or not, as a test asks.

Written from Web Authentication, level 2: authenticator data (section 6.1), client data (section 5.8.1), attestation
format "none" (section 8.7).
"""

import base64
import json
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import encode_cbor

RP_ID, ORIGIN = "chat.example.com", "https://chat.example.com"
USER_PRESENT, USER_VERIFIED, BACKUP_ELIGIBLE, BACKED_UP, HAS_CREDENTIAL = 0x01, 0x04, 0x08, 0x10, 0x40
VERIFIED = USER_PRESENT | USER_VERIFIED


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def data(encoded: str) -> bytes:
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))


@dataclass
class Authenticator:
    """One passkey. ``sign_count`` None: this authenticator does not count."""

    user_handle: bytes = b""
    sign_count: int | None = None
    rp_id: str = RP_ID
    origin: str = ORIGIN
    flags: int = VERIFIED
    aaguid: bytes = bytes(16)
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    client_data: dict[str, Any] = field(default_factory=dict)
    """What the browser says otherwise than it should."""

    def __post_init__(self) -> None:
        self._key = generate_private_key(SECP256R1())

    def make(self, options: dict[str, Any]) -> str:
        """Answer ``navigator.credentials.create``."""
        self.user_handle = data(options["user"]["id"])
        credential = self.aaguid + len(self.credential_id).to_bytes(2, "big") + self.credential_id + self._public_key()
        attestation = {"fmt": "none", "attStmt": {}, "authData": self._state(self.flags | HAS_CREDENTIAL) + credential}
        return self._answer(
            clientDataJSON=text(self._client_data("webauthn.create", options["challenge"])),
            attestationObject=text(encode_cbor(attestation)),
            transports=["internal", "hybrid"],
        )

    def use(self, options: dict[str, Any]) -> str:
        """Answer ``navigator.credentials.get``."""
        if self.sign_count is not None:
            self.sign_count += 1
        state, client_data = self._state(self.flags), self._client_data("webauthn.get", options["challenge"])
        return self._answer(
            clientDataJSON=text(client_data),
            authenticatorData=text(state),
            signature=text(self._key.sign(state + sha256(client_data).digest(), ECDSA(SHA256()))),
            userHandle=text(self.user_handle),
        )

    def _answer(self, **response: Any) -> str:
        identity = text(self.credential_id)
        return json.dumps({"id": identity, "rawId": identity, "type": "public-key", "response": response})

    def _state(self, flags: int) -> bytes:
        return sha256(self.rp_id.encode()).digest() + bytes([flags]) + (self.sign_count or 0).to_bytes(4, "big")

    def _client_data(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False, **self.client_data}
        return json.dumps(said).encode()

    def _public_key(self) -> bytes:
        """As a COSE key: EC2, ES256, P-256 (RFC 9053, section 7.1)."""
        numbers = self._key.public_key().public_numbers()
        return encode_cbor({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
