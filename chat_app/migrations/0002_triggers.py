"""A change of routing raises its revision, so that every process learns of it."""

from typing import ClassVar

from django.db import migrations

from authenticate_app.revisions.triggers import raises_revision, starts_topic

TABLES = ("interface", "queue", "assignmentrule", "criterion", "profileoption", "profileoptionvalue")


class Migration(migrations.Migration):
    dependencies: ClassVar = [("chat_app", "0001_tables"), ("authenticate_app", "0003_roles")]

    operations: ClassVar = [
        starts_topic("routing"),
        *(raises_revision(f"chat_app_{table}", "routing") for table in TABLES),
    ]
