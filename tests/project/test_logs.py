import json
import logging
from typing import Any

import pytest
import structlog

from chatauth_project import logs


@pytest.fixture(autouse=True)
def _as_configured() -> None:
    logs.configure({"level": "INFO", "as_json": True})


def last_line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(capsys.readouterr().err.splitlines()[-1])
    return line


def test_a_line_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger("x").info("started", workers=2)
    line = last_line(capsys)
    assert (line["event"], line["level"], line["workers"]) == ("started", "info", 2)
    assert line["timestamp"].endswith("Z")


def test_the_standard_librarys_loggers_come_out_in_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("some.library").warning("%s is odd", "this")
    line = last_line(capsys)
    assert (line["event"], line["level"], line["logger"]) == ("this is odd", "warning", "some.library")


def test_a_request_id_is_in_every_line_of_its_request(capsys: pytest.CaptureFixture[str]) -> None:
    binding = logs.request_id_of_this_request.set("id-of-request")
    try:
        logging.getLogger("some.library").error("failed")
    finally:
        logs.request_id_of_this_request.reset(binding)
    assert last_line(capsys)["request_id"] == "id-of-request"


def test_secrets_are_redacted_at_any_depth(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger("x").info(
        "odd",
        password="hunter2",
        access_token="hunter2",
        headers={"Authorization": "hunter2", "Accept": "*/*"},
        parts=[{"clientSecret": "hunter2"}],
        jwt="hunter2",
    )
    line = last_line(capsys)
    assert "hunter2" not in json.dumps(line)
    assert line["headers"] == {"Authorization": logs.REDACTED, "Accept": "*/*"}


@pytest.mark.parametrize("name", ["tokens", "passwordless", "status", "jwts_issued", "keyring"])
def test_names_that_only_resemble_secrets_are_kept(name: str) -> None:
    assert not logs.is_secret(name)


def test_an_exception_shows_without_values_of_rows(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise ValueError(  # noqa: TRY301 - an exception to log
            "duplicate key\nDETAIL:  Key (email)=(john@example.com) already exists.\nCONTEXT:  $1 = 'john'"
        )
    except ValueError:
        logging.getLogger("x").exception("failed")
    line = last_line(capsys)
    assert "duplicate key" in line["exception"]
    assert "john" not in line["exception"]


def test_paths_of_requests_are_never_logged_by_django(capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("django.request").error("Not Found: /chatAuthenticate/john@example.com")
    assert capsys.readouterr().err == ""


def test_a_terminal_gets_lines_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure({"level": "WARNING", "as_json": False})
    log = structlog.get_logger("y")
    log.info("unimportant")
    log.warning("important", count=3)
    shown = capsys.readouterr().err
    assert "important" in shown
    assert "count=3" in shown
    assert "unimportant" not in shown
    logs.configure({"level": "INFO", "as_json": True})
