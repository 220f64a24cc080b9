"""What the database itself keeps true about users, roles and keys."""

from typing import ClassVar

from django.db import migrations

from authenticate_app.revisions import triggers

USER_REVISION = migrations.RunSQL(
    sql="""
    CREATE FUNCTION chatauth_raise_user_revision() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF to_jsonb(NEW) - 'last_login' IS DISTINCT FROM to_jsonb(OLD) - 'last_login' THEN
            NEW.revision := OLD.revision + 1;
        END IF;
        RETURN NEW;
    END $$;

    CREATE TRIGGER authenticate_app_user_raises_revision BEFORE UPDATE ON authenticate_app_user
    FOR EACH ROW EXECUTE FUNCTION chatauth_raise_user_revision();
    """,
    reverse_sql="""
    DROP TRIGGER authenticate_app_user_raises_revision ON authenticate_app_user;
    DROP FUNCTION chatauth_raise_user_revision();
    """,
)

USER_ROLES_REVISION = migrations.RunSQL(
    sql="""
    CREATE FUNCTION chatauth_user_roles_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE authenticate_app_user SET revision = revision + 1
        WHERE id IN (SELECT user_id FROM changed);
        RETURN NULL;
    END $$;

    CREATE TRIGGER authenticate_app_user_groups_added AFTER INSERT ON authenticate_app_user_groups
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION chatauth_user_roles_changed();

    CREATE TRIGGER authenticate_app_user_groups_removed AFTER DELETE ON authenticate_app_user_groups
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION chatauth_user_roles_changed();

    CREATE FUNCTION chatauth_user_roles_moved() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE authenticate_app_user SET revision = revision + 1
        WHERE id IN (SELECT user_id FROM before UNION SELECT user_id FROM after);
        RETURN NULL;
    END $$;

    CREATE TRIGGER authenticate_app_user_groups_moved AFTER UPDATE ON authenticate_app_user_groups
    REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION chatauth_user_roles_moved();
    """,
    reverse_sql="""
    DROP TRIGGER authenticate_app_user_groups_added ON authenticate_app_user_groups;
    DROP TRIGGER authenticate_app_user_groups_removed ON authenticate_app_user_groups;
    DROP TRIGGER authenticate_app_user_groups_moved ON authenticate_app_user_groups;
    DROP FUNCTION chatauth_user_roles_changed();
    DROP FUNCTION chatauth_user_roles_moved();
    """,
)

LOGIN_NAMES = migrations.RunSQL(
    sql="""
    CREATE FUNCTION chatauth_write_login_names() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM authenticate_app_loginname WHERE user_id = NEW.id;
        INSERT INTO authenticate_app_loginname (key, user_id)
        SELECT DISTINCT name, NEW.id FROM unnest(ARRAY[NEW.username_key, NEW.email_key]) AS name WHERE name <> '';
        RETURN NULL;
    END $$;

    CREATE TRIGGER authenticate_app_user_named AFTER INSERT ON authenticate_app_user
    FOR EACH ROW EXECUTE FUNCTION chatauth_write_login_names();

    CREATE TRIGGER authenticate_app_user_renamed AFTER UPDATE OF username_key, email_key ON authenticate_app_user
    FOR EACH ROW WHEN (OLD.username_key <> NEW.username_key OR OLD.email_key <> NEW.email_key)
    EXECUTE FUNCTION chatauth_write_login_names();
    """,
    reverse_sql="""
    DROP TRIGGER authenticate_app_user_named ON authenticate_app_user;
    DROP TRIGGER authenticate_app_user_renamed ON authenticate_app_user;
    DROP FUNCTION chatauth_write_login_names();
    """,
)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("authenticate_app", "0001_tables"), ("auth", "0012_alter_user_first_name_max_length")]

    operations: ClassVar = [
        triggers.CREATE_FUNCTION,
        triggers.starts_topic("roles"),
        triggers.raises_revision("auth_group", "roles"),
        triggers.raises_revision("auth_group_permissions", "roles"),
        triggers.starts_topic("keys"),
        triggers.raises_revision("authenticate_app_signingkey", "keys"),
        USER_REVISION,
        USER_ROLES_REVISION,
        LOGIN_NAMES,
    ]
