"""The role of agents who answer chats (docs/administration.md)."""

from typing import Any, ClassVar

from django.db import migrations

CHAT_AGENT = "ORA_SVC_CHAT_AGENT"


def create_role(apps: Any, schema_editor: Any) -> None:
    apps.get_model("auth", "Group").objects.get_or_create(name=CHAT_AGENT)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("authenticate_app", "0015_claims_forgotten")]

    operations: ClassVar = [migrations.RunPython(create_role, migrations.RunPython.noop)]
