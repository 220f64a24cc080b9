"""The command line: ``python -m benchmarks speed|growth|hour|chat|entering|crowd``."""

import argparse
import shutil
import sys
from collections.abc import Callable
from itertools import count
from statistics import median

from benchmarks import crowd as crowds
from benchmarks import entering as entrances
from benchmarks import hour as hours
from benchmarks import machine, messages, oauth, polls, report, scenarios
from benchmarks.asking import asking
from benchmarks.browser import WrongAnswer
from benchmarks.dataset import INTEGRATION, SIGNED_INTEGRATION
from benchmarks.load import LoadFault, require_wrk
from benchmarks.report import Report, Row
from benchmarks.resources import Signatures
from benchmarks.scenarios import Measured, Meter
from benchmarks.stack import PROJECT, Installation, Server, StackFault, database_server
from chatauth_project.embedded_postgres import EmbeddedPostgres

DISK_BYTES_OF_A_SESSION = 1_500
"""With its indexes, its share of the write-ahead log, and the room that loading needs."""
GIGABYTE = 10**9


def speed(options: argparse.Namespace) -> list[Report]:
    """Measure the server, each part on a fresh database."""
    chosen = [options.only] if options.only else list(PARTS)
    with database_server() as cluster:
        return [_measured(cluster, name, options) for name in chosen]


def _measured(cluster: EmbeddedPostgres, name: str, options: argparse.Namespace) -> Report:
    result = Report(name, machine.description(cluster))
    with Server(Installation(cluster, name)) as server:
        PARTS[name](server, result, options)
    return result


def _measure_chat(server: Server, result: Report, options: argparse.Namespace) -> None:
    result.add([Row("start until the first answer", f"{server.start_seconds:.1f} s", "at most 3 s")])
    signatures = Signatures()
    scenarios.warm_up(server)
    rounds = [scenarios.warm(server, seconds=options.seconds, signatures=signatures) for _ in range(options.rounds)]
    result.add(report.load_rows(rounds))
    result.add(report.first_call_rows(scenarios.first_calls(server)))
    result.add([Row("key set, unchanged", f"{scenarios.key_set_statements(server)} statements", "0")])
    crowds = [scenarios.wrong_passwords(server, seconds=options.seconds) for _ in range(options.rounds)]
    result.add(report.crowd_rows(crowds))
    result.add([report.memory_row(scenarios.memory(server))])


def _measure_oauth(server: Server, result: Report, options: argparse.Namespace) -> None:
    meter, numbers = Meter(server, options.seconds, Signatures()), count(oauth.FLOWS_AT_ONCE)
    rounds = range(options.rounds)
    oauth.warm_up(server)
    opaque = [oauth.client_credentials(meter, INTEGRATION) for _ in rounds]
    result.add(report.cost_rows("client credentials, opaque", opaque))
    signed = [oauth.client_credentials(meter, SIGNED_INTEGRATION) for _ in rounds]
    result.add(report.cost_rows("client credentials, signed", signed, "at most 4.0"))
    result.add(report.cost_rows("introspection", [oauth.introspection(meter) for _ in rounds]))
    result.add(report.cost_rows("chatAuthenticate by token", [oauth.chat_by_token(meter) for _ in rounds]))
    result.add(report.flow_rows([oauth.code_flows(meter) for _ in rounds]))
    result.add(report.sign_in_rows([oauth.sign_ins(meter, numbers) for _ in rounds]))
    result.add(report.statement_rows(oauth.statements(server)))


def _measure_messages(server: Server, result: Report, options: argparse.Namespace) -> None:
    server.installation.run("-m", "benchmarks.messages_data", f"--messages={options.messages}")
    messages.take(server, seconds=scenarios.WARM_UP_SECONDS)
    full, paced = [], []
    for _ in range(options.rounds):  # by turns, so that a busy moment of the machine hits all
        full.append((messages.take(server, seconds=options.seconds), messages.insert_cost(server)))
        pace = messages.PER_SECOND
        taken = messages.take(server, seconds=options.seconds, per_second=pace)
        paced.append((taken, messages.insert_cost(server, per_second=pace)))
    result.add([Row("messages stored before", f"{options.messages:,}")])
    result.add(report.message_rows(full, paced))
    result.add([Row("statements for a message", f"{messages.statements(server)}", "at most 4")])


PARTS = {"speed": _measure_chat, "oauth": _measure_oauth, "messages": _measure_messages}
"""What ``speed`` measures, and under which name it stands in docs/performance.md."""


def growth(options: argparse.Namespace) -> list[Report]:
    """Measure the server on an empty and on a big database, by turns."""
    _require_disk(options.sessions * DISK_BYTES_OF_A_SESSION)
    with database_server() as cluster:
        result = Report("growth", machine.description(cluster))
        empty, grown = Installation(cluster, "empty"), Installation(cluster, "grown")
        print(f"Filling the big database in {cluster.data}, which is removed at the end:", flush=True)
        sizes = {name: getattr(options, name) for name in ("sessions", "users", "rules")}
        grown.run("-m", "benchmarks.dataset", "grown", *(f"--{name}={size}" for name, size in sizes.items()))
        with Server(empty) as first, Server(grown) as second:
            _compare(first, second, result, options)
    return [result]


