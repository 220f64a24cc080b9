"""Redirect URIs: which ones may be registered, and where one differs from a registered one.

The server compares them letter by letter (RFC 9700, section 4.1.3). So only such are registered as a client would also
send: absolute, without a fragment, without anything that stands for something else.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, unquote, urlsplit

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise

MOST: Final = 20
"""Addresses of one kind and client: nobody needs more, and each is one more that an attacker may find weak."""
LONGEST: Final = 1000
"""Characters of one redirect URI."""
LOOPBACK: Final = frozenset({"127.0.0.1", "[::1]", "localhost"})
"""Hosts that are this very machine: what is sent there meets no network (RFC 8252, section 7.3)."""
URI_CHARACTERS: Final = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
"""RFC 3986, section 2."""
AUTHORITY: Final = re.compile(r"(?P<host>[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])(?::(?P<port>[1-9][0-9]{0,4}))?")
HIGHEST_PORT: Final = 65535
SHOWN_AROUND: Final = 10
"""Characters that are shown before and after the place where two URIs differ."""


class Nature(StrEnum):
    """In what one redirect URI differs from another."""

    BLANKS = "blanks"
    SCHEME = "scheme"
    TRAILING_SLASH = "trailing-slash"
    LETTER_CASE = "letter-case"
    ENCODED_TWICE = "encoded-twice"
    FRAGMENT = "fragment"
    HOST = "host"
    PORT = "port"
    PATH = "path"
    QUERY = "query"


NATURES: "dict[Nature, StrOrPromise]" = {
    Nature.BLANKS: _("one has blanks around it"),
    Nature.SCHEME: _("one has http and the other https"),
    Nature.TRAILING_SLASH: _("one has a slash at the end and the other has none"),
    Nature.LETTER_CASE: _("upper and lower case differ"),
    Nature.ENCODED_TWICE: _("it was percent-encoded twice"),
    Nature.FRAGMENT: _("one has a fragment (“#…”)"),
    Nature.HOST: _("the hosts differ"),
    Nature.PORT: _("the ports differ"),
    Nature.PATH: _("the paths differ"),
    Nature.QUERY: _("the queries (“?…”) differ"),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a redirect URI that was asked for leaves the registered one that comes closest to it."""

    registered: str
    nature: Nature
    place: int
    """The first character that differs, counted from 1."""
    registered_there: str
    asked_there: str
    """What stands around that place in each."""


def redirect_uri_fault(uri: str, *, allows_loopback: bool) -> "StrOrPromise | None":
    """Say why ``uri`` cannot be registered; None if it can. ``allows_loopback`` lets http to this machine pass."""
    if len(uri) > LONGEST:
        return _("It is longer than %d characters.") % LONGEST
    if not URI_CHARACTERS.fullmatch(uri):
        return _("It holds a character that no URI holds. Write it as the client sends it, percent-encoded.")
    if "*" in uri:
        return _("It holds a “*”. There are no wildcards: register every address by itself, letter by letter.")
    if "#" in uri:
        return _("It has a fragment (“#…”), which the answer could not come with. Leave it out.")
    return _scheme_fault(uri, allows_loopback=allows_loopback) or _authority_fault(uri) or _path_fault(uri)


def difference(asked: str, registered: Iterable[str]) -> Difference | None:
    """Compare ``asked`` with the closest registered URI; None if it is one of them, or none is registered."""
    known = list(registered)
    if not known or asked in known:
        return None
    closest = max(known, key=lambda uri: (_common(uri, asked), -len(uri)))
    place = _common(closest, asked)
    return Difference(
        registered=closest,
        nature=_nature(closest, asked),
        place=place + 1,
        registered_there=_around(closest, place),
        asked_there=_around(asked, place),
    )


def _scheme_fault(uri: str, *, allows_loopback: bool) -> "StrOrPromise | None":
    if uri.startswith("https://"):
        return None
    if not allows_loopback:
        return _("It must begin with https://, in lower case.")
    authority = AUTHORITY.fullmatch(_authority(uri))
    if uri.startswith("http://") and authority is not None and authority["host"] in LOOPBACK:
        return None
    return _("It must begin with https://, in lower case; with http:// only for localhost, 127.0.0.1 and [::1].")


def _authority_fault(uri: str) -> "StrOrPromise | None":
    authority = AUTHORITY.fullmatch(_authority(uri))
    if authority is not None and int(authority["port"] or 1) <= HIGHEST_PORT:
        return None
    return _("After “//” stands no host in lower case, such as www.example.com, with or without a port.")


def _path_fault(uri: str) -> "StrOrPromise | None":
    path = uri.partition("//")[2].partition("?")[0]
    if any(step in {".", ".."} for step in unquote(path).split("/")[1:]):
        return _("Its path holds “.” or “..”, which browsers resolve before they ask. Write it resolved.")
    return None


def _authority(uri: str) -> str:
    return re.split(r"[/?#]", uri.partition("//")[2], maxsplit=1)[0]


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    for place, (here, there) in enumerate(zip(one, other, strict=False)):
        if here != there:
            return place
    return min(len(one), len(other))


def _around(uri: str, place: int) -> str:
    begin, end = max(0, place - SHOWN_AROUND), place + SHOWN_AROUND
    return f"{'…' if begin else ''}{uri[begin:end]}{'…' if end < len(uri) else ''}"


def _nature(registered: str, asked: str) -> Nature:
    """The simplest change that makes one of the other; else the first part that differs."""
    for nature, simplified in SIMPLIFIED.items():
        if simplified(registered) == simplified(asked):
            return nature
    return _part(_split(registered), _split(asked))


def _part(one: SplitResult, other: SplitResult) -> Nature:
    if (one.scheme, one.netloc, one.path) == (other.scheme, other.netloc, other.path):
        return Nature.QUERY
    if _without_port(one.netloc) != _without_port(other.netloc):
        return Nature.HOST
    return Nature.PORT if one.netloc != other.netloc else Nature.PATH


def _without_port(authority: str) -> str:
    return re.sub(r":[0-9]*$", "", authority).lower()


def _split(uri: str) -> SplitResult:
    try:
        return urlsplit(uri)
    except ValueError:  # such as half an IPv6 address
        return SplitResult("", uri, "", "", "")


def _without_scheme(uri: str) -> str:
    return re.sub(r"^https?:", "", uri)


def _without_slash(uri: str) -> str:
    return uri.removesuffix("/")


def _without_fragment(uri: str) -> str:
    return uri.partition("#")[0]


SIMPLIFIED: dict[Nature, Callable[[str], str]] = {
    Nature.BLANKS: str.strip,
    Nature.SCHEME: _without_scheme,
    Nature.TRAILING_SLASH: _without_slash,
    Nature.ENCODED_TWICE: unquote,
    Nature.LETTER_CASE: str.lower,
    Nature.FRAGMENT: _without_fragment,
}
"""What makes two URIs equal that differ in nothing else."""
