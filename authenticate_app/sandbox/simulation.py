"""Playing scenarios against the server that runs: ``manage.py simulate_sign_in``."""

import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db import connection

from authenticate_app.messages.models import Business, SignInRequest
from authenticate_app.sandbox.asker import TookTooLong
from authenticate_app.sandbox.customer import Lost
from authenticate_app.sandbox.demonstration import BUSINESS, IMPATIENT_BUSINESS
from authenticate_app.sandbox.models import SandboxPhone
from authenticate_app.sandbox.rest import CallRefused
from authenticate_app.sandbox.scenario import Scenario, State
from authenticate_app.sandbox.scenarios_legacy import SCENARIOS as OF_LEGACY
from authenticate_app.sandbox.scenarios_new import SCENARIOS as OF_NEW
from authenticate_app.sandbox.stage import Credentials, Stage, new_stage

ALL: Final = (*OF_NEW, *OF_LEGACY)
ANSWER_SECONDS: Final = 5.0
SETTLING_SECONDS: Final = 1.0
"""How long a request that has ended is looked at: final states never change."""


class NotReady(Exception):
    """Nothing can be played; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a scenario went; ``fault`` is empty where it went as it has to."""

    scenario: Scenario
    phone: SandboxPhone
    seconds: float
    fault: str = ""


def chosen(names: Iterable[str], *, flow: str = "") -> list[Scenario]:
    """The scenarios of these names, or all of a flow. Raises ``NotReady`` for a name that there is not."""
    wanted = list(names)
    known = {scenario.name: scenario for scenario in ALL}
    if unknown := [name for name in wanted if name not in known]:
        raise NotReady(f"There is no scenario {unknown[0]!r}; --list shows all of them.")
    found = [known[name] for name in wanted] or list(ALL)
    return [scenario for scenario in found if flow in {"", scenario.flow}]


def make_sure_of_server() -> None:
    """Raise ``NotReady`` unless the sandbox is on, and its server answers."""
    import httpx

    if not settings.SANDBOX:
        raise NotReady("The sandbox is off: set SANDBOX=true, or ENVIRONMENT=demonstration beside make run.")
    if not Business.objects.filter(business_id=IMPATIENT_BUSINESS, is_sandbox=True).exists():
        raise NotReady("The businesses of the sandbox are missing: make run stores them.")
    address = settings.PUBLIC_BASE_URL
    try:
        answer = httpx.get(f"{address}/sandbox/", timeout=ANSWER_SECONDS, trust_env=False)
    except httpx.HTTPError:
        raise NotReady(f"No server answers at {address}: start it with make run, and try again.") from None
    if not answer.is_success:
        raise NotReady(f"The server at {address} has no sandbox: it answered {answer.status_code}.")


def play_all(scenarios: Sequence[Scenario], credentials: Credentials, *, at_once: int) -> Iterator[Outcome]:
    """Play scenarios, so many at the same time; answers how they went, in their order."""
    with ThreadPoolExecutor(at_once) as threads:
        yield from threads.map(lambda scenario: _play_in_thread(scenario, credentials), scenarios)


def _play_in_thread(scenario: Scenario, credentials: Credentials) -> Outcome:
    try:
        return play(scenario, credentials)
    finally:
        connection.close()


def play(scenario: Scenario, credentials: Credentials) -> Outcome:
    """Play one scenario on a phone of its own."""
    business_id = IMPATIENT_BUSINESS if scenario.is_impatient else BUSINESS
    businesses = Business.objects.select_related("account", "client")
    stage = new_stage(businesses.get(business_id=business_id), scenario.flow, credentials)
    began = time.monotonic()
    try:
        request = stage.wait_for_end(scenario.act(stage))
        time.sleep(SETTLING_SECONDS if request.state != State.SUCCEEDED else 0)
        fault = _fault(scenario, stage, request)
    except (CallRefused, Lost, TookTooLong) as problem:
        fault = str(problem)
    return Outcome(scenario, stage.phone.row, time.monotonic() - began, fault)


def _fault(scenario: Scenario, stage: Stage, request: SignInRequest) -> str:
    request.refresh_from_db()
    expected = f"{scenario.state} ({scenario.reason})"
    if (found := f"{request.state} ({request.reason})") != expected:
        return f"It should have ended as {expected}, and ended as {found}."
    if request.state == State.SUCCEEDED:
        result = getattr(request, "result", None)
        user = result.user if result is not None else None
        if user is None or user.username != stage.credentials.name:
            return "It succeeded, but not as the customer who signed in."
    return ""
