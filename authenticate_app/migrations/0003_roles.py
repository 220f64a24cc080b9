"""The role and the entitlements that chatAuthenticate asks for (docs/administration.md)."""

from typing import Any, ClassVar

from django.db import migrations

SELF_SERVICE_USER = "ORA_SVC_CUSTOMER_SELF_SERVICE_USER_ABSTRACT"
ON_BEHALF_ROLE = "SVC_CHAT_ON_BEHALF_CALLER"
REQUEST_FOR_CHAT = ("SVC_REQUEST_FOR_CHAT_PRIV", "Request a chat")
REQUEST_FOR_CHAT_ON_BEHALF = ("SVC_REQUEST_FOR_CHAT_ON_BEHALF_PRIV", "Request a chat on behalf of others")


def create_roles(apps: Any, schema_editor: Any) -> None:
    content_type = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="authenticate_app", model="user"
    )[0]

    def entitlement(codename: str, name: str) -> Any:
        permissions = apps.get_model("auth", "Permission").objects
        return permissions.get_or_create(content_type=content_type, codename=codename, defaults={"name": name})[0]

    roles = apps.get_model("auth", "Group").objects
    roles.get_or_create(name=SELF_SERVICE_USER)[0].permissions.add(entitlement(*REQUEST_FOR_CHAT))
    roles.get_or_create(name=ON_BEHALF_ROLE)[0].permissions.add(entitlement(*REQUEST_FOR_CHAT_ON_BEHALF))


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("authenticate_app", "0002_triggers"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations: ClassVar = [migrations.RunPython(create_roles, migrations.RunPython.noop)]
