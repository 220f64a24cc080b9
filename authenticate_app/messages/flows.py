"""Which flow a customer's device takes (docs/apple-messages.md, "Two flows")."""

from collections.abc import Collection
from typing import Final

from authenticate_app.messages.models import Business, SignInRequest

CAPABILITY_OF_NEW_FLOW: Final = "AUTH2"
CAPABILITY_OF_LEGACY_FLOW: Final = "AUTH"


def capabilities_in(header: str) -> list[str]:
    """Read the header ``capability-list``: names in any letter case, separated by commas."""
    return sorted({name.strip().upper() for name in header.split(",") if name.strip()})


def flow_for(*, business: Business, capabilities: Collection[str]) -> SignInRequest.Flow | None:
    """Choose the flow: the new one where the device knows it, else the legacy one, each if the business allows it.

    None where neither is left: the customer's device cannot sign in.
    """
    if CAPABILITY_OF_NEW_FLOW in capabilities and business.allows_new_flow:
        return SignInRequest.Flow.NEW
    if CAPABILITY_OF_LEGACY_FLOW in capabilities and business.allows_legacy_flow:
        return SignInRequest.Flow.LEGACY
    return None
