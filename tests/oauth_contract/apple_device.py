"""What a phone sends, byte for byte; its code and secret are examples, which a test puts its own in place of."""

from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

LINES = (Path(__file__).parent.parent / "contract" / "apple_device_requests.txt").read_text("ascii").splitlines()
QUERIES = [line.partition("?")[2] for line in LINES if line.startswith("GET ")]
"""Of the authorization requests: the legacy flow's, the new flow's."""
TOKEN_BODY = next(line for line in LINES if line.startswith("client_id="))
"""The body of the legacy flow's token request."""
CODE_IN_SAMPLE = "SplxlOBeZQQYbYS6WxSbIA"
CLIENT_ID = "web-1"
SECRET = "example-secret-unreserved-only"
STATE = "k3Yt0oQb1y7mP2Zr8sUvWxA5"
LEGACY_REDIRECT_URI = "https://auth.businesschat.apple.com"
NEW_REDIRECT_URI = "https://msp.example/amb/oauth/callback"


def authorization_query(flow: str) -> str:
    """The query of an authorization request, as the phone escapes it; ``flow`` is ``legacy`` or ``new``."""
    return QUERIES[("legacy", "new").index(flow)]


def token_body(code: str) -> bytes:
    """The body of the legacy flow's token request, for this code, which the phone does not escape."""
    return TOKEN_BODY.replace(CODE_IN_SAMPLE, code).encode("ascii")


def code_that_the_phone_takes(location: str) -> str:
    """Read a code as the phone does: from the query of an address that begins with Apple's."""
    assert location.startswith(LEGACY_REDIRECT_URI)
    return dict(parse_qsl(urlsplit(location).query))["code"]
