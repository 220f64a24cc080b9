"""How the text of an environment variable becomes a value.

Each parser takes the text as it stands in the environment and raises ``ValueError`` with half a
sentence that says what would be right; ``chatauth_project.environment`` puts the variable in front.
Values that are not text (defaults) pass through unchanged.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator

from authenticate_app.web_origins import web_origin
from chat_app.chat_authenticate.releases import Release as FusionRelease
from chatauth_project.mail import email_settings

Network = IPv4Network | IPv6Network

DURATION = re.compile(r"(\d{1,9})\s*([smhd]?)", re.IGNORECASE)
SECONDS_OF_UNIT = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
APP_ID = re.compile(r"[A-Z0-9]{10}\.[A-Za-z0-9.-]{1,155}")
ORIGIN = re.compile(r"https?://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:\d+)?")
REDIS_SCHEMES = ("redis://", "rediss://")
DATABASE_SCHEMES = ("postgresql://", "postgres://")


def _from_text(parse: Callable[[str], Any]) -> BeforeValidator:
    return BeforeValidator(lambda value: parse(value.strip()) if isinstance(value, str) else value)


def parse_duration(text: str) -> timedelta:
    """Read ``120``, ``120s``, ``15m``, ``48h`` or ``90d``; a number without a unit is seconds."""
    match = DURATION.fullmatch(text)
    if match is None:
        raise ValueError("it should be a whole number with a unit, such as 120s, 15m, 48h or 90d")
    number, unit = match.groups()
    return timedelta(seconds=int(number) * SECONDS_OF_UNIT[unit.lower()])


def format_duration(duration: timedelta) -> str:
    """Write a duration as ``parse_duration`` reads it, in the largest unit that fits."""
    seconds = int(duration.total_seconds())
    for unit in "dhms":
        if seconds % SECONDS_OF_UNIT[unit] == 0:
            return f"{seconds // SECONDS_OF_UNIT[unit]}{unit}"
    raise AssertionError("every whole number of seconds is a number of seconds")


def split_list(text: str) -> tuple[str, ...]:
    """Split at commas; blanks around an item and empty items do not count."""
    return tuple(item.strip() for item in text.split(",") if item.strip())


def parse_networks(text: str) -> tuple[Network, ...]:
    """Read a comma-separated list of addresses and networks in CIDR notation (RFC 4632)."""
    return tuple(_parse_network(item) for item in split_list(text))


def _parse_network(item: str) -> Network:
    try:
        return ip_network(item)
    except ValueError:
        example = "such as 10.0.0.7, 10.0.0.0/8 or fd00::/8"
        raise ValueError(f"{item!r} should be an IP address or a network, {example}") from None


def parse_base_url(text: str) -> str:
    """Check an http(s) address without query and fragment; the trailing slash is cut off."""
    try:
        parts = urlsplit(text)
        is_address = _is_base_url(parts)
    except ValueError:
        is_address = False
    if not is_address:
        raise ValueError("it should be an address such as https://chat.example.com")
    return text.rstrip("/")


def _is_base_url(parts: SplitResult) -> bool:
    _ = parts.port  # raises ValueError when it is not a number from 0 to 65535
    is_http = parts.scheme in {"http", "https"} and bool(parts.hostname)
    return is_http and not (parts.query or parts.fragment or "@" in parts.netloc)


def parse_origin(item: str) -> str:
    """Check a web origin (RFC 6454): scheme, host and port, nothing after it; returned as browsers send it."""
    address = parse_base_url(item)
    if urlsplit(address).path:
        raise ValueError(f"{item!r} should be an origin without a path: https://www.example.com")
    origin = web_origin(address)
    if not ORIGIN.fullmatch(origin):
        raise ValueError(f"{item!r} should name one host in ASCII, as browsers send it: https://xn--bcher-kva.example")
    return origin


def parse_origins(text: str) -> tuple[str, ...]:
    """Read a comma-separated list of web origins."""
    return tuple(parse_origin(item) for item in split_list(text))


def parse_database_url(text: str) -> str:
    """Check a PostgreSQL connection URI; ``postgres://`` is written as ``postgresql://``."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        names_database = text.startswith(DATABASE_SCHEMES) and conninfo_to_dict(text).get("dbname")
    except ProgrammingError:
        names_database = False
    if not names_database:
        raise ValueError("it should be like postgresql://user:password@host:5432/database")
    return "postgresql://" + text.partition("://")[2]


def parse_optional_database_url(text: str) -> str:
    """Like ``parse_database_url``; an empty text stays empty."""
    return parse_database_url(text) if text else ""


def parse_redis_url(text: str) -> str:
    """Check the address of a Redis; an empty text stays empty."""
    if text and not (text.startswith(REDIS_SCHEMES) and urlsplit(text).hostname):
        raise ValueError("it should be like redis://redis.example.com:6379/0, or rediss:// for TLS")
    return text


def parse_fernet_keys(text: str) -> tuple[str, ...]:
    """Read a comma-separated list of Fernet keys, the first of which encrypts."""
    from cryptography.fernet import Fernet

    keys = split_list(text)
    for position, key in enumerate(keys, start=1):
        try:
            Fernet(key)
        except ValueError:
            raise ValueError(
                f"key {position} of {len(keys)} should be 32 random bytes in URL-safe base64 (44 characters)"
            ) from None
    return keys


def parse_release(text: str) -> str:
    """Bring a Fusion release to the form ``11.13.24.10.0`` (docs/settings.md, FUSION_RELEASE)."""
    try:
        return str(FusionRelease.parse(text))
    except ValueError:
        raise ValueError("it should be a release such as 11.13.24.10.0 or R13.18.05") from None


def parse_app_ids(text: str) -> tuple[str, ...]:
    """Read a comma-separated list of Apple's app ids: the team's ten characters, a dot, the bundle id."""
    apps = split_list(text)
    for app in apps:
        if APP_ID.fullmatch(app) is None:
            raise ValueError(f"{app!r} should be an app id such as ABCDE12345.com.example.app")
    return apps


def parse_email_url(text: str) -> str:
    """Check how e-mails leave (``chatauth_project.mail``); an empty text stays empty."""
    try:
        if text:
            email_settings(text)
    except ValueError:
        raise ValueError(
            "it should be like smtp://user:password@host:587, smtps://user:password@host:465, smtp+plain://localhost:25,"
            " file:///folder or console:"
        ) from None
    return text


def at_least_one(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Refuse an empty list."""
    if not values:
        raise ValueError("it should hold at least one value")
    return values


AppIds = Annotated[tuple[str, ...], _from_text(parse_app_ids)]
EmailUrl = Annotated[str, _from_text(parse_email_url)]
Duration = Annotated[timedelta, _from_text(parse_duration)]
Names = Annotated[tuple[str, ...], _from_text(split_list)]
Networks = Annotated[tuple[Network, ...], _from_text(parse_networks)]
Origins = Annotated[tuple[str, ...], _from_text(parse_origins)]
BaseUrl = Annotated[str, _from_text(parse_base_url)]
DatabaseUrl = Annotated[str, _from_text(parse_database_url)]
OptionalDatabaseUrl = Annotated[str, _from_text(parse_optional_database_url)]
FernetKeys = Annotated[tuple[str, ...], _from_text(parse_fernet_keys), AfterValidator(at_least_one)]
RedisUrl = Annotated[str, _from_text(parse_redis_url)]
Release = Annotated[str, _from_text(parse_release)]
