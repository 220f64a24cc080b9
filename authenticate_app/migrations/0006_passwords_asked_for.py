"""Counts of what people ask for stand beside those of failed sign-ins."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("authenticate_app", "0005_oauth")]

    operations: ClassVar = [
        migrations.AlterField(
            model_name="failurecount",
            name="scope",
            field=models.CharField(
                choices=[
                    ("name-address", "name and address"),
                    ("known-address", "name and an address that it lately signed in from"),
                    ("address", "address alone"),
                    ("asked", "new passwords asked for"),
                ],
                max_length=20,
                verbose_name="scope",
            ),
        ),
    ]
