import socket
from pathlib import Path

from chatauth_project import peers


def test_connections_of_a_port_are_found_with_what_was_sent_and_hung_up_on() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        accepted, peer = server.accept()
        with accepted:
            port = server.getsockname()[1]
            assert peers.bytes_sent(port) == {peer: 0}
            accepted.sendall(b"answer")
            assert peers.bytes_sent(port) == {peer: 6}
            peers.hang_up(port, {("192.0.2.1", 1)})
            client.sendall(b"more")
            assert accepted.recv(10) == b"more"
            peers.hang_up(port, {peer})
            assert accepted.recv(10) == b""
            assert client.recv(10) == b"answer"


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_looking_leaves_no_file_open() -> None:
    before = open_files()
    for _ in range(5):
        peers.bytes_sent(1)
    assert open_files() == before
