"""Administrators manage OAuth clients (docs/administration.md, "Who may do what")."""

from typing import Any, ClassVar

from django.db import migrations

ADMINISTRATOR = "CHATAUTH_ADMINISTRATOR"
DEEDS = ("view", "add", "change", "delete")


def allow(apps: Any, schema_editor: Any) -> None:
    content_type = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="authenticate_app", model="client"
    )[0]
    permissions = apps.get_model("auth", "Permission").objects
    carried = apps.get_model("auth", "Group").objects.get_or_create(name=ADMINISTRATOR)[0].permissions
    for deed in DEEDS:
        defaults = {"name": f"Can {deed} client"}
        carried.add(
            permissions.get_or_create(content_type=content_type, codename=f"{deed}_client", defaults=defaults)[0]
        )


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("authenticate_app", "0005_oauth"),
        ("chat_app", "0005_one_index_of_names"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations: ClassVar = [migrations.RunPython(allow, migrations.RunPython.noop)]
