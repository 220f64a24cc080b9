"""Tables of the chat server."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('chat_app', '0007_messages_of_administrators'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ClockReading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ticked_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'reading of the clock',
                'verbose_name_plural': 'readings of the clock',
            },
        ),
        migrations.CreateModel(
            name='QueueFigures',
            fields=[
                ('queue', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='figures', serialize=False, to='chat_app.queue')),
                ('average_wait_seconds', models.FloatField(verbose_name='average wait')),
            ],
            options={
                'verbose_name': 'figures of a queue',
                'verbose_name_plural': 'figures of queues',
            },
        ),
        migrations.AddField(
            model_name='interface',
            name='allowed_origins',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=253, validators=[django.core.validators.RegexValidator('\\Ahttps?://[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?(:[0-9]{1,5})?\\Z', 'Write an origin: https:// and a host, without a path, such as https://www.example.com.')]), blank=True, db_default=[], default=list, help_text='Origins of the sites whose pages may chat here, such as https://www.example.com, with commas.', size=None, verbose_name='sites'),
        ),
        migrations.AddField(
            model_name='queue',
            name='assumed_wait_seconds',
            field=models.PositiveIntegerField(db_default=60, default=60, help_text='Seconds for each place in line that customers are told until it has been measured.', verbose_name='assumed wait'),
        ),
        migrations.CreateModel(
            name='Engagement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('engaged', 'with an agent'), ('concluded', 'concluded')], default='waiting', max_length=9, verbose_name='state')),
                ('auth_user_name', models.CharField(db_collation='C', max_length=320, verbose_name='end user')),
                ('end_user_key', models.CharField(max_length=320)),
                ('properties', models.JSONField(default=dict, verbose_name='what is known')),
                ('priority', models.IntegerField(default=0, verbose_name='priority')),
                ('proposed_agent_id', models.BigIntegerField(null=True)),
                ('requested_at', models.DateTimeField(verbose_name='requested')),
                ('waiting_since', models.DateTimeField(verbose_name='waiting since')),
                ('engaged_at', models.DateTimeField(null=True, verbose_name='first with an agent')),
                ('last_written_at', models.DateTimeField(null=True, verbose_name='last message')),
                ('concluded_at', models.DateTimeField(null=True, verbose_name='concluded')),
                ('reason', models.CharField(blank=True, choices=[('AGENT_CONCLUDED', 'the agent ended it'), ('END_USER_CONCLUDED', 'the customer ended it'), ('QUEUE_TIMEOUT', 'no agent came in time'), ('IDLE_TIMEOUT', 'nobody wrote for long'), ('END_USER_DISCONNECTED', 'the customer was gone')], max_length=24, verbose_name='reason of the end')),
                ('discard_seconds', models.PositiveIntegerField()),
                ('starvation_seconds', models.PositiveIntegerField()),
                ('offer_seconds', models.PositiveIntegerField()),
                ('shown_position', models.PositiveIntegerField(null=True)),
                ('shown_wait_seconds', models.PositiveIntegerField(null=True)),
                ('end_user', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name="end user's account")),
                ('interface', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='chat_app.interface', verbose_name='interface')),
                ('queue', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='chat_app.queue', verbose_name='queue')),
                ('session', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='engagement', to='chat_app.chatsession', verbose_name='chat session')),
            ],
            options={
                'verbose_name': 'engagement',
                'verbose_name_plural': 'engagements',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Mailbox',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('session_checksum', models.CharField(max_length=64, unique=True)),
                ('last_sequence', models.BigIntegerField(default=0)),
                ('received_sequence', models.BigIntegerField(default=0)),
                ('written_sequence', models.BigIntegerField(default=0)),
                ('connection', models.CharField(choices=[('ACTIVE', 'there'), ('ABSENT', 'absent'), ('DISCONNECTED', 'gone')], default='ACTIVE', max_length=12, verbose_name='connection')),
                ('last_seen_at', models.DateTimeField(verbose_name='last sign of life')),
                ('absent_seconds', models.PositiveIntegerField()),
                ('absences', models.PositiveSmallIntegerField()),
                ('created_at', models.DateTimeField(verbose_name='created')),
                ('voided_at', models.DateTimeField(null=True)),
                ('engagement', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='mailboxes', to='chat_app.engagement', verbose_name='engagement')),
            ],
            options={
                'verbose_name': 'mailbox',
                'verbose_name_plural': 'mailboxes',
            },
        ),
        migrations.CreateModel(
            name='AgentSession',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('capacity', models.PositiveSmallIntegerField(default=0, verbose_name='capacity')),
                ('queue_ids', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), null=True, size=None, verbose_name='queues')),
                ('idle_since', models.DateTimeField(verbose_name='idle since')),
                ('signed_on_at', models.DateTimeField(verbose_name='signed on')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='ended')),
                ('end', models.CharField(blank=True, choices=[('logged_off', 'logged off'), ('overridden', 'signed on elsewhere'), ('disconnected', 'gone'), ('access_lost', 'may not serve chats any more')], max_length=12, verbose_name='why')),
                ('interface', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='chat_app.interface', verbose_name='interface')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='agent')),
                ('mailbox', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='agent_session', to='chat_app.mailbox')),
            ],
            options={
                'verbose_name': 'agent session',
                'verbose_name_plural': 'agent sessions',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='MailboxEvent',
            fields=[
                ('pk', models.CompositePrimaryKey('mailbox_id', 'sequence', blank=True, editable=False, primary_key=True, serialize=False)),
                ('sequence', models.BigIntegerField()),
                ('engagement_id', models.BigIntegerField(null=True)),
                ('client_id', models.BigIntegerField(null=True)),
                ('message_name', models.CharField(max_length=80)),
                ('fields', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField()),
                ('off_the_record', models.BooleanField(default=False)),
                ('mailbox', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='events', to='chat_app.mailbox')),
            ],
            options={
                'verbose_name': 'event',
                'verbose_name_plural': 'events',
            },
        ),
        migrations.CreateModel(
            name='Offer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('open', 'open'), ('accepted', 'accepted'), ('declined', 'declined'), ('expired', 'not answered'), ('withdrawn', 'withdrawn')], default='open', max_length=9, verbose_name='state')),
                ('offered_at', models.DateTimeField(verbose_name='offered')),
                ('expires_at', models.DateTimeField(verbose_name='expires')),
                ('answered_at', models.DateTimeField(null=True, verbose_name='answered')),
                ('agent_session', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='offers', to='chat_app.agentsession')),
                ('engagement', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='offers', to='chat_app.engagement')),
                ('queue', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='chat_app.queue')),
            ],
            options={
                'verbose_name': 'offer',
                'verbose_name_plural': 'offers',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Participant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('consumer', 'customer'), ('agent', 'agent')], max_length=8, verbose_name='kind')),
                ('role', models.CharField(blank=True, choices=[('LEAD', 'leads'), ('CONFEREE', 'takes part')], max_length=8, verbose_name='role')),
                ('name', models.CharField(blank=True, max_length=200, verbose_name='name')),
                ('joined_at', models.DateTimeField(verbose_name='joined')),
                ('left_at', models.DateTimeField(null=True, verbose_name='left')),
                ('departure', models.CharField(blank=True, choices=[('TRANSFERRED_TO_QUEUE', 'handed over'), ('PARTICIPANT_LEFT', 'left')], max_length=20, verbose_name='why')),
                ('agent_session', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='participations', to='chat_app.agentsession')),
                ('engagement', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='participants', to='chat_app.engagement')),
                ('user', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='account')),
            ],
            options={
                'verbose_name': 'participant',
                'verbose_name_plural': 'participants',
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='TranscriptMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('posted_at', models.DateTimeField(verbose_name='written')),
                ('body', models.TextField(blank=True, verbose_name='text')),
                ('rich_text', models.BooleanField(default=False)),
                ('off_the_record', models.BooleanField(default=False, verbose_name='off the record')),
                ('message_id', models.CharField(max_length=200, null=True)),
                ('engagement', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='chat_app.engagement')),
                ('participant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='chat_app.participant')),
            ],
            options={
                'verbose_name': 'message of a transcript',
                'verbose_name_plural': 'messages of a transcript',
                'ordering': ['id'],
            },
        ),
        migrations.AddIndex(
            model_name='engagement',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['queue', 'requested_at'], name='engagement_waiting'),
        ),
        migrations.AddIndex(
            model_name='engagement',
            index=models.Index(condition=models.Q(('state', 'engaged')), fields=['last_written_at'], name='engagement_running'),
        ),
        migrations.AddIndex(
            model_name='engagement',
            index=models.Index(fields=['queue', 'engaged_at'], name='engagement_by_queue'),
        ),
        migrations.AddIndex(
            model_name='engagement',
            index=models.Index(fields=['end_user_key', 'id'], name='engagement_by_end_user'),
        ),
        migrations.AddIndex(
            model_name='engagement',
            index=models.Index(fields=['concluded_at'], name='engagement_concluded'),
        ),
        migrations.AddConstraint(
            model_name='engagement',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('interface', 'end_user_key'), name='engagement_waits_once'),
        ),
        migrations.AddConstraint(
            model_name='engagement',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('concluded_at__isnull', False), ('state', 'concluded')), models.Q(models.Q(('state', 'concluded'), _negated=True), ('concluded_at', None)), _connector='OR'), name='engagement_concluded_has_time'),
        ),
        migrations.AddConstraint(
            model_name='mailbox',
            constraint=models.UniqueConstraint(condition=models.Q(('voided_at', None)), fields=('engagement',), name='mailbox_one_for_a_customer'),
        ),
        migrations.AddIndex(
            model_name='agentsession',
            index=models.Index(condition=models.Q(('ended_at', None)), fields=['interface', 'idle_since'], name='agent_session_on'),
        ),
        migrations.AddConstraint(
            model_name='agentsession',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('user', 'interface'), name='agent_session_one_at_a_time'),
        ),
        migrations.AddIndex(
            model_name='offer',
            index=models.Index(condition=models.Q(('state', 'open')), fields=['expires_at'], name='offer_open'),
        ),
        migrations.AddIndex(
            model_name='offer',
            index=models.Index(condition=models.Q(('state', 'open')), fields=['agent_session'], name='offer_open_of_agent'),
        ),
        migrations.AddIndex(
            model_name='offer',
            index=models.Index(fields=['engagement', 'answered_at'], name='offer_by_engagement'),
        ),
        migrations.AddConstraint(
            model_name='offer',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('engagement',), name='offer_one_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='offer',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at__gte', models.F('offered_at'))), name='offer_expires_later'),
        ),
        migrations.AddConstraint(
            model_name='participant',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'consumer')), fields=('engagement',), name='participant_one_customer'),
        ),
        migrations.AddConstraint(
            model_name='participant',
            constraint=models.UniqueConstraint(condition=models.Q(('left_at', None), ('role', 'LEAD')), fields=('engagement',), name='participant_one_lead'),
        ),
        migrations.AddIndex(
            model_name='transcriptmessage',
            index=models.Index(fields=['engagement', 'id'], name='transcript_by_engagement'),
        ),
        migrations.AddIndex(
            model_name='transcriptmessage',
            index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.search.SearchVector('body', config='simple'), name='transcript_words'),
        ),
        migrations.AddConstraint(
            model_name='transcriptmessage',
            constraint=models.UniqueConstraint(condition=models.Q(('message_id__isnull', False)), fields=('participant', 'message_id'), name='transcript_message_once'),
        ),
        migrations.AddConstraint(
            model_name='transcriptmessage',
            constraint=models.CheckConstraint(condition=models.Q(('off_the_record', False), ('body', ''), _connector='OR'), name='transcript_off_the_record'),
        ),
        # Signs of life are written all day: with room on their pages, no index has to be touched.
        migrations.RunSQL(
            'ALTER TABLE chat_app_mailbox SET (fillfactor = 60)', 'ALTER TABLE chat_app_mailbox RESET (fillfactor)'
        ),
    ]
