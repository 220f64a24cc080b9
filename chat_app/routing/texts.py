"""What criteria compare: text, numbers written as text, and the names of the attributes that can be tested."""

import json
import re
from decimal import Decimal
from typing import TypeAlias

Text: TypeAlias = str | None
"""A value of a request: ``""`` is empty; ``None`` is a value that no text equals (a list or an object)."""

ATTRIBUTES = (
    "allowAgentAttachments",
    "applicationClassification",
    "assigneeId",
    "authUserName",
    "businessUnitOrgId",
    "categoryId",
    "chatDirection",
    "chatPriority",
    "chatSource",
    "clientType",
    "contactId",
    "customFields",
    "emailAddress",
    "escalationLevel",
    "firstName",
    "incidentId",
    "incidentName",
    "incidentSeverityCode",
    "incidentType",
    "interfaceId",
    "inventoryItemId",
    "inventoryOrgId",
    "lastName",
    "organizationId",
    "prodGroupId",
    "productId",
    "question",
    "queueId",
    "resumeType",
    "stripeCode",
)
"""The request attributes that a rule can test. Routing stands below the package that declares them; a test compares."""

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


def text_of(value: object) -> Text:
    """Bring a value of ``customFields`` into the form that is compared.

    Strings stay as they are, numbers and booleans are written as in JSON, null is empty.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return json.dumps(value) if isinstance(value, bool | int | float) else None


def number(text: Text) -> Decimal | None:
    """Read a whole or decimal number such as ``-12`` or ``3.50``; ``None`` for anything else."""
    return Decimal(text) if text and _NUMBER.fullmatch(text) else None


def lines(value: str) -> list[str]:
    """Read the texts of *is one of*: one to a line, less the blanks around; empty lines do not count."""
    return [line.strip() for line in value.split("\n") if line.strip()]
