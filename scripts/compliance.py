"""Writes docs/oauth-compliance.md: what the specifications say, the test that holds it, and what came of the test.

Usage: python -m scripts.compliance

Tests name a statement by the marker ``rfc``; all that do run, and no others; the exit status is that of the tests.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "oauth-compliance.md"
TESTS = ("tests/oauth_contract", "tests/journeys/test_oauth_races.py")
OPENID = "https://openid.net/specs/openid-connect-{}-1_0.html"
OPENID_PAGES = {
    "OpenID Core": OPENID.format("core"),
    "OpenID Discovery": OPENID.format("discovery"),
    "OpenID RP-Initiated Logout": OPENID.format("rpinitiated"),
}
TITLES = {
    "6749": "The OAuth 2.0 Authorization Framework",
    "6750": "Bearer Token Usage",
    "7009": "Token Revocation",
    "7636": "Proof Key for Code Exchange",
    "7662": "Token Introspection",
    "8414": "Authorization Server Metadata",
    "9068": "JWT Profile for Access Tokens",
    "9207": "Issuer Identification",
    "9700": "Best Current Practice for OAuth 2.0 Security",
    "6265": "Cookies",
}
"""Numbers of RFCs, in the order of the page."""

INTRODUCTION = """# What the specifications say, and the tests that hold it

Written by `make compliance`, which runs these tests. Each row is a statement of a specification in our words, the test
that fails when the server stops keeping it, and the outcome of the last run, with the number of cases. What the server
does not offer (the implicit, hybrid, password and device flows, dynamic registration, request objects) is held as well:
by tests that it is refused. [OAuth and OpenID Connect](oauth.md) says how to use the server.
"""


@dataclass
class Statement:
    """One row: what a test holds, and how its cases ended."""

    document: str
    section: str
    text: str
    test: str
    outcomes: list[str] = field(default_factory=list)

    @property
    def result(self) -> str:
        """The outcome in words."""
        others = [outcome for outcome in self.outcomes if outcome != "passed"]
        if not self.outcomes or others:
            return f"**{', '.join(sorted(set(others))) or 'not run'}**"
        return "holds" if len(self.outcomes) == 1 else f"holds ({len(self.outcomes)} cases)"


class Collector:
    """A plugin of pytest that notes what the marker ``rfc`` says, and how each test ends."""

    def __init__(self) -> None:
        self.statements: list[Statement] = []
        self._by_case: dict[str, list[Statement]] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Read the markers; the cases of one test share their rows."""
        rows: dict[tuple[str, ...], Statement] = {}
        for item in items:
            for statement in statements_of(item):
                key = (statement.document, statement.section, statement.text, statement.test)
                row = rows.setdefault(key, statement)
                self._by_case.setdefault(item.nodeid, []).append(row)
        self.statements = list(rows.values())

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the outcome of a case; a fixture that failed counts as one."""
        if report.when == "call" or report.outcome != "passed":
            for statement in self._by_case.get(report.nodeid, []):
                statement.outcomes.append(report.outcome)


def statements_of(item: pytest.Item) -> Iterator[Statement]:
    """The statements that a test holds."""
    test = re.split(r"[\[@]", item.nodeid)[0]  # neither its case nor the group that pytest-xdist adds
    for marker in item.iter_markers("rfc"):
        document, section, text = marker.args
        yield Statement(document, section, text, test)


def page(statements: Iterable[Statement]) -> str:
    """The page, in Markdown."""
    of_document: dict[str, list[Statement]] = {}
    for statement in statements:
        of_document.setdefault(statement.document, []).append(statement)
    order = [*TITLES, *OPENID_PAGES]
    documents = sorted(of_document, key=order.index)
    return "\n".join((INTRODUCTION, *(_table(each, of_document[each]) for each in documents)))


def row(statement: Statement) -> str:
    """One row of a table, up to the result."""
    name = statement.test.rpartition("::")[2]
    file = statement.test.partition("::")[0]
    return f"| {_section(statement)} | {statement.text} | [`{name}`](../{file}) |"


def _table(document: str, statements: list[Statement]) -> str:
    heading = f"{document} 1.0" if document in OPENID_PAGES else f"RFC {document}, {TITLES[document]}"
    ordered = sorted(statements, key=lambda each: (_natural(each.section), each.text, each.test))
    lines = [f"## {heading}", "", "| section | statement | test | result |", "| --- | --- | --- | --- |"]
    lines += (f"{row(statement)} {statement.result} |" for statement in ordered)
    return "\n".join((*lines, ""))


def _section(statement: Statement) -> str:
    if statement.document in OPENID_PAGES:
        return f"[{statement.section}]({OPENID_PAGES[statement.document]})"
    address = f"https://www.rfc-editor.org/rfc/rfc{statement.document}#section-{statement.section}"
    return f"[{statement.section}]({address})"


def _natural(section: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", section)]


def main() -> int:
    """Run the tests and write the page."""
    collector = Collector()
    there = [path for path in TESTS if (ROOT / path).exists()]
    status = pytest.main(["--quiet", "-m", "rfc", "--rootdir", str(ROOT), *there], plugins=[collector])
    PAGE.write_text(page(collector.statements), "utf-8")
    held = sum(statement.result.startswith("holds") for statement in collector.statements)
    print(f"{held} of {len(collector.statements)} statements hold. Written to {PAGE}.")
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
