"""Counts say what they are of: one-time codes, passkeys and secrets of clients beside sign-ins."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('authenticate_app', '0007_oauth_storage'),
    ]

    operations = [
        migrations.AddField(
            model_name='failurecount',
            name='subject',
            field=models.CharField(blank=True, db_default='', default='', max_length=120, verbose_name='of what'),
        ),
        migrations.AlterField(
            model_name='failurecount',
            name='scope',
            field=models.CharField(choices=[('name-address', 'name and address'), ('known-address', 'name and an address that it lately signed in from'), ('address', 'address alone'), ('codes', 'one-time codes of a user'), ('passkeys', 'passkeys from an address'), ('client-secret', 'secrets of a client'), ('asked', 'new passwords asked for')], max_length=20, verbose_name='scope'),
        ),
    ]
