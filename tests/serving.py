"""The real server as processes of its own, for tests that go the whole way: a database, workers, an administrator."""

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

import httpx
import psycopg
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.databases import ROOT, drop_database, environment_with, prepared_database
from tests.environment import TEST_ENVIRONMENT
from tests.waiting import wait_until

ADDRESS = "/crmRestApi/resources/latest/chatAuthenticate"
PASSWORD = "correct horse"
CALLER = "dcsadmin1"
START_SECONDS = 240.0
REFUSED = 2
"""The exit status of a start that is refused."""
TIMEOUT_SECONDS = 60.0
PORTS = range(12_000, 32_000)
"""Below those that Linux and others give away by themselves."""


def free_port() -> int:
    """Return a port that nobody uses, and that the system gives to no connection that happens to be made next."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", secrets.choice(PORTS)))
        except OSError:
            return free_port()
        return int(probe.getsockname()[1])


class Process:
    """A program of this project with an environment of its own, which writes into a file."""

    def __init__(self, *arguments: str, log: Path, variables: Mapping[str, str], cwd: Path = ROOT) -> None:
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env=environment_with(variables),
                start_new_session=True,
            )

    def written(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def wait_for(self, text: str) -> None:
        """Return once the program has written the text; fail with all that it wrote if it ends before."""
        wait_until(lambda: text in self.written() or self.process.poll() is not None, patience=START_SECONDS)
        assert text in self.written(), self.written()

    def stop(self, number: signal.Signals = signal.SIGTERM, *, whole_group: bool = False) -> int:
        """Send a signal, to all that the program started as well if asked for, and return the exit status."""
        if self.process.poll() is None:
            (os.killpg if whole_group else os.kill)(self.process.pid, number)
        return self.process.wait(timeout=START_SECONDS)

    def kill9(self) -> None:
        """End the program and everything that it started, all at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=START_SECONDS)


class Server:
    """``manage.py serve`` on free ports; as a context manager it runs meanwhile."""

    def __init__(self, database: str, log: Path, **variables: str) -> None:
        self.database = database
        self.log = log
        self.port, self.metrics_port = free_port(), free_port()
        self.variables = {
            **TEST_ENVIRONMENT,
            "DJANGO_SETTINGS_MODULE": "chatauth_project.settings",
            "DATABASE_URL": database,
            "PORT": str(self.port),
            "METRICS_PORT": str(self.metrics_port),
            "WORKERS": "2",
            "CHAT_WORKERS": "0",
            "TRUSTED_PROXIES": "127.0.0.1",
            "THROTTLE_FAILURES_BY_NAME": "1000",  # every client of ours has the same address
            **({"PUBLIC_BASE_URL": self.url} if variables.get("ENVIRONMENT") == "demonstration" else {}),
            **variables,
        }
        self._process: Process | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        if self.process.process.poll() is None:
            self.process.stop()

    @property
    def process(self) -> Process:
        assert self._process is not None
        return self._process

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *options: str) -> None:
        """Start and return once it answers."""
        self.launch("serve", *options).wait_for("Ready on ")

    def launch(self, *arguments: str) -> Process:
        """Start ``manage.py`` with these arguments, and do not wait for what comes of it."""
        self.log.write_text("")
        self._process = Process("manage.py", *arguments, log=self.log, variables=self.variables)
        return self._process

    def refusal(self, *arguments: str) -> str:
        """Return what it says when it will not start, with exit status 2."""
        process = self.launch(*arguments)
        assert process.process.wait(timeout=START_SECONDS) == REFUSED
        assert "Traceback" not in process.written()
        return process.written()

    def workers(self) -> list[int]:
        """The process ids of its workers."""
        return workers_of(self.process.process.pid)

    def client(self, **options: Any) -> httpx.Client:
        """A client behind the trusted proxy that speaks TLS for us; ``options`` as httpx has them."""
        headers = {"X-Forwarded-Proto": "https", **options.pop("headers", {})}
        return httpx.Client(base_url=self.url, headers=headers, timeout=TIMEOUT_SECONDS, trust_env=False, **options)

    def metrics(self) -> str:
        return httpx.get(f"http://127.0.0.1:{self.metrics_port}/metrics", trust_env=False).text

    def metric(self, name: str) -> float:
        """The sum over all labels of one metric."""
        lines = [line for line in self.metrics().splitlines() if line.split("{")[0].split(" ")[0] == name]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines)

    def administrator(self) -> "Administrator":
        return Administrator(self.variables)

    def query(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database, autocommit=True) as connection:
            return connection.execute(statement.encode(), parameters).fetchall()

    def verified(self, token: str) -> dict[str, Any]:
        """Return the claims of a token that verifies against the key set as it is published now."""
        with self.client() as client:
            keys = KeySet.import_key_set(client.get("/.well-known/jwks.json").json())
        return dict(jwt.decode(token, keys, algorithms=["RS256"]).claims)


