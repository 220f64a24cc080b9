"""docs/settings.md, written from the declaration of the environment variables."""

from datetime import timedelta
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Le, MinLen
from pydantic.fields import FieldInfo

from chatauth_project.environment import GROUPS
from chatauth_project.environment_of_server import Variables
from chatauth_project.environment_types import format_duration

INTRODUCTION = """\
# Settings

<!-- Written by `make docs` from chatauth_project/environment.py: change it there. -->

The server takes its settings from environment variables. A start with something missing or unsafe
stops and lists every fault. An empty variable counts as one that is not set. Lists are separated by
commas; durations are a number with a unit: `120s`, `15m`, `48h`, `90d` (without one: seconds).

With `ENVIRONMENT=demonstration`, which `make run` sets, nothing is required: secrets are made at the
first run and kept in `var/demonstration.env`, the database is an embedded one, `PUBLIC_BASE_URL` and
`CHAT_SERVER_URL` follow `HOST` and `PORT`, and `METRICS_PORT` is `PORT` + 1464.
"""


def render() -> str:
    """Return the whole page."""
    return "\n".join([INTRODUCTION, *(_section(group) for group in GROUPS)])


def _section(group: type[Variables]) -> str:
    return f"## {group.__doc__}\n\n" + "\n".join(
        _entry(name.upper(), field) for name, field in group.model_fields.items()
    )


def _entry(name: str, field: FieldInfo) -> str:
    facts = "; ".join(fact for fact in (_default(field), _choices(field), _bounds(field)) if fact)
    return f"### `{name}`\n\n{field.description}\n\n{facts}.\n"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "Required"
    if field.default_factory is not None:
        return "Default: depends on the machine"
    return f"Default: {_shown(field.default)}"


def _choices(field: FieldInfo) -> str:
    if get_origin(field.annotation) is not Literal:
        return ""
    return "one of " + ", ".join(f"`{choice}`" for choice in get_args(field.annotation))


def _bounds(field: FieldInfo) -> str:
    least = [_shown(fact.ge) for fact in field.metadata if isinstance(fact, Ge)]
    most = [_shown(fact.le) for fact in field.metadata if isinstance(fact, Le)]
    length = [fact.min_length for fact in field.metadata if isinstance(fact, MinLen)]
    bounds = [f"at least {value}" for value in least] + [f"at most {value}" for value in most]
    return ", ".join(bounds + [f"at least {value} characters" for value in length if value > 1])


def _shown(value: Any) -> str:
    if isinstance(value, timedelta):
        return f"`{format_duration(value)}`"
    return "none" if value in {"", ()} else f"`{value}`"
