"""What a browser sends after a passkey was used or made (Web Authentication, section 5.2): read, then verified.

All of it is somebody's claim until ``verify`` has answered. Whatever py_webauthn stumbles over in bytes that
somebody made up is a refusal and no failure of the server, therefore the wide ``except``.

py_webauthn is imported where it is used: it takes some megabytes, and workers that meet no passkey can do without.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from authenticate_app.factors.errors import FactorRefused, Reason
from authenticate_app.factors.relying_party import relying_party

if TYPE_CHECKING:
    from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
    from webauthn.helpers.structs import AuthenticationCredential, RegistrationCredential
    from webauthn.registration.verify_registration_response import VerifiedRegistration

LONGEST = 65_536
"""Characters of a response. The largest attestation certificates take some thousand; megabytes are nobody's."""
LONGEST_CREDENTIAL_ID = 1023
"""Bytes (section 4, "Credential ID")."""


@dataclass(frozen=True, slots=True)
class UnverifiedAssertion:
    """A passkey was used, says the browser."""

    credential: "AuthenticationCredential"
    challenge: bytes

    @classmethod
    def parse(cls, raw: str) -> "UnverifiedAssertion":
        """Read the JSON of a ``PublicKeyCredential``. Raises ``FactorRefused``."""
        from webauthn.helpers import parse_authentication_credential_json

        with _refusing(Reason.MALFORMED):
            credential = parse_authentication_credential_json(_bounded(raw))
            return cls(credential, _challenge_of(credential.response.client_data_json))

    def verify(self, public_key: bytes) -> "VerifiedAuthentication":
        """Check signature, origin, relying party and user verification. Raises ``FactorRefused``.

        The sign count is not looked at: ``passkeys`` does it in the statement that stores the new one.
        """
        from webauthn import verify_authentication_response

        party = relying_party()
        with _refusing(Reason.WRONG_SIGNATURE):
            return verify_authentication_response(
                credential=self.credential,
                expected_challenge=self.challenge,
                expected_rp_id=party.id,
                expected_origin=party.origin,
                credential_public_key=public_key,
                credential_current_sign_count=0,
                require_user_verification=True,
            )


@dataclass(frozen=True, slots=True)
class UnverifiedAttestation:
    """A passkey was made, says the browser."""

    credential: "RegistrationCredential"
    challenge: bytes

    @classmethod
    def parse(cls, raw: str) -> "UnverifiedAttestation":
        """Read the JSON of a ``PublicKeyCredential``. Raises ``FactorRefused``."""
        from webauthn.helpers import parse_registration_credential_json

        with _refusing(Reason.MALFORMED):
            credential = parse_registration_credential_json(_bounded(raw))
            return cls(credential, _challenge_of(credential.response.client_data_json))

    def verify(self) -> "VerifiedRegistration":
        """Check origin, relying party and user verification. Raises ``FactorRefused``."""
        from webauthn import verify_registration_response

        party = relying_party()
        with _refusing(Reason.WRONG_SIGNATURE):
            verified = verify_registration_response(
                credential=self.credential,
                expected_challenge=self.challenge,
                expected_rp_id=party.id,
                expected_origin=party.origin,
                require_user_presence=True,
                require_user_verification=True,
            )
        if len(verified.credential_id) > LONGEST_CREDENTIAL_ID:
            raise FactorRefused(Reason.MALFORMED)
        return verified

    @property
    def transports(self) -> list[str]:
        """How the authenticator can be reached, as far as the browser told."""
        return [transport.value for transport in self.credential.response.transports or ()]


def _bounded(raw: str) -> str:
    if len(raw) > LONGEST:
        raise FactorRefused(Reason.MALFORMED)
    return raw


def _challenge_of(client_data_json: bytes) -> bytes:
    """The challenge that was signed. No page of ours stands in a frame, so none asks from within another site."""
    from webauthn.helpers import parse_client_data_json

    client_data = parse_client_data_json(client_data_json)
    if client_data.cross_origin:
        raise FactorRefused(Reason.WRONG_SIGNATURE)
    return client_data.challenge


@contextmanager
def _refusing(reason: Reason) -> Iterator[None]:
    try:
        yield
    except FactorRefused:
        raise
    except Exception as fault:
        raise FactorRefused(reason) from fault
