"""What the desk's scripts say; what stands still on the page is in its template."""

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise

TEXTS: "Final[dict[str, StrOrPromise]]" = {
    "ready": pgettext_lazy("agent", "Ready"),
    "away": pgettext_lazy("agent", "Away"),
    "waiting": _("Waiting: %(count)s"),
    "longest": _("longest for %(time)s"),
    # Offers
    "offered": _("%(name)s would like to chat. Answer within %(seconds)s seconds."),
    "waited": _("waited %(time)s"),
    "time_left": _("%(time)s left"),
    "take": _("Take"),
    "take_whom": _("Take the chat with %(name)s"),
    "decline": _("Decline"),
    "decline_whom": _("Decline the chat with %(name)s"),
    "offer_gone": _("This chat has gone to somebody else."),
    # Chats
    "customer": _("Customer"),
    "agent": _("Agent"),
    "you": _("You"),
    "who": _("Who it is"),
    "unread": _("%(count)s new"),
    "log": _("What was said"),
    "write": _("Your message"),
    "send": _("Send"),
    "off_the_record": _("Off the record"),
    "sending": _("On its way …"),
    "failed": _("This was not sent."),
    "typing": _("%(name)s is typing …"),
    "joined": _("%(name)s has joined the chat."),
    "left": _("%(name)s has left the chat."),
    "absent": _("%(name)s seems to be away for a moment."),
    "back": _("%(name)s is back."),
    "gone": _("%(name)s is gone."),
    "connection_ACTIVE": pgettext_lazy("connection", "there"),
    "connection_ABSENT": pgettext_lazy("connection", "absent"),
    "connection_DISCONNECTED": pgettext_lazy("connection", "gone"),
    "attachments": _("may be sent files (not possible here)"),
    "hand_over": _("Hand over"),
    "release": _("Back to the queue"),
    "conclude": _("End the chat"),
    "put_aside": _("Put aside"),
    "over_concluded": _("The chat has ended."),
    "over_END_USER_CONCLUDED": _("The customer has ended the chat."),
    "over_AGENT_CONCLUDED": _("You have ended the chat."),
    "over_IDLE_TIMEOUT": _("The chat has ended, because nobody wrote for a while."),
    "over_END_USER_DISCONNECTED": _("The chat has ended, because the customer was gone."),
    "over_handed_over": _("You have handed the chat over."),
    "over_released": _("You have given the chat back to the queue."),
    "over_unassigned": _("The chat is not yours any more."),
    # Handing over
    "looking": _("Looking who is there …"),
    "queues": _("Queues"),
    "agents": _("Agents"),
    "nobody": _("There is none."),
    "queue_state": _("room for %(free)s, waiting: %(waiting)s"),
    "agent_state": _("room for %(free)s"),
    "handing_over": _("The chat is being handed over."),
    # What is known of customers
    "known_emailAddress": _("E-mail address"),
    "known_authUserName": _("User name"),
    "known_signedInBy": _("Signed in by"),
    "signed_in_APPLE_MESSAGES": _("Apple Messages"),
    "signed_in_BUSINESS": _("The business's own sign-in"),
    "known_contactId": _("Customer number"),
    "known_organizationId": _("Organization number"),
    "known_incidentName": _("Incident"),
    "known_incidentSeverityCode": _("Severity"),
    "known_productId": _("Product"),
    "known_categoryId": _("Category"),
    "known_chatPriority": _("Priority"),
    # When something does not work
    "trouble": _("That did not work. Please try again."),
    "unreachable": _("The chat server cannot be reached at the moment. Please try again."),
    "signed_out": _("You are not signed in any more, or may not answer chats."),
    "sign_in": _("Sign in"),
    "end_OVERRIDDEN": _("You have signed on at another desk, so this one has ended."),
    "end_DISCONNECTED": _("You were gone for too long, so your chats have gone back to their queues."),
    "end_ACCESS_LOST": _("You may not answer chats any more, so the desk has ended."),
    "end_LOGGED_OFF": _("You have signed off."),
    "end_signed_out": _("You are not signed in any more, or may not answer chats."),
}
"""Sentences by the names that the scripts know them by, with places such as ``%(name)s``."""
