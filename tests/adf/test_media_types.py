import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_app.adf import languages, media_types
from chat_app.adf.media_types import JSON, RESOURCE_ITEM, preferred

OFFERS = (RESOURCE_ITEM, JSON)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, RESOURCE_ITEM),
        ("", RESOURCE_ITEM),
        (" ", RESOURCE_ITEM),
        ("*/*", RESOURCE_ITEM),
        ("application/*", RESOURCE_ITEM),
        ("application/json", JSON),
        ("APPLICATION/JSON", JSON),
        ("application/json; charset=utf-8", JSON),
        ("application/json;charset=utf-8;q=0.5, text/html", JSON),
        (RESOURCE_ITEM, RESOURCE_ITEM),
        (f"application/json, {RESOURCE_ITEM}", RESOURCE_ITEM),
        (f"application/json, {RESOURCE_ITEM};q=0.9", JSON),
        (f"{RESOURCE_ITEM};q=0, */*", JSON),
        ("application/json;q=0.2, */*;q=0.1", JSON),
        ("text/html, image/gif, *; q=.2, */*; q=.2", RESOURCE_ITEM),
        ("application/json;q=nonsense", JSON),
        ("application/json;q=2", JSON),
        ("text/html", None),
        ("application/xml, text/plain;q=0.5", None),
        ("application/json;q=0", None),
        ("*/*;q=0", None),
        ("*/*;q=0.000", None),
        ("application", None),
        (",;,", None),
    ],
)
def test_what_a_client_prefers(accept: str | None, expected: str | None) -> None:
    assert preferred(accept, OFFERS) == expected


@given(st.text(max_size=400))
def test_any_header_is_understood_or_not(accept: str) -> None:
    assert preferred(accept, OFFERS) in {*OFFERS, None}
    assert languages.preferred(accept) in {"en", "de", "fr", "es", "ja"}


def test_long_headers_are_understood_but_not_remembered() -> None:
    before = media_types._preferred.cache_info().currsize
    assert preferred("text/html," * 100 + JSON, OFFERS) == JSON
    assert media_types._preferred.cache_info().currsize == before
