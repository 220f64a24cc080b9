"""Processes that work on jobs are killed, hang and lose their database: nothing is lost, and nothing done twice."""

import json
import os
import signal
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from authenticate_app.messages.worker import THREADS
from chatauth_project.embedded_postgres import EmbeddedPostgres
from chatauth_project.processes import runs
from tests.faults.conftest import durable_copy
from tests.messages import apple
from tests.messages.receiver import Receiver, receiver
from tests.serving import Installation, Process, installation, submit
from tests.waiting import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("faults")]

SOON = 240.0
"""Seconds that anything may take on a busy machine before a test gives up."""


@pytest.fixture(scope="module")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mail")


@pytest.fixture(scope="module")
def standing(prepared: Path, mailbox: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("jobs")
    mail = {"EMAIL_URL": mailbox.as_uri(), "EMAIL_FROM": "chat@example.com"}
    with (
        durable_copy(prepared, folder) as cluster,
        installation(cluster.url("chatauth"), folder / "server.log", PRIVATE_ADDRESSES="true", **mail) as found,
    ):
        yield found


@pytest.fixture
def installed(standing: Installation) -> Installation:
    """A server that runs, and nothing that the test before has left to be done."""
    if standing.server.process.process.poll() is not None:
        standing.server.start()
    for table in ("webhookdelivery", "outboundmessage", "inboundmessage"):
        standing.server.query(f"DELETE FROM authenticate_app_{table} RETURNING id")  # noqa: S608 - as above
    standing.server.query("DELETE FROM procrastinate_jobs RETURNING id")
    return standing


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


def job_processes(installed: Installation) -> list[int]:
    """Return the processes that work on jobs, which the server has started."""
    children = Path(f"/proc/{installed.server.process.process.pid}/task").glob("*/children")
    pids = [int(pid) for file in children for pid in file.read_text().split()]
    return [pid for pid in pids if runs(pid) and b"--supervisor" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def wait_for_job_process(installed: Installation, *, but: int = 0) -> int:
    """Return a process that works on jobs and has begun to."""
    statement = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '4 seconds'"
    wait_until(lambda: [pid for pid in job_processes(installed) if pid != but], patience=SOON)
    wait_until(lambda: installed.server.query(statement)[0][0] >= len(THREADS), patience=SOON)
    return next(pid for pid in job_processes(installed) if pid != but)


def new_business(installed: Installation, hook_url: str, **fields: str) -> str:
    name = f"business-{uuid.uuid4().hex[:8]}"
    installed.administrator.do("store_business", webhook_url=hook_url, business_id=name, **fields)
    return name


def post(client: httpx.Client, business: str, **fields: Any) -> httpx.Response:
    message = apple.text(destinationId=business, **fields)
    headers = {**apple.headers_of(message), "Content-Encoding": "gzip"}
    return client.post("/amb/message", content=apple.packed(message), headers=headers)


def taken_texts(hook: Receiver) -> Counter[str]:
    """Count what the business's system was told, by what the customer wrote; the same webhook twice counts once."""
    told = {taken.headers["webhook-id"]: json.loads(taken.body)["data"]["message"]["body"] for taken in hook.taken}
    return Counter(told.values())


def check_quiet(installed: Installation) -> None:
    assert [line for line in installed.server.process.written().splitlines() if "Traceback" in line] == []


def test_what_a_customer_writes_reaches_the_business(installed: Installation, hook: Receiver) -> None:
    business = new_business(installed, hook.url)
    assert post(installed.client, business, body="Hello there").status_code == 200
    wait_until(lambda: hook.taken, patience=SOON)
    assert taken_texts(hook) == {"Hello there": 1}
    wait_until(lambda: installed.server.query("SELECT count(*) FROM procrastinate_jobs") == [(0,)], patience=SOON)
    assert installed.server.metric("chatauth_jobs_total") >= 2
    assert installed.server.process.stop() == 0
    check_quiet(installed)


def letters_to(address: str, mailbox: Path) -> list[str]:
    return [text for text in (letter.read_text() for letter in mailbox.iterdir()) if f"To: {address}" in text]


def test_a_letter_outlives_the_server_that_was_asked_for_it(installed: Installation, mailbox: Path) -> None:
    name = installed.new_user(email="somebody@example.com", email_verified=True)
    for killed in job_processes(installed):
        os.kill(killed, signal.SIGKILL)
    assert submit(installed.client, "/account/password/forgotten/", name=name).status_code == 302
    installed.server.process.kill9()
    installed.server.start()
    wait_until(lambda: letters_to("somebody@example.com", mailbox), patience=SOON)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_process_that_ends_is_replaced(installed: Installation, hook: Receiver, number: signal.Signals) -> None:
    business = new_business(installed, hook.url)
    before = wait_for_job_process(installed)
    os.kill(before, number)
    wait_until(lambda: not runs(before), patience=SOON)
    assert post(installed.client, business, body="after").status_code == 200
    wait_until(lambda: taken_texts(hook) == {"after": 1}, patience=SOON)
    assert before not in job_processes(installed)


def test_one_that_is_killed_in_the_middle_of_a_job_has_it_done_by_another(
    installed: Installation, hook: Receiver
) -> None:
    business = new_business(installed, hook.url)
    killed = wait_for_job_process(installed)
    with _held(installed, "authenticate_app_conversation"):  # a message is processed as far as its conversation
        assert post(installed.client, business, body="once").status_code == 200
        doing = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'"
        wait_until(lambda: installed.server.query(doing) == [(1,)], patience=SOON)
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: not runs(killed), patience=SOON)
    wait_until(lambda: hook.taken, patience=SOON)
    wait_until(lambda: installed.server.query("SELECT count(*) FROM procrastinate_jobs") == [(0,)], patience=SOON)
    assert taken_texts(hook) == {"once": 1}
    assert len(hook.taken) == 1
    assert installed.server.query("SELECT count(*) FROM authenticate_app_inboundmessage") == [(1,)]


@contextmanager
def _held(installed: Installation, table: str) -> Iterator[None]:
    """Let nobody write to a table meanwhile."""
    with psycopg.connect(installed.server.database) as connection:
        connection.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE".encode())
        yield


def test_the_whole_server_killed_under_load(installed: Installation, hook: Receiver) -> None:
    business = new_business(installed, hook.url)
    stored: list[str] = []
    stop = threading.Event()

    def write() -> None:
        with installed.server.client() as client:
            while not stop.is_set():
                text = uuid.uuid4().hex
                try:
                    if post(client, business, body=text).status_code == 200:
                        stored.append(text)
                except httpx.TransportError:
                    stop.wait(0.05)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(stored) > 60, patience=SOON)
    installed.server.process.kill9()
    before = len(stored)
    installed.server.start()
    wait_until(lambda: len(stored) > before + 60, patience=SOON)
    stop.set()
    for thread in threads:
        thread.join(timeout=SOON)
    unprocessed = "SELECT count(*) FROM authenticate_app_inboundmessage WHERE processed_at IS NULL"
    wait_until(lambda: installed.server.query(unprocessed) == [(0,)], patience=SOON)
    wait_until(lambda: set(stored) <= taken_texts(hook).keys(), patience=SOON)
    assert set(taken_texts(hook).values()) == {1}


