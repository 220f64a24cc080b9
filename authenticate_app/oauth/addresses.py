"""Where this server is, for others. Always by ``PUBLIC_BASE_URL``, whatever host a request names."""

from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse


def issuer() -> str:
    """The issuer identifier (RFC 8414, section 2; RFC 9207): scheme and host of the public address."""
    parts = urlsplit(settings.PUBLIC_BASE_URL)
    return f"{parts.scheme}://{parts.netloc}"


def public_url(name: str) -> str:
    """The public address of a view."""
    return str(settings.PUBLIC_BASE_URL) + reverse(name)
