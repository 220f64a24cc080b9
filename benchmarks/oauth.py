"""What is measured of the OAuth server, of the sign-in page, and of calls with an access token."""

import base64
import json
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from statistics import median
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from benchmarks import dataset, load
from benchmarks.browser import Browser, WrongAnswer
from benchmarks.hashes import hashes_per_second
from benchmarks.resources import Cpu
from benchmarks.scenarios import COUNTED, KEY_SET, SESSIONS, WARM_UP_SECONDS, Measured, Meter
from benchmarks.stack import Server
from benchmarks.statements import StatementLog

TOKEN, INTROSPECTION, AUTHORIZATION = "/oauth/token", "/oauth/introspect", "/oauth/authorize"
DISCOVERY = "/.well-known/openid-configuration"
ACCESS_TOKENS = "authenticate_app_accesstoken"
SCOPE = "chat.authenticate"

VERIFIER = "a-code-verifier-of-the-benchmarks-and-of-nobody-else"
CHALLENGE = base64.urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
"""Of the verifier, by S256 (RFC 7636, section 4.2)."""

FLOWS_AT_ONCE = 8
SIGN_INS_AT_ONCE = 2 * (os.cpu_count() or 1)
"""So that one form is on its way while another password is compared."""


@dataclass(frozen=True, slots=True)
class Flows:
    """Whole code flows and what they cost; ``p50`` in milliseconds, ``cpu`` and ``signature`` in seconds."""

    number: int
    seconds: float
    p50: float
    cpu: Cpu
    signature: float

    @property
    def per_second(self) -> float:
        """Flows per second."""
        return self.number / self.seconds

    @property
    def total(self) -> float:
        """CPU of server and database for one flow, in signatures."""
        return (self.cpu.server + self.cpu.database) / self.number / self.signature


@dataclass(frozen=True, slots=True)
class SignIns:
    """Sign-ins by form per second, and how many the hash alone would allow on the same processors."""

    per_second: float
    hashes_per_second: float

    @property
    def share(self) -> float:
        """What is reached of it, from 0 to 1."""
        return self.per_second / self.hashes_per_second


# Loads


def warm_up(server: Server) -> None:
    """Let every worker learn clients and keys, and let the database prepare its statements."""
    for client_id in (dataset.INTEGRATION, dataset.SIGNED_INTEGRATION):
        wanted = load.forms(TOKEN, _CREDENTIALS, authorization=_of(client_id, server))
        load.make(wanted, address=server.address, seconds=WARM_UP_SECONDS)


def client_credentials(meter: Meter, client_id: str) -> Measured:
    """Measure tokens by client credentials. Raises ``WrongAnswer`` when one was answered that is not stored."""
    wanted = load.forms(TOKEN, _CREDENTIALS, authorization=_of(client_id, meter.server))
    return meter.measured(wanted, stores=ACCESS_TOKENS)


def introspection(meter: Meter) -> Measured:
    """Measure questions whether a token counts, which it does."""
    token = access_token(meter.server)
    with closing(Browser(meter.server)) as browser:
        _introspect(browser, meter.server, token)
    return meter.measured(
        load.forms(INTROSPECTION, {"token": token}, authorization=_of(dataset.INTEGRATION, meter.server))
    )


def chat_by_token(meter: Meter) -> Measured:
    """Measure ``chatAuthenticate`` with an access token in place of a password."""
    return meter.measured(load.chat_tokens(f"Bearer {access_token(meter.server)}"), stores=SESSIONS)


def access_token(server: Server) -> str:
    """Return a token of the integration. Raises ``WrongAnswer``."""
    with closing(Browser(server)) as browser:
        return access_token_over(browser, server)


def access_token_over(browser: Browser, server: Server) -> str:
    """The same over a connection that is there already."""
    return str(_credentials_token(browser, server)["access_token"])


def code_flows(meter: Meter) -> Flows:
    """Measure code flows of people who are signed in at a trusted client: the request, the code, the exchange."""
    server = meter.server
    with ExitStack() as stack:
        browsers = [_signed_in(stack, server, dataset.signer(number)) for number in range(FLOWS_AT_ONCE)]
        cpu, began = server.cpu(), time.monotonic()
        with meter.signatures.sampled() as samples, ThreadPoolExecutor(FLOWS_AT_ONCE) as pool:
            found = pool.map(lambda browser: list(_flows(browser, server, until=began + meter.seconds)), browsers)
            milliseconds = [each for of_one in found for each in of_one]
        return Flows(
            len(milliseconds), time.monotonic() - began, median(milliseconds), server.cpu() - cpu, samples.mean
        )


