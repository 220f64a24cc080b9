"""Which pages of other origins may call (https://fetch.spec.whatwg.org/#http-cors-protocol), in refusals, too."""

from collections.abc import Collection

Header = tuple[bytes, bytes]

ALLOWED = (
    (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
    (
        b"access-control-allow-headers",
        b"Accept, Accept-Language, Authorization, Content-Type, SessionId, X-JSESSIONID, X-AID",
    ),
    (b"access-control-max-age", b"7200"),
)
EXPOSED = (b"access-control-expose-headers", b"Retry-After, X-Request-ID")
VARY = (b"vary", b"Origin")


def headers_for(origin: str, allowed: Collection[str], *, is_preflight: bool) -> list[Header]:
    """Return what an answer to a page of ``origin`` has to say; no cookies are involved, so none are allowed."""
    if not origin or origin not in allowed:
        return [VARY]
    headers = [VARY, (b"access-control-allow-origin", origin.encode("latin-1"))]
    return [*headers, *ALLOWED] if is_preflight else [*headers, EXPOSED]
