"""The profile options that the product knows (docs/administration.md, "Profile options")."""

from typing import Any, ClassVar

from django.db import migrations

YES_NO = {"value_type": "yes-no", "allowed_values": "Yes,No"}
NUMBER = {"value_type": "number"}

OPTIONS: tuple[dict[str, Any], ...] = (
    {
        "code": "SVC_ENABLE_CHAT",
        "display_name": "Chat is available",
        "description": (
            "Turns chat on or off. While it is off, nobody gets a token for a new chat; chats that run already go on."
        ),
        "default_value": "Yes",
        **YES_NO,
    },
    {
        "code": "SVC_CHAT_WAIT_TIME_ENABLED",
        "display_name": "Queue is assigned when the chat is requested",
        "description": (
            "No: the queue is chosen when the token is issued, and the answer names it. Yes: the queue is chosen only"
            " when the customer joins the chat, so that the waiting time shown is that of the queue as it is then;"
            " the answer with the token names no queue."
        ),
        "default_value": "No",
        **YES_NO,
    },
    {
        "code": "ORA_SVC_QUEUED_REQUEST_DISCARD_SECONDS",
        "display_name": "Longest wait for an agent (seconds)",
        "description": (
            "A request that no agent has taken after this time is given up. 0: it waits until the customer leaves."
        ),
        "allowed_values": "0,120-1800",
        "default_value": "600",
        "site_only": True,
        **NUMBER,
    },
    {
        "code": "ORA_SVC_CHAT_ABSENT_INTERVAL",
        "display_name": "Silence until a participant counts as absent (seconds)",
        "description": (
            "When the chat server has heard nothing from somebody's browser or app for this long, the other side is"
            " told that they are absent."
        ),
        "allowed_values": "1-",
        "default_value": "120",
        **NUMBER,
    },
    {
        "code": "ORA_SVC_CHAT_ENDUSER_ABSENT_RETRY_COUNT",
        "display_name": "Further intervals until an absent customer is disconnected",
        "description": (
            "After a customer has become absent, this many further intervals of silence end the chat. With an interval"
            " of 30 seconds and a count of 2, a customer is absent after 30 seconds and disconnected after 90."
        ),
        "allowed_values": "2-",
        "default_value": "2",
        **NUMBER,
    },
    {
        "code": "SVC_CHAT_OFFER_NOTIFICATION_TIMEOUT_VALUE",
        "display_name": "Time to answer an offered chat (seconds)",
        "description": "A chat that an agent has not answered in this time is offered to the next agent.",
        "allowed_values": "1-",
        "default_value": "15",
        **NUMBER,
    },
    {
        "code": "SVC_STARVATION_PREVENTION_RT_INTERVAL",
        "display_name": "Wait after which a chat gains priority (seconds)",
        "description": (
            "The priority of a chat rises when it has waited this long, so that chats of a higher priority cannot"
            " hold it back for ever."
        ),
        "allowed_values": "1-",
        "default_value": "180",
        **NUMBER,
    },
)


def create_options(apps: Any, schema_editor: Any) -> None:
    options = apps.get_model("chat_app", "ProfileOption").objects
    for option in OPTIONS:
        options.get_or_create(code=option["code"], defaults=option)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("chat_app", "0002_triggers")]

    operations: ClassVar = [migrations.RunPython(create_options, migrations.RunPython.noop)]
