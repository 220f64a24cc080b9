"""What a value may look like on the wire, for each type of attribute (docs/attributes.md).

The functions raise ``PydanticCustomError`` whose type is the name of a fault in ``errors.OF_VALIDATION``.
"""

import math
import re
from enum import StrEnum
from typing import Any, NoReturn

from pydantic_core import PydanticCustomError, core_schema

from chat_app.adf import strict_json

SMALLEST_LONG = -(2**63)
GREATEST_LONG = 2**63 - 1
INTEGER = re.compile(r"-?[0-9]{1,40}")
"""Longer ones are out of every range; the bound keeps the conversion cheap."""
FLAGS = {"true": True, "false": False}


class WireType(StrEnum):
    """The type that the documentation gives an attribute."""

    STRING = "String"
    LONG = "Long"
    INTEGER = "Integer"
    ARRAY = "Array"


class Form(StrEnum):
    """How a value is read. All but the first two are strings to the documentation, and leave as strings."""

    TEXT = "text"
    LONG = "long"
    CHOICE = "choice"
    FLAG = "flag"
    WHOLE_NUMBER = "whole number"
    JSON_OBJECT = "JSON object"


def long_integer(value: object) -> int:
    """Read a signed 64-bit integer from a JSON integer or a string that holds one."""
    number = _integer(value)
    if number is None:
        _refuse("not_a_long")
    if not SMALLEST_LONG <= number <= GREATEST_LONG:
        _refuse("long_out_of_range")
    return number


def whole_number(value: object, max_length: int) -> int:
    """Read an integer of at most so many characters from a JSON integer or a string that holds one."""
    number = _integer(value)
    if number is None:
        _refuse("not_a_whole_number")
    if len(value if isinstance(value, str) else str(number)) > max_length:
        _refuse("too_long", max_length=max_length)
    return number


def flag(value: object) -> bool:
    """Read true or false from a JSON boolean or from its name in any case."""
    if isinstance(value, bool):
        return value
    known = FLAGS.get(value.lower()) if isinstance(value, str) else None
    if known is None:
        _refuse("not_a_flag")
    return known


def json_object(value: object, max_length: int) -> str:
    """Check that a string holds a JSON object and return it as it is."""
    if not isinstance(value, str):
        _refuse("string_type")
    if len(value) > max_length:
        _refuse("too_long", max_length=max_length)
    _check_object(_decoded(value))
    return value


def _integer(value: object) -> int | None:
    if type(value) is int:  # booleans are integers to Python, but not to JSON
        return value
    if type(value) is float and math.isinf(value):  # too many digits for ``strict_json``
        return GREATEST_LONG + 1
    return int(value) if isinstance(value, str) and INTEGER.fullmatch(value) else None


def _decoded(text: str) -> Any:
    try:
        return strict_json.decode(text)
    except strict_json.InvalidJson as error:
        _refuse("object_not_json", line=error.line, column=error.column)
    except strict_json.NotAValue as error:
        _refuse("object_not_a_value", constant=error.constant)
    except strict_json.TooDeep:
        _refuse("object_too_deep")


def _check_object(value: object) -> None:
    if not isinstance(value, dict):
        _refuse("object_not_an_object")
    for _, name in strict_json.repeated_names(value):
        _refuse("object_repeats", repeated=name)
    for _, reason in strict_json.unstorable_texts(value):
        _refuse(f"object_{reason.value}")


def _refuse(fault: str, **params: Any) -> NoReturn:
    raise PydanticCustomError(fault, fault, params)


def validation(form: Form, *, max_length: int | None = None, values: tuple[str, ...] = ()) -> core_schema.CoreSchema:
    """Return pydantic's schema for values of this form."""
    if form is Form.LONG:
        return core_schema.no_info_plain_validator_function(long_integer)
    if form is Form.CHOICE:
        return core_schema.literal_schema(list(values))
    if form is Form.FLAG:
        return core_schema.no_info_plain_validator_function(flag)
    if form is Form.TEXT or max_length is None:
        return core_schema.str_schema(strict=True, max_length=max_length)
    read = whole_number if form is Form.WHOLE_NUMBER else json_object
    return core_schema.no_info_plain_validator_function(lambda value: read(value, max_length))
