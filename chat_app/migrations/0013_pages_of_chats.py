"""Administrators and supervisors read chats; administrators end agents' sessions (docs/administration.md)."""

from typing import Any, ClassVar

from django.db import migrations, models

ADMINISTRATOR = "CHATAUTH_ADMINISTRATOR"
SUPERVISOR = "CHATAUTH_SUPERVISOR"
OF_ADMINISTRATORS = {"engagement": ("view",), "agentsession": ("view", "change")}
OF_SUPERVISORS = {"engagement": ("view",), "agentsession": ("view",)}


def allow(apps: Any, schema_editor: Any) -> None:
    content_types = apps.get_model("contenttypes", "ContentType").objects
    permissions = apps.get_model("auth", "Permission").objects
    roles = apps.get_model("auth", "Group").objects

    def permission(table: str, deed: str) -> Any:
        content_type = content_types.get_or_create(app_label="chat_app", model=table)[0]
        defaults = {"name": f"Can {deed} {apps.get_model('chat_app', table)._meta.verbose_name}"}
        return permissions.get_or_create(content_type=content_type, codename=f"{deed}_{table}", defaults=defaults)[0]

    for role, tables in ((ADMINISTRATOR, OF_ADMINISTRATORS), (SUPERVISOR, OF_SUPERVISORS)):
        carried = roles.get_or_create(name=role)[0].permissions
        carried.add(*(permission(table, deed) for table, deeds in tables.items() for deed in deeds))


ENDS = [
    ("logged_off", "logged off"),
    ("overridden", "signed on elsewhere"),
    ("disconnected", "gone"),
    ("access_lost", "may not serve chats any more"),
    ("admin_ended", "ended by an administrator"),
]


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("chat_app", "0012_purged_by_index"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations: ClassVar = [
        migrations.AlterField(
            "agentsession",
            "end",
            models.CharField(blank=True, choices=ENDS, max_length=12, verbose_name="why"),
        ),
        migrations.RunPython(allow, migrations.RunPython.noop),
    ]
