"""What docs/chat-server.md says of errors and messages is what the code has."""

import re
from pathlib import Path

from chat_app.engagement import errors
from chat_app.engagement.vocabulary import MessageName

PAGE = (Path(__file__).parents[2] / "docs" / "chat-server.md").read_text("utf-8")


def test_every_error_stands_in_the_table_with_its_status() -> None:
    rows = re.findall(r"^\| ((?:`[A-Z_]+`,? ?)+) \| (\d+) \|", PAGE, re.MULTILINE)
    documented = {code: int(status) for codes, status in rows for code in re.findall(r"[A-Z_]+", codes)}
    assert documented == {error.code: error.status for error in errors.ALL}


def test_every_message_stands_in_the_table() -> None:
    assert set(re.findall(r"^\| `(RN\w+)` \|", PAGE, re.MULTILINE)) == {name.value for name in MessageName}
