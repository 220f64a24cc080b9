"""Tables of the sandbox: they are empty where it is off."""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('authenticate_app', '0010_apple_messages'),
    ]

    operations = [
        migrations.CreateModel(
            name='SandboxAsker',
            fields=[
                ('business', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='authenticate_app.business')),
                ('encrypted_client_secret', models.BinaryField()),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='SandboxPhone',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('customer_id', models.CharField(max_length=300, unique=True)),
                ('capabilities', models.CharField(max_length=200)),
                ('fault', models.CharField(blank=True, max_length=20)),
                ('gateway_failures', models.PositiveSmallIntegerField(default=0)),
                ('created_at', models.DateTimeField()),
                ('deleted_at', models.DateTimeField(null=True)),
                ('business', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='authenticate_app.business')),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='SandboxPayload',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('ciphertext', models.BinaryField()),
                ('signature', models.BinaryField()),
                ('owner', models.CharField(max_length=100)),
                ('phone', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='authenticate_app.sandboxphone')),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='SandboxExchange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('sender', models.CharField(choices=[('server', 'Server'), ('gateway', 'Gateway'), ('phone', 'Phone'), ('asker', 'Asker')], max_length=7)),
                ('receiver', models.CharField(choices=[('server', 'Server'), ('gateway', 'Gateway'), ('phone', 'Phone'), ('asker', 'Asker')], max_length=7)),
                ('method', models.CharField(max_length=7)),
                ('url', models.TextField()),
                ('request_headers', models.JSONField(default=list)),
                ('request_body', models.TextField(blank=True)),
                ('status', models.PositiveSmallIntegerField(null=True)),
                ('answer_headers', models.JSONField(default=list)),
                ('answer_body', models.TextField(blank=True)),
                ('phone', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exchanges', to='authenticate_app.sandboxphone')),
            ],
            options={
                'ordering': ['id'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='SandboxBubble',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('said', 'Said'), ('heard', 'Heard'), ('sign_in', 'Sign In')], max_length=7)),
                ('message_id', models.CharField(max_length=100)),
                ('at', models.DateTimeField()),
                ('text', models.CharField(blank=True, max_length=2000)),
                ('encrypted_body', models.BinaryField(default=b'')),
                ('opened_at', models.DateTimeField(null=True)),
                ('replied_at', models.DateTimeField(null=True)),
                ('reply_status', models.CharField(blank=True, max_length=20)),
                ('chat', models.JSONField(null=True)),
                ('phone', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='bubbles', to='authenticate_app.sandboxphone')),
            ],
            options={
                'ordering': ['id'],
                'default_permissions': (),
            },
        ),
        migrations.AddIndex(
            model_name='sandboxphone',
            index=models.Index(fields=['created_at'], name='sandbox_phone_created'),
        ),
        migrations.AddConstraint(
            model_name='sandboxbubble',
            constraint=models.UniqueConstraint(fields=('phone', 'message_id'), name='sandbox_bubble_once'),
        ),
    ]
