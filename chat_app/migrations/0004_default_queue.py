"""An interface never loses its default queue, whoever changes the queues and by whatever way."""

from typing import ClassVar

from django.db import migrations, models

KEEP_DEFAULT_QUEUE = migrations.RunSQL(
    sql="""
    CREATE FUNCTION chatauth_keep_default_queue() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM chat_app_interface WHERE id = OLD.interface_id)
            AND NOT EXISTS (SELECT FROM chat_app_queue WHERE interface_id = OLD.interface_id AND is_default)
        THEN
            RAISE EXCEPTION 'interface % would be left without a default queue', OLD.interface_id
            USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NULL;
    END $$;

    CREATE CONSTRAINT TRIGGER chat_app_queue_default_kept AFTER UPDATE OR DELETE ON chat_app_queue
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.is_default)
    EXECUTE FUNCTION chatauth_keep_default_queue();
    """,
    reverse_sql="""
    DROP TRIGGER chat_app_queue_default_kept ON chat_app_queue;
    DROP FUNCTION chatauth_keep_default_queue();
    """,
)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("chat_app", "0003_profile_options")]

    operations: ClassVar = [
        KEEP_DEFAULT_QUEUE,
        migrations.AlterConstraint(
            model_name="interface",
            name="interface_default_once",
            constraint=models.UniqueConstraint(
                condition=models.Q(is_default=True),
                fields=("is_default",),
                name="interface_default_once",
                violation_error_message="Another interface is the default already. Save this one without the mark, then make it the default.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="queue",
            name="queue_default_once",
            constraint=models.UniqueConstraint(
                condition=models.Q(is_default=True),
                fields=("interface",),
                name="queue_default_once",
                violation_error_message="This interface has a default queue already. Save this one without the mark, then make it the default.",
            ),
        ),
    ]
