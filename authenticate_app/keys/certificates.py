"""RSA key pairs and their self-signed X.509 certificates (RFC 5280), which tokens name by ``x5t``."""

import base64
from datetime import datetime
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

KEY_SIZE = 2048
PUBLIC_EXPONENT = 65537


def base64url(data: bytes) -> bytes:
    """Encode as RFC 7515 wants it: URL-safe alphabet, no padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def generate_private_key() -> rsa.RSAPrivateKey:
    """Make an RSA-2048 key; takes about 50 ms."""
    return rsa.generate_private_key(public_exponent=PUBLIC_EXPONENT, key_size=KEY_SIZE)


def serialize_private_key(key: rsa.RSAPrivateKey) -> bytes:
    """Return PKCS #8 (RFC 5208) in DER, not encrypted."""
    form = serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(*form)


def load_private_key(der: bytes) -> rsa.RSAPrivateKey:
    """Read what ``serialize_private_key`` wrote. Raises ``ValueError``, or ``TypeError`` if it is not RSA."""
    # The check of the numbers takes most of the time, and the encryption has authenticated them already.
    key = serialization.load_der_private_key(der, password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("A signing key should be an RSA key.")
    return key


def make_certificate(key: rsa.RSAPrivateKey, *, name: str, valid_from: datetime, valid_until: datetime) -> bytes:
    """Return a self-signed certificate (DER) whose common name is ``name``, for signatures only."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(valid_from)
        .not_valid_after(valid_until)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_signatures_only(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.DER)


def _signatures_only() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def thumbprint(certificate: bytes) -> str:
    """Return ``x5t``: the SHA-1 of the DER certificate in base64url (RFC 7515, section 4.1.7)."""
    digest = hashes.Hash(hashes.SHA1())  # noqa: S303 - the standard's choice; it identifies, it protects nothing
    digest.update(certificate)
    return base64url(digest.finalize()).decode("ascii")


@lru_cache(maxsize=32)
def public_key(certificate: bytes) -> rsa.RSAPublicKey:
    """Return the key that a certificate (DER) is about, read once. Raises ``ValueError``, ``TypeError``."""
    key = x509.load_der_x509_certificate(certificate).public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise TypeError("The certificate of a signing key should hold an RSA key.")
    return key


@lru_cache(maxsize=32)
def _public_parts(certificate: bytes) -> tuple[tuple[str, Any], ...]:
    numbers = public_key(certificate).public_numbers()
    return (
        ("n", _unsigned(numbers.n)),
        ("e", _unsigned(numbers.e)),
        ("x5t", thumbprint(certificate)),
        ("x5c", [base64.b64encode(certificate).decode("ascii")]),
    )


def public_jwk(*, kid: str, certificate: bytes) -> dict[str, Any]:
    """Return the public key as a JSON Web Key (RFC 7517, section 4; RFC 7518, section 6.3.1)."""
    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, **dict(_public_parts(certificate))}


def _unsigned(number: int) -> str:
    return base64url(number.to_bytes((number.bit_length() + 7) // 8, "big")).decode("ascii")
