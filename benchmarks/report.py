"""Results as tables: on the terminal, and in docs/performance.md."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.hour import Hour, Span, p99
from benchmarks.messages import Taken
from benchmarks.oauth import Flows, SignIns
from benchmarks.scenarios import Crowd, FirstCalls, Measured

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"

MOST_STATEMENTS = {
    "client credentials": "at most 3",
    "introspection": "at most 2",
    "code to token": "at most 10",
    "discovery": "0",
    "key set": "0",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One result, and what was asked for, if anything was."""

    what: str
    result: str
    wanted: str = ""


@dataclass(slots=True)
class Report:
    """A table under a name, which says where it stands on the page."""

    name: str
    machine: Sequence[str]
    rows: list[Row] = field(default_factory=list)

    def add(self, rows: Iterable[Row]) -> None:
        """Append results, and show them at once."""
        for row in rows:
            self.rows.append(row)
            print(f"  {row.what:<58} {row.result:>22}  {row.wanted}", flush=True)

    def markdown(self) -> str:
        """Return the table with what it was measured on."""
        lines = [" ".join(self.machine), "", "| what | result | wanted |", "| --- | --- | --- |"]
        lines += (f"| {row.what} | {row.result} | {row.wanted} |" for row in self.rows)
        return "\n".join(lines)

    def write(self) -> None:
        """Put the table in the place of the one before, between its marks on the page."""
        begin, end = f"<!-- {self.name}: begin -->", f"<!-- {self.name}: end -->"
        text = PAGE.read_text("utf-8")
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        PAGE.write_text(f"{before}{begin}\n{self.markdown()}\n{end}{after}", "utf-8")
        print(f"Written to {PAGE}.")


def load_rows(rounds: Sequence[Measured]) -> list[Row]:
    """Describe rounds of the same load by their medians; errors are added up."""

    def middle(values: Iterable[float]) -> float:
        return median(values)

    return [
        Row("requests per second", f"{middle(r.answers.per_second for r in rounds):.0f}"),
        Row("half of the answers within", f"{middle(r.answers.p50 for r in rounds):.1f} ms"),
        Row("99 of 100 answers within", f"{middle(r.answers.p99 for r in rounds):.1f} ms"),
        Row("errors", f"{sum(r.answers.refused + r.answers.broken for r in rounds)}", "0"),
        Row("answered / stored", f"{sum(r.answers.good for r in rounds)} / {sum(r.stored for r in rounds)}"),
        Row("CPU of one RSA-2048 signature", f"{middle(r.signature for r in rounds) * 1e6:.0f} µs"),
        Row("server, in signatures per request", f"{middle(r.server for r in rounds):.2f}"),
        Row("database, in signatures per request", f"{middle(r.database for r in rounds):.2f}"),
        Row("together, in signatures per request", f"{middle(r.total for r in rounds):.2f}", "at most 4.0"),
    ]


def hour_rows(hour: Hour, asked: Sequence[Span]) -> list[Row]:
    """Describe an hour of tokens by a moved clock, and what was asked of a server over HTTP meanwhile."""
    middle = median(hour.sizes) / 2**20
    over_http = [p99(asked, hour.purges, while_purging=while_purging) for while_purging in (False, True)]
    return [
        Row("tokens issued / purged in a simulated hour", f"{hour.issued} / {hour.purged}"),
        Row("size of the access tokens with their indexes", f"{middle:.1f} MiB ± {hour.deviation:.1%}", "± 10 %"),
        *_purge_rows("99 of 100 tokens issued within", hour.p99_otherwise, hour.p99_while_purging),
        Row("requests over HTTP meanwhile", f"{len(asked)}"),
        *_purge_rows("99 of 100 of them answered within", *over_http),
    ]


def _purge_rows(what: str, otherwise: float, while_purging: float) -> list[Row]:
    times = f", {while_purging / otherwise:.1f} times" if otherwise else ""
    return [
        Row(what, f"{otherwise:.1f} ms"),
        Row(f"{what}, during a purge", f"{while_purging:.1f} ms{times}", "at most 2 times"),
    ]


