"""docs/attributes.md and docs/errors.md, written from what they document."""

from collections.abc import Sequence
from http import HTTPStatus

from chat_app.adf.errors import ErrorCode
from chat_app.chat_authenticate import errors
from chat_app.chat_authenticate.attributes import (
    REQUEST_ATTRIBUTES,
    RESPONSE_ATTRIBUTES,
    TOLERATED,
    Attribute,
)
from chat_app.chat_authenticate.wire_types import Form

ATTRIBUTES_INTRODUCTION = """\
# Attributes of chatAuthenticate

<!-- Written by `make docs` from chat_app/chat_authenticate/attributes.py: change it there. -->

A request is a JSON object. Null, an empty string and absence mean the same. Whatever form a value comes in, answers
carry strings and nulls; `port` alone is a number. Lengths count characters (Unicode code points). All faults of a
request are reported at once, see [errors](errors.md).

An attribute that a release does not have is unknown in it. What happens to unknown attributes, and which release the
server behaves like, are [settings](settings.md): `UNKNOWN_ATTRIBUTES` and `FUSION_RELEASE`.
"""
ERRORS_INTRODUCTION = """\
# Errors

<!-- Written by `make docs` from chat_app/chat_authenticate/errors.py: change it there. -->

Codes never change and are not translated; messages are, by the header `Accept-Language`. Up to
`REST-Framework-Version` 3 (or without it) an answer is plain text, one fault to a line. From 4 on it is
`application/vnd.oracle.adf.error+json`:

```json
{
  "title": "Bad Request",
  "status": "400",
  "o:errorDetails": [
    {
      "detail": "The required attribute authUserName is missing or empty. Send a value for it.",
      "o:errorCode": "27014",
      "o:errorPath": "/authUserName"
    }
  ]
}
```

A client that accepts `application/json` but not the form of its version gets this structure as `application/json`.
Answers with status 429 and 503 say in `Retry-After` after how many seconds to come back.

Words such as `%(name)s` stand for what a message names.
"""
TYPE_OF_FORM = {
    Form.TEXT: "string",
    Form.LONG: "64-bit integer, as a number or a string",
    Form.CHOICE: "string",
    Form.FLAG: "`true` or `false`, as a boolean or a string in any case",
    Form.WHOLE_NUMBER: "integer, as a number or a string",
    Form.JSON_OBJECT: "JSON object, written as a string",
}


def attributes_page() -> str:
    """Return docs/attributes.md."""
    request = _table(
        ("attribute", "value", "length", "since", "meaning"),
        [_attribute_row(attribute) for attribute in REQUEST_ATTRIBUTES],
    )
    response = _table(
        ("attribute", "type", "meaning"),
        [(f"`{attribute.name}`", attribute.wire_type.lower(), attribute.meaning) for attribute in RESPONSE_ATTRIBUTES],
    )
    ignored = _table(("name", "why"), [(f"`{name}`", why) for name, why in TOLERATED.items()])
    return "\n".join(
        [
            ATTRIBUTES_INTRODUCTION,
            f"## In requests and answers\n\n{request}",
            f"## Only in answers\n\nA client that sends them is not listened to.\n\n{response}",
            f"## Tolerated\n\n{ignored}",
        ]
    )


def _attribute_row(attribute: Attribute) -> tuple[str, ...]:
    return (
        f"`{attribute.name}`" + (" (required)" if attribute.required else ""),
        _value(attribute),
        str(attribute.max_length or ""),
        str(attribute.since or ""),
        attribute.meaning,
    )


def _value(attribute: Attribute) -> str:
    if attribute.form is Form.CHOICE:
        kind = " or ".join(f"`{value}`" for value in attribute.values)
    else:
        kind = TYPE_OF_FORM[attribute.form]
    return kind if attribute.default is None else f"{kind}; default `{attribute.default}`"


def errors_page() -> str:
    """Return docs/errors.md."""
    statuses = sorted({error.status for error in errors.ALL})
    return "\n".join([ERRORS_INTRODUCTION, *(_status_section(status) for status in statuses)])


def _status_section(status: int) -> str:
    rows = [(f"`{error.code}`", _message(error)) for error in errors.ALL if error.status == status]
    return f"## {status} {HTTPStatus(status).phrase}\n\n{_table(('code', 'message'), rows)}"


def _message(error: ErrorCode) -> str:
    return error.message.replace("%(", "`%(").replace(")s", ")s`")


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)
