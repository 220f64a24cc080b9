"""Environment variables of the chat server (docs/chat-server.md)."""

from datetime import timedelta

from pydantic import Field

from chatauth_project.environment_of_server import DAY, HOUR, MINUTE, SECOND, Variables
from chatauth_project.environment_types import Duration, Origins, RedisUrl


class Chats(Variables):
    """Chats"""

    chat_idle_timeout: Duration = Field(
        10 * MINUTE,
        ge=5 * MINUTE,
        le=DAY,
        description="A chat ends when neither the customer nor the agent has written for so long. It counts from the"
        " moment an agent has joined.",
    )
    overflow_after: Duration = Field(
        30 * SECOND,
        ge=timedelta(0),
        le=HOUR,
        description="How long the customers of a queue wait without any agent being there, before agents of its"
        " overflow queues take over.",
    )


class ChatServing(Variables):
    """Chat server"""

    chat_host: str = Field("127.0.0.1", min_length=1, description="The address that the chat server listens on.")
    chat_port: int = Field(8001, ge=1, le=65535, description="The port that the chat server listens on.")
    chat_workers: int = Field(
        1,
        ge=0,
        le=256,
        description="How many processes of the chat server run beside the server; 0 leaves them to"
        " `manage.py serve_chat`, here or on other hosts. One carries ten thousand waiting customers.",
    )
    chat_threads: int = Field(
        4,
        ge=1,
        le=64,
        description="How many calls each process of the chat server works on at the same time, each with a connection"
        " to the database. Polls that wait need none.",
    )
    chat_connections: int = Field(
        15_000,
        ge=16,
        le=500_000,
        description="How many connections each process of the chat server holds at the same time, those of waiting"
        " polls included. The operating system has to allow as many open files.",
    )
    chat_tls_certificate: str = Field(
        "",
        description="A file with the certificate (PEM, with its chain) that the chat server speaks TLS with by itself."
        " Empty: plain HTTP, for a proxy in front.",
    )
    chat_tls_key: str = Field("", description="The file with the private key of `CHAT_TLS_CERTIFICATE` (PEM).")
    redis_url: RedisUrl = Field(
        "",
        repr=False,
        description="A Redis, such as `redis://redis.example.com:6379/0`, that tells the processes of new messages in"
        " place of the database. Empty: the database does, which is enough for most. All processes need the same.",
    )
    poll_seconds: Duration = Field(
        30 * SECOND,
        ge=SECOND,
        le=30 * SECOND,
        description="How long `getMessages` waits for something to tell. Clients expect 30 s, and proxies in front have"
        " to wait longer.",
    )
    desk_origins: Origins = Field(
        (),
        description="Comma-separated origins whose pages may call the agent API. Empty: that of `PUBLIC_BASE_URL`.",
    )
