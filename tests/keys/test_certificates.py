import base64
import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from joserfc.jwk import RSAKey

from authenticate_app.keys import certificates
from tests.keys.conftest import DAY, NOW


def test_a_private_key_comes_back(private_key: RSAPrivateKey) -> None:
    loaded = certificates.load_private_key(certificates.serialize_private_key(private_key))

    assert loaded.private_numbers() == private_key.private_numbers()
    assert loaded.key_size == 2048


def test_another_kind_of_key_is_refused() -> None:
    form = serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    with pytest.raises(TypeError, match="should be an RSA key"):
        certificates.load_private_key(ec.generate_private_key(ec.SECP256R1()).private_bytes(*form))


def test_the_certificate_is_self_signed_for_signatures_only(private_key: RSAPrivateKey, certificate: bytes) -> None:
    parsed = x509.load_der_x509_certificate(certificate)

    parsed.verify_directly_issued_by(parsed)
    assert parsed.subject.rfc4514_string() == "CN=trustservice"
    assert (parsed.not_valid_before_utc, parsed.not_valid_after_utc) == (NOW - DAY, NOW + 400 * DAY)
    usage = parsed.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert not usage.key_cert_sign
    assert not parsed.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert certificates.public_key(certificate) == private_key.public_key()


def test_the_thumbprint_is_the_sha1_of_the_certificate(certificate: bytes) -> None:
    digest = hashlib.sha1(certificate, usedforsecurity=False).digest()

    assert base64.urlsafe_b64decode(certificates.thumbprint(certificate) + "=") == digest
    assert "=" not in certificates.thumbprint(certificate)


def test_the_jwk_is_that_of_an_independent_library(private_key: RSAPrivateKey, certificate: bytes) -> None:
    jwk = certificates.public_jwk(kid="trustservice", certificate=certificate)
    theirs = RSAKey.import_key(
        private_key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    ).as_dict(private=False)

    assert (jwk["n"], jwk["e"], jwk["kty"]) == (theirs["n"], theirs["e"], theirs["kty"])
    assert jwk["x5c"] == [base64.b64encode(certificate).decode()]
    assert list(jwk) == ["kty", "use", "alg", "kid", "n", "e", "x5t", "x5c"]
