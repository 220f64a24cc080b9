"""The environment of a demonstration: what nobody has set, made once and kept in ``var/``."""

import os
import secrets
import socket
from collections.abc import Mapping
from pathlib import Path

from chatauth_project.embedded_postgres import EmbeddedPostgres
from chatauth_project.environment_rules import DEMONSTRATION_MARK

BASE_DIR = Path(__file__).resolve().parent.parent
SECRETS_FILE = BASE_DIR / "var" / "demonstration.env"
TLS_FOLDER = BASE_DIR / "var" / "tls"
MAIL_FOLDER = BASE_DIR / "var" / "mail"
DATABASE_NAME = "chatauth"
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 - to recognize them
ADDRESS_OF_NOBODY = "192.0.2.1"
"""For documentation only, by RFC 5737."""
CHAT_OFFSET = 1
USUAL_CHAT_PORT = 8001
METRICS_OFFSET = 1464
"""From port 8000 to the metrics' usual 9464."""
HIGHEST_PORT = 65535


def with_demonstration_defaults(
    variables: Mapping[str, str], *, secrets_file: Path = SECRETS_FILE
) -> Mapping[str, str]:
    """Add what a demonstration needs and ``variables`` lack; anything else is returned unchanged.

    Raises ``OSError`` when the secrets cannot be kept.
    """
    if variables.get("ENVIRONMENT", "").strip() != "demonstration":
        return variables
    given = {name: value for name, value in variables.items() if value.strip()}
    found = {"DATABASE_URL": embedded_url(), "SANDBOX": "true"} | _pages()
    return _addresses(given) | found | kept_secrets(secrets_file) | given


def embedded_database() -> EmbeddedPostgres:
    """Return the demonstration's own database server, which need not be running."""
    return EmbeddedPostgres(BASE_DIR / "var" / "postgres")


def embedded_url() -> str:
    """Return the address of the demonstration's own database."""
    return embedded_database().url(DATABASE_NAME)


def _pages() -> dict[str, str]:
    """A business to speak for. Its e-mails stay on this machine, where whoever tries the product can read them."""
    return {
        "BUSINESS_NAME": "Vision Corporation",
        "EMAIL_URL": MAIL_FOLDER.as_uri(),
        "EMAIL_FROM": "chat@example.com",
    }


def _addresses(given: Mapping[str, str]) -> dict[str, str]:
    host = public_host(given.get("HOST", "127.0.0.1").strip())
    port = given.get("PORT", "8000").strip()
    address = f"http://{host}:{port}"
    chat_port = given.get("CHAT_PORT") or _next_port(port, CHAT_OFFSET, without=str(USUAL_CHAT_PORT))
    return {
        "PUBLIC_BASE_URL": address,
        "CHAT_HOST": given.get("HOST", "127.0.0.1").strip(),
        "CHAT_PORT": chat_port,
        **_chat_over_tls(given, f"{host}:{chat_port}"),
        "ALLOWED_HOSTS": ",".join((host, *LOOPBACK_NAMES)),
        "METRICS_PORT": _next_port(port, METRICS_OFFSET, without="0"),
    }


def _chat_over_tls(given: Mapping[str, str], place: str) -> dict[str, str]:
    """Where the chat server is: clients of the vendor's insist on https, browsers do not where it is this machine."""
    if given.get("TLS", "").strip() != "1":
        return {"CHAT_SERVER_URL": f"http://{place}"}
    files = {"CHAT_TLS_CERTIFICATE": "certificate.pem", "CHAT_TLS_KEY": "key.pem"}
    return {"CHAT_SERVER_URL": f"https://{place}"} | {name: str(TLS_FOLDER / file) for name, file in files.items()}


def _next_port(port: str, offset: int, *, without: str) -> str:
    """Checkouts that run side by side on ports of their own need ports of their own for everything else, too."""
    is_usual = port.isascii() and port.isdigit() and int(port) + offset <= HIGHEST_PORT
    return str(int(port) + offset) if is_usual else without


def public_host(host: str) -> str:
    """Return how a browser writes the host: of "all addresses" the one that others reach us at."""
    if host in EVERY_ADDRESS:
        host = _own_address()
    return f"[{host}]" if ":" in host else host


def _own_address() -> str:
    """Return the address of the network card that leads outside; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((ADDRESS_OF_NOBODY, 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def kept_secrets(secrets_file: Path = SECRETS_FILE) -> dict[str, str]:
    """Read the secrets of this checkout's demonstration; the first call makes them."""
    if not secrets_file.exists():
        _write_once(secrets_file, _fresh_secrets())
    lines = secrets_file.read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _fresh_secrets() -> dict[str, str]:
    from cryptography.fernet import Fernet

    return {
        "SECRET_KEY": DEMONSTRATION_MARK + secrets.token_urlsafe(48),
        "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode("ascii"),
        "DEMONSTRATION_PASSWORD": secrets.token_urlsafe(12),
    }


def _write_once(secrets_file: Path, values: Mapping[str, str]) -> None:
    """Write the file whole or not at all; whoever comes second keeps the first one's."""
    secrets_file.parent.mkdir(parents=True, exist_ok=True)
    draft = secrets_file.with_name(f"{secrets_file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in values.items())
    try:
        os.link(draft, secrets_file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
