"""What all calls of Apple's gateway have in common."""

from datetime import datetime
from http import HTTPStatus
from typing import Final

from authenticate_app.messages.gateway_tokens import sign_gateway_token
from authenticate_app.messages.models import Business

RETRIED: Final = frozenset({408, 429, 500, 502, 503, 504})
"""What may be otherwise the next time. Apple documents 500; the others are those of any server that is overrun."""
LONGEST_WORDS: Final = 200


def headers_of(*, business: Business, now: datetime) -> dict[str, str]:
    """The headers of every request. Raises ``BadApiSecret`` and ``Undecryptable``."""
    token = sign_gateway_token(account=business.account, now=now)
    return {"Authorization": f"Bearer {token}", "source-id": business.business_id}


def words_of(status: int) -> str:
    """A status with its name, if it has one."""
    known = status in HTTPStatus.__members__.values()
    return f"{status} {HTTPStatus(status).phrase}" if known else str(status)


def words_of_failure(failure: Exception) -> str:
    """What happened instead of an answer, in a few words."""
    import httpx

    if isinstance(failure, httpx.TimeoutException):
        return "timed out"
    return f"no answer: {failure}"[:LONGEST_WORDS]
