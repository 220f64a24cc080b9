"""A first run without any preparation: own database, own users, and a list of what to try."""

import base64
import fcntl
import hmac
import ipaddress
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core.management import call_command
from django.utils.module_loading import import_string

from authenticate_app.oauth.pkce import challenge_of
from chatauth_project.demonstration_accounts import ADMINISTRATOR, AGENTS, CALLER, CUSTOMER, NAMES
from chatauth_project.demonstration_clients import CALLBACK, CLIENT_IDS, INTEGRATION, WEB_APPLICATION
from chatauth_project.demonstration_environment import (
    BASE_DIR,
    embedded_database,
    embedded_url,
    kept_secrets,
)
from chatauth_project.demonstration_tls import keep_for_demonstration
from chatauth_project.housekeeping import run_all
from chatauth_project.serving import StartFault

LOCK_FILE = BASE_DIR / "var" / "demonstration.lock"
WELL_KNOWN_PASSWORD = "Welcome1"  # noqa: S105 - from the vendor's documentation, for the loopback address
PASSWORD_BYTES = 12
LONGEST_NAME = max(map(len, NAMES))

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
"""An example's (RFC 7636, appendix B); a real application makes one for each sign-in."""

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
    """Bring tables and demonstration data up to date; return passwords by user name, and secrets by client id."""
    say("Bringing tables up to date ...")
    call_command("migrate", interactive=False, verbosity=0)
    secret = kept_secrets()["DEMONSTRATION_PASSWORD"]
    passwords = choose_passwords(settings.HOST, secret=secret) | choose_client_secrets(secret=secret)
    for path in settings.DEMONSTRATION_DATA:
        import_string(path)(passwords)
    chat_host = urlsplit(settings.CHAT_SERVER_URL).hostname or ""
    keep_for_demonstration(settings.CHAT_TLS_CERTIFICATE, settings.CHAT_TLS_KEY, host=chat_host)
    run_all(now=datetime.now(UTC))  # there is a signing key from the first request on
    return passwords


def choose_passwords(host: str, *, secret: str) -> dict[str, str]:
    """Everybody knows the documented password, so it only serves where nobody else can reach us."""
    if is_loopback(host):
        return dict.fromkeys(NAMES, WELL_KNOWN_PASSWORD)
    return {name: _password_of(name, secret=secret) for name in NAMES}


def choose_client_secrets(*, secret: str) -> dict[str, str]:
    """Client secrets are documented nowhere, so each checkout has its own."""
    return {client_id: _password_of(client_id, secret=secret) for client_id in CLIENT_IDS}


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
    signs_in = "\n".join(f"    {name:<{LONGEST_NAME}}  {passwords[name]}" for name in NAMES)
    return f"""
chatauth is ready on {address} after {seconds:.1f} s. What to try:

  A token for a customer, asked for by a service account:

    {curl(address, passwords[CALLER])}

  The same by an access token, as an integration gets one with its client secret:

    {curl_by_token(address, passwords[INTEGRATION])}

  A customer's sign-in at a web application (as {CUSTOMER}; then the browser goes to
  {CALLBACK} with a code, where an application of yours would listen):

    {sign_in_address(address)}

  What the application does then: it exchanges the code, once and within a minute, for tokens:

    {curl_exchange(address, passwords[WEB_APPLICATION])}

  The admin:     {address}/admin/ (as {ADMINISTRATOR})
{chat_lines(address)}{sandbox_lines(address)}  The API:       {address}/api/docs/
  The key set:   {address}/.well-known/jwks.json

  Who may sign in:

{signs_in}

Ctrl-C stops the server and the database; the data stay in var/.
"""


def chat_lines(address: str) -> str:
    """Return how to chat with oneself in two windows, with the lines' ends."""
    agents = " and ".join(AGENTS)
    return (
        f"  The chat:      {address}/demo/ (a business's site with a chat; you are its customer)\n"
        f"  The desk:      {address}/desk/ (answers it; sign in as {agents}, each in a browser of their own)\n"
    )


def sandbox_lines(address: str) -> str:
    """Return what to try of Apple Messages for Business, with the line's end; "" where the sandbox is off."""
    if not settings.SANDBOX:
        return ""
    return f"  The sandbox:   {address}/sandbox/ (Apple Messages without Apple; sign in there as {CUSTOMER})\n"


def curl(address: str, password: str) -> str:
    """Return a command line that is answered with a token."""
    return f"curl -sS -u {CALLER}:{password} {_chat_request(address)}"


def curl_by_token(address: str, secret: str) -> str:
    """Return a command line that gets an access token and is answered with a chat token."""
    token = f"curl -sS -u {INTEGRATION}:{secret} -d grant_type=client_credentials {address}/oauth/token"
    read = r"""sed 's/.*"access_token":"\([^"]*\)".*/\1/'"""
    return f'curl -sS -H "Authorization: Bearer $({token} | {read})" {_chat_request(address)}'


def sign_in_address(address: str) -> str:
    """Return the authorization request of a web application (RFC 6749, section 4.1.1; RFC 7636, appendix B)."""
    parameters = {
        "response_type": "code",
        "client_id": WEB_APPLICATION,
        "redirect_uri": CALLBACK,
        "scope": "openid profile email",
        "state": "demonstration-state",
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
    }
    return f"{address}/oauth/authorize?{urlencode(parameters)}"


def curl_exchange(address: str, secret: str) -> str:
    """Return a command line that exchanges the code of ``sign_in_address``, once CODE is replaced."""
    fields = f"-d grant_type=authorization_code -d code=CODE -d redirect_uri={CALLBACK} -d code_verifier={VERIFIER}"
    return f"curl -sS -u {WEB_APPLICATION}:{secret} {fields} {address}/oauth/token"


def _chat_request(address: str) -> str:
    return (
        "-H 'Content-Type: application/vnd.oracle.adf.resourceitem+json'"
        f""" -d '{{"authUserName": "{CUSTOMER}", "interfaceId": "1"}}'"""
        f" {address}/crmRestApi/resources/latest/chatAuthenticate"
    )
