"""Pages of docs/ that are written from the code, so that they cannot fall behind it."""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.utils import translation
from django.utils.module_loading import import_string


def write_all(root: Path) -> list[str]:
    """Write the pages that are not up to date; return their paths."""
    stale = stale_pages(root)
    for path in stale:
        page = root / path
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(_render(path), "utf-8")
    return stale


def stale_pages(root: Path) -> list[str]:
    """Return the paths of pages that differ from what the code would write."""
    return list(_stale_pages(root))


def _stale_pages(root: Path) -> Iterator[str]:
    for path in settings.GENERATED_DOCS:
        page = root / path
        if not page.exists() or page.read_text("utf-8") != _render(path):
            yield path


def _render(path: str) -> str:
    with translation.override("en"):
        text: str = import_string(settings.GENERATED_DOCS[path])()
        return text
