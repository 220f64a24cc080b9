"""Environment variables of the server as a program: what it is, where it listens and logs, which database it has.

``chatauth_project.environment`` adds those of what it does, and reads them all.
"""

import os
from datetime import timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from chatauth_project.environment_types import (
    BaseUrl,
    DatabaseUrl,
    Duration,
    FernetKeys,
    Names,
    Networks,
    OptionalDatabaseUrl,
    Origins,
    Release,
)

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Variables(BaseModel):
    """A group of variables; its docstring is its heading in docs/settings.md."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=str.upper, validate_default=True)

    @field_validator("*", mode="after")
    @classmethod
    def _remember(cls, value: Any, info: ValidationInfo) -> Any:
        """Note what is valid, so that rules across variables can be checked beside other faults."""
        if info.context is not None:
            info.context[info.field_name] = value
        return value


class Installation(Variables):
    """What this installation is"""

    environment: Literal["production", "demonstration"] = Field(
        "production",
        description="What the server runs as. `demonstration` brings users and passwords that"
        " everybody knows, and must never be reachable by others.",
    )
    secret_key: str = Field(
        min_length=50,
        repr=False,
        description="Signs sessions of the admin. At least 50 random characters; changing it signs"
        " everybody out of the admin.",
    )
    field_encryption_keys: FernetKeys = Field(
        repr=False,
        description="Comma-separated Fernet keys that encrypt secrets in the database. The first"
        " encrypts, all decrypt; put a new one in front to change it.",
    )
    fusion_release: Release = Field(
        "11.13.24.10.0",
        description="The Fusion release that the server behaves like. `R13.17.11`, `11.13.17.11`"
        " and `11.13.17.11.0` are the same one.",
    )
    unknown_attributes: Literal["refuse", "ignore"] = Field(
        "refuse",
        description="What happens to an attribute that chatAuthenticate does not know: `refuse`"
        " answers 400 and names it, `ignore` counts it and goes on.",
    )
    language: Literal["en", "de", "fr", "es", "ja"] = Field(
        "en", description="The language of messages and of the admin where nobody asks for one."
    )
    time_zone: str = Field("UTC", description="The time zone that the admin shows times in.")


class Database(Variables):
    """Database"""

    database_url: DatabaseUrl = Field(
        repr=False,
        description="The PostgreSQL database (14 or later), as `postgresql://user:password@host:5432/database`.",
    )
    database_listen_url: OptionalDatabaseUrl = Field(
        "",
        repr=False,
        description="A direct connection to the same database, for notifications, when"
        " `DATABASE_URL` leads through a pooler that works by transaction.",
    )
    database_connect_timeout: Duration = Field(
        3 * SECOND,
        ge=SECOND,
        le=MINUTE,
        description="How long a connection may take to be made.",
    )
    database_statement_timeout: Duration = Field(
        30 * SECOND,
        ge=SECOND,
        le=HOUR,
        description="How long one statement of a request may take; then it is given up and answered 503. Commands"
        " such as `migrate` take as long as they need. Behind a pooler set it for the role instead.",
    )


class Addresses(Variables):
    """Addresses and trust"""

    public_base_url: BaseUrl = Field(
        description="The address that clients reach this server at. Links in answers begin with it."
    )
    chat_server_url: BaseUrl = Field(
        description="The chat server's address, for interfaces without a domain of their own."
    )
    allowed_hosts: Names = Field(
        (),
        description="Comma-separated host names that the admin and the pages answer to. Empty: the"
        " host of `PUBLIC_BASE_URL`.",
    )
    trusted_proxies: Networks = Field(
        (),
        description="Comma-separated addresses or networks of reverse proxies in front. Only they"
        " may set `X-Forwarded-For`, `X-Forwarded-Proto`, `X-Forwarded-Host` and `X-Request-ID`.",
    )
    cors_allowed_origins: Origins = Field(
        (),
        description="Comma-separated origins whose pages may call chatAuthenticate and, as public clients, the token,"
        " revocation and userinfo endpoints.",
    )


class Serving(Variables):
    """Server process"""

    host: str = Field("127.0.0.1", min_length=1, description="The address to listen on.")
    port: int = Field(8000, ge=1, le=65535, description="The port to listen on.")
    workers: int = Field(
        default_factory=lambda: os.cpu_count() or 1,
        ge=1,
        le=256,
        description="How many worker processes serve. Default: one for each processor.",
    )
    worker_threads: int = Field(2, ge=1, le=64, description="How many requests each worker works on at the same time.")
    body_timeout: Duration = Field(
        20 * SECOND,
        ge=SECOND,
        le=HOUR,
        description="How long the body of a request may take to arrive; then the answer is 408, and the connection is"
        " closed. A worker that stops waits for as long.",
    )
    backlog: int = Field(1024, ge=128, le=65535, description="How many connections may wait to be accepted.")
    backpressure: int = Field(
        512,
        ge=1,
        le=65535,
        description="How many connections each worker holds at the same time, idle ones included;"
        " more of them wait until one is closed.",
    )
    metrics_host: str = Field("127.0.0.1", min_length=1, description="The address that `/metrics` listens on.")
    metrics_port: int = Field(9464, ge=0, le=65535, description="The port that `/metrics` listens on; 0 turns it off.")
    housekeeping_interval: Duration = Field(
        MINUTE,
        ge=timedelta(0),
        le=DAY,
        description="How often the server rotates keys and purges old data; 0 leaves it to a"
        " scheduled `manage.py housekeeping`.",
    )


class Logging(Variables):
    """Logs"""

    log_format: Literal["auto", "console", "json"] = Field(
        "auto", description="`auto` is readable on a terminal and JSON everywhere else."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="The least severe messages that are logged."
    )
