"""Compiles the translations of locale/, or checks that they are whole and compiled.

Usage: scripts/translations.py compile|check
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).resolve().parent.parent / "locale"


def main(action: str) -> int:
    """Run; return the exit status."""
    if action == "compile":
        for source in sources():
            compiled_path(source).write_bytes(compiled(read_source(source)))
        return 0
    faults = [fault for source in sources() for fault in faults_of(source)]
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


def sources() -> list[Path]:
    """Return the catalogues that people edit."""
    return sorted(LOCALE.glob("*/LC_MESSAGES/*.po"))


def compiled_path(source: Path) -> Path:
    """Return where Django looks for the compiled form."""
    return source.with_suffix(".mo")


def read_source(source: Path) -> Catalog:
    """Read a catalogue; the language is the folder's name."""
    with source.open("rb") as file:
        return read_po(file, locale=source.parent.parent.name)


def compiled(catalog: Catalog) -> bytes:
    """Return the binary form of a catalogue."""
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def faults_of(source: Path) -> Iterator[str]:
    """Yield a sentence for each message that is not translated, and for a stale compiled form."""
    catalog = read_source(source)
    for message in catalog:
        translated = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id and (message.fuzzy or not all(translated)):
            yield f"{source}: {message.id!r} is not translated."
    if not _is_compiled(source, catalog):
        yield f"{source}: it is not compiled; run make translations."


def _is_compiled(source: Path, catalog: Catalog) -> bool:
    try:
        with compiled_path(source).open("rb") as file:
            found = read_mo(file)
    except FileNotFoundError:
        return False
    return _strings(found) == _strings(read_mo(io.BytesIO(compiled(catalog))))


def _strings(catalog: Catalog) -> dict[object, object]:
    return {(message.context, message.id): message.string for message in catalog if message.id}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
