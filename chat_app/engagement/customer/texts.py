"""What the customer's chat says, and the modules of static/chat/texts/ that carry it in each language (``make docs``).

The chat runs on other people's sites, in the language of their pages. So its texts are files beside its script: nobody
has to be asked for them, and they can be cached like the script.
"""

import json
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from django.utils import translation
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise

TEXTS: "Final[dict[str, StrOrPromise]]" = {
    "open": _("Chat with us"),
    "title": _("Chat"),
    "minimize": _("Make the chat small"),
    "unread": _("%(count)s new"),
    "welcome": _("We are glad to help."),
    "question": _("What is it about?"),
    "start": _("Start the chat"),
    "starting": _("One moment, please …"),
    "status_waiting": _("You are waiting for an agent."),
    "status_ended": _("The chat has ended."),
    "early": _("You can write already: whoever comes will read it."),
    "next": _("You are next."),
    "position": _("Your place in the queue: %(position)s."),
    "wait": _("Expected waiting time: about %(time)s."),
    "talking": _("You are talking with %(name)s."),
    "log": _("What was said"),
    "joined": _("%(name)s has joined the chat."),
    "left": _("%(name)s has left the chat."),
    "handed_over": _("%(name)s hands you over to somebody else."),
    "absent": _("%(name)s seems to be away for a moment."),
    "back": _("%(name)s is back."),
    "typing": _("%(name)s is typing …"),
    "you": _("You"),
    "agent": _("Agent"),
    "write": _("Your message"),
    "send": _("Send"),
    "sending": _("On its way …"),
    "failed": _("This was not sent."),
    "off_the_record": _("Off the record: it is not kept."),
    "end": _("End the chat"),
    "end_sure": _("Yes, end it"),
    "end_not": _("Go on"),
    "ended_AGENT_CONCLUDED": _("The agent has ended the chat. Thank you for talking with us."),
    "ended_END_USER_CONCLUDED": _("You have ended the chat. Thank you for talking with us."),
    "ended_QUEUE_TIMEOUT": _("We are sorry: nobody was free in time. Please try again later."),
    "ended_IDLE_TIMEOUT": _("The chat has ended, because nobody wrote for a while."),
    "ended_END_USER_DISCONNECTED": _("The chat has ended, because we could not reach you for a while."),
    "ended_otherwise": _("The chat has ended."),
    "again": _("Start a new chat"),
    "moved": _("This chat goes on in another window, or it is over."),
    "continue_here": _("Continue here"),
    "lost": _("There is no connection at the moment. We go on as soon as it is back."),
    "signed_out": _("Please sign in first, then start the chat again."),
    "refused": _("There is no chat at the moment. Please come back during our hours of service."),
    "trouble": _("That did not work. Please start the chat again."),
    "unreachable": _("We cannot be reached at the moment. Please try again in a few seconds."),
}
"""Sentences by the names that the scripts know them by, with places such as ``%(name)s``."""

HEAD: Final = "// Made from chat_app/engagement/customer/texts.py and locale/ by `make docs`.\n"


def module_in(language: str) -> str:
    """Return the JavaScript module that exports the texts in one language."""
    with translation.override(language):
        texts = {name: str(text) for name, text in TEXTS.items()}
    return f"{HEAD}export default {json.dumps(texts, ensure_ascii=False, indent=4)};\n"


english: Callable[[], str] = partial(module_in, "en")
german: Callable[[], str] = partial(module_in, "de")
french: Callable[[], str] = partial(module_in, "fr")
spanish: Callable[[], str] = partial(module_in, "es")
japanese: Callable[[], str] = partial(module_in, "ja")
