"""Proof Key for Code Exchange, by S256 alone (RFC 7636)."""

import hmac
import re
from hashlib import sha256

from authenticate_app.keys.certificates import base64url
from authenticate_app.oauth.refusals import Reason

CODE_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
"""RFC 7636, section 4.1."""
CODE_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
"""What SHA-256 makes of it: 32 bytes in base64url (section 4.2)."""


def proves(code_verifier: str, code_challenge: str) -> bool:
    """Whether the verifier is the one that the challenge was made of, by S256 (RFC 7636, section 4.6)."""
    if not CODE_VERIFIER.fullmatch(code_verifier):
        return False
    return hmac.compare_digest(challenge_of(code_verifier).encode(), code_challenge.encode())


def challenge_of(code_verifier: str) -> str:
    """Make the challenge of a verifier, which is ASCII, by S256 (section 4.2)."""
    return base64url(sha256(code_verifier.encode("ascii")).digest()).decode("ascii")


def refusal_of(code_verifier: str | None, code_challenge: str) -> Reason | None:
    """Why a code gives nothing to whoever shows this verifier; None if it proves the challenge, or there is neither."""
    if not code_challenge:
        return None if code_verifier is None else Reason.NO_CODE_CHALLENGE
    if code_verifier is None:
        return Reason.NO_CODE_VERIFIER
    return None if proves(code_verifier, code_challenge) else Reason.WRONG_CODE_VERIFIER
