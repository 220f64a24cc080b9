"""E-mail to people: written at once, sent by a background job."""

from datetime import timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail as outbox
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils import timezone

from authenticate_app.accounts import mail
from authenticate_app.accounts.mail import Letter, Outcome
from tests import letters

LETTER: dict[str, Any] = {
    "to": "john@vision.com",
    "template": "customer/mail/password_forgotten",
    "context": {"name": "John & Jane", "link": "https://x/?a=b&c=d", "minutes": 60},
    "language": "en",
}
SHORT = Letter("john@vision.com", "News", "Hello")
NOW = timezone.now()
LATER = NOW + timedelta(hours=1)


class Refusing(BaseEmailBackend):
    """A mail server that answers what a test says."""

    answer: Exception

    def send_messages(self, email_messages: Any) -> int:
        raise self.answer


@pytest.fixture
def refusing(settings: Any) -> type[Refusing]:
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    Refusing.answer = SMTPServerDisconnected("john@vision.com: please try again")
    return Refusing


def counted(outcome: Outcome) -> float:
    return float(mail.MAILS.labels(outcome.value)._value.get())


def test_a_letter_is_plain_text_from_our_address() -> None:
    letter = mail.write(**LETTER)
    assert (letter.to, letter.subject) == ("john@vision.com", "A new password for chat.example.com")
    assert "Hello John & Jane," in letter.body
    assert "https://x/?a=b&c=d" in letter.body
    assert "within 60 minutes" in letter.body
    assert mail.attempt(letter, until=LATER, now=NOW) is Outcome.SENT
    (sent,) = outbox.outbox
    assert (sent.to, sent.from_email, sent.subject) == (["john@vision.com"], "chat@example.com", letter.subject)


def test_it_is_written_in_the_language_of_its_reader() -> None:
    assert "Guten Tag John & Jane" in mail.write(**{**LETTER, "language": "de"}).body


def test_a_name_breaks_no_header(settings: Any) -> None:
    settings.BUSINESS_NAME = "Vision\r\nBcc: everybody@example.com"
    assert mail.write(**LETTER).subject == "A new password for Vision Bcc: everybody@example.com"


@pytest.mark.django_db
def test_a_letter_waits_in_the_database_until_it_is_sent() -> None:
    mail.send_later(SHORT, now=NOW)
    assert outbox.outbox == []
    letters.send_all()
    assert [letter.subject for letter in outbox.outbox] == ["News"]
    assert letters.waiting() == []


@pytest.mark.django_db
def test_what_is_rolled_back_is_told_to_nobody() -> None:
    with transaction.atomic():
        mail.send_later(SHORT, now=NOW)
        transaction.set_rollback(True)
    assert letters.waiting() == []


@pytest.mark.django_db
def test_without_e_mail_nothing_is_sent(settings: Any) -> None:
    settings.EMAIL_URL = ""
    mail.send_later(SHORT, now=NOW)
    assert letters.waiting() == []


@pytest.mark.django_db
def test_a_mail_server_that_is_away_is_asked_again(
    refusing: type[Refusing], settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    before = counted(Outcome.FAILED)
    mail.send_later(SHORT, now=NOW)
    letters.send_all()
    assert counted(Outcome.FAILED) == before + 1
    assert len(letters.waiting()) == 1
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    letters.send_all()
    assert len(outbox.outbox) == 1
    assert "john@vision.com" not in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (SMTPServerDisconnected("gone"), Outcome.FAILED),
        (TimeoutError(), Outcome.FAILED),
        (SMTPRecipientsRefused({"john@vision.com": (450, b"busy")}), Outcome.FAILED),
        (SMTPRecipientsRefused({"john@vision.com": (550, b"no such user")}), Outcome.GIVEN_UP),
        (SMTPDataError(451, b"greylisted"), Outcome.FAILED),
        (SMTPDataError(554, b"looks like spam"), Outcome.GIVEN_UP),
    ],
)
def test_a_letter_that_is_refused_for_good_is_given_up(
    refusing: type[Refusing], answer: Exception, outcome: Outcome
) -> None:
    refusing.answer = answer
    before = counted(outcome)
    assert mail.attempt(SHORT, until=LATER, now=NOW) is outcome
    assert counted(outcome) == before + 1


def test_old_news_is_no_longer_sent() -> None:
    assert mail.attempt(SHORT, until=NOW, now=NOW) is Outcome.GIVEN_UP
    assert outbox.outbox == []
