"""Commands of the toolkit would make clients and delete tokens past our rules."""

from io import StringIO

import pytest
from django.core.management import CommandError, ManagementUtility, call_command, get_commands

COMMANDS = {
    "createapplication": "Clients are made in the admin",
    "cleartokens": "Run manage.py housekeeping",
    "clearcimdapplications": "nothing to delete",
}


@pytest.mark.parametrize(("name", "sentence"), COMMANDS.items())
def test_it_says_what_to_do_instead(name: str, sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command(name, stdout=StringIO())


def test_it_says_so_whatever_its_arguments_were(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        ManagementUtility(["manage.py", "createapplication", "confidential", "client-credentials"]).execute()
    assert "Clients are made in the admin" in capsys.readouterr().err


def test_no_command_of_the_toolkit_is_left() -> None:
    assert [name for name, app in get_commands().items() if app == "oauth2_provider"] == []
