"""What somebody with a browser sees when something is wrong with the address or with the server."""

from http import HTTPStatus
from typing import Any

import pytest
from django.db import OperationalError, connection

from authenticate_app.accounts.models import User
from tests.login.conftest import NAME, PASSWORD, Browser, sign_in

HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8", "accept-language": "de"}


@pytest.fixture
def with_a_browser(browser: Browser) -> Browser:
    browser = Browser(headers=HTML)
    browser.raise_request_exception = False
    return browser


class Away:
    """Stands in the way of every statement."""

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        raise OperationalError("connection refused: host=db.internal")


def test_without_a_database_a_page_says_so_and_leads_back(john: User, with_a_browser: Browser) -> None:
    with connection.execute_wrapper(Away()):
        response = sign_in(with_a_browser, address="/login/?next=/admin/")
    assert (response.status_code, response["Retry-After"]) == (HTTPStatus.SERVICE_UNAVAILABLE, "5")
    page = response.content.decode()
    assert '<html lang="de">' in page
    assert 'href="/login/?next=/admin/"' in page
    assert "db.internal" not in page
    assert PASSWORD not in page


def test_so_does_a_page_for_somebody_with_a_session(signed_in: Browser) -> None:
    signed_in.raise_request_exception = False
    with connection.execute_wrapper(Away()):
        response = signed_in.get("/account/", headers=HTML)
    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert "chat.example.com" in response.content.decode()


@pytest.mark.django_db
def test_the_sign_in_page_itself_needs_no_database(with_a_browser: Browser) -> None:
    with connection.execute_wrapper(Away()):
        assert with_a_browser.get("/login/").status_code == HTTPStatus.OK


def test_a_bug_is_a_page_with_the_requests_id(
    john: User, with_a_browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    from authenticate_app.login import views

    def fail(*_args: Any) -> None:
        raise ZeroDivisionError(NAME)

    monkeypatch.setattr(views, "proceed", fail)
    response = sign_in(with_a_browser)
    assert response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    page = response.content.decode()
    assert response["X-Request-ID"] in page
    assert NAME not in page


@pytest.mark.django_db
def test_an_address_that_leads_nowhere_is_a_page(with_a_browser: Browser) -> None:
    response = with_a_browser.get("/nowhere")
    assert response.status_code == HTTPStatus.NOT_FOUND
    assert '<main class="card">' in response.content.decode()


@pytest.mark.django_db
def test_what_makes_no_sense_is_a_page(with_a_browser: Browser) -> None:
    response = with_a_browser.get("/login/", headers={"host": "evil.example"})
    assert response.status_code == HTTPStatus.BAD_REQUEST
    page = response.content.decode()
    assert '<main class="card">' in page
    assert "evil.example" not in page


@pytest.mark.django_db
def test_programs_get_no_pages() -> None:
    response = Browser(headers={"accept": "*/*"}).get("/nowhere")
    assert response.status_code == HTTPStatus.NOT_FOUND
    assert '<main class="card">' not in response.content.decode()