def _signed_in(stack: ExitStack, server: Server, name: str) -> Browser:
    browser = stack.enter_context(closing(Browser(server)))
    browser.sign_in(name, server.installation.password)
    return browser


def _flows(browser: Browser, server: Server, *, until: float) -> Iterator[float]:
    while time.monotonic() < until:
        began = time.perf_counter()
        _exchange(browser, server, _code(browser))
        yield (time.perf_counter() - began) * 1000


def sign_ins(meter: Meter, numbers: "count[int]") -> SignIns:
    """Measure sign-ins by form, each of somebody whom no worker knows yet; ``numbers`` counts them over all rounds.

    The hash alone is measured before and after, so that a busy moment of the machine hits both.
    """
    before = hashes_per_second(meter.seconds / 2)
    began = time.monotonic()
    with ThreadPoolExecutor(SIGN_INS_AT_ONCE) as pool:
        until = [began + meter.seconds] * SIGN_INS_AT_ONCE
        number = sum(pool.map(lambda end: _sign_ins(meter.server, end, numbers), until))
    per_second = number / (time.monotonic() - began)
    return SignIns(per_second, (before + hashes_per_second(meter.seconds / 2)) / 2)


def _sign_ins(server: Server, until: float, numbers: "count[int]") -> int:
    done = 0
    while time.monotonic() < until:
        with closing(Browser(server)) as browser:
            browser.sign_in(dataset.signer(next(numbers)), server.installation.password)
        done += 1
    return done


# Statements


def statements(server: Server) -> dict[str, int]:
    """Return how many statements each request costs (medians), once the workers know clients and keys."""
    with closing(Browser(server)) as browser, StatementLog(server) as log:
        browser.sign_in(dataset.signer(0), server.installation.password)
        token = str(_credentials_token(browser, server)["access_token"])
        acts: dict[str, Callable[[], object]] = {
            "client credentials": lambda: _credentials_token(browser, server),
            "introspection": lambda: _introspect(browser, server, token),
            "authorization request": lambda: _code(browser),
            "discovery": lambda: browser.get(DISCOVERY),
            "key set": lambda: browser.get(KEY_SET),
        }
        found = {name: int(median(log.of(act)[1] for _ in range(COUNTED))) for name, act in acts.items()}
        exchanges = [_statements_of_exchange(log, browser, server) for _ in range(COUNTED)]
        return {**found, "code to token": int(median(exchanges))}


def _statements_of_exchange(log: StatementLog, browser: Browser, server: Server) -> int:
    code = _code(browser)
    return log.of(lambda: _exchange(browser, server, code))[1]


# Requests


_CREDENTIALS = {"grant_type": "client_credentials", "scope": SCOPE}
_REQUEST = urlencode(
    {
        "response_type": "code",
        "client_id": dataset.WEB_APPLICATION,
        "redirect_uri": dataset.REDIRECT_URI,
        "scope": "openid profile",
        "state": "a-state",
        "nonce": "a-nonce",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
)


def _of(client_id: str, server: Server) -> str:
    return load.basic(client_id, server.installation.password)


def _credentials_token(browser: Browser, server: Server) -> dict[str, Any]:
    _response, body = browser.post(TOKEN, _CREDENTIALS, authorization=_of(dataset.INTEGRATION, server))
    found: dict[str, Any] = json.loads(body)
    return found


def _introspect(browser: Browser, server: Server, token: str) -> None:
    _response, body = browser.post(INTROSPECTION, {"token": token}, authorization=_of(dataset.INTEGRATION, server))
    if not json.loads(body)["active"]:
        raise WrongAnswer("A token that was given out just now is said not to be active.")


def _code(browser: Browser) -> str:
    response, _body = browser.get(f"{AUTHORIZATION}?{_REQUEST}", expect=302)
    parameters = parse_qs(urlsplit(response.headers["Location"]).query)
    if "code" not in parameters:
        raise WrongAnswer(f"The authorization request led to {response.headers['Location']}, without a code.")
    return parameters["code"][0]


def _exchange(browser: Browser, server: Server, code: str) -> None:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": dataset.REDIRECT_URI,
        "code_verifier": VERIFIER,
    }
    _response, body = browser.post(TOKEN, form, authorization=_of(dataset.WEB_APPLICATION, server))
    if "id_token" not in json.loads(body):
        raise WrongAnswer("The code was exchanged for tokens without an ID token.")