def hour(options: argparse.Namespace) -> list[Report]:
    """Issue tokens by a moved clock, and purge them while a server goes on answering."""
    with database_server() as cluster:
        result = Report("hour", machine.description(cluster))
        installation = Installation(cluster, "hour")
        # As the hour passes in minutes, so does the minute after which the database looks for what to vacuum.
        installation.configure("autovacuum_naptime", "2s")
        # Who purges is the program with the moved clock, and nobody else.
        with Server(installation, {"HOUSEKEEPING_INTERVAL": "0"}) as server:
            oauth.warm_up(server)
            with asking(server) as asked:
                per_minute = options.tokens // hours.MINUTES
                written = installation.output_of("-m", "benchmarks.hour", f"--per-minute={per_minute}")
        result.add(report.hour_rows(hours.read(written), asked))
    return [result]


def chat(options: argparse.Namespace) -> list[Report]:
    """Let ten thousand customers wait on one process of the chat server, and have agents write to them."""
    with database_server() as cluster:
        result = Report("chat", machine.description(cluster))
        result.add(polls.rows(*polls.measure(Installation(cluster, "chat"), options)))
    return [result]


def entering(options: argparse.Namespace) -> list[Report]:
    """Let customers in, and by turns do only what cannot be spared for that: verify a token, insert a row."""
    with database_server() as cluster:
        result = Report("entering", machine.description(cluster))
        result.add(entrances.rows(entrances.measure(Installation(cluster, "entering"), options)))
    return [result]


def crowd(options: argparse.Namespace) -> list[Report]:
    """Let a thousand customers ask at once, and offer them to fifty agents from several processes."""
    with database_server() as cluster:
        result = Report("crowd", machine.description(cluster))
        sizes = (f"--customers={options.customers}", f"--agents={options.agents}")
        written = Installation(cluster, "crowd").output_of("-m", "benchmarks.crowd", *sizes)
        result.add(crowds.rows(crowds.read(written), options.agents))
    return [result]


def _require_disk(needed: int) -> None:
    free = shutil.disk_usage(PROJECT).free
    if free < needed:
        raise StackFault(
            f"The big database needs about {needed / GIGABYTE:.0f} GB of disk, and {free / GIGABYTE:.0f} GB are free."
            " Free some, or measure fewer rows with --sessions."
        )


def _compare(empty: Server, grown: Server, result: Report, options: argparse.Namespace) -> None:
    signatures = Signatures()
    rounds: dict[Server, list[Measured]] = {empty: [], grown: []}
    for server in rounds:
        scenarios.warm_up(server)
    for _ in range(options.rounds):  # by turns, so that a busy moment of the machine hits both
        for server, measured in rounds.items():
            measured.append(scenarios.warm(server, seconds=options.seconds, signatures=signatures))
    result.add(_prefixed("empty", rounds[empty]))
    result.add(_prefixed(f"{options.sessions:,} sessions", rounds[grown]))
    result.add(_ratios(rounds[empty], rounds[grown]))
    result.add([report.memory_row(scenarios.memory(grown))])


def _prefixed(name: str, rounds: list[Measured]) -> list[Row]:
    return [Row(f"{name}: {row.what}", row.result, row.wanted) for row in report.load_rows(rounds)]


def _ratios(empty: list[Measured], grown: list[Measured]) -> list[Row]:
    speeds = [big.answers.per_second / small.answers.per_second for small, big in zip(empty, grown, strict=True)]
    costs = [big.total / small.total for small, big in zip(empty, grown, strict=True)]
    return [
        Row("speed with the big database (median of pairs)", f"{median(speeds):.1%}", "at least 95 %"),
        Row("cost with the big database (median of pairs)", f"{median(costs):.1%}"),
    ]


def main() -> int:
    """Run the command line; return the exit status."""
    options = _parser().parse_args()
    try:
        require_wrk()
        results = options.measure(options)
    except (LoadFault, StackFault, WrongAnswer) as fault:
        print(fault, file=sys.stderr)
        return 1
    for result in results if options.write else ():
        result.write()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    commands = parser.add_subparsers(required=True)
    of_speed, of_growth, of_hour, of_chat, of_entering, of_crowd = (
        _command(commands.add_parser(measure.__name__, help=measure.__doc__), measure)
        for measure in (speed, growth, hour, chat, entering, crowd)
    )
    of_entering.add_argument("--requests", type=int, default=2_000, help="in each of three rounds")
    of_chat.add_argument("--customers", type=int, default=10_000)
    of_chat.add_argument("--agents", type=int, default=50)
    of_chat.add_argument("--per-second", type=int, default=200, help="messages")
    of_chat.add_argument("--quiet", type=float, default=120.0, help="seconds without messages")
    of_chat.add_argument("--busy", type=float, default=180.0, help="seconds with messages")
    of_crowd.add_argument("--customers", type=int, default=1_000)
    of_crowd.add_argument("--agents", type=int, default=50)
    of_hour.add_argument("--tokens", type=int, default=360_000)
    of_speed.add_argument("--only", choices=PARTS, help="one part, not all")
    of_speed.add_argument("--messages", type=int, default=100_000, help="messages that are stored before")
    of_growth.add_argument("--sessions", type=int, default=10_000_000)
    of_growth.add_argument("--users", type=int, default=100_000)
    of_growth.add_argument("--rules", type=int, default=1_000)
    return parser


def _command(
    command: argparse.ArgumentParser, measure: Callable[[argparse.Namespace], list[Report]]
) -> argparse.ArgumentParser:
    command.set_defaults(measure=measure)
    command.add_argument("--seconds", type=int, default=10, help="length of a round")
    command.add_argument("--rounds", type=int, default=5, help="rounds, of which the median counts")
    command.add_argument("--write", action="store_true", help="put the results into docs/performance.md")
    return command


if __name__ == "__main__":
    sys.exit(main())
