"""Hundreds of people, several processes, a database, and somebody who kills them at random.

``python -m tests.simulation --minutes 10 --seed 7`` runs it for long; a test does for some seconds.
"""

import asyncio
import os
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import httpx

from chatauth_project.embedded_postgres import EmbeddedPostgres
from tests import databases
from tests.serving import ADDRESS, CALLER, PASSWORD, Installation, Process, free_port, installation
from tests.simulation.judgement import broken_rules, read_records
from tests.simulation.ledger import Ledger
from tests.simulation.people import Agent, Customer, World
from tests.simulation.wire import PAUSE_SECONDS, Network
from tests.waiting import wait_until

CALM_SECONDS = 90.0
"""How long everybody may take to come to an end, once nothing is killed any more."""


@dataclass(frozen=True)
class Script:
    """What is to be simulated. ``kill_every``: seconds between two deaths of processes, on average."""

    seconds: float
    seed: int
    customers: int = 200
    agents: int = 40
    capacity: int = 5
    processes: int = 3
    kill_every: float = 3.0
    restart_database_every: float = 60.0


@dataclass
class Report:
    """What came of it."""

    script: Script
    kills: int = 0
    restarts: int = 0
    requests: int = 0
    broken: int = 0
    doubles: int = 0
    seconds: float = 0.0
    events: Counter[str] = field(default_factory=Counter)
    broken_rules: list[str] = field(default_factory=list)

    def text(self) -> str:
        """Say it in lines for people."""
        told = ", ".join(f"{number} {what}" for what, number in sorted(self.events.items()))
        verdict = [f"BROKEN: {rule}" for rule in self.broken_rules] or ["No rule was broken."]
        script = self.script
        return "\n".join(
            [
                f"Seed {script.seed}: {script.customers} customers and {script.agents} agents at a time, "
                f"{script.processes} processes, {self.seconds:.0f} s.",
                f"{self.kills} processes killed, the database {self.restarts} times; {self.requests} requests, "
                f"{self.broken} of them broken off, {self.doubles} events given again.",
                f"{told}.",
                *verdict,
            ]
        )


class Fleet:
    """The processes of the chat server, each on a port of its own. One that is killed is started again at once."""

    def __init__(self, installed: Installation, number: int, folder: Path) -> None:
        self._variables = installed.server.variables
        self._folder = folder
        self.ports = [free_port() for _ in range(number)]
        self._processes = [self._start(port) for port in self.ports]

    def wait_until_ready(self) -> None:
        """Return when all of them answer."""
        for port in self.ports:
            wait_until(lambda port=port: _answers(port), patience=60.0)  # type: ignore[misc]

    def kill_one(self, chance: Random) -> None:
        """End one at a place of chance, without a word, and start another there."""
        place = chance.randrange(len(self.ports))
        os.killpg(self._processes[place].process.pid, signal.SIGKILL)
        self._processes[place].process.wait()
        self._processes[place] = self._start(self.ports[place])

    def stop(self) -> None:
        """End all of them."""
        for process in self._processes:
            process.stop(signal.SIGKILL, whole_group=True)

    def written(self) -> str:
        """All that they wrote into their logs."""
        return "".join(process.written() for process in self._processes)

    def _start(self, port: int) -> Process:
        return Process(
            "manage.py",
            "serve_chat",
            f"--supervisor={os.getpid()}",
            log=self._folder / f"chat-{port}.log",
            variables={**self._variables, "CHAT_PORT": str(port), "CHAT_THREADS": "4"},
        )


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).is_success
    except httpx.HTTPError:
        return False


def simulate(script: Script) -> Report:
    """Let it all happen, and judge."""
    report = Report(script)
    with tempfile.TemporaryDirectory() as folder, _stage(script, Path(folder)) as (cluster, installed, fleet):
        ledger = asyncio.run(_play(script, report, cluster, installed, fleet))
        records = read_records(installed.server.database)
        something_died = bool(report.kills or report.restarts)
        report.broken_rules = broken_rules(ledger, records, something_died=something_died)
        if "Traceback" in fleet.written():
            report.broken_rules.append("A process wrote a traceback.\n" + fleet.written()[-4000:])
    report.events = ledger.events
    views = [*ledger.agents, *(view for views in ledger.customers.values() for view in views)]
    report.doubles = sum(view.doubles for view in views)
    return report


