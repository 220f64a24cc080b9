"""How the text of ``EMAIL_URL`` becomes Django's e-mail settings."""

from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

TIMEOUT_SECONDS = 10
"""For each step of speaking with a mail server; the thread that sends has other letters waiting."""
PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
"""Submission with STARTTLS (RFC 6409), with TLS from the start (RFC 8314), and plain relaying."""
BACKENDS = "django.core.mail.backends"


def email_settings(url: str) -> dict[str, Any]:
    """Return Django's settings ``EMAIL_…`` for ``url``; for an empty one e-mails go nowhere.

    Raises:
        ValueError: the address is none of docs/settings.md, EMAIL_URL.
    """
    parts = urlsplit(url)
    if not url:
        return {"EMAIL_BACKEND": f"{BACKENDS}.dummy.EmailBackend"}
    if parts.scheme == "console" and url == "console:":
        return {"EMAIL_BACKEND": f"{BACKENDS}.console.EmailBackend"}
    if parts.scheme == "file" and parts.path.startswith("/") and not parts.netloc:
        return {"EMAIL_BACKEND": f"{BACKENDS}.filebased.EmailBackend", "EMAIL_FILE_PATH": unquote(parts.path)}
    return _server(parts)


def _server(parts: SplitResult) -> dict[str, Any]:
    if parts.scheme not in PORTS or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(parts.scheme)
    return {
        "EMAIL_BACKEND": f"{BACKENDS}.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or PORTS[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": TIMEOUT_SECONDS,
    }
