"""The server remembers businesses and their accounts at Apple: changes of them raise a revision."""

from typing import ClassVar

from django.db import migrations

from authenticate_app.revisions.triggers import raises_revision, starts_topic


class Migration(migrations.Migration):
    dependencies: ClassVar = [("authenticate_app", "0011_sandbox")]

    operations: ClassVar = [
        starts_topic("businesses"),
        raises_revision("authenticate_app_mspaccount", "businesses"),
        raises_revision("authenticate_app_business", "businesses"),
    ]
