"""The connections that this process has accepted on a port, looked at from outside of granian (Linux)."""

import errno
import os
import socket
import stat
import struct
from collections.abc import Collection, Iterator
from contextlib import suppress

Peer = tuple[str, int]
Sent = dict[Peer, int]
INTERNET = {socket.AF_INET, socket.AF_INET6}
_SENT_AND_REPEATED = struct.Struct("=200x2Q")
"""The fields ``tcpi_bytes_sent`` and ``tcpi_bytes_retrans`` of ``tcp_info`` in <linux/tcp.h>, since Linux 4.19."""


def bytes_sent(port: int) -> Sent:
    """Return how many bytes were sent to each client since it connected; empty where the system does not tell."""
    found: Sent = {}
    for client, peer in _clients(port):
        with suppress(OSError, struct.error):  # it has just gone; or the system does not know
            information = client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _SENT_AND_REPEATED.size)
            sent, repeated = _SENT_AND_REPEATED.unpack(information)
            found[peer] = sent - repeated
    return found


def hang_up(port: int, peers: Collection[Peer]) -> None:
    """Let these connections look as if their clients had said everything, also to a thread that waits for more."""
    for client, peer in _clients(port):
        if peer in peers:
            with suppress(OSError):
                client.shutdown(socket.SHUT_RD)


def _clients(port: int) -> Iterator[tuple[socket.socket, Peer]]:
    """Yield each connection, for as long as it is looked at, and who is at its other end."""
    for number in os.listdir("/proc/self/fd"):  # noqa: PTH208 - names are all that is asked for
        with suppress(OSError), _duplicate(int(number)) as candidate:
            if candidate.family in INTERNET and candidate.getsockname()[1] == port:
                host, peer_port, *_ = candidate.getpeername()
                yield candidate, (host, peer_port)


def _duplicate(number: int) -> socket.socket:
    """Raises ``OSError`` for what is no socket."""
    if not stat.S_ISSOCK(os.fstat(number).st_mode):
        raise OSError(errno.ENOTSOCK, os.strerror(errno.ENOTSOCK))
    duplicate = os.dup(number)
    try:
        return socket.socket(fileno=duplicate)
    except OSError:
        os.close(duplicate)
        raise
