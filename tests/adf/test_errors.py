import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from chat_app.adf import codes
from chat_app.adf.errors import AdfError, ErrorCode, Fault, pointer, printable


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((), ""),
        (("emailAddress",), "/emailAddress"),
        (("a/b", "c~d", 3, ""), "/a~1b/c~0d/3/"),
        (("~1",), "/~01"),
    ],
)
def test_pointers_are_escaped(names: tuple[str | int, ...], expected: str) -> None:
    assert pointer(*names) == expected


@given(st.lists(st.text()))
def test_pointers_lead_back_to_their_names(names: list[str]) -> None:
    tokens = pointer(*names).split("/")[1:]
    assert [token.replace("~1", "/").replace("~0", "~") for token in tokens] == names


@given(st.text(st.characters()))
def test_what_is_shown_is_one_short_line_that_can_be_encoded(text: str) -> None:
    shown = str(printable(text))
    assert shown.isprintable()
    assert shown.encode("utf-8").decode("utf-8") == shown
    assert len(shown) <= 10 * 100
    if text.isprintable() and len(text) <= 100:
        assert shown == text


def test_long_values_are_cut() -> None:
    assert printable("x" * 101) == "x" * 99 + "…"
    assert printable(5) == 5


def test_a_detail_is_in_the_active_language_with_its_parameters() -> None:
    fault = Fault(codes.REPEATED_NAME, "/a", {"name": "a\nb"})
    assert fault.detail() == "The name a\\nb occurs more than once in the same object. Send it once."
    with translation.override("de"):
        assert fault.detail().startswith("Der Name a\\nb kommt")


def test_the_first_fault_decides_the_status() -> None:
    error = AdfError(Fault(codes.FORBIDDEN), Fault(codes.NOT_JSON, params={"line": 1, "column": 1}))
    assert error.status == 403
    assert str(error) == "CHAT-40301, CHAT-40006"
    assert error.headers == {}


def test_a_refusal_without_a_fault_is_none() -> None:
    with pytest.raises(ValueError, match="at least one fault"):
        AdfError()


def test_the_title_is_the_name_of_the_status() -> None:
    assert ErrorCode("X", 404, "x").title == "Not Found"
