"""What the profile options are called and mean, marked for translation: the rows themselves are in English."""

from django.utils.translation import gettext_noop

TEXTS = (
    gettext_noop("Chat is available"),
    gettext_noop(
        "Turns chat on or off. While it is off, nobody gets a token for a new chat; chats that run already go on."
    ),
    gettext_noop("Queue is assigned when the chat is requested"),
    gettext_noop(
        "No: the queue is chosen when the token is issued, and the answer names it. Yes: the queue is chosen only"
        " when the customer joins the chat, so that the waiting time shown is that of the queue as it is then;"
        " the answer with the token names no queue."
    ),
    gettext_noop("Longest wait for an agent (seconds)"),
    gettext_noop(
        "A request that no agent has taken after this time is given up. 0: it waits until the customer leaves."
    ),
    gettext_noop("Silence until a participant counts as absent (seconds)"),
    gettext_noop(
        "When the chat server has heard nothing from somebody's browser or app for this long, the other side is"
        " told that they are absent."
    ),
    gettext_noop("Further intervals until an absent customer is disconnected"),
    gettext_noop(
        "After a customer has become absent, this many further intervals of silence end the chat. With an interval"
        " of 30 seconds and a count of 2, a customer is absent after 30 seconds and disconnected after 90."
    ),
    gettext_noop("Time to answer an offered chat (seconds)"),
    gettext_noop("A chat that an agent has not answered in this time is offered to the next agent."),
    gettext_noop("Wait after which a chat gains priority (seconds)"),
    gettext_noop(
        "The priority of a chat rises when it has waited this long, so that chats of a higher priority cannot"
        " hold it back for ever."
    ),
)
"""Names and descriptions as migrations store them; pages show them through ``gettext``."""
