"""A change of routing raises its revision, so that every process learns of it. An interface keeps a default queue."""

from typing import ClassVar

from django.db import migrations

from authenticate_app.revisions.triggers import raises_revision, starts_topic

TABLES = ("interface", "queue", "assignmentrule", "criterion", "profileoption", "profileoptionvalue")

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
    dependencies: ClassVar = [("chat_app", "0001_tables"), ("authenticate_app", "0003_roles")]

    operations: ClassVar = [
        starts_topic("routing"),
        *(raises_revision(f"chat_app_{table}", "routing") for table in TABLES),
        KEEP_DEFAULT_QUEUE,
    ]
