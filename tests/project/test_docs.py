"""The documentation says what is so: whatever it points to, and whatever points to it, exists."""

import re
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import groupby
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.core.management import get_commands
from prometheus_client import REGISTRY

from authenticate_app.accounts import entitlements
from authenticate_app.audit.events import Event
from authenticate_app.messages.reasons import PHONE_ERRORS, CallbackError, Reason
from chat_app.chat_authenticate import errors
from chat_app.engagement.errors import ALL
from chat_app.engagement.models import Engagement, Participant
from chat_app.routing.profile import OptionCode
from chatauth_project import checks
from chatauth_project.environment import Environment

ROOT = Path(__file__).resolve().parents[2]
CODE = ("authenticate_app", "chat_app", "chatauth_project", "tests", "scripts", "benchmarks", "templates", ".ci")
CODE_SUFFIXES = {".py", ".html", ".sh", ".js", ".css", ""}
MEASURING_MODULES = (
    "authenticate_app.accounts.mail",
    "authenticate_app.accounts.metrics",
    "authenticate_app.background",
    "authenticate_app.factors.metrics",
    "authenticate_app.keys.metrics",
    "authenticate_app.oauth.bearer_metrics",
    "authenticate_app.login.metrics",
    "authenticate_app.messages.delivery_metrics",
    "authenticate_app.messages.job_metrics",
    "authenticate_app.messages.metrics",
    "authenticate_app.messages.receiving_metrics",
    "authenticate_app.oauth.metrics",
    "chat_app.chat_authenticate.metrics",
    "chat_app.engagement.metrics",
    "chatauth_project.bodies",
    "chatauth_project.housekeeping",
    "chatauth_project.middleware.observability",
)

REFERENCE = re.compile(r"\bdocs/([\w.-]+\.(?:md|yaml|svg))(?:, \"([^\"]+)\")?")
LINE_BREAK = re.compile(r"\s*\n\s*(?:#\s*)?")
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
INLINE_CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)|\b(?:src|srcset)=\"([^\"]+)\"")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
MAKE = re.compile(r"\bmake ([a-z][a-z-]*)")
COMMAND = re.compile(r"\bmanage\.py ([a-z_]+)")
VARIABLE = re.compile(r"`([A-Z]+(?:_[A-Z]+)+)(?:=[^`]*)?`")
PATH = re.compile(rf"`((?:{'|'.join(CODE)})/[\w./]*)`")
EXTERNAL = ("https://", "http://", "mailto:")

WRITTEN_BY_CODE = "<!-- Written by `make docs` from"
"""How pages that come from the code begin; their values are tested where they come from."""
NAMES_OF_OTHERS = {"ENCRYPTED_COLUMNS", "NOT_ROUTED_BY"}
"""Names in capitals that are neither settings, profile options nor those of ``entitlements``."""

Reference = tuple[str, str, str]
"""The file that refers, the page in docs/, and the heading on it (empty: the page as a whole)."""


def pages() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def written_by_hand() -> list[Path]:
    return [page for page in pages() if WRITTEN_BY_CODE not in text_of(page)]


def code_files() -> Iterator[Path]:
    for folder in CODE:
        files = (path for path in (ROOT / folder).rglob("*") if path.is_file() and path.suffix in CODE_SUFFIXES)
        yield from (path for path in files if path != Path(__file__))
    yield from (ROOT / name for name in ("manage.py", "Makefile", "pyproject.toml"))


def references() -> list[Reference]:
    found = set()
    for path in code_files():
        text = LINE_BREAK.sub(" ", path.read_text("utf-8"))
        for page, heading in REFERENCE.findall(text):
            found.add((str(path.relative_to(ROOT)), page, heading))
    return sorted(found)


def links() -> list[tuple[str, str]]:
    found = set()
    for page in pages():
        for target in LINK.findall(FENCE.sub("", page.read_text("utf-8"))):
            address = "".join(target)
            if not address.startswith(EXTERNAL):
                found.add((str(page.relative_to(ROOT)), address))
    return sorted(found)


def headings(page: Path) -> list[str]:
    return [heading.strip() for heading in HEADING.findall(FENCE.sub("", page.read_text("utf-8")))]


def anchor(heading: str) -> str:
    """The fragment that GitHub gives a heading."""
    words = re.sub(r"[^\w\- ]", "", heading.lower())
    return words.replace(" ", "-")


def code_in(page: Path) -> str:
    """What a page shows as code, fenced or inline."""
    text = page.read_text("utf-8")
    return "\n".join([*FENCE.findall(text), *INLINE_CODE.findall(FENCE.sub("", text))])


