"""Codes and tokens are only ever looked for as a whole: no second index for the beginnings of their checksums."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('authenticate_app', '0008_kinds_of_counts'),
    ]

    operations = [
        migrations.AlterField(
            model_name='accesstoken',
            name='token_checksum',
            field=models.CharField(max_length=64),
        ),
        migrations.AlterField(
            model_name='grant',
            name='code',
            field=models.CharField(max_length=64),
        ),
        migrations.AddConstraint(
            model_name='accesstoken',
            constraint=models.UniqueConstraint(fields=('token_checksum',), name='access_token_once'),
        ),
        migrations.AddConstraint(
            model_name='grant',
            constraint=models.UniqueConstraint(fields=('code',), name='grant_code_once'),
        ),
    ]
