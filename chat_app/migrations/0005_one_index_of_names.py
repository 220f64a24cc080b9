from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """One index that begins with the end user's name, where there were two."""

    dependencies = [('chat_app', '0004_admin_roles')]

    operations = [
        migrations.RemoveConstraint(model_name='chatsession', name='chat_session_resumable_once'),
        migrations.RemoveIndex(model_name='chatsession', name='chat_session_end_user'),
        migrations.AlterField(
            model_name='chatsession', name='resumable', field=models.BooleanField(default=True, null=True)
        ),
        migrations.RunSQL(
            'UPDATE chat_app_chatsession SET resumable = NULL WHERE NOT resumable',
            'UPDATE chat_app_chatsession SET resumable = FALSE WHERE resumable IS NULL',
        ),
        migrations.AddConstraint(
            model_name='chatsession',
            constraint=models.UniqueConstraint(
                fields=('auth_user_name', 'caller', 'interface', 'resumable'), name='chat_session_resumable_once'
            ),
        ),
        migrations.AddConstraint(
            model_name='chatsession',
            constraint=models.CheckConstraint(
                condition=~Q(resumable=False), name='chat_session_resumable_or_null'
            ),
        ),
    ]
