"""E-mail in the background."""

from queue import Queue
from threading import Event
from typing import Any

import pytest
from django.core import mail as outbox

from authenticate_app.accounts import mail

LETTER: dict[str, Any] = {
    "to": "john@vision.com",
    "template": "customer/mail/password_forgotten",
    "context": {"name": "John & Jane", "link": "https://x/?a=b&c=d", "minutes": 60},
    "language": "en",
}


def counted(counter: Any) -> float:
    return float(counter._value.get())


def test_a_letter_is_plain_text_from_our_address() -> None:
    mail.send(**LETTER)
    (letter,) = outbox.outbox
    assert (letter.to, letter.from_email) == (["john@vision.com"], "chat@example.com")
    assert letter.subject == "A new password for chat.example.com"
    assert "Hello John & Jane," in str(letter.body)
    assert "https://x/?a=b&c=d" in str(letter.body)
    assert "within 60 minutes" in str(letter.body)


def test_a_name_breaks_no_header(settings: Any) -> None:
    settings.BUSINESS_NAME = "Vision\r\nBcc: everybody@example.com"
    mail.send(**LETTER)
    assert outbox.outbox[0].subject == "A new password for Vision Bcc: everybody@example.com"


@pytest.mark.django_db
def test_it_is_sent_by_another_thread() -> None:
    is_sent = Event()
    mail.later(is_sent.set)
    assert is_sent.wait(10)


@pytest.mark.django_db
def test_a_failure_is_counted_and_does_not_stop_the_next(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise OSError("john@vision.com refused")

    before = counted(mail.FAILED)
    is_sent = Event()
    mail.later(fail)
    mail.later(is_sent.set)
    assert is_sent.wait(10)
    assert counted(mail.FAILED) == before + 1
    assert "john@vision.com" not in capsys.readouterr().err


def test_too_many_that_wait_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    full: Queue[Any] = Queue(1)
    full.put(print)
    monkeypatch.setattr(mail, "_jobs", lambda: full)
    before = counted(mail.DROPPED)
    mail.later(print)
    assert counted(mail.DROPPED) == before + 1


def test_without_e_mail_nothing_is_sent(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "later", mail.run)
    settings.EMAIL_URL = ""
    mail.send_later(**LETTER)
    assert outbox.outbox == []
    settings.EMAIL_URL = "console:"
    mail.send_later(**LETTER)
    assert len(outbox.outbox) == 1
