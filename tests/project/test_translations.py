"""Every text that is marked for translation reaches people in every language."""

import shutil
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import write_po
from django.conf import settings
from django.utils import translation

from scripts import translations

SOURCES = translations.sources()
EVERY_LANGUAGE = pytest.mark.parametrize("source", SOURCES, ids=[source.parent.parent.name for source in SOURCES])
OURS, COUNTED = "A queue.", ("%(count)d queue", "%(count)d queues")


@pytest.fixture(scope="module")
def marked() -> Catalog:
    return translations.marked_texts()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A German catalogue with two texts, compiled."""
    catalog = Catalog(locale="de")
    catalog.add(OURS, "Eine Warteschlange.")
    catalog.add(COUNTED, ("%(count)d Warteschlange", "%(count)d Warteschlangen"))
    return written(tmp_path, catalog)


def written(folder: Path, catalog: Catalog) -> Path:
    path = folder / "de" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog)
    translations.compiled_path(path).write_bytes(translations.compiled(catalog))
    return path


def both() -> Catalog:
    catalog = Catalog()
    catalog.add(OURS)
    catalog.add(COUNTED)
    return catalog


def test_there_is_a_catalogue_for_every_language() -> None:
    languages = {source.parent.parent.name for source in SOURCES}
    assert languages | {"en"} == {code for code, _name in settings.LANGUAGES}


@EVERY_LANGUAGE
def test_every_text_is_translated_and_compiled(source: Path, marked: Catalog) -> None:
    assert list(translations.faults_of(source, marked)) == []


def test_texts_of_code_templates_and_plurals_are_found(marked: Catalog) -> None:
    places = {message.id: [place for place, _line in message.locations] for message in marked}
    assert places["signing key"] == ["authenticate_app/keys/models.py"]
    assert places["Nothing is stored and nobody is connected."] == ["templates/admin/chat_app/rules.html"]
    assert places["takes the request"] == ["templates/admin/chat_app/rules.html"]  # _("…") within a tag
    assert places["%d queue", "%d queues"] == ["chat_app/routing/admin/interfaces.py"]
    assert marked.get("disabled", context="user") is not None


def test_a_whole_catalogue_has_no_faults(source: Path) -> None:
    assert list(translations.faults_of(source, both())) == []


def test_a_text_that_nobody_translated_is_a_fault(source: Path) -> None:
    marked = both()
    marked.add("New.")
    assert [*translations.faults_of(source, marked)] == [f"{source}: ('New.',) is missing; run make translations."]


def test_a_text_that_is_marked_no_more_is_a_fault(source: Path) -> None:
    marked = both()
    marked.delete(OURS)
    assert [*translations.faults_of(source, marked)] == [
        f"{source}: ('A queue.',) is marked nowhere; run make translations."
    ]


def test_what_is_compiled_has_to_be_up_to_date(source: Path) -> None:
    source.write_text(source.read_text("utf-8").replace("Eine W", "Die W"), "utf-8")
    assert [*translations.faults_of(source, both())] == [f"{source}: it is not compiled; run make translations."]
    translations.compiled_path(source).unlink()
    assert [*translations.faults_of(source, both())] == [f"{source}: it is not compiled; run make translations."]


def test_writing_takes_over_what_is_new_and_keeps_what_is_translated(source: Path) -> None:
    marked = both()
    marked.delete(OURS)
    marked.add("New.")
    translations.write(source, marked)
    assert [*translations.faults_of(source, marked)] == [f"{source}: ('New.',) is not translated."]
    assert OURS not in source.read_text("utf-8")
    assert "Warteschlangen" in source.read_text("utf-8")


@pytest.mark.parametrize(
    ("text", "translated", "fault"),
    [
        ("a", "b", ""),
        ("a", "", "is not translated"),
        (("a", "b"), ("c", ""), "is not translated"),
        ("%(a)s %(b)d", "%(b)d %(a)s", ""),
        ("%(a)s", "%(a)d", "has other placeholders in its translation"),
        ("%(a)s", "%(b)s", "has other placeholders in its translation"),
        ("%(a)s", "nothing", "has other placeholders in its translation"),
        ("nothing", "%s", "has other placeholders in its translation"),
        ("%s of %d", "%s / %d", ""),
        ("%s of %d", "%d / %s", "has other placeholders in its translation"),
        (("one", "%(n)s"), ("%(n)s",), ""),
        (("one", "%(n)s"), ("one",), "has other placeholders in its translation"),
        (("%(n)s", "%(n)s"), ("one", "%(n)s"), "has other placeholders in its translation"),
    ],
)
def test_a_translation_fills_in_what_the_text_does(
    text: str | tuple[str, ...], translated: str | tuple[str, ...], fault: str
) -> None:
    assert translations.translation_fault(Message(text, translated)) == fault


def test_a_doubtful_translation_is_none() -> None:
    assert translations.translation_fault(Message("a", "b", flags=["fuzzy"])) == "is not translated"


def test_the_command_checks_without_writing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    shutil.copytree(SOURCES[0].parent.parent, tmp_path / "de")
    monkeypatch.setattr(translations, "LOCALE", tmp_path)
    assert translations.main("check") == 0
    translations.compiled_path(translations.sources()[0]).unlink()
    assert translations.main("check") == 1
    assert "not compiled" in capsys.readouterr().out
    assert translations.main("write") == 0
    assert translations.main("check") == 0


@pytest.mark.parametrize(("language", "role"), [("de", "Einen Chat anfordern"), ("ja", "チャットの要求")])
def test_a_text_with_a_context_and_one_from_the_database_are_translated(language: str, role: str) -> None:
    with translation.override(language):
        assert translation.gettext("Request a chat") == role
        assert translation.pgettext("user", "disabled") != "disabled"
