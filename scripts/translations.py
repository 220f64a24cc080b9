"""Keeps the translations of locale/: what is marked in code and templates, in every language, compiled.

Usage: python -m scripts.translations write|check

`write` takes over what has been marked or is gone, compiles, and lists what is left to do; `check` only looks.
"""

import io
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
FOLDERS = ("authenticate_app", "chat_app", "chatauth_project", "templates")
"""Where texts for people stand."""

PLAIN, PLURAL = (1,), (1, 2)
PLAIN_IN_CONTEXT, PLURAL_IN_CONTEXT = ((1, "c"), 2), ((1, "c"), 2, 3)
KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), PLAIN),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), PLURAL),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), PLAIN_IN_CONTEXT),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), PLURAL_IN_CONTEXT),
}
"""Django's functions that mark a text, and which of their arguments are the text."""

WIDTH = 110
NAMED = re.compile(r"%\(\w+\)[a-z]")
POSITIONAL = re.compile(r"%[a-z%]")


def main(action: str) -> int:
    """Run; return the exit status."""
    marked = marked_texts()
    if action == "write":
        for source in sources():
            write(source, marked)
    faults = [fault for source in sources() for fault in faults_of(source, marked)]
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults and action == "check" else 0


def sources() -> list[Path]:
    """Return the catalogues that people edit."""
    return sorted(LOCALE.glob("*/LC_MESSAGES/*.po"))


def marked_texts() -> Catalog:
    """Collect every text that is marked for translation, with the files where it stands."""
    catalog = Catalog()
    for path in _files():
        place = str(path.relative_to(ROOT))
        for _line, text, comments, context in extract("python", _readable(path), KEYWORDS, ["Translators:"]):
            catalog.add(text, locations=[(place, 1)], auto_comments=comments, context=context)
    return catalog


def read_source(source: Path) -> Catalog:
    """Read a catalogue; the language is the folder's name."""
    with source.open("rb") as file:
        return read_po(file, locale=source.parent.parent.name)


def write(source: Path, marked: Catalog) -> None:
    """Take over what is marked, drop what is not, keep every translation, and compile."""
    catalog = read_source(source)
    catalog.update(marked, no_fuzzy_matching=True, update_creation_date=False)
    with source.open("wb") as file:
        write_po(file, catalog, width=WIDTH, include_lineno=False, ignore_obsolete=True)
    compiled_path(source).write_bytes(compiled(catalog))


def compiled_path(source: Path) -> Path:
    """Return where Django looks for the compiled form."""
    return source.with_suffix(".mo")


def compiled(catalog: Catalog) -> bytes:
    """Return the binary form of a catalogue."""
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def faults_of(source: Path, marked: Catalog) -> Iterator[str]:
    """Yield a sentence for each text that is missing, left over or badly translated, and for a stale compiled form."""
    catalog = read_source(source)
    wanted, found = _by_key(marked), _by_key(catalog)
    for text in wanted.keys() - found.keys():
        yield f"{source}: {text!r} is missing; run make translations."
    for text in found.keys() - wanted.keys():
        yield f"{source}: {text!r} is marked nowhere; run make translations."
    for text, message in found.items():
        if fault := translation_fault(message):
            yield f"{source}: {text!r} {fault}."
    if not _is_compiled(source, catalog):
        yield f"{source}: it is not compiled; run make translations."


def translation_fault(message: Message) -> str:
    """Say what is wrong with a translation; "" if nothing is."""
    translated = _forms(message.string)
    if message.fuzzy or not translated or not all(translated):
        return "is not translated"
    expected = [placeholders(text) for text in _forms(message.id)]
    actual = [placeholders(text) for text in translated]
    # The form for one may leave the number out, as English may; the form for many may not.
    if actual[-1] != expected[-1] or any(each not in expected for each in actual):
        return "has other placeholders in its translation"
    return ""


def placeholders(text: str) -> list[str]:
    """List what is filled in: the named ones in any order, the others in theirs."""
    return sorted(NAMED.findall(text)) + POSITIONAL.findall(NAMED.sub("", text))


def _files() -> Iterable[Path]:
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if "migrations" not in path.parts]
    return sorted(path for path in paths if path.suffix in {".py", ".html", ".txt"})


def _readable(path: Path) -> io.BytesIO:
    """The file as Python: of a template, Django leaves the marked texts, and X for everything else."""
    if path.suffix == ".py":
        return io.BytesIO(path.read_bytes())
    lines = templatize(path.read_text("utf-8")).splitlines()
    return io.BytesIO("\n".join(line.strip() for line in lines).encode())


def _is_compiled(source: Path, catalog: Catalog) -> bool:
    try:
        with compiled_path(source).open("rb") as file:
            found = read_mo(file)
    except FileNotFoundError:
        return False
    return _translations(found) == _translations(read_mo(io.BytesIO(compiled(catalog))))


def _by_key(catalog: Catalog) -> dict[tuple[str, ...], Message]:
    """Messages by their texts and, where they have one, their context."""
    return {(*_forms(message.id), *_forms(message.context)): message for message in catalog if message.id}


def _translations(catalog: Catalog) -> dict[tuple[str, ...], tuple[str, ...]]:
    return {key: _forms(message.string) for key, message in _by_key(catalog).items()}


def _forms(text: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    """The forms of a text: one, or one for each number of things; none where there is no text."""
    return (text,) if isinstance(text, str) else tuple(text or ())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
