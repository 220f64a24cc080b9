"""A certificate for a demonstration of the chat server over TLS: made on the spot, believed by nobody else."""

import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID = timedelta(days=365)
RENEWED = timedelta(days=30)
"""Before its end."""


def keep_certificate(certificate: Path, key: Path, *, hosts: Iterable[str], now: datetime) -> None:
    """Make a certificate for these hosts, unless there is one that names them all and is valid for a while.

    ``hosts``: names and addresses, those of IPv6 with or without brackets. Raises ``OSError``.
    """
    names = sorted({host.strip("[]") for host in hosts})
    if _serves(certificate, names, now):
        return
    certificate.parent.mkdir(parents=True, exist_ok=True)
    private_key = ec.generate_private_key(ec.SECP256R1())
    _write(key, _private_pem(private_key))
    _write(certificate, _make(private_key, names, now).public_bytes(serialization.Encoding.PEM))


def _serves(certificate: Path, names: list[str], now: datetime) -> bool:
    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
    except (OSError, ValueError):
        return False
    alternatives = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return set(_alternatives(names)) <= set(alternatives) and found.not_valid_after_utc - RENEWED > now


def _make(key: ec.EllipticCurvePrivateKey, names: list[str], now: datetime) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "chatauth demonstration")])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )


def _alternatives(names: list[str]) -> list[x509.GeneralName]:
    return [_alternative(name) for name in names]


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, *form)


def _write(file: Path, content: bytes) -> None:
    """Write a file that its owner alone may read, whole or not at all."""
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_bytes(content)
    draft.replace(file)


def keep_for_demonstration(certificate: str, key: str, *, host: str) -> None:
    """Make the certificate of a demonstration, where it is to speak TLS; ``certificate`` is empty where it is not."""
    if certificate:
        hosts = ("localhost", "127.0.0.1", "::1", host)
        keep_certificate(Path(certificate), Path(key), hosts=hosts, now=datetime.now(UTC))
