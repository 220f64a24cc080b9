"""The admin speaks the language that the browser asks for, or the one that somebody chose."""

import pytest
from django.conf import settings
from django.utils import translation

from authenticate_app.accounts.models import User
from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record
from tests.admin.conftest import Browser

pytestmark = pytest.mark.usefixtures("routing_data")

OVERVIEW = {"en": "Overview", "de": "Übersicht", "fr": "Vue d&#x27;ensemble", "es": "Resumen", "ja": "概要"}


@pytest.mark.parametrize("language", OVERVIEW)
def test_pages_are_in_the_language_of_the_browser(admin: Browser, language: str) -> None:
    page = admin.get("/admin/", headers={"accept-language": f"{language}, en;q=0.5"}).content.decode()
    assert f'<html lang="{language}"' in page
    assert OVERVIEW[language] in page


def test_a_chosen_language_stays(admin: Browser) -> None:
    admin.post("/i18n/setlang/", {"language": "ja", "next": "/admin/"})
    assert admin.cookies[settings.LANGUAGE_COOKIE_NAME].value == "ja"
    assert OVERVIEW["ja"] in admin.get("/admin/", headers={"accept-language": "de"}).content.decode()


@pytest.mark.django_db
def test_the_form_to_sign_in_and_its_refusal_are_translated() -> None:
    refused = Browser().post("/login/", {"username": "nobody", "password": "wrong"}, headers={"accept-language": "de"})
    assert "Der Benutzername oder das Passwort stimmt nicht." in refused.content.decode()


def test_profile_options_entitlements_and_reasons_are_explained(admin: Browser, superuser: User) -> None:
    record(event=Event.SIGN_IN_FAILED, reason="wrong-password", actor=superuser.pk, actor_name=superuser.username)
    german = {"accept-language": "de"}
    pages = {
        "/admin/chat_app/profileoption/": "Chat ist verfügbar",
        "/admin/chat_app/profileoption/effective/": "Chat ist verfügbar",
        "/admin/chat_app/profileoption/SVC_5FENABLE_5FCHAT/change/": "Schaltet den Chat ein oder aus.",
        "/admin/authenticate_app/role/add/": "Einen Chat anfordern (SVC_REQUEST_FOR_CHAT_PRIV)",
        "/admin/authenticate_app/auditevent/": "falsches Passwort",
    }
    for address, text in pages.items():
        assert text in admin.get(address, headers=german).content.decode(), address
    assert (
        "Audit-Ereignisse: ansehen" in admin.get("/admin/authenticate_app/role/add/", headers=german).content.decode()
    )


def test_one_word_is_translated_by_its_context() -> None:
    with translation.override("es"):
        assert (translation.pgettext("user", "disabled"), translation.gettext("disabled")) == (
            "desactivado",
            "desactivada",
        )
