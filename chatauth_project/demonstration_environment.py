"""The environment of a demonstration: what nobody has set, made once and kept in `var/`."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from chatauth_project.embedded_postgres import EmbeddedPostgres
from chatauth_project.environment_rules import DEMONSTRATION_MARK

BASE_DIR = Path(__file__).resolve().parent.parent
SECRETS_FILE = BASE_DIR / "var" / "demonstration.env"
DATABASE_NAME = "chatauth"


def with_demonstration_defaults(
    variables: Mapping[str, str], *, secrets_file: Path = SECRETS_FILE
) -> Mapping[str, str]:
    """Add what a demonstration needs and `variables` lack; anything else is returned unchanged.

    Raises `OSError` when the secrets cannot be kept.
    """
    if variables.get("ENVIRONMENT", "").strip() != "demonstration":
        return variables
    given = {name: value for name, value in variables.items() if value.strip()}
    return _addresses(given) | {"DATABASE_URL": embedded_url()} | kept_secrets(secrets_file) | given


def embedded_database() -> EmbeddedPostgres:
    """Return the demonstration's own database server, which need not be running."""
    return EmbeddedPostgres(BASE_DIR / "var" / "postgres")


def embedded_url() -> str:
    """Return the address of the demonstration's own database."""
    return embedded_database().url(DATABASE_NAME)


def _addresses(given: Mapping[str, str]) -> dict[str, str]:
    host = given.get("HOST", "127.0.0.1")
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{given.get('PORT', '8000')}"
    return {"PUBLIC_BASE_URL": address, "CHAT_SERVER_URL": address}


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
