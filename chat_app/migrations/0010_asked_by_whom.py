"""A session keeps by what it may be routed, for queues that are assigned late; a change of hours raises the revision."""

from typing import ClassVar

from django.db import migrations, models

from authenticate_app.revisions.triggers import raises_revision

TABLES = ("servicecalendar", "serviceperiod", "holiday")


class Migration(migrations.Migration):
    dependencies: ClassVar = [("chat_app", "0009_agents_and_figures")]

    operations: ClassVar = [
        migrations.AddField("chatsession", "organization_party_id", models.BigIntegerField(null=True)),
        migrations.AddField(
            "chatsession", "speaks_for_others", models.BooleanField(default=False, db_default=False)
        ),
        *(raises_revision(f"chat_app_{table}", "routing") for table in TABLES),
    ]
