"""Every environment variable of the server: type, default and meaning, declared once.

``chatauth_project.settings`` reads the values from here and ``docs/settings.md`` is written from here.
Nothing else of the project looks into the environment.
"""

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from chatauth_project.environment_rules import broken_rules
from chatauth_project.environment_types import (
    AppIds,
    BaseUrl,
    DatabaseUrl,
    Duration,
    EmailUrl,
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


class EnvironmentFault(Exception):
    """The environment cannot be served with; the text lists every fault, one to a line."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


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


class Tokens(Variables):
    """Tokens and signing keys"""

    token_issuer: str = Field(
        "Fusion Apps", min_length=1, max_length=200, description="The claim `iss` of every token."
    )
    token_lifetime: Duration = Field(
        120 * SECOND, ge=30 * SECOND, le=600 * SECOND, description="How long a token is valid."
    )
    key_announced: Duration = Field(
        2 * DAY,
        ge=MINUTE,
        le=90 * DAY,
        description="How long a new signing key stands in the key set before it signs.",
    )
    key_signing: Duration = Field(90 * DAY, ge=HOUR, le=3650 * DAY, description="How long a signing key signs.")
    key_retired: Duration = Field(
        2 * DAY,
        ge=MINUTE,
        le=90 * DAY,
        description="How long a key stays in the key set after it has stopped signing.",
    )
    key_set_max_age: Duration = Field(
        HOUR, ge=SECOND, le=7 * DAY, description="How long verifiers may cache the key set."
    )
    key_leeway: Duration = Field(
        MINUTE,
        ge=timedelta(0),
        le=HOUR,
        description="How far the clocks of this server and of verifiers may differ.",
    )


class OAuth(Variables):
    """OAuth"""

    authorization_code_lifetime: Duration = Field(
        MINUTE,
        ge=10 * SECOND,
        le=10 * MINUTE,
        description="How long an authorization code can be exchanged for a token.",
    )
    access_token_lifetime: Duration = Field(
        10 * MINUTE,
        ge=MINUTE,
        le=DAY,
        description="How long an access token is valid. A signed one cannot be taken back before.",
    )
    id_token_lifetime: Duration = Field(
        10 * MINUTE, ge=MINUTE, le=DAY, description="How long an ID token may be used after it was issued."
    )
    refresh_token_lifetime: Duration = Field(
        30 * DAY,
        ge=HOUR,
        le=400 * DAY,
        description="How long a sign-in can be prolonged by refresh tokens, from its beginning.",
    )


class Retention(Variables):
    """How long data is kept"""

    session_retention: Duration = Field(
        90 * DAY,
        ge=DAY,
        le=3650 * DAY,
        description="How long a chat session is kept, from its beginning.",
    )
    token_retention: Duration = Field(
        48 * HOUR,
        ge=HOUR,
        le=3650 * DAY,
        description="How long the id of a token is kept, from when it was issued.",
    )
    audit_retention: Duration = Field(400 * DAY, ge=DAY, le=3650 * DAY, description="How long an audit event is kept.")


class SignIn(Variables):
    """Passwords and guessing"""

    password_hashes_at_once: int = Field(
        2,
        ge=1,
        le=64,
        description="How many password hashes a worker computes at the same time. Each takes"
        " about 100 MB of memory for its moment.",
    )
    remembered_passwords: int = Field(
        10_000,
        ge=0,
        le=1_000_000,
        description="How many verified passwords a worker remembers, as keyed hashes; 0 for none.",
    )
    remembered_password_seconds: int = Field(
        300, ge=1, le=3600, description="How many seconds a verified password is remembered."
    )
    throttle_failures_by_name: int = Field(
        10,
        ge=1,
        le=10_000,
        description="How many failed sign-ins of one name from one address are allowed within `THROTTLE_WINDOW`.",
    )
    throttle_failures_by_address: int = Field(
        1000,
        ge=1,
        le=10_000_000,
        description="How many failed sign-ins from one address, whatever the name, are allowed"
        " within `THROTTLE_WINDOW`.",
    )
    throttle_window: Duration = Field(
        900 * SECOND, ge=10 * SECOND, le=DAY, description="How long a failed sign-in counts."
    )
    require_second_factor_for_staff: bool = Field(
        False,
        description="Whether everybody who may sign in to the admin needs a second factor: a passkey or codes of an"
        " authenticator app. Who has none sets one up when they next sign in.",
    )


class Pages(Variables):
    """Pages for customers, and e-mail"""

    business_name: str = Field(
        "",
        max_length=100,
        description="What the pages and e-mails call this business where no client asks to sign in. Empty: the host of"
        " `PUBLIC_BASE_URL`.",
    )
    webcredentials_apps: AppIds = Field(
        (),
        description="Comma-separated app ids of iOS apps, such as `ABCDE12345.com.example.app`, whose saved passwords"
        " are offered on the sign-in page; they stand in `/.well-known/apple-app-site-association`.",
    )
    email_url: EmailUrl = Field(
        "",
        repr=False,
        description="How e-mails leave: `smtp://user:password@host:587` (turns to TLS, or fails),"
        " `smtps://user:password@host:465` (TLS from the start), `smtp+plain://localhost:25` (no TLS: for a relay on"
        " the same machine), `file:///folder` or `console:`. Empty: no e-mails, and no way to set a"
        " forgotten password anew.",
    )
    email_from: str = Field("", max_length=320, description="The address that e-mails come from.")
    password_reset_lifetime: Duration = Field(
        HOUR, ge=5 * MINUTE, le=3 * DAY, description="How long the link to a new password, sent by e-mail, is good."
    )
    password_resets_by_name: int = Field(
        3,
        ge=1,
        le=1000,
        description="How many links to a new password may be asked for with one name within `THROTTLE_WINDOW`.",
    )
    password_resets_by_address: int = Field(
        50,
        ge=1,
        le=1_000_000,
        description="How many links to a new password may be asked for from one address within `THROTTLE_WINDOW`.",
    )


class Messages(Variables):
    """Apple Messages for Business"""

    sandbox: bool = Field(
        False,
        description="Whether there is a simulated gateway with simulated phones, to try without Apple. Whoever reaches"
        " it can send messages to businesses of the sandbox, so it is not for production.",
    )
    private_addresses: bool = Field(
        False,
        description="Whether gateways, identity providers and webhooks may have addresses that are private, and be"
        " reached without TLS. Administrators could make the server call services behind the firewall.",
    )
    gateway_token_age: Duration = Field(
        10 * MINUTE, ge=10 * SECOND, le=HOUR, description="How old a token may be that Apple's gateway comes with."
    )
    gateway_download_hosts: Names = Field(
        ("icloud-content.com", "icloud.com", "apple.com"),
        description="Comma-separated domains that large replies are fetched from, with all their subdomains.",
    )
    message_retention: Duration = Field(
        7 * DAY, ge=HOUR, le=400 * DAY, description="How long messages in and out, and webhooks, are kept."
    )
    sign_in_retention: Duration = Field(
        90 * DAY, ge=DAY, le=3650 * DAY, description="How long a sign-in in a conversation is kept, from its beginning."
    )
    job_workers: int = Field(
        1,
        ge=0,
        le=64,
        description="How many processes work on background jobs beside the server; 0 leaves them to `manage.py work`.",
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


GROUPS: tuple[type[Variables], ...] = (
    Installation,
    Database,
    Addresses,
    Tokens,
    OAuth,
    Retention,
    SignIn,
    Pages,
    Messages,
    Serving,
    Logging,
)


class Environment(
    Logging, Serving, Messages, Pages, SignIn, Retention, OAuth, Tokens, Addresses, Database, Installation
):
    """Every variable, valid one by one and together."""

    @classmethod
    def load(cls, variables: Mapping[str, str]) -> Self:
        """Read the variables of a process environment.

        An empty variable counts as one that is not set. Raises ``EnvironmentFault`` with every
        fault, also those between variables.
        """
        given = {name: value for name, value in variables.items() if value.strip()}
        valid: dict[str, Any] = {}
        try:
            loaded, faults = cls.model_validate(given, context=valid), []
        except ValidationError as error:
            loaded, faults = None, [_sentence(cls, given, detail) for detail in error.errors()]
        faults += broken_rules(valid)
        if loaded is None or faults:
            raise EnvironmentFault(faults)
        return loaded


def _sentence(environment: type[Environment], given: Mapping[str, str], detail: Any) -> str:
    name = str(detail["loc"][0])
    field = environment.model_fields[name.lower()]
    if detail["type"] == "missing":
        return f"{name} is missing. {field.description}"
    shown = "has a value that is not valid" if not field.repr else f"is {given.get(name)!r}"
    message = detail["msg"].removeprefix("Value error, ").replace("Input should", "it should")
    return f"{name} {shown}: {message.replace('String should', 'it should')}."
