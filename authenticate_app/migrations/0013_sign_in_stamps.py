"""What a sign-in gave ends with a new password, and now also whenever its user is disabled or enabled."""

from typing import ClassVar

from django.db import migrations

WITH_STAMP = ("user", "grant", "accesstoken", "refreshtoken")

NEW_STAMP_OF_WHO_IS_DISABLED = migrations.RunSQL(
    # In either direction: whoever stores an older copy of the row, and so enables the user, brings back no old stamp.
    sql="""
    CREATE FUNCTION chatauth_end_sign_ins() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.sign_in_stamp := ('x' || left(replace(gen_random_uuid()::text, '-', ''), 16))::bit(64)::bigint;
        RETURN NEW;
    END $$;

    CREATE TRIGGER authenticate_app_user_disabled BEFORE UPDATE OF is_active ON authenticate_app_user
    FOR EACH ROW WHEN (OLD.is_active <> NEW.is_active) EXECUTE FUNCTION chatauth_end_sign_ins();
    """,
    reverse_sql="""
    DROP TRIGGER authenticate_app_user_disabled ON authenticate_app_user;
    DROP FUNCTION chatauth_end_sign_ins();
    """,
)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("authenticate_app", "0012_businesses_remembered")]

    operations: ClassVar = [
        *(migrations.RenameField(name, "password_stamp", "sign_in_stamp") for name in WITH_STAMP),
        NEW_STAMP_OF_WHO_IS_DISABLED,
    ]
