"""docs/oauth-compliance.md lists the tests as they are."""

import re
from pathlib import Path

import pytest

from scripts.compliance import PAGE, ROOT, Statement, page, row, statements_of


def test_every_statement_that_a_test_holds_is_listed(request: pytest.FixtureRequest) -> None:
    text = PAGE.read_text("utf-8")
    statements = [statement for item in request.session.items for statement in statements_of(item)]
    assert sorted({row(each) for each in statements if row(each) not in text}) == [], "make compliance writes the page"


def test_every_test_that_is_listed_exists() -> None:
    listed = re.findall(r"\[`(\w+)`\]\(\.\./([^)]+)\)", PAGE.read_text("utf-8"))
    assert listed
    assert [name for name, file in listed if f"def {name}(" not in (ROOT / file).read_text("utf-8")] == []


def test_nothing_that_failed_is_published() -> None:
    assert "**" not in PAGE.read_text("utf-8").partition("\n## ")[2]


def test_a_failure_is_written_as_such() -> None:
    statements = [
        Statement("6749", "4.1.10", "later", "tests/a.py::test_a", ["passed", "passed"]),
        Statement("6749", "4.1.2", "earlier", "tests/a.py::test_b", ["passed", "failed"]),
        Statement("OpenID Core", "2", "another", "tests/a.py::test_c", ["passed"]),
        Statement("6749", "5", "never run", "tests/a.py::test_d"),
    ]
    lines = [line.split(" | ") for line in page(statements).splitlines() if "tests/a.py" in line]
    assert [(line[1], line[3].rstrip(" |")) for line in lines] == [
        ("earlier", "**failed**"),
        ("later", "holds (2 cases)"),
        ("never run", "**not run**"),
        ("another", "holds"),
    ]


def test_the_page_is_where_readers_look() -> None:
    assert "oauth-compliance.md" in (Path(ROOT) / "docs" / "oauth.md").read_text("utf-8")
