import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.views import View

from chatauth_project import on_demand

GREEDY = {
    "drf_spectacular.openapi",
    "rest_framework.test",
    "urllib3",
    "yaml.loader",
    "pygments.lexers",
    "rich.console",
} | {"anyio.abc", "croniter.croniter", "segno.encoder", "sqlparse.sql"}
"""Modules that take megabytes, and are needed by readers of the API's schema, by developers, or by nobody."""
TELL = "import sys, chatauth_project.worker, chatauth_project.urls; print(*sys.modules)"


class Greeting(View):
    text = ""

    def get(self, _request: object, name: str) -> HttpResponse:
        return HttpResponse(f"{self.text} {name}")


def test_a_view_is_loaded_by_its_first_request() -> None:
    missing = on_demand.view("tests.project.test_on_demand.Missing")
    with pytest.raises(ImportError):
        missing(RequestFactory().get("/"))


def test_a_view_answers_as_if_it_had_been_there() -> None:
    view = on_demand.view("tests.project.test_on_demand.Greeting", text="Hello")
    answer = view(RequestFactory().get("/"), name="Jane")
    assert isinstance(answer, HttpResponse)
    assert answer.content == b"Hello Jane"
    assert view(RequestFactory().post("/"), name="Jane").status_code == 405


@pytest.fixture
def spare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a package that nobody has loaded."""
    package = tmp_path / "spare_package"
    package.mkdir()
    (package / "__init__.py").write_text("answer = 42\n")
    (package / "part.py").write_text("whole = 'spare_package'\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("spare_package", "spare_package.part"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    on_demand.postpone("spare_package")
    return "spare_package"


def test_a_postponed_module_is_loaded_once_it_is_used(spare: str) -> None:
    module = import_module(spare)
    assert isinstance(module, on_demand.Postponed)
    assert module.answer == 42
    assert not isinstance(import_module(spare), on_demand.Postponed)
    assert module.answer == 42
    with pytest.raises(AttributeError):
        module.question  # noqa: B018 - asking is the test


def test_parts_of_a_postponed_package_are_found(spare: str) -> None:
    assert import_module(f"{spare}.part").whole == spare
    assert import_module(spare).part.whole == spare


def test_a_module_that_is_done_without_looks_as_if_it_were_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "this", raising=False)
    on_demand.do_without("this")
    with pytest.raises(ImportError):
        import_module("this")
    del sys.modules["this"]


def test_what_is_loaded_stays() -> None:
    on_demand.postpone("json")
    on_demand.do_without("json")
    assert sys.modules["json"] is json


def test_a_worker_starts_without_what_it_seldom_needs() -> None:
    started = subprocess.run(
        [sys.executable, "-c", TELL], env=os.environ, capture_output=True, text=True, check=True, timeout=60
    )
    assert GREEDY.isdisjoint(started.stdout.split())
