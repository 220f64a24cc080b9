"""The language of messages, by the header ``Accept-Language`` (RFC 9110, section 12.5.4)."""

from functools import lru_cache

from django.conf import settings
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header

LONGEST_REMEMBERED_HEADER = 300


def preferred(accept_language: str | None) -> str:
    """Return the code of the language that suits the client best; the server's if none does."""
    if not accept_language:
        return settings.LANGUAGE_CODE
    return _preferred(accept_language[:LONGEST_REMEMBERED_HEADER], settings.LANGUAGE_CODE)


@lru_cache(maxsize=256)
def _preferred(accept_language: str, otherwise: str) -> str:
    for language, quality in parse_accept_lang_header(accept_language.lower()):
        if language == "*":
            break
        if quality > 0:
            try:
                return get_supported_language_variant(language)
            except LookupError:
                continue
    return otherwise
