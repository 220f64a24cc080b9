from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from chatauth_project import settings_page
from chatauth_project.environment import Environment


def test_every_variable_is_documented_with_its_bounds() -> None:
    page = settings_page.render()
    assert [name for name in Environment.model_fields if f"### `{name.upper()}`\n" not in page] == []
    assert "Default: `2m`; at least `30s`, at most `10m`." in page
    assert "Required; at least 50 characters." in page


def test_stale_pages_are_told_and_written(settings: Settings, tmp_path: Path) -> None:
    settings.BASE_DIR = tmp_path
    settings.GENERATED_DOCS = {"docs/settings.md": "chatauth_project.settings_page.render"}
    with pytest.raises(CommandError, match=r"Out of date: docs/settings\.md"):
        call_command("docs", "--check")
    out = StringIO()
    call_command("docs", stdout=out)
    assert out.getvalue() == "Wrote docs/settings.md\n"
    call_command("docs", "--check")
    assert (tmp_path / "docs" / "settings.md").read_text("utf-8") == settings_page.render()
