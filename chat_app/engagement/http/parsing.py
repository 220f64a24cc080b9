"""From fields that a client sent to typed values."""

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from chat_app.engagement.errors import INVALID_FIELD, Refused
from chat_app.engagement.http.wire import Fields


class Body(BaseModel):
    """The fields of an operation, in camel case on the wire; others are ignored, as real clients need it."""

    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=to_camel)


Parsed = TypeVar("Parsed", bound=Body)


def parse(kind: type[Parsed], fields: Fields) -> Parsed:
    """Return the fields as ``kind`` has them. Raises ``Refused`` (``INVALID_FIELD``), which names the first fault."""
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        raise _refusal(error.errors(include_url=False, include_input=False)[0]) from None


def _refusal(fault: Any) -> Refused:
    place = ".".join(map(str, fault["loc"]))
    message = fault["msg"].removeprefix("Value error, ").replace("Input should", "it should")
    return Refused(INVALID_FIELD, detail=f"{place}: {message.replace('String should', 'it should')}.")