@contextmanager
def _stage(script: Script, folder: Path) -> Iterator[tuple[EmbeddedPostgres, Installation, Fleet]]:
    cluster = EmbeddedPostgres(folder / "postgres", durable=True, options={"max_connections": "200"})
    with ExitStack() as stack:
        stack.enter_context(cluster)
        cluster.create_database("chatauth")
        url = cluster.url("chatauth")
        databases.migrate(url)
        databases.prepare(url)
        installed = stack.enter_context(installation(url, folder / "server.log", WORKERS="1", JOB_WORKERS="0"))
        fleet = Fleet(installed, script.processes, folder)
        stack.callback(fleet.stop)
        fleet.wait_until_ready()
        yield cluster, installed, fleet


async def _play(
    script: Script, report: Report, cluster: EmbeddedPostgres, installed: Installation, fleet: Fleet
) -> Ledger:
    chance, ledger = Random(script.seed), Ledger()
    network = Network(fleet.ports, Random(script.seed + 1))
    tokens = await asyncio.to_thread(installed.administrator.do, "store_agents", number=script.agents, queue=1)
    async with _Office(installed.server.url) as office:
        world = World(chat=network, office=office.token_for, ledger=ledger, chance=chance)
        agents = [Agent(world, f"a{number}", token, capacity=script.capacity) for number, token in enumerate(tokens)]
        working = [asyncio.create_task(agent.work()) for agent in agents]
        living = [asyncio.create_task(_customers(world, place)) for place in range(script.customers)]
        began = time.monotonic()
        await _disturb(script, report, cluster, fleet)
        world.is_calm = True
        _done, late = await asyncio.wait(living, timeout=CALM_SECONDS)
        await asyncio.sleep(1.0)  # what the agents are still to be told
        for task in (*late, *working):
            task.cancel()
        failures = await asyncio.gather(*living, *working, return_exceptions=True)
    report.seconds, report.requests, report.broken = time.monotonic() - began, network.requests, network.broken
    report.broken_rules += [f"{len(late)} customers came to no end."] if late else []
    for failure in failures:
        if isinstance(failure, Exception):
            raise failure
    return ledger


async def _customers(world: World, place: int) -> None:
    """One customer after the other."""
    number = 0
    while not world.is_calm:
        number += 1
        await Customer(world, f"c{place}-{number}").live()


async def _disturb(script: Script, report: Report, cluster: EmbeddedPostgres, fleet: Fleet) -> None:
    """Kill at random until the time is over."""
    chance, end = Random(script.seed + 2), time.monotonic() + script.seconds
    next_restart = time.monotonic() + chance.uniform(0.3, 0.7) * min(script.restart_database_every, script.seconds)
    while (now := time.monotonic()) < end:
        await asyncio.sleep(min(chance.uniform(0.5, 1.5) * script.kill_every, max(0.0, end - now)))
        if time.monotonic() >= next_restart:
            next_restart = time.monotonic() + script.restart_database_every
            await asyncio.to_thread(cluster.stop, "immediate")
            await asyncio.to_thread(cluster.start)
            report.restarts += 1
        else:
            fleet.kill_one(chance)
            report.kills += 1


class _Office:
    """Where tokens come from: ``chatAuthenticate``, asked by the customers' company."""

    def __init__(self, url: str) -> None:
        self._client = httpx.AsyncClient(
            base_url=url, headers={"X-Forwarded-Proto": "https"}, timeout=20.0, trust_env=False
        )

    async def __aenter__(self) -> "_Office":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def token_for(self, name: str) -> str:
        """Return a token for a customer, who comes back if they can."""
        body = {"authUserName": name, "interfaceId": "1", "resumeType": "RESUME"}
        while True:
            try:
                answer = await self._client.post(ADDRESS, json=body, auth=(CALLER, PASSWORD))
            except httpx.HTTPError:
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            if answer.status_code == httpx.codes.CREATED:
                return str(answer.json()["jwt"])
            await asyncio.sleep(PAUSE_SECONDS)
