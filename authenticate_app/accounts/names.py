"""One form for names that people write in several ways, and what a name may be."""

import unicodedata
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as Sentence

LONGEST_KEY = 640
"""Code points, as many as the columns of the compared form hold: some characters become several (NFKC)."""


def name_key(name: str) -> str:
    """The form in which user names and e-mail addresses are compared: NFKC, case folded.

    Folding can bring back what NFKC composes, hence the second normalisation (Unicode, section 3.13, D146).
    """
    if name.isascii():
        return name.lower()  # the same, ten times as fast, and nearly every name
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def user_name_fault(name: str) -> "Sentence | None":
    """What keeps ``name`` from being a user name; None if nothing. Basic authentication ends a name at the colon."""
    if ":" in name:
        return _("The name holds a colon; it should hold none, since a colon ends the name in Basic authentication.")
    return email_fault(name)


def email_fault(name: str) -> "Sentence | None":
    """What keeps ``name`` from being an e-mail address; None if nothing. Its syntax is not looked at."""
    if name != name.strip():
        return _("The name begins or ends with a blank; it should begin and end with another character.")
    if has_control_character(name):
        return _("The name holds a control character, such as a tab; it should hold printable characters only.")
    if len(name_key(name)) > LONGEST_KEY:
        return _("The name is too long once its characters are written out.")
    return None


def has_control_character(text: str) -> bool:
    """Whether there are control characters (RFC 7617, section 2) or halves of surrogate pairs."""
    return not text.isprintable() and any(unicodedata.category(character) in {"Cc", "Cs"} for character in text)