def first_call_rows(calls: FirstCalls) -> list[Row]:
    """Describe what a user's first call costs."""
    return [
        Row("first call of a user", f"{calls.first:.1f} ms, {calls.first_statements} statements", "at most 3"),
        Row("next call", f"{calls.second:.1f} ms, {calls.second_statements} statements"),
    ]


def crowd_rows(crowds: Sequence[Crowd]) -> list[Row]:
    """Describe what a crowd of wrong passwords leaves to the others (medians)."""
    beside, share = median(crowd.beside for crowd in crowds), median(crowd.share for crowd in crowds)
    refused = median(crowd.wrong_per_second for crowd in crowds)
    return [
        Row("requests per second beside wrong passwords", f"{beside:.0f} ({share:.0%})", "> 50 %"),
        Row("wrong passwords refused per second", f"{refused:.0f}"),
    ]


def cost_rows(name: str, rounds: Sequence[Measured], wanted: str = "") -> list[Row]:
    """Describe rounds of another load in short: speed, errors, cost (medians)."""
    p99 = median(each.answers.p99 for each in rounds)
    errors = sum(each.answers.refused + each.answers.broken for each in rounds)
    return [
        Row(f"{name}: requests per second", f"{median(each.answers.per_second for each in rounds):.0f}"),
        Row(f"{name}: 99 of 100 answers within", f"{p99:.1f} ms"),
        Row(f"{name}: errors", f"{errors}", "0"),
        Row(f"{name}: cost in signatures", f"{median(each.total for each in rounds):.2f}", wanted),
    ]


def message_rows(full: Sequence[tuple[Taken, float]], paced: Sequence[tuple[Taken, float]]) -> list[Row]:
    """Describe messages that were taken in: at full speed, and at the pace of a busy business (medians).

    Beside each stands the CPU of a durable insert at the same pace.
    """
    rate = f"at {median(taken.per_second for taken, _ in paced):.0f} a second"
    return [
        Row("messages taken in per second", f"{median(taken.per_second for taken, _ in full):.0f}"),
        *_cost_rows("at full speed", full),
        *_cost_rows(rate, paced),
        Row(f"99 of 100 answers within, {rate}", f"{median(taken.p99 for taken, _ in paced):.1f} ms"),
    ]


def _cost_rows(pace: str, measured: Sequence[tuple[Taken, float]]) -> list[Row]:
    cost = median(taken.cost / insert for taken, insert in measured)
    return [
        Row(f"CPU of one durable insert, {pace}", f"{median(insert for _, insert in measured) * 1e6:.0f} µs"),
        Row(f"CPU of a message, {pace}", f"{median(taken.cost for taken, _ in measured) * 1e6:.0f} µs"),
        Row(f"cost of a message in durable inserts, {pace}", f"{cost:.2f}", "at most 4"),
        Row("of it, the database", f"{median(taken.database_share for taken, _ in measured):.0%}"),
    ]


def flow_rows(rounds: Sequence[Flows]) -> list[Row]:
    """Describe whole code flows (medians)."""
    speed, half = median(each.per_second for each in rounds), median(each.p50 for each in rounds)
    return [
        Row("whole code flow: flows per second", f"{speed:.0f}"),
        Row("whole code flow: half of them within", f"{half:.1f} ms"),
        Row("whole code flow: cost in signatures", f"{median(each.total for each in rounds):.2f}"),
    ]


def sign_in_rows(rounds: Sequence[SignIns]) -> list[Row]:
    """Describe sign-ins by form beside what the hash alone allows (medians)."""
    return [
        Row("hashes per second, if nothing else is done", f"{median(each.hashes_per_second for each in rounds):.1f}"),
        Row("sign-ins by form per second", f"{median(each.per_second for each in rounds):.1f}"),
        Row("of what the hash alone allows", f"{median(each.share for each in rounds):.0%}", "at least 90 %"),
    ]


def statement_rows(found: Mapping[str, int]) -> list[Row]:
    """Describe how many statements requests cost."""
    return [Row(f"{name}: statements", f"{number}", MOST_STATEMENTS.get(name, "")) for name, number in found.items()]


def memory_row(megabytes: Sequence[float]) -> Row:
    """Describe the memory of the workers."""
    return Row("memory of each worker", " / ".join(f"{value:.0f}" for value in megabytes) + " MiB", "at most 120 MB")
