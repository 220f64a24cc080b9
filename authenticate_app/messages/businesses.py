"""The businesses as a process remembers them, so that a message that is received costs no question who it is for."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings

from authenticate_app.messages.models import Business, MspAccount
from authenticate_app.revisions.memory import Remembered

TOPIC = "businesses"


@dataclass(frozen=True, slots=True)
class KnownBusiness:
    """An active business, and the account at Apple whose secret proves messages for it."""

    pk: int
    account: MspAccount


def _load() -> Mapping[str, KnownBusiness]:
    rows = Business.objects.filter(is_active=True).select_related("account")
    if not settings.SANDBOX:
        rows = rows.filter(is_sandbox=False)
    fields = ("business_id", "account__msp_id", "account__encrypted_api_secret")
    return {row.business_id: KnownBusiness(row.pk, row.account) for row in rows.only(*fields)}


directory: Remembered[Mapping[str, KnownBusiness]] = Remembered(TOPIC, _load)
"""This process's: active businesses by Apple's id."""
