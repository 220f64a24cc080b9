"""Clients, codes and tokens of OAuth, and a number that changes with every password."""

import authenticate_app.accounts.models
import django.core.validators
import django.db.models.deletion
import oauth2_provider.generators
import uuid
from django.conf import settings
from django.db import migrations, models

from authenticate_app.revisions.triggers import raises_revision, starts_topic


class Migration(migrations.Migration):

    dependencies = [
        ('authenticate_app', '0004_factors'),
    ]

    # The toolkit's migrations look for our tables in place of its own.
    run_before = [('oauth2_provider', '0001_initial')]

    operations = [
        migrations.AddField(
            model_name='user',
            name='password_stamp',
            field=models.BigIntegerField(db_default=0, default=authenticate_app.accounts.models.new_sign_in_stamp, editable=False),
        ),
        migrations.CreateModel(
            name='Client',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('client_id', models.CharField(db_index=True, default=oauth2_provider.generators.generate_client_id, max_length=255, unique=True, verbose_name='client ID')),
                ('redirect_uris', models.TextField(blank=True, help_text='Allowed URIs list, space separated', verbose_name='redirect URIs')),
                ('post_logout_redirect_uris', models.TextField(blank=True, default='', help_text='Allowed Post Logout URIs list, space separated', verbose_name='post logout redirect URIs')),
                ('client_type', models.CharField(choices=[('confidential', 'Confidential'), ('public', 'Public')], max_length=32, verbose_name='client type')),
                ('authorization_grant_type', models.CharField(choices=[('authorization-code', 'Authorization code'), ('urn:ietf:params:oauth:grant-type:device_code', 'Device Code'), ('implicit', 'Implicit'), ('password', 'Resource owner password-based'), ('client-credentials', 'Client credentials'), ('openid-hybrid', 'OpenID connect hybrid')], max_length=44, verbose_name='authorization grant type')),
                ('name', models.CharField(blank=True, max_length=255, verbose_name='name')),
                ('created', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated', models.DateTimeField(auto_now=True, verbose_name='updated')),
                ('purpose', models.CharField(choices=[('apple_new', 'Apple Messages, new flow'), ('apple_legacy', 'Apple Messages, legacy flow'), ('web', 'web application'), ('integration', 'integration')], max_length=20, verbose_name='purpose')),
                ('display_name', models.CharField(help_text='Stands on the sign-in and consent pages.', max_length=100, verbose_name='name shown to customers')),
                ('client_secret', models.CharField(blank=True, editable=False, max_length=100, verbose_name='client secret')),
                ('logo', models.BinaryField(blank=True, default=b'', verbose_name='logo')),
                ('accent_color', models.CharField(blank=True, help_text="Such as #0a84ff. Empty for the product's own.", max_length=7, validators=[django.core.validators.RegexValidator('\\A#[0-9a-f]{6}\\Z', 'A colour is written as # and six digits or letters a to f.')], verbose_name='accent colour')),
                ('is_active', models.BooleanField(default=True, help_text='Turn this off instead of deleting the client; it counts at once.', verbose_name='active')),
                ('is_trusted', models.BooleanField(default=False, help_text='People are not asked whether they agree: for your own applications.', verbose_name='trusted')),
                ('allowed_scopes', models.TextField(blank=True, help_text='What the client may ask for, separated by spaces.', verbose_name='allowed scopes')),
                ('pkce_required', models.BooleanField(default=True, help_text='Off only where the phone builds the request (RFC 7636).', verbose_name='PKCE required')),
                ('signed_access_tokens', models.BooleanField(default=False, help_text='Others can verify such a token by themselves (RFC 9068), and do not learn that it was revoked.', verbose_name='signed access tokens')),
                ('signed_because', models.TextField(blank=True, verbose_name='signed because')),
                ('acting_user', models.ForeignKey(blank=True, help_text='The user whose roles an integration has when it calls the REST API.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='acts as')),
            ],
            options={
                'verbose_name': 'client',
                'verbose_name_plural': 'clients',
                'ordering': ['name', 'id'],
            },
        ),
        migrations.CreateModel(
            name='AccessToken',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('expires', models.DateTimeField(verbose_name='expires')),
                ('scope', models.TextField(blank=True, verbose_name='scope')),
                ('created', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('token_checksum', models.CharField(max_length=64, unique=True)),
                ('token_family', models.UUIDField(editable=False, null=True)),
                ('password_stamp', models.BigIntegerField(editable=False, null=True)),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='user')),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL, verbose_name='client')),
            ],
            options={
                'verbose_name': 'access token',
                'verbose_name_plural': 'access tokens',
            },
        ),
        migrations.CreateModel(
            name='Grant',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('expires', models.DateTimeField(verbose_name='expires')),
                ('redirect_uri', models.TextField(verbose_name='redirect URI')),
                ('scope', models.TextField(blank=True, verbose_name='scope')),
                ('created', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('code_challenge', models.CharField(blank=True, default='', max_length=128, verbose_name='code challenge')),
                ('code_challenge_method', models.CharField(blank=True, choices=[('plain', 'plain'), ('S256', 'S256')], default='', max_length=10, verbose_name='code challenge method')),
                ('nonce', models.CharField(blank=True, default='', max_length=255, verbose_name='nonce')),
                ('code', models.CharField(max_length=64, unique=True)),
                ('used_at', models.DateTimeField(blank=True, null=True, verbose_name='used')),
                ('token_family', models.UUIDField(editable=False)),
                ('password_stamp', models.BigIntegerField(editable=False)),
                ('auth_time', models.DateTimeField(verbose_name='signed in')),
                ('amr', models.CharField(blank=True, max_length=100)),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL, verbose_name='client')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'authorization code',
                'verbose_name_plural': 'authorization codes',
            },
        ),
        migrations.CreateModel(
            name='IDToken',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('jti', models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name='JWT Token ID')),
                ('expires', models.DateTimeField(verbose_name='expires')),
                ('scope', models.TextField(blank=True, verbose_name='scope')),
                ('created', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated', models.DateTimeField(auto_now=True, verbose_name='updated')),
                ('application', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL, verbose_name='application')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'ID token',
                'verbose_name_plural': 'ID tokens',
            },
        ),
        migrations.CreateModel(
            name='RefreshToken',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated', models.DateTimeField(auto_now=True, verbose_name='updated')),
                ('revoked', models.DateTimeField(null=True, verbose_name='revoked')),
                ('token_checksum', models.CharField(max_length=64)),
                ('token_family', models.UUIDField(editable=False, unique=True)),
                ('scope', models.TextField(verbose_name='scope')),
                ('expires', models.DateTimeField(verbose_name='expires')),
                ('password_stamp', models.BigIntegerField(editable=False)),
                ('auth_time', models.DateTimeField(verbose_name='signed in')),
                ('amr', models.CharField(blank=True, max_length=100)),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL, verbose_name='client')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'refresh token',
                'verbose_name_plural': 'refresh tokens',
            },
        ),
        migrations.AddConstraint(
            model_name='client',
            constraint=models.CheckConstraint(condition=models.Q(('pkce_required', True), ('purpose__in', ('apple_new', 'apple_legacy')), _connector='OR'), name='client_uses_pkce'),
        ),
        migrations.AddConstraint(
            model_name='client',
            constraint=models.CheckConstraint(condition=models.Q(('signed_access_tokens', False), models.Q(('signed_because', ''), _negated=True), _connector='OR'), name='client_signed_has_reason'),
        ),
        migrations.AddIndex(
            model_name='accesstoken',
            index=models.Index(fields=['expires'], name='access_token_expires'),
        ),
        migrations.AddIndex(
            model_name='accesstoken',
            index=models.Index(condition=models.Q(('token_family__isnull', False)), fields=['token_family'], name='access_token_family'),
        ),
        migrations.AddIndex(
            model_name='grant',
            index=models.Index(fields=['expires'], name='grant_expires'),
        ),
        migrations.AddIndex(
            model_name='idtoken',
            index=models.Index(fields=['expires'], name='id_token_expires'),
        ),
        migrations.AddIndex(
            model_name='refreshtoken',
            index=models.Index(fields=['expires'], name='refresh_token_expires'),
        ),
        starts_topic('clients'),
        raises_revision('authenticate_app_client', 'clients'),
    ]
