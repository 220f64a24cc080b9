"""A demonstration over TLS: its certificate names every host that it is reached at, and is renewed when needed."""

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from chatauth_project.demonstration_environment import with_demonstration_defaults
from chatauth_project.demonstration_tls import keep_certificate
from chatauth_project.environment import Environment

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def kept(folder: Path, *hosts: str, now: datetime = NOW) -> bytes:
    certificate, key = folder / "tls" / "certificate.pem", folder / "tls" / "key.pem"
    keep_certificate(certificate, key, hosts=hosts, now=now)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)  # they belong together
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    return certificate.read_bytes()


def test_it_names_hosts_and_addresses(tmp_path: Path) -> None:
    found = x509.load_pem_x509_certificate(kept(tmp_path, "localhost", "127.0.0.1", "[::1]"))
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert sorted(map(str, names.get_values_for_type(x509.IPAddress))) == ["127.0.0.1", "::1"]


def test_it_stays_until_it_is_about_to_end_or_a_host_is_new(tmp_path: Path) -> None:
    first = kept(tmp_path, "localhost", "127.0.0.1")
    assert kept(tmp_path, "localhost") == first
    assert kept(tmp_path, "localhost", now=NOW + timedelta(days=300)) == first
    second = kept(tmp_path, "demo.example.com")
    assert second != first
    assert kept(tmp_path, "demo.example.com", now=NOW + timedelta(days=340)) != second


def test_a_demonstration_speaks_tls_where_it_is_asked_to(tmp_path: Path) -> None:
    given = {"ENVIRONMENT": "demonstration", "PORT": "8100"}
    plain = Environment.load(with_demonstration_defaults(given, secrets_file=tmp_path / "env"))
    safe = Environment.load(with_demonstration_defaults({**given, "TLS": "1"}, secrets_file=tmp_path / "env"))
    assert (plain.chat_server_url, plain.chat_tls_certificate) == ("http://127.0.0.1:8101", "")
    assert safe.chat_server_url == "https://127.0.0.1:8101"
    assert safe.chat_tls_certificate.endswith("certificate.pem")
