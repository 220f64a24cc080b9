"""What a phone sends, byte for byte; its code and secret are examples, which a test puts its own in place of."""

from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

FILE = Path(__file__).with_name("apple_device_requests.txt")
CODE_IN_SAMPLE = "SplxlOBeZQQYbYS6WxSbIA"
CLIENT_ID = "web-1"
SECRET = "example-secret-unreserved-only"
STATE = "k3Yt0oQb1y7mP2Zr8sUvWxA5"
LEGACY_REDIRECT_URI = "https://auth.businesschat.apple.com"
NEW_REDIRECT_URI = "https://msp.example/amb/oauth/callback"


def sample(title: str) -> str:
    """One request of the file."""
    lines = FILE.read_text("ascii").splitlines()
    return lines[lines.index(f"# {title}") + 1]


def authorization_query(flow: str) -> str:
    """The query of an authorization request, as the phone escapes it; ``flow`` is ``legacy`` or ``new``."""
    return sample(f"{flow} authorization").partition("?")[2]


def token_body(code: str) -> bytes:
    """The body of the legacy flow's token request, for this code, which the phone does not escape."""
    return sample("legacy token").replace(CODE_IN_SAMPLE, code).encode("ascii")


def code_that_the_phone_takes(location: str) -> str:
    """Read a code as the phone does: from the query of an address that begins with Apple's."""
    assert location.startswith(LEGACY_REDIRECT_URI)
    return dict(parse_qsl(urlsplit(location).query))["code"]
