"""What the operations of the consumer API take."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from chat_app.engagement.http.parsing import Body

LONGEST_MESSAGE = 32_000
LONGEST_MESSAGE_ID = 200
LONGEST_VALUE = 1_000
MOST_CUSTOM_FIELDS = 100
LARGEST = 2**63 - 1


def _text_of_number(value: Any) -> Any:
    """Some clients send numbers where others send text."""
    return str(value) if type(value) is int else value


def _false_if_absent(value: Any) -> Any:
    return False if value is None else value


Flag = Annotated[bool, BeforeValidator(_false_if_absent)]
Number = Annotated[int, Field(ge=0, le=LARGEST)]
"""A number or its digits."""
Text = Annotated[str, BeforeValidator(_text_of_number), Field(max_length=LONGEST_VALUE)]


class Message(Body):
    """``postMessage``. ``messageDataMap`` and whatever else comes is not kept."""

    body: Annotated[str, Field(min_length=1, max_length=LONGEST_MESSAGE)]
    message_id: Annotated[str, BeforeValidator(_text_of_number), Field(max_length=LONGEST_MESSAGE_ID)] | None = None
    off_the_record: Flag = False
    rich_text: Flag = False


class CustomerActivity(Body):
    """``activity``."""

    mode: Literal["LISTENING", "RESPONDING"]
    sneak_preview_text: Annotated[str, Field(max_length=LONGEST_MESSAGE)] | None = None
    sneak_preview_focus: Flag = False


class StatsQuestion(Body):
    """``getQueueStats``; clients ask for agents or for sessions, and get both."""

    queue_id: Number
    chat_proactive_available_type: Literal["AGENTS", "SESSIONS"] | None = None


class FieldType(StrEnum):
    """Types of custom fields, as the vendor documents them."""

    BOOLEAN = "BOOLEAN"
    DATE = "DATE"
    DATETIME = "DATETIME"
    INTEGER = "INTEGER"
    LONG = "LONG"
    STRING = "STRING"
    DECIMAL = "DECIMAL"


class CustomField(Body):
    """One of ``customFields``."""

    name: Annotated[str, Field(min_length=1, max_length=LONGEST_VALUE)]
    type: FieldType = FieldType.STRING
    value: Annotated[str, Field(max_length=LONGEST_VALUE)] | bool | int | float | None = None

    @property
    def comparable(self) -> str | bool | int | float | None:
        """The value as rules compare it: the words for true and false in small letters, as JSON has them."""
        is_word = self.type is FieldType.BOOLEAN and isinstance(self.value, str)
        return str(self.value).lower() if is_word else self.value


class QueueQuestion(Body):
    """``getEngagementQueue``. The interface is that of the site, whatever ``interfaceId`` and ``interfaceName`` say."""

    product_id: Text | None = None
    category_id: Text | None = None
    organization_id: Text | None = None
    custom_fields: Annotated[list[CustomField], Field(max_length=MOST_CUSTOM_FIELDS)] | None = None

    @property
    def attributes(self) -> dict[str, str]:
        """What rules may test, under its wire names."""
        named = {
            "productId": self.product_id,
            "categoryId": self.category_id,
            "organizationId": self.organization_id,
        }
        return {name: value for name, value in named.items() if value}
