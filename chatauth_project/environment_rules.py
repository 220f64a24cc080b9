"""What variables must be like together, each rule with the sentence that explains it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from chatauth_project.environment_types import format_duration

FEWEST_CHARACTERS = 5
"""Different characters of a ``SECRET_KEY``; Django's own system check asks for as many."""

DEMONSTRATION_MARK = "demonstration-"
"""Every generated demonstration ``SECRET_KEY`` begins with it, so that production can refuse it."""

LIFETIMES_OF_SIGNED_TOKENS = ("token_lifetime", "access_token_lifetime", "id_token_lifetime")
"""Of everything that the signing keys sign: chat tokens, access tokens of some clients, ID tokens."""


@dataclass(frozen=True)
class Rule:
    """A condition over the variables in ``needs``, in that order; it answers a sentence or None."""

    needs: tuple[str, ...]
    check: Callable[..., str | None]


def broken_rules(valid: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each broken rule whose variables are all valid by themselves."""
    return list(_broken_rules(valid))


def _broken_rules(valid: Mapping[str, Any]) -> Iterator[str]:
    for rule in RULES:
        if all(name in valid for name in rule.needs):
            sentence = rule.check(*(valid[name] for name in rule.needs))
            if sentence is not None:
                yield sentence


def _secret_key_is_own(environment: str, secret_key: str) -> str | None:
    if environment == "production" and secret_key.startswith(DEMONSTRATION_MARK):
        return (
            "SECRET_KEY is that of a demonstration, which others may know:"
            " it should be at least 50 random characters of this installation's own."
        )
    return None


def _secret_key_is_random(secret_key: str) -> str | None:
    if len(set(secret_key)) < FEWEST_CHARACTERS:
        return "SECRET_KEY repeats a few characters: it should be at least 50 random characters."
    return None


def _is_https(variable: str) -> Callable[[str, str], str | None]:
    def check(environment: str, address: str) -> str | None:
        if environment == "production" and urlsplit(address).scheme != "https":
            return (
                f"{variable} is {address!r}, but passwords and tokens travel over it:"
                " it should begin with https:// in production."
            )
        return None

    return check


def _no_wildcard_host(environment: str, allowed_hosts: tuple[str, ...]) -> str | None:
    if environment == "production" and "*" in allowed_hosts:
        return "ALLOWED_HOSTS holds '*', any host at all: it should name the hosts in production."
    return None


def _proxies_are_few(environment: str, trusted_proxies: tuple[Any, ...]) -> str | None:
    everybody = [str(network) for network in trusted_proxies if network.prefixlen == 0]
    if environment == "production" and everybody:
        return (
            f"TRUSTED_PROXIES holds {everybody[0]}, every address at all:"
            " it should name only the proxies in front of this server."
        )
    return None


def _time_zone_exists(time_zone: str) -> str | None:
    if time_zone not in available_timezones():
        return f"TIME_ZONE is {time_zone!r}: it should be a name such as Europe/Berlin or UTC."
    return None


def _ports_differ(port: int, metrics_port: int) -> str | None:
    if port == metrics_port:
        return f"METRICS_PORT is {metrics_port}, as PORT is: it should be another port, or 0."
    return None


def _chat_port_is_own(chat_workers: int, chat_port: int, port: int, metrics_port: int) -> str | None:
    if chat_workers and chat_port in {port, metrics_port}:
        other = "PORT" if chat_port == port else "METRICS_PORT"
        return f"CHAT_PORT is {chat_port}, as {other} is: it should be another port."
    return None


def _chat_has_both_of_tls(certificate: str, key: str) -> str | None:
    if bool(certificate) != bool(key):
        missing = "CHAT_TLS_KEY" if certificate else "CHAT_TLS_CERTIFICATE"
        return f"{missing} is missing: TLS takes both a certificate and its private key."
    return None


def _announced_outlives_caches(announced: timedelta, max_age: timedelta, leeway: timedelta) -> str | None:
    return _not_less(
        "KEY_ANNOUNCED",
        announced,
        max_age + leeway,
        "KEY_SET_MAX_AGE plus KEY_LEEWAY, or verifiers meet signatures of a key they cannot know",
    )


def _retired_outlives_tokens(retired: timedelta, leeway: timedelta, *lifetimes: timedelta) -> str | None:
    longest, variable = max(zip(lifetimes, LIFETIMES_OF_SIGNED_TOKENS, strict=True))
    return _not_less(
        "KEY_RETIRED",
        retired,
        longest + leeway,
        f"{variable.upper()} plus KEY_LEEWAY, or valid tokens are refused after a rotation",
    )


def _signing_outlives_announced(signing: timedelta, announced: timedelta) -> str | None:
    return _not_less(
        "KEY_SIGNING",
        signing,
        announced,
        "KEY_ANNOUNCED, or the next key is not ready when this one stops signing",
    )


def _token_ids_outlive_tokens(retention: timedelta, lifetime: timedelta, leeway: timedelta) -> str | None:
    return _not_less(
        "TOKEN_RETENTION",
        retention,
        lifetime + leeway,
        "TOKEN_LIFETIME plus KEY_LEEWAY, or a token could be used twice",
    )


def _sessions_outlive_token_ids(sessions: timedelta, token_ids: timedelta) -> str | None:
    return _not_less("SESSION_RETENTION", sessions, token_ids, "TOKEN_RETENTION, since tokens belong to sessions")


def _mail_has_a_sender(email_url: str, email_from: str) -> str | None:
    if email_url and "@" not in email_from:
        return f"EMAIL_FROM is {email_from!r}, but EMAIL_URL is set: it should be an address such as chat@example.com."
    return None


def _not_less(variable: str, span: timedelta, least: timedelta, why: str) -> str | None:
    if span >= least:
        return None
    return f"{variable} is {format_duration(span)}: it should be at least {format_duration(least)}, that is {why}."


RULES = (
    Rule(("environment", "secret_key"), _secret_key_is_own),
    Rule(("secret_key",), _secret_key_is_random),
    Rule(("environment", "public_base_url"), _is_https("PUBLIC_BASE_URL")),
    Rule(("environment", "chat_server_url"), _is_https("CHAT_SERVER_URL")),
    Rule(("environment", "allowed_hosts"), _no_wildcard_host),
    Rule(("environment", "trusted_proxies"), _proxies_are_few),
    Rule(("time_zone",), _time_zone_exists),
    Rule(("port", "metrics_port"), _ports_differ),
    Rule(("chat_workers", "chat_port", "port", "metrics_port"), _chat_port_is_own),
    Rule(("chat_tls_certificate", "chat_tls_key"), _chat_has_both_of_tls),
    Rule(("key_announced", "key_set_max_age", "key_leeway"), _announced_outlives_caches),
    Rule(("key_retired", "key_leeway", *LIFETIMES_OF_SIGNED_TOKENS), _retired_outlives_tokens),
    Rule(("key_signing", "key_announced"), _signing_outlives_announced),
    Rule(("token_retention", "token_lifetime", "key_leeway"), _token_ids_outlive_tokens),
    Rule(("email_url", "email_from"), _mail_has_a_sender),
    Rule(("session_retention", "token_retention"), _sessions_outlive_token_ids),
)
