"""Agents sign on by a sign-in that may end; queues know since when nobody is there; who comes back may wait twice."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('chat_app', '0008_chat_server'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='engagement',
            name='engagement_waits_once',
        ),
        migrations.AddField(
            model_name='agentsession',
            name='sign_in_stamp',
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name='queuefigures',
            name='unattended_since',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='queuefigures',
            name='average_wait_seconds',
            field=models.FloatField(null=True, verbose_name='average wait'),
        ),
        migrations.AddIndex(
            model_name='participant',
            index=models.Index(condition=models.Q(('left_at', None)), fields=['agent_session'], name='participant_busy'),
        ),
        migrations.AddConstraint(
            model_name='engagement',
            constraint=models.UniqueConstraint(condition=models.Q(('engaged_at', None), ('state', 'waiting')), fields=('interface', 'end_user_key'), name='engagement_waits_once'),
        ),
    ]
