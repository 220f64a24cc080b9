"""What is wrong with what a client sent, fault by fault, in the client's language."""

import json
from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext, gettext_noop
from pydantic import ValidationError

from authenticate_app.messages.api.problems import Fault

SENTENCES: Final[Mapping[str, str]] = {
    "json_invalid": gettext_noop("This is not JSON in UTF-8."),
    "model_type": gettext_noop("This has to be an object."),
    "missing": gettext_noop("This is missing."),
    "extra_forbidden": gettext_noop("This is not known here."),
    "string_type": gettext_noop("This has to be a text."),
    "string_too_short": gettext_noop("This has to have at least %(min_length)s characters."),
    "string_too_long": gettext_noop("This may have at most %(max_length)s characters."),
    "list_type": gettext_noop("This has to be a list."),
    "too_long": gettext_noop("This may have at most %(max_length)s entries."),
    "int_parsing": gettext_noop("This has to be a whole number."),
    "int_parsing_size": gettext_noop("This has to be a whole number."),
    "greater_than_equal": gettext_noop("This has to be at least %(ge)s."),
    "less_than_equal": gettext_noop("This may be at most %(le)s."),
    "uuid_parsing": gettext_noop("This is no id."),
    "enum": gettext_noop("This has to be one of: %(expected)s."),
}
"""By what pydantic calls the fault; the parameters are those of its ``ctx``."""


class _Repeated(ValueError):
    """A name stands twice in the same object."""


def faults_of(error: ValidationError, *, in_body: bool) -> tuple[Fault, ...]:
    """Say what pydantic found: where, as a JSON pointer into the body (RFC 6901) or a parameter's name, and what."""
    return tuple(
        Fault(_where(detail["loc"], in_body=in_body), _sentence(detail))
        for detail in error.errors(include_url=False, include_input=False)
    )


def repeated_name(raw_body: bytes) -> Fault | None:
    """The first name that stands twice in an object, of which programs read one or the other (RFC 8259, section 4).

    Nothing is said of what is no JSON.
    """
    try:
        json.loads(raw_body, object_pairs_hook=_refuse_repeated)
    except _Repeated as repeated:
        return Fault("", gettext("The name %(name)s stands twice in the same object.") % {"name": str(repeated)})
    except (ValueError, RecursionError):
        return None
    return None


def _refuse_repeated(pairs: list[tuple[str, Any]]) -> None:
    names = set()
    for name, _ in pairs:
        if name in names:
            raise _Repeated(json.dumps(name))
        names.add(name)


def _where(names: tuple[int | str, ...], *, in_body: bool) -> str:
    if not in_body:
        return ".".join(map(str, names))
    return "".join("/" + str(name).replace("~", "~0").replace("/", "~1") for name in names)


def _sentence(detail: Any) -> str:
    context = {name: _listed(value) for name, value in detail.get("ctx", {}).items()}
    is_text = context.get("field_type") == "Value"  # as pydantic calls a text that another rule has looked at before
    sentence = SENTENCES.get(f"string_{detail['type']}" if is_text else detail["type"])
    if sentence is not None:
        return gettext(sentence) % context
    return f"{detail['msg'].removeprefix('Value error, ').rstrip('.')}."  # a sentence of our own, in ``schemas``


def _listed(value: Any) -> Any:
    """Alternatives in a row, such as ``'sent', 'opened'``, without pydantic's English word before the last."""
    return value.replace(" or ", ", ") if isinstance(value, str) else value
