"""Which business a page speaks for, in which language, and in which colour."""

import re
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authenticate_app.login.accents import (
    DARK_PAGE,
    LIGHT_PAGE,
    WHITE,
    Color,
    contrast,
    readable,
    stylesheet,
    text_on,
)
from authenticate_app.login.branding import Branding
from tests.login.conftest import AUTHORIZE, Browser, sign_in

ASKED = f"/login/?next={quote(AUTHORIZE)}"
pytestmark = pytest.mark.django_db


def form_action(response: Any) -> str:
    (found,) = re.findall(r"form-action ([^;]+)", response["Content-Security-Policy"])
    return str(found)


def test_the_page_says_who_asks(browser: Browser, acme: Branding) -> None:
    response = browser.get(ASKED)
    page = response.content.decode()
    assert "ACME Bank asks you to sign in" in page
    assert '<img class="logo" src="/logos/acme.png" alt=""' in page
    assert '<link rel="stylesheet" href="/login/accent/ffcc00.css">' in page
    assert "<title>Sign in · ACME Bank</title>" in page
    assert form_action(response) == "'self' https://www.example.com messages-auth:"


@pytest.mark.parametrize(
    "address",
    ["/login/", "/login/?next=/account/", ASKED.replace("acme", "other"), "/login/?next=//evil/oauth/authorize"],
)
def test_without_a_client_the_installation_asks(browser: Browser, acme: Branding, address: str) -> None:
    response = browser.get(address)
    page = response.content.decode()
    assert "chat.example.com" in page
    assert "asks you to sign in" not in page
    assert "/login/accent/" not in page
    assert form_action(response) == "'self'"


def test_the_installation_may_have_a_name(browser: Browser, settings: Any) -> None:
    settings.BUSINESS_NAME = "Vision & Sons"
    assert "Vision &amp; Sons" in browser.get("/login/").content.decode()


def test_a_name_is_text_and_no_markup(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    from authenticate_app.login import branding

    wicked = Branding("<script>alert(1)</script>", accent_color="red;}</style>", logo_url='"><b>')
    monkeypatch.setattr(branding, "_finders", [lambda _parameters: wicked])
    page = browser.get(ASKED).content.decode()
    assert "<script>alert" not in page
    assert "red;" not in page
    assert '"><b>' not in page


def test_who_is_expected_is_filled_in(browser: Browser, acme: Branding) -> None:
    assert 'value="john"' in browser.get(ASKED + quote("&login_hint=john")).content.decode()
    assert "value=" not in str(re.findall(r"<input[^>]*username[^>]*>", browser.get(ASKED).content.decode()))


LANGUAGES = [
    ("de", "en", "de"),
    ("fr-CA de", "en", "fr"),
    ("xx tlh ja", "en", "ja"),
    ("xx", "es", "es"),
    ("", "de", "de"),
    ("%00 ../../etc", "fr", "fr"),
    ("x" * 5000, "de", "de"),
]


@pytest.mark.parametrize(("ui_locales", "accepted", "spoken"), LANGUAGES)
def test_the_client_chooses_the_language_before_the_browser(
    acme: Branding, ui_locales: str, accepted: str, spoken: str
) -> None:
    address = ASKED + quote(f"&ui_locales={quote(ui_locales)}")
    response = Browser(headers={"accept-language": accepted}).get(address)
    assert f'<html lang="{spoken}">' in response.content.decode()
    assert response["Content-Language"] == spoken
    refused = Browser(headers={"accept-language": accepted})
    assert f'<html lang="{spoken}">' in sign_in(refused, password="wrong", address=address).content.decode()


def test_one_request_does_not_choose_for_the_next(acme: Branding) -> None:
    browser = Browser(headers={"accept-language": "en"})
    browser.get(ASKED + quote("&ui_locales=ja"))
    assert '<html lang="en">' in browser.get("/login/").content.decode()


def test_a_thousand_parameters_are_too_many_and_no_failure(browser: Browser, acme: Branding) -> None:
    many = AUTHORIZE + "&a" * 1500
    assert browser.get(f"/login/?next={quote(many)}").status_code == HTTPStatus.OK


# Colours


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast(WHITE, Color.parse("767676")) == pytest.approx(4.54, abs=0.01)
    assert contrast(WHITE, Color(0, 0, 0)) == 21


COLORS = st.integers(0, 0xFFFFFF).map(lambda number: f"{number:06x}")


@given(COLORS)
def test_whatever_the_colour_everything_can_be_read(digits: str) -> None:
    color = Color.parse(digits)
    assert contrast(color, text_on(color)) >= 4.5
    for page in (LIGHT_PAGE, DARK_PAGE):
        assert contrast(readable(color, on=page, ratio=4.5), page) >= 4.5
    for block in re.findall(r":root\{([^}]*)\}", stylesheet(digits)):
        values = dict(re.findall(r"--([\w-]+):#([0-9a-f]{6});", block))
        on_accent = Color.parse(values["on-accent"])
        for name in ("accent", "accent-pressed"):
            assert contrast(Color.parse(values[name]), on_accent) >= 4.5


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    blue = Color.parse("0044cc")
    assert readable(blue, on=LIGHT_PAGE, ratio=4.5) == blue


def test_the_stylesheet_is_served_and_kept(browser: Browser) -> None:
    response = browser.get("/login/accent/ffcc00.css")
    assert response["Content-Type"] == "text/css"
    assert "immutable" in response["Cache-Control"]
    assert "--accent:#ffcc00;" in response.content.decode()
    assert "--on-accent:#000000;" in response.content.decode()


@pytest.mark.parametrize("digits", ["ffcc0", "FFCC00", "ffcc00;", "gggggg", "ffcc00ff"])
def test_what_is_no_colour_has_none(browser: Browser, digits: str) -> None:
    assert browser.get(f"/login/accent/{digits}.css").status_code == HTTPStatus.NOT_FOUND