def test_a_conversation_is_processed_in_its_order(installed: Installation, hook: Receiver) -> None:
    """However its messages are put together when they get their jobs."""
    business = new_business(installed, hook.url)
    wait_for_job_process(installed)
    for number in range(200):
        assert post(installed.client, business, body=str(number)).status_code == 200
    unprocessed = "SELECT count(*) FROM authenticate_app_inboundmessage WHERE processed_at IS NULL"
    wait_until(lambda: installed.server.query(unprocessed) == [(0,)], patience=SOON)
    in_order = "SELECT count(*), array_agg(id ORDER BY id) = array_agg(id ORDER BY processed_at)"
    found = installed.server.query(f"{in_order} FROM authenticate_app_inboundmessage")
    assert found == [(200, True)]
    wait_until(lambda: len(taken_texts(hook)) == 200, patience=SOON)
    assert set(taken_texts(hook).values()) == {1}


def test_a_message_of_which_nobody_was_told_is_found(installed: Installation, hook: Receiver) -> None:
    """As one that comes while the connection that listens is broken."""
    business = new_business(installed, hook.url)
    wait_for_job_process(installed)
    stop_listening = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'chatauth-jobs'"
    assert installed.server.query(stop_listening)
    assert post(installed.client, business, body="unheard").status_code == 200
    wait_until(lambda: taken_texts(hook) == {"unheard": 1}, patience=SOON)


