from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("authenticate_app", "0003_roles")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="failurecount",
            name="throttled_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="refused since"),
        ),
    ]
