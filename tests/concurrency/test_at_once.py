"""Many at the same time, on the real server with two workers."""

import socket
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.load import SOON, check_nothing_is_half_stored, claims_of, kid_of, load_on, stored_tokens
from tests.serving import ADDRESS, Installation, ask
from tests.waiting import wait_until

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("installed")]

AT_ONCE = 100
CLIENTS = 4
_queues = count(5000)


def ask_at_once(installed: Installation, number: int, **attributes: object) -> list[httpx.Response]:
    """Ask so many times at the same moment, each on a connection of its own."""
    begin = threading.Barrier(number)

    def one(_: int) -> httpx.Response:
        with installed.server.client() as client:
            client.get("/healthz")  # the connection stands
            begin.wait(timeout=60)
            return ask(client, **attributes)  # type: ignore[arg-type]

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(one, range(number)))


@pytest.mark.parametrize(("resume_type", "sessions"), [("RESUME", 1), (None, AT_ONCE)])
def test_the_same_user_at_once(installed: Installation, resume_type: str | None, sessions: int) -> None:
    name = f"Same {uuid.uuid4().hex}"
    responses = ask_at_once(installed, AT_ONCE, authUserName=name, resumeType=resume_type)
    assert {response.status_code for response in responses} == {201}
    ids = {claims_of(response.json()["jwt"])["jti"] for response in responses}
    assert len(ids) == AT_ONCE
    stored = stored_tokens(installed.server)
    assert ids <= stored.keys()
    assert len({stored[jti] for jti in ids}) == sessions
    of_name = "SELECT count(*) FROM chat_app_chatsession WHERE auth_user_name = %s"
    assert installed.server.query(of_name, name) == [(sessions,)]
    check_nothing_is_half_stored(installed.server)


def published(installed: Installation) -> KeySet:
    with installed.server.client() as client:
        return KeySet.import_key_set(client.get("/.well-known/jwks.json").json())


class Verifier:
    """Verifies like a chat server: it keeps the key set, and fetches it anew for a ``kid`` that it does not know."""

    def __init__(self, installed: Installation) -> None:
        self._installed = installed
        self._keys = published(installed)
        self.verified = 0

    def verify(self, token: str) -> None:
        if kid_of(token) not in {key.kid for key in self._keys.keys}:
            self._keys = published(self._installed)
        assert jwt.decode(token, self._keys, algorithms=["RS256"]).claims["iss"] == "Fusion Apps"
        self.verified += 1


def test_a_rotation_under_load_fails_no_verification(installed: Installation) -> None:
    verifier = Verifier(installed)
    with load_on(installed.server, clients=4) as load:
        load.wait_for_more(20)
        before = kid_of(load.tokens[-1])
        kid = installed.administrator.do("announce_key")
        load.wait_for_more(20)
        assert kid_of(load.tokens[-1]) == before != kid
        installed.administrator.do("let_announced_key_take_over", kid=kid)
        while verifier.verified == 0 or kid_of(load.tokens[verifier.verified - 1]) != kid:
            wait_until(lambda: len(load.tokens) > verifier.verified)
            verifier.verify(load.tokens[verifier.verified])
        load.wait_for_more(20)
    for token in load.tokens[verifier.verified :]:
        verifier.verify(token)
    assert load.counts().keys() == {201}
    assert {kid_of(token) for token in load.tokens} == {before, kid}


def test_a_revocation_under_load_refuses_nobody_a_token(installed: Installation) -> None:
    with load_on(installed.server, clients=CLIENTS) as load:
        load.wait_for_more(20)
        revoked, successor = installed.administrator.do("revoke_signing_key")
        answered = len(load.tokens)
        load.wait_for_more(40)
    assert load.counts().keys() == {201}
    kids = [kid_of(token) for token in load.tokens[answered:]]
    assert set(kids) <= {revoked, successor}
    assert kids.count(revoked) <= CLIENTS  # each may have had one request under way when it was committed
    wait_until(lambda: revoked not in {key.kid for key in published(installed).keys})


def test_a_rule_that_is_edited_under_load_takes_effect_in_every_process(installed: Installation) -> None:
    administrator = installed.administrator
    queues = [next(_queues), next(_queues)]
    for number in queues:
        administrator.do("store_queue", number=number)
    rule = f"Rule of {queues[0]}"
    administrator.do("store_rule", name=rule, queue=queues[0], question=rule)
    with load_on(installed.server, clients=4) as load:
        for turn in range(1, 7):
            load.wait_for_more(10)
            administrator.do("point_rule", name=rule, queue=queues[turn % 2])
            responses = ask_at_once(installed, 10, question=rule)
            assert {response.json()["queueId"] for response in responses} == {str(queues[turn % 2])}
    assert load.counts().keys() == {201}


CROWD = 8
GUESSES = 10
ANSWERS_PER_GUESS = 10
"""A hash costs as much as some hundred answers from memory; a fair share of two processors is far above this."""


def guess_on_and_on(installed: Installation, number: int, name: str, found: list[int], stop: threading.Event) -> None:
    """Try one wrong password after the other, from an address of one's own, each over a new connection."""
    while not stop.is_set():
        with installed.server.client(headers={"X-Forwarded-For": f"198.51.100.{number}"}) as client:
            found.append(ask(client, caller=name, password=f"guess {number}").status_code)


def remember_everywhere(installed: Installation, name: str) -> None:
    """Sign in over so many connections that each worker gets some: a connection stays with its worker."""
    for _ in range(24):
        with installed.server.client() as client:
            assert ask(client, caller=name).status_code == 201


def test_a_crowd_of_wrong_passwords_leaves_a_remembered_caller_a_fair_share(installed: Installation) -> None:
    name = installed.new_user()
    remember_everywhere(installed, name)
    found: list[int] = []
    stop = threading.Event()
    with ThreadPoolExecutor(CROWD) as pool:
        guesses = [pool.submit(guess_on_and_on, installed, number, name, found, stop) for number in range(CROWD)]
        try:
            with load_on(installed.server, clients=4, caller=name) as load:
                wait_until(lambda: found.count(401) >= GUESSES, patience=SOON)
        finally:
            stop.set()
        assert not [guess.result(timeout=SOON) for guess in guesses if guess.exception(timeout=SOON)]
    assert load.counts().keys() == {201}
    assert set(found) <= {401, 429, 503}
    assert len(load.tokens) >= ANSWERS_PER_GUESS * found.count(401)


def test_a_user_who_calls_for_the_first_time_from_many_places_at_once(installed: Installation) -> None:
    """One password hash each at most, a bounded number at the same time, and nobody counts as guessing."""
    name = installed.new_user()
    responses = ask_at_once(installed, 12, caller=name)
    assert {response.status_code for response in responses} <= {201, 503}
    busy = [response for response in responses if response.status_code == 503]
    assert all(int(response.headers["Retry-After"]) >= 1 for response in busy)
    with installed.server.client() as client:
        assert ask(client, caller=name).status_code == 201


def test_idle_connections_keep_nobody_out(installed: Installation) -> None:
    address = ("127.0.0.1", installed.server.port)
    with ExitStack() as stack:
        for _ in range(300):
            stack.enter_context(socket.create_connection(address))
        with installed.server.client() as client:
            assert client.get("/healthz", timeout=10).status_code == 200


def test_many_connections_at_once(installed: Installation) -> None:
    """More than the workers take in at the same time: the others wait."""
    responses = ask_at_once(installed, 200)
    assert {response.status_code for response in responses} == {201}
    assert all(response.headers["Location"].endswith(f"{ADDRESS}/Jane%20Roe") for response in responses)