def workers_of(supervisor: int) -> list[int]:
    """Return the processes that a server started and that hold its port, but no helper of Python's own."""
    children = Path(f"/proc/{supervisor}/task").glob("*/children")
    pids = [int(pid) for file in children for pid in file.read_text().split()]
    return [pid for pid in pids if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def ask(
    client: httpx.Client, *, caller: str = CALLER, password: str = PASSWORD, **attributes: object
) -> httpx.Response:
    body = {"authUserName": "Jane Roe", "interfaceId": "1", **attributes}
    return client.post(ADDRESS, json=body, auth=httpx.BasicAuth(caller, password))


class Administrator:
    """Somebody who changes things in a process of their own, as the admin does; see ``tests.administrator``.

    The process starts with the first deed: not every test has one done.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._started: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._started:
            self._started.communicate(timeout=START_SECONDS)

    def do(self, deed: str, **arguments: object) -> Any:
        """Have a deed done; it is committed when this returns."""
        process = self._process()
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps([deed, arguments]) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    def _process(self) -> "subprocess.Popen[str]":
        if self._started is None:
            self._started = subprocess.Popen(
                [sys.executable, "-m", "tests.administrator"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=ROOT,
                env=environment_with(self._variables),
            )
        return self._started


def submit(client: httpx.Client, path: str, **fields: str) -> httpx.Response:
    """Open a page with a form, fill it in and send it, as a browser does."""
    host = {"Host": "chat.example.com", "Referer": f"https://chat.example.com{path}"}
    page = client.get(path, headers=host)
    cookies = re.findall(r"(__Host-\w+)=([^;]+)", page.headers["Set-Cookie"])
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    assert token is not None
    cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies)}
    return client.post(path, data={**fields, "csrfmiddlewaretoken": token.group(1)}, headers={**host, **cookie})


class Installation:
    """A server that stands, somebody who administers it, and a client."""

    def __init__(self, server: Server, administrator: Administrator, client: httpx.Client) -> None:
        self.server = server
        self.administrator = administrator
        self.client = client

    def new_user(self, *roles: str, **fields: object) -> str:
        """Store a user that no other test has; without roles one who may ask on behalf of others."""
        name = f"user-{uuid.uuid4().hex[:12]}"
        self.administrator.do("store_user", name=name, roles=roles, fields=fields)
        return name


@contextmanager
def installation(database: str, log: Path, **variables: str) -> Iterator[Installation]:
    """Let an installation stand meanwhile, on a database that is prepared."""
    with ExitStack() as stack:
        server = stack.enter_context(Server(database, log, **variables))
        administrator = stack.enter_context(server.administrator())
        yield Installation(server, administrator, stack.enter_context(server.client()))


def own_installation(folder: Path, **variables: str) -> AbstractContextManager[Installation]:
    """An installation with a database of its own beside that of the tests."""
    return _own_installation(folder, variables)


@contextmanager
def _own_installation(folder: Path, variables: Mapping[str, str]) -> Iterator[Installation]:
    database = prepared_database()
    try:
        with installation(database, folder / "server.log", **variables) as found:
            yield found
    finally:
        drop_database(database)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One installation for all tests of a process: each keeps to users, queues and rules of its own."""
    with own_installation(tmp_path_factory.mktemp("installation")) as found:
        yield found
        found.server.process.stop()
        assert "Traceback" not in found.server.process.written()
