"""What all calls of Apple's gateway have in common."""

from datetime import datetime
from typing import Final

from authenticate_app.messages.gateway_tokens import sign_gateway_token
from authenticate_app.messages.models import Business

RETRIED: Final = frozenset({408, 429, 500, 502, 503, 504})
"""What may be otherwise the next time. Apple documents 500; the others are those of any server that is overrun."""


def headers_of(*, business: Business, now: datetime) -> dict[str, str]:
    """The headers of every request. Raises ``BadApiSecret`` and ``Undecryptable``."""
    token = sign_gateway_token(account=business.account, now=now)
    return {"Authorization": f"Bearer {token}", "source-id": business.business_id}
