"""The language that a client asks for, for its customers."""

from django.http import HttpRequest
from django.utils.translation import get_supported_language_variant

from authenticate_app.login.requests import authorization_parameters

MOST_LANGUAGES = 10
"""Tags that are looked at: nobody reads more languages, and a client cannot make us work."""


def asked_language(request: HttpRequest) -> str:
    """The first language of ``ui_locales`` (OpenID Connect Core, section 3.1.2.1) that we speak; "" if there is none.

    The parameter holds BCP 47 tags, separated by spaces; ``de-AT`` finds ``de``.
    """
    parameters = authorization_parameters(request)
    tags = parameters.get("ui_locales", "").split() if parameters is not None else []
    return next(filter(None, map(_supported, tags[:MOST_LANGUAGES])), "")


def _supported(tag: str) -> str:
    try:
        return get_supported_language_variant(tag)
    except LookupError:
        return ""