def test_a_system_that_hangs_delays_no_other(installed: Installation, hook: Receiver) -> None:
    with receiver() as hanging:
        hanging.hangs.set()
        slow = new_business(installed, hanging.url, gateway_url=hanging.url)
        quick = new_business(installed, hook.url)
        wait_for_job_process(installed)
        for number in range(15):
            assert post(installed.client, slow, body=str(number)).status_code == 200
        wait_until(lambda: len(hanging.taken) >= 1, patience=SOON)
        for _ in range(10):
            installed.administrator.do("send_text", business_id=slow, customer_id=apple.CUSTOMER)
        wait_until(lambda: len(hanging.taken) >= 4, patience=SOON)
        assert post(installed.client, quick, body="quick").status_code == 200
        wait_until(lambda: hook.taken, patience=8)
        assert taken_texts(hook) == {"quick": 1}


def test_a_stop_does_not_wait_for_a_system_that_hangs(installed: Installation) -> None:
    with receiver() as hanging:
        hanging.hangs.set()
        business = new_business(installed, hanging.url)
        assert post(installed.client, business).status_code == 200
        wait_until(lambda: hanging.taken, patience=SOON)
        pids = job_processes(installed)
        assert installed.server.process.stop() == 0
        assert not any(runs(pid) for pid in pids)
        doing = "SELECT count(*) FROM procrastinate_jobs WHERE worker_id IS NOT NULL"
        assert installed.server.query(doing) == [(0,)]  # so that another takes it at once
        check_quiet(installed)


def test_a_database_that_is_restarted(cluster: EmbeddedPostgres, tmp_path: Path, hook: Receiver) -> None:
    url = cluster.url("chatauth")
    with installation(url, tmp_path / "server.log", PRIVATE_ADDRESSES="true") as installed:
        business = new_business(installed, hook.url)
        process = wait_for_job_process(installed)
        cluster.stop("immediate")
        cluster.start()
        wait_until(lambda: post(installed.client, business, body="after").status_code == 200, patience=SOON)
        wait_until(lambda: taken_texts(hook)["after"] == 1, patience=SOON)
        assert job_processes(installed) == [process]
        check_quiet(installed)


def test_jobs_that_were_lost_are_added_again(installed: Installation, hook: Receiver) -> None:
    business = new_business(installed, hook.url)
    wait_for_job_process(installed)
    with _held(installed, "authenticate_app_conversation"):
        assert post(installed.client, business, body="lost").status_code == 200
        os.kill(wait_for_job_process(installed), signal.SIGKILL)
        installed.server.query("DELETE FROM procrastinate_jobs RETURNING id")
        earlier = (
            "UPDATE authenticate_app_inboundmessage SET received_at = received_at - interval '1 minute' RETURNING id"
        )
        installed.server.query(earlier)
    wait_until(lambda: taken_texts(hook) == {"lost": 1}, patience=SOON)


def test_they_do_not_outlive_the_supervisor(installed: Installation) -> None:
    pid = wait_for_job_process(installed)
    os.kill(installed.server.process.process.pid, signal.SIGKILL)
    installed.server.process.process.wait(timeout=30)
    wait_until(lambda: not runs(pid), patience=SOON)


def test_control_c_at_a_terminal_is_quiet(installed: Installation) -> None:
    pid = wait_for_job_process(installed)
    before = installed.server.process.written()
    assert installed.server.process.stop(signal.SIGINT, whole_group=True) == 0
    assert not runs(pid)
    check_quiet(installed)
    assert "job process ended" not in installed.server.process.written().removeprefix(before)


def test_a_process_of_its_own(installed: Installation, hook: Receiver, tmp_path: Path) -> None:
    """As on another host: beside those of the server, on the same database."""
    business = new_business(installed, hook.url)
    other = Process("manage.py", "work", log=tmp_path / "work.log", variables=installed.server.variables)
    try:
        other.wait_for("job worker started")
        for number in range(40):
            assert post(installed.client, business, body=str(number)).status_code == 200
        wait_until(lambda: len(taken_texts(hook)) == 40, patience=SOON)
        assert len(hook.taken) == 40
    finally:
        assert other.stop(signal.SIGINT) == 0
    assert "Traceback" not in other.written()
