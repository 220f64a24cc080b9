"""Ready roles for the people who use the admin (docs/administration.md, "Who may do what")."""

from typing import Any, ClassVar

from django.db import migrations

ADMINISTRATOR = "CHATAUTH_ADMINISTRATOR"
SUPERVISOR = "CHATAUTH_SUPERVISOR"

SEEN = {
    "authenticate_app": ("auditevent", "failurecount", "signingkey"),
    "chat_app": ("chatsession",),
}
"""Tables that nobody writes by hand."""

MANAGED = {
    "authenticate_app": ("user", "role"),
    "chat_app": ("assignmentrule", "interface", "queue", "servicecalendar", "team"),
}
"""Tables that administrators edit."""

SUPERVISED = {
    "authenticate_app": ("auditevent",),
    "chat_app": ("chatsession", "profileoption", *MANAGED["chat_app"]),
}
"""What supervisors see: chats and where they go, not people and keys."""

EDIT = ("view", "add", "change", "delete")
EXTRA = (
    ("authenticate_app", "signingkey", "change"),
    ("authenticate_app", "failurecount", "delete"),
    ("chat_app", "profileoption", "view"),
    ("chat_app", "profileoption", "change"),
)
"""Rotating and revoking keys, clearing failed sign-ins, setting profile options."""


def create_roles(apps: Any, schema_editor: Any) -> None:
    content_types = apps.get_model("contenttypes", "ContentType").objects
    permissions = apps.get_model("auth", "Permission").objects
    roles = apps.get_model("auth", "Group").objects

    def permission(app: str, table: str, deed: str) -> Any:
        content_type = content_types.get_or_create(app_label=app, model=table)[0]
        defaults = {"name": f"Can {deed} {apps.get_model(app, table)._meta.verbose_name}"}
        return permissions.get_or_create(content_type=content_type, codename=f"{deed}_{table}", defaults=defaults)[0]

    def of(tables: dict[str, tuple[str, ...]], *deeds: str) -> list[Any]:
        return [permission(app, table, deed) for app in tables for table in tables[app] for deed in deeds]

    administrator = roles.get_or_create(name=ADMINISTRATOR)[0].permissions
    administrator.add(*of(SEEN, "view"), *of(MANAGED, *EDIT), *(permission(*extra) for extra in EXTRA))
    roles.get_or_create(name=SUPERVISOR)[0].permissions.add(*of(SUPERVISED, "view"))


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("chat_app", "0003_profile_options"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations: ClassVar = [migrations.RunPython(create_roles, migrations.RunPython.noop)]
