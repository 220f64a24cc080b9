"""Logs: readable on a terminal, one JSON object to a line everywhere else, secrets in neither.

Our own modules log through ``structlog.get_logger()`` with an event and named values; whatever Django,
granian and other libraries log with the standard library comes out in the same form.
"""

import json
import logging
import logging.config
import re
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, TypedDict

import structlog
from pydantic_core import PydanticSerializationError, to_json
from structlog.typing import EventDict, Processor

request_id_of_this_request: ContextVar[str] = ContextVar("request_id")
"""Set by the middleware for as long as a request is worked on."""

REDACTED = "[redacted]"
SECRET_WORDS = frozenset(
    {"authorization", "cookie", "credential", "credentials", "jwt", "passwd", "password", "passwords"}
    | {"secret", "secrets", "session", "token"}
)
_write_json = json.JSONEncoder(default=repr).encode
PLAIN = frozenset({str, int, float, bool, type(None)})
"""Types of most values, in which nothing else can be; asking an abstract class takes ten times as long."""
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
ROW_VALUES = re.compile(r"^(DETAIL|CONTEXT):.*\n?", re.MULTILINE)
"""The lines of a PostgreSQL error that quote values of rows, hence personal data."""


class LogSettings(TypedDict):
    """The setting ``LOGGING``."""

    level: str
    as_json: bool


class StandardError:
    """A logger that writes lines to whatever is the standard error stream at that moment."""

    def msg(self, message: str) -> None:
        """Write one line at once, so that lines of threads do not mix."""
        sys.stderr.write(message + "\n")

    log = debug = info = warning = error = critical = exception = msg


class CurrentStandardError(logging.StreamHandler[Any]):
    """The same for loggers of the standard library."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        StandardError().msg(self.format(record))


def configure(settings: LogSettings) -> None:
    """Send everything that is logged in this process the same way (Django's ``LOGGING_CONFIG``)."""
    level = logging.getLevelNamesMapping()[settings["level"]]
    ending = _ending(as_json=settings["as_json"])
    structlog.configure(
        processors=[structlog.processors.add_log_level, *_shared(), *ending],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_names: StandardError(),
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(_standard_library(level, ending))


def _standard_library(level: int, ending: list[Processor]) -> dict[str, Any]:
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": [
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            *_shared(),
        ],
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"structlog": formatter},
        "handlers": {
            "standard_error": {
                "()": "chatauth_project.logs.CurrentStandardError",
                "formatter": "structlog",
            }
        },
        "root": {"level": level, "handlers": ["standard_error"]},
        "loggers": {
            # Its messages hold paths, hence names of users; our request log has what is needed.
            "django.request": {"level": logging.CRITICAL + 1},
            "django": {"level": max(level, logging.INFO)},
            "_granian": {"level": max(level, logging.WARNING), "propagate": True},
            # Their messages hold whole addresses, hence codes and what people write to.
            "httpx": {"level": max(level, logging.WARNING)},
            "httpcore": {"level": max(level, logging.WARNING)},
            "procrastinate": {"level": max(level, logging.WARNING)},  # each job has a line of ours
        },
    }


def _shared() -> list[Processor]:
    return [
        add_request_id,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        redact,
        without_row_values,
    ]


def _ending(*, as_json: bool) -> list[Processor]:
    if as_json:
        return [structlog.processors.JSONRenderer(serializer=_json_line)]
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]


def _json_line(event: EventDict, **_options: Any) -> str:
    """Write one line: by pydantic's encoder, and what cannot be written in UTF-8 by Python's."""
    try:
        return to_json(event, fallback=repr).decode()
    except PydanticSerializationError:
        return _write_json(event)


def add_request_id(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Note which request a line belongs to."""
    request_id = request_id_of_this_request.get(None)
    if request_id is not None:
        event["request_id"] = request_id
    return event


def redact(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Replace values whose names say that they are secret, at any depth."""
    for name, value in event.items():
        if is_secret(name):
            event[name] = REDACTED
        elif type(value) not in PLAIN:
            event[name] = _redacted(value)
    return event


def _redacted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: REDACTED if is_secret(str(name)) else _redacted(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(inner) for inner in value]
    return value


@lru_cache(maxsize=1024)
def is_secret(name: str) -> bool:
    """Whether one of the words in ``like_this``, ``likeThis`` or ``Like-This`` stands for a secret."""
    return not SECRET_WORDS.isdisjoint(word.lower() for word in WORD.findall(name))


def without_row_values(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Render the exception, if there is one, without the lines that quote values of rows."""
    if event.get("exc_info"):
        event = structlog.processors.format_exc_info(_logger, _method, event)
        event["exception"] = ROW_VALUES.sub("", event.get("exception", ""))
    return event
