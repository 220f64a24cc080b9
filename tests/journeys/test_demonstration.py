"""The first run: a fresh checkout, one command, and the ``curl`` line that it prints."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.databases import ROOT
from tests.serving import TIMEOUT_SECONDS, Process, free_port

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("demonstration")]

NOT_OF_A_CHECKOUT = shutil.ignore_patterns(".*", "var", "tests", "docs", "__pycache__", "requirements")


class Demonstration:
    """``manage.py demonstration`` in a checkout of its own, as ``make run`` starts it."""

    def __init__(self, checkout: Path) -> None:
        self.checkout = checkout
        self.port = free_port()
        self.log = checkout / "demonstration.log"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> str:
        """Return what it prints until it stands."""
        self.log.write_text("")
        variables = {
            "ENVIRONMENT": "demonstration",
            "PORT": str(self.port),
            "METRICS_PORT": "0",
            "WORKERS": "1",
            "DJANGO_SETTINGS_MODULE": "chatauth_project.settings",
        }
        self.process = Process("manage.py", "demonstration", log=self.log, variables=variables, cwd=self.checkout)
        self.process.wait_for("Ctrl-C stops the server")
        self.chat_status = httpx.get(f"http://127.0.0.1:{self.port + 1}/readyz", trust_env=False).status_code
        return self.process.written()

    def stop(self) -> int:
        """As Ctrl-C does, once."""
        import signal

        return self.process.stop(signal.SIGINT)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkout") / "chatauth"
    shutil.copytree(ROOT, folder, ignore=NOT_OF_A_CHECKOUT)
    return folder


@pytest.fixture(scope="module")
def demonstration(checkout: Path) -> Iterator[Demonstration]:
    started = Demonstration(checkout)
    try:
        started.start()
        yield started
    finally:
        started.stop()


def printed_curl(demonstration: Demonstration) -> list[str]:
    return shlex.split(printed_lines(demonstration)[0])


def printed_lines(demonstration: Demonstration) -> list[str]:
    """The command line by password, the one by access token, and the one that exchanges a code."""
    lines = re.findall(r"^ +(curl .+)$", demonstration.process.written(), re.MULTILINE)
    assert len(lines) == 3
    return lines


def as_httpx(arguments: list[str]) -> httpx.Response:
    """Send what curl would send; of its options, those that we print."""
    options = dict(zip(arguments[2:-1:2], arguments[3:-1:2], strict=True))
    assert options.keys() == {"-u", "-H", "-d"}
    name, password = options["-u"].split(":", 1)
    header, value = options["-H"].split(": ", 1)
    return httpx.post(
        arguments[-1],
        content=options["-d"],
        headers={header: value},
        auth=(name, password),
        timeout=TIMEOUT_SECONDS,
        trust_env=False,
    )


def test_the_printed_line_is_answered_with_a_token_that_verifies(demonstration: Demonstration) -> None:
    response = as_httpx(printed_curl(demonstration))
    assert response.status_code == 201
    body = response.json()
    keys = KeySet.import_key_set(httpx.get(f"{demonstration.url}/.well-known/jwks.json", trust_env=False).json())
    claims = jwt.decode(body["jwt"], keys, algorithms=["RS256"]).claims
    assert claims["sub"] == body["authUserName"] == "john.smith@vision.com"
    assert body["interfaceId"] == body["queueId"] == "1"


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_printed_line_runs_as_it_is(demonstration: Demonstration) -> None:
    done = subprocess.run(printed_curl(demonstration), capture_output=True, text=True, check=True, timeout=60)
    assert '"jwt":"ey' in done.stdout
    assert not done.stderr


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_printed_line_with_an_access_token_runs_as_it_is(demonstration: Demonstration) -> None:
    command = ["sh", "-c", printed_lines(demonstration)[1]]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert '"jwt":"ey' in done.stdout
    assert not done.stderr


def test_the_printed_sign_in_leads_to_the_form(demonstration: Demonstration) -> None:
    (address,) = re.findall(r"^ +(http\S+/oauth/authorize\S+)$", demonstration.process.written(), re.MULTILINE)
    page = httpx.get(address, follow_redirects=True, trust_env=False, timeout=TIMEOUT_SECONDS)
    assert page.status_code == 200
    assert "Vision Shop" in page.text


@pytest.mark.parametrize(
    ("caller", "end_user", "status"),
    [
        ("dcsadmin1", "anybody@example.com", 201),
        ("john.smith@vision.com", "john.smith@vision.com", 201),
        ("john.smith@vision.com", "dcsadmin1", 403),
        ("admin", "admin", 403),
    ],
)
def test_who_may_ask_for_whom(demonstration: Demonstration, caller: str, end_user: str, status: int) -> None:
    response = httpx.post(
        f"{demonstration.url}/serviceApi/resources/11.13.18.05/chatAuthenticate",
        json={"authUserName": end_user, "interfaceId": 1},
        auth=(caller, "Welcome1"),
        timeout=TIMEOUT_SECONDS,
        trust_env=False,
    )
    assert response.status_code == status


@pytest.mark.parametrize(
    ("attributes", "queue"),
    [
        ({}, "1"),
        ({"customFields": '{"tier": "gold"}'}, "2"),
        ({"incidentSeverityCode": "ORA_SVC_SEV_1"}, "2"),
        ({"question": "Where is my refund?"}, "2"),
        ({"queueId": 2}, "2"),
    ],
    ids=str,
)
def test_the_rules_of_the_demonstration(
    demonstration: Demonstration, attributes: dict[str, object], queue: str
) -> None:
    response = httpx.post(
        f"{demonstration.url}/crmRestApi/resources/latest/chatAuthenticate",
        json={"authUserName": "jane", "interfaceId": 1, **attributes},
        auth=("dcsadmin1", "Welcome1"),
        timeout=TIMEOUT_SECONDS,
        trust_env=False,
    )
    assert response.json()["queueId"] == queue


def test_the_chat_answers_as_soon_as_the_demonstration_is_said_to_be_ready(demonstration: Demonstration) -> None:
    assert demonstration.chat_status == 200


@pytest.mark.parametrize("path", ["/login/", "/api/docs/", "/.well-known/jwks.json", "/readyz"])
def test_what_is_printed_is_there(demonstration: Demonstration, path: str) -> None:
    assert httpx.get(demonstration.url + path, trust_env=False, timeout=TIMEOUT_SECONDS).status_code == 200


def test_a_second_run_has_kept_the_data_and_one_at_a_time_runs(checkout: Path) -> None:
    own = checkout.parent / "another checkout"  # which runs beside the first; the blank is on purpose
    shutil.copytree(checkout, own, ignore=shutil.ignore_patterns("var", "*.log"))
    run = Demonstration(own)
    assert "Creating a database" in run.start()
    assert as_httpx(printed_curl(run)).status_code == 201
    rival = Demonstration(own)
    rival.log = own / "rival.log"
    with pytest.raises(AssertionError, match="runs already"):
        rival.start()
    kid = httpx.get(f"{run.url}/.well-known/jwks.json", trust_env=False).json()["keys"][0]
    assert run.stop() == 0
    text = run.start()
    assert "Creating a database" not in text
    assert httpx.get(f"{run.url}/.well-known/jwks.json", trust_env=False).json()["keys"] == [kid]
    assert run.stop() == 0
    assert "Stopping the database" in run.process.written()
