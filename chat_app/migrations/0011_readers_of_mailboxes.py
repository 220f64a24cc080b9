"""Let processes share what they know of a poll: which of them it came to, and how far its answer is."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('chat_app', '0010_asked_by_whom'),
    ]

    operations = [
        migrations.AddField(
            model_name='mailbox',
            name='handed_sequence',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='mailbox',
            name='reader',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddIndex(
            model_name='mailboxevent',
            index=models.Index(condition=models.Q(('off_the_record', True)), fields=['mailbox'], name='event_off_the_record'),
        ),
    ]
