"""Every environment variable of the server: type, default and meaning, declared once.

Those of the server as a program stand in ``environment_of_server``, those of the chat server in
``environment_of_chat``, those of what it does here.
``chatauth_project.settings`` reads the values from here and ``docs/settings.md`` is written from here.
Nothing else of the project looks into the environment.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Self

from pydantic import (
    Field,
    ValidationError,
)

from chatauth_project.environment_of_chat import Chats, ChatServing
from chatauth_project.environment_of_server import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    Addresses,
    Database,
    Installation,
    Logging,
    Serving,
    Variables,
)
from chatauth_project.environment_rules import broken_rules
from chatauth_project.environment_types import (
    AppIds,
    Duration,
    EmailUrl,
    Names,
)


class EnvironmentFault(Exception):
    """The environment cannot be served with; the text lists every fault, one to a line."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


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
    transcript_retention: Duration = Field(
        90 * DAY,
        ge=DAY,
        le=3650 * DAY,
        description="How long a conversation is kept, with all that was written in it, from its end.",
    )
    event_retention: Duration = Field(
        DAY,
        ge=HOUR,
        le=400 * DAY,
        description="How long what waited for the clients of a conversation is kept, from its end: until then they may"
        " still fetch it.",
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
    Chats,
    Serving,
    ChatServing,
    Logging,
)


class Environment(
    Logging,
    ChatServing,
    Serving,
    Chats,
    Messages,
    Pages,
    SignIn,
    Retention,
    OAuth,
    Tokens,
    Addresses,
    Database,
    Installation,
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
