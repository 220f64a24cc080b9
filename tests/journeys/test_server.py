"""The real server over real HTTP."""

import base64
import json
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.serving import ADDRESS, CALLER, PASSWORD, Installation, ask, submit
from tests.waiting import wait_until

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("installed")]

JSON = "application/json"
AUTHORIZATION = "Basic " + base64.b64encode(f"{CALLER}:{PASSWORD}".encode()).decode()
BODY = b'{"authUserName": "Jane Roe", "interfaceId": "1"}'


@contextmanager
def connection(installed: Installation) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", installed.server.port), timeout=30) as plain:
        yield plain


def request_line(**headers: str) -> bytes:
    named = {
        "Host": "chat.example.com",
        "X-Forwarded-Proto": "https",
        "Authorization": AUTHORIZATION,
        "Content-Type": JSON,
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = [f"POST {ADDRESS} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def received(plain: socket.socket) -> bytes:
    """Return one answer, whole."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        piece = plain.recv(65536)
        if not piece:
            return answer
        answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head.lower())
    missing = int(length.group(1)) if length else 0
    while len(body) < missing:
        body += plain.recv(65536)
    return head + b"\r\n\r\n" + body


def test_a_token_that_verifies(installed: Installation) -> None:
    response = ask(installed.client, authUserName="John Smith")
    assert response.status_code == 201
    body = response.json()
    claims = installed.server.verified(body["jwt"])
    assert (claims["sub"], claims["exp"] - claims["iat"]) == ("John Smith", 120)
    stored = installed.server.query(
        "SELECT session.auth_user_name FROM chat_app_chattoken AS token"
        " JOIN chat_app_chatsession AS session ON session.id = token.session_id WHERE token.jti = %s",
        claims["jti"],
    )
    assert stored == [("John Smith",)]


def test_a_token_that_was_tampered_with_does_not_verify(installed: Installation) -> None:
    from joserfc.errors import JoseError

    header, payload, signature = ask(installed.client).json()["jwt"].split(".")
    forged = base64.urlsafe_b64encode(base64.urlsafe_b64decode(payload + "==").replace(b"Jane", b"John"))
    with pytest.raises(JoseError):
        installed.server.verified(f"{header}.{forged.decode().rstrip('=')}.{signature}")


def test_a_page_of_an_allowed_origin_may_call(installed: Installation) -> None:
    asked = "authorization,content-type,rest-framework-version"
    preflight = installed.client.options(
        ADDRESS,
        headers={
            "Origin": "https://www.example.com",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": asked,
        },
    )
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == "https://www.example.com"
    refused = installed.client.post(ADDRESS, json={}, headers={"Origin": "https://www.example.com"})
    assert refused.status_code == 401
    assert refused.headers["Access-Control-Allow-Origin"] == "https://www.example.com"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("OPTIONS", ADDRESS, 200),
        ("HEAD", ADDRESS, 405),
        ("GET", f"{ADDRESS}/John%20Smith", 405),
        ("HEAD", "/healthz", 200),
        ("GET", "/healthz", 200),
        ("GET", "/readyz", 200),
        ("GET", "/.well-known/jwks.json", 200),
        ("HEAD", "/.well-known/jwks.json", 200),
        ("GET", "/login/", 200),
        ("GET", "/admin/", 302),
        ("GET", "/api/docs/", 200),
        ("GET", "/api/schema/", 200),
        ("GET", "/nowhere", 404),
        ("GET", "/crmRestApi/resources/latest/nowhere", 404),
        ("GET", "/metrics", 404),
    ],
)
def test_address(installed: Installation, method: str, path: str, status: int) -> None:
    response = installed.client.request(method, path, headers={"Host": "chat.example.com"})
    assert response.status_code == status, response.text
    assert method != "HEAD" or not response.content


def test_the_admin_lets_an_administrator_in(installed: Installation) -> None:
    name = installed.new_user(is_staff=True, is_superuser=True)
    response = submit(installed.client, "/login/?next=/admin/", username=name, password=PASSWORD)
    assert (response.status_code, response.headers.get("Location")) == (302, "/admin/")


def test_plain_http_is_sent_to_https_but_for_probes(installed: Installation) -> None:
    for path, status in ((ADDRESS, 301), ("/healthz", 200), ("/readyz", 200)):
        assert httpx.get(installed.server.url + path, headers={"Host": "chat.example.com"}).status_code == status


# Bodies


def test_a_chunked_body(installed: Installation) -> None:
    with connection(installed) as plain:
        plain.sendall(request_line(Transfer_Encoding="chunked"))
        for piece in (BODY[:10], BODY[10:], b""):
            plain.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        assert status_of(received(plain)) == 201


def test_a_huge_chunked_body_is_not_read_to_its_end(installed: Installation) -> None:
    with connection(installed) as plain:
        plain.sendall(request_line(Transfer_Encoding="chunked"))
        piece = b" " * 16384
        for _ in range(5):
            plain.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        assert status_of(received(plain)) == 413


@pytest.mark.parametrize("size", [65_537, 10_000_000])
def test_a_huge_body(installed: Installation, size: int) -> None:
    headers = {"Content-Type": JSON, "Authorization": AUTHORIZATION}
    assert installed.client.post(ADDRESS, content=b" " * size, headers=headers).status_code == 413


@pytest.mark.parametrize(
    ("name", "headers", "cut"),
    [
        (
            "Declared",
            {"Content_Length": str(len(BODY) + 10)},
            lambda body: body,
        ),  # whole as JSON, but more was promised
        ("Declared, cut", {"Content_Length": str(len(BODY) + 10)}, lambda body: body[:-1]),
        ("Chunked, cut", {"Transfer_Encoding": "chunked"}, lambda body: b"%x\r\n%s\r\n" % (len(body) - 1, body[:-1])),
    ],
)
def test_a_body_that_breaks_off_stores_nothing(
    installed: Installation, name: str, headers: dict[str, str], cut: Callable[[bytes], bytes]
) -> None:
    with connection(installed) as plain:
        plain.sendall(request_line(**headers) + cut(BODY.replace(b"Jane Roe", name.encode())))
        plain.shutdown(socket.SHUT_WR)
        answer = received(plain)
    assert not answer or status_of(answer) == 400
    count = "SELECT count(*) FROM chat_app_chatsession WHERE auth_user_name = %s"
    assert installed.server.query(count, name) == [(0,)]


def test_a_connection_is_kept(installed: Installation) -> None:
    with connection(installed) as plain:
        for _ in range(20):
            plain.sendall(request_line(Content_Length=str(len(BODY))) + BODY)
            assert status_of(received(plain)) == 201


def test_requests_in_one_go(installed: Installation) -> None:
    once = request_line(Content_Length=str(len(BODY))) + BODY
    answers = b""
    with connection(installed) as plain:
        plain.sendall(once + once)
        while answers.count(b'"kind":"item"}]}') < 2:
            piece = plain.recv(65536)
            assert piece, answers
            answers += piece
    assert answers.count(b"HTTP/1.1 201") == 2


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json; charset*=utf-8''%00",
        "application/json; charset*=bogus''%41",
        "application/json; charset=\xff",
        "application/json; charset=" + "x" * 4000,
        "multipart/form-data",
        ";",
    ],
    ids=lambda value: value[:36],
)
def test_a_content_type_beyond_understanding(installed: Installation, content_type: str) -> None:
    with connection(installed) as plain:
        plain.sendall(request_line(Content_Type=content_type, Content_Length=str(len(BODY))) + BODY)
        assert status_of(received(plain)) in {400, 415}


@pytest.mark.parametrize(
    "header",
    [
        {"Authorization": "Basic \xff\xfe"},
        {"Accept": "\xff"},
        {"Accept-Language": "\xff,;q="},
        {"REST-Framework-Version": "\xb2"},
        {"Origin": "\xff"},
        {"X-Forwarded-For": "\xff"},
        {"X-Request-ID": "\xff" * 10},
        {"Host": "\xff"},
        {"Metadata-Context": "\xff" * 1000},
    ],
    ids=str,
)
def test_a_header_that_is_no_text(installed: Installation, header: dict[str, str]) -> None:
    with connection(installed) as plain:
        named = {name.replace("-", "_"): value for name, value in header.items()}
        plain.sendall(request_line(Content_Length=str(len(BODY)), **named) + BODY)
        assert status_of(received(plain)) < 500


# Watching over it


def test_metrics_of_all_workers_together(installed: Installation) -> None:
    name = "chatauth_chat_authenticate_total"
    before = installed.server.metric(name)
    for _ in range(10):
        with installed.server.client() as client:  # a new connection each time: either worker gets some
            assert ask(client).status_code == 201
    assert installed.server.metric(name) == before + 10


def test_metrics_name_no_users(installed: Installation) -> None:
    ask(installed.client, authUserName="Zebedee Metric", colour="x")
    assert "Zebedee" not in installed.server.metrics()
    assert 'outcome="begun"' in installed.server.metrics()


def test_ready_says_so(installed: Installation) -> None:
    assert installed.client.get("/readyz").json() == {"status": "ready"}


def test_request_ids(installed: Installation) -> None:
    own = ask(installed.client).headers["X-Request-ID"]
    another = ask(installed.client).headers["X-Request-ID"]
    assert own != another
    given = "proxy-0123456789"
    response = installed.client.get("/nowhere", headers={"X-Request-ID": given, "Host": "chat.example.com"})
    assert response.headers["X-Request-ID"] == given
    wait_until(lambda: given in installed.server.process.written())


def test_no_personal_data_in_logs(installed: Installation) -> None:
    client = installed.client
    secrets = [f"Zq{index}x" for index in range(16)]
    secret = iter(secrets)
    name = installed.new_user(first_name=next(secret), last_name=next(secret), email=f"{next(secret)}@x.example")
    answered = ask(
        client,
        authUserName=next(secret),
        question=next(secret),
        firstName=next(secret),
        emailAddress=next(secret),
        customFields=json.dumps({next(secret): next(secret)}),
    )
    assert answered.status_code == 201
    assert ask(client, caller=name, password=next(secret)).status_code == 401
    assert ask(client, caller=next(secret), password="x").status_code == 401
    assert ask(client, **{next(secret): next(secret)}).status_code == 400
    assert client.get(f"{ADDRESS}/{next(secret)}").status_code == 405
    host = {"Host": "chat.example.com"}
    assert client.get(f"/{next(secret)}?{next(secret)}", headers=host).status_code == 404
    last = ask(client).headers["X-Request-ID"]
    wait_until(lambda: last in installed.server.process.written())
    log = installed.server.process.written()
    token = answered.json()["jwt"]
    hidden = [*secrets, name, CALLER, PASSWORD, "127.0.0.1", *token.split(".")[1:], AUTHORIZATION.split()[1]]
    assert [text for text in hidden if text in log.replace("Ready on http://127.0.0.1", "")] == []
    assert not list(secret)


def test_every_line_of_the_log_is_json_but_for_the_announcement(installed: Installation) -> None:
    lines = [line for line in installed.server.process.written().splitlines() if not line.startswith("Ready on ")]
    assert all(json.loads(line)["event"] for line in lines)
