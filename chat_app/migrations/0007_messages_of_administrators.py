"""Administrators run Apple Messages, supervisors follow its sign-ins (docs/administration.md, "Who may do what")."""

from typing import Any, ClassVar

from django.db import migrations

ADMINISTRATOR = "CHATAUTH_ADMINISTRATOR"
SUPERVISOR = "CHATAUTH_SUPERVISOR"
EDIT = ("view", "add", "change", "delete")
OF_ADMINISTRATORS = {
    "mspaccount": EDIT,
    "business": EDIT,
    "linkedidentity": ("view", "delete"),
    "conversation": ("view",),
    "signinrequest": ("view",),
    "webhookdelivery": ("view",),
}
OF_SUPERVISORS = {"conversation": ("view",), "signinrequest": ("view",)}


def allow(apps: Any, schema_editor: Any) -> None:
    content_types = apps.get_model("contenttypes", "ContentType").objects
    permissions = apps.get_model("auth", "Permission").objects
    roles = apps.get_model("auth", "Group").objects

    def permission(table: str, deed: str) -> Any:
        content_type = content_types.get_or_create(app_label="authenticate_app", model=table)[0]
        defaults = {"name": f"Can {deed} {apps.get_model('authenticate_app', table)._meta.verbose_name}"}
        return permissions.get_or_create(content_type=content_type, codename=f"{deed}_{table}", defaults=defaults)[0]

    for role, tables in ((ADMINISTRATOR, OF_ADMINISTRATORS), (SUPERVISOR, OF_SUPERVISORS)):
        carried = roles.get_or_create(name=role)[0].permissions
        carried.add(*(permission(table, deed) for table, deeds in tables.items() for deed in deeds))


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("authenticate_app", "0010_apple_messages"),
        ("chat_app", "0006_clients_of_administrators"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations: ClassVar = [migrations.RunPython(allow, migrations.RunPython.noop)]