def found_on(pages: list[Path], pattern: re.Pattern[str], part: Callable[[Path], str]) -> list[tuple[str, str]]:
    """Each match of the pattern, with the page that it stands on."""
    return sorted({(str(page.relative_to(ROOT)), match) for page in pages for match in pattern.findall(part(page))})


def text_of(page: Path) -> str:
    return page.read_text("utf-8")


def operation() -> str:
    return text_of(ROOT / "docs" / "operation.md")


@pytest.mark.parametrize(("source", "page", "heading"), references())
def test_a_page_that_the_code_names_exists(source: str, page: str, heading: str) -> None:
    path = ROOT / "docs" / page
    assert path.is_file(), f"{source} names docs/{page}"
    if heading:
        assert heading in headings(path), f"{source} names docs/{page}, {heading!r}"


@pytest.mark.parametrize(("page", "address"), links())
def test_a_link_leads_somewhere(page: str, address: str) -> None:
    path, _, fragment = unquote(address).partition("#")
    target = (ROOT / page).parent / path if path else ROOT / page
    assert target.exists(), f"{page} links to {address}"
    if fragment:
        assert fragment in map(anchor, headings(target)), f"{page} links to {address}"


@pytest.mark.parametrize(("page", "target"), found_on(pages(), MAKE, code_in))
def test_a_make_target_exists(page: str, target: str) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{page} names make {target}"


@pytest.mark.parametrize(("page", "command"), found_on(pages(), COMMAND, code_in))
def test_a_command_exists(page: str, command: str) -> None:
    assert command in {*get_commands(), "help"}, f"{page} names manage.py {command}"


@pytest.mark.parametrize(("page", "name"), found_on(written_by_hand(), VARIABLE, text_of))
def test_a_name_in_capitals_means_something(page: str, name: str) -> None:
    settings = {field.upper() for field in Environment.model_fields}
    granted = {value for value in vars(entitlements).values() if isinstance(value, str)}
    of_chats = {error.code for error in ALL} | {*Engagement.Reason, *Participant.Departure}
    assert name in settings | granted | set(OptionCode) | of_chats | NAMES_OF_OTHERS, f"{page} names {name}"


@pytest.mark.parametrize(("page", "path"), found_on(pages(), PATH, text_of))
def test_a_path_in_the_code_exists(page: str, path: str) -> None:
    assert (ROOT / path).exists(), f"{page} names {path}"


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_no_heading_comes_twice(page: Path) -> None:
    anchors = sorted(map(anchor, headings(page)))
    assert [name for name, same in groupby(anchors) if len(list(same)) > 1] == []


def test_every_page_is_linked_from_the_readme_or_contributing() -> None:
    linked = {address for page, address in links() if page in {"README.md", "CONTRIBUTING.md"}}
    assert {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")} <= linked


def test_every_metric_is_documented() -> None:
    for module in MEASURING_MODULES:
        import_module(module)
    kinds = {metric.name: metric.type for metric in REGISTRY.collect() if metric.name.startswith("chatauth_")}
    published = {f"{name}_total" if kind == "counter" else name for name, kind in kinds.items()}
    assert set(re.findall(r"^\| `(chatauth_\w+)` \|", operation(), re.MULTILINE)) == published


def test_every_audit_event_is_documented() -> None:
    security = text_of(ROOT / "docs" / "security.md")
    assert [event.value for event in Event if f"`{event.value}`" not in security] == []


def test_every_reason_of_a_sign_in_in_messages_is_documented() -> None:
    page = text_of(ROOT / "docs" / "apple-messages.md")
    assert [reason.value for reason in Reason if f"`{reason.value}`" not in page] == []
    assert [domain for domain, _code in PHONE_ERRORS if f"`{domain}`" not in page] == []
    numbers = {
        (int(number), reason) for number, reason in re.findall(r"^\| (\d+) \| `([\w-]+)` \|", page, re.MULTILINE)
    }
    assert numbers == {(error.value, error.reason.value) for error in CallbackError}


def test_every_system_check_is_documented() -> None:
    numbered = set(re.findall(r'id="(chatauth\.E\d+)"', text_of(Path(checks.__file__))))
    assert set(re.findall(r"^\| `(chatauth\.E\d+)` \|", operation(), re.MULTILINE)) == numbered


def test_error_codes_on_the_pages_are_codes() -> None:
    known = {error.code for error in errors.ALL}
    named = found_on(pages(), re.compile(r"\bCHAT-\d{5}\b"), text_of)
    assert [(page, code) for page, code in named if code not in known] == []
