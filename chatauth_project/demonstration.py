"""A first run without any preparation: own database, own users, and a list of what to try."""

import base64
import fcntl
import hmac
import ipaddress
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.utils.module_loading import import_string

from chatauth_project.demonstration_accounts import ADMINISTRATOR, CALLER, CUSTOMER, NAMES
from chatauth_project.demonstration_environment import (
    BASE_DIR,
    embedded_database,
    embedded_url,
    kept_secrets,
)
from chatauth_project.housekeeping import run_all
from chatauth_project.serving import StartFault

LOCK_FILE = BASE_DIR / "var" / "demonstration.lock"
WELL_KNOWN_PASSWORD = "Welcome1"  # noqa: S105 - from the vendor's documentation, for the loopback address
PASSWORD_BYTES = 12
LONGEST_NAME = max(map(len, NAMES))

Say = Callable[[str], None]


@contextmanager
def only_one(lock_file: Path = LOCK_FILE) -> Iterator[None]:
    """Refuse a second demonstration of this checkout: whoever ends first would stop the database."""
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    with lock_file.open("a", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sentence = "This checkout's demonstration runs already: stop it first, or use another checkout."
            raise StartFault([sentence]) from None
        yield


@contextmanager
def database(say: Say) -> Iterator[None]:
    """Run the embedded database meanwhile, unless DATABASE_URL names another one."""
    if embedded_url() != settings.DATABASE_URL:
        say("Using the database of DATABASE_URL.")
        yield
        return
    server = embedded_database()
    first_time = not server.cluster.exists()
    say("Creating a database in var/postgres ..." if first_time else "Starting the database ...")
    server.start()
    try:
        server.create_database(str(settings.DATABASES["default"]["NAME"]))
        yield
    finally:
        say("Stopping the database ...")
        server.stop()


def prepare(say: Say) -> Mapping[str, str]:
    """Bring tables and demonstration data up to date; return the passwords by user name."""
    say("Bringing tables up to date ...")
    call_command("migrate", interactive=False, verbosity=0)
    passwords = choose_passwords(settings.HOST, secret=kept_secrets()["DEMONSTRATION_PASSWORD"])
    for path in settings.DEMONSTRATION_DATA:
        import_string(path)(passwords)
    run_all(now=datetime.now(UTC))  # there is a signing key from the first request on
    return passwords


def choose_passwords(host: str, *, secret: str) -> dict[str, str]:
    """Everybody knows the documented password, so it only serves where nobody else can reach us."""
    if is_loopback(host):
        return dict.fromkeys(NAMES, WELL_KNOWN_PASSWORD)
    return {name: _password_of(name, secret=secret) for name in NAMES}


def _password_of(name: str, *, secret: str) -> str:
    """Derive passwords that stay the same from start to start, and of which none tells another."""
    digest = hmac.digest(secret.encode(), name.encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:PASSWORD_BYTES]).decode("ascii")


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server that listens on this address."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def what_to_try(passwords: Mapping[str, str], *, seconds: float) -> str:
    """Return the text that ends a start: what one can do now."""
    address = settings.PUBLIC_BASE_URL
    signs_in = "\n".join(f"    {name:<{LONGEST_NAME}}  {password}" for name, password in passwords.items())
    return f"""
chatauth is ready on {address} after {seconds:.1f} s. What to try:

  A token for a customer, asked for by a service account:

    {curl(address, passwords[CALLER])}

  The admin:     {address}/admin/ (as {ADMINISTRATOR})
  The API:       {address}/api/docs/
  The key set:   {address}/.well-known/jwks.json

  Who may sign in:

{signs_in}

Ctrl-C stops the server and the database; the data stay in var/.
"""


def curl(address: str, password: str) -> str:
    """Return a command line that is answered with a token."""
    return (
        f"curl -sS -u {CALLER}:{password} -H 'Content-Type: application/vnd.oracle.adf.resourceitem+json'"
        f""" -d '{{"authUserName": "{CUSTOMER}", "interfaceId": "1"}}'"""
        f" {address}/crmRestApi/resources/latest/chatAuthenticate"
    )
