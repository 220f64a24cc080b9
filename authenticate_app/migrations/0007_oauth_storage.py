"""Tables whose rows come and go all day: vacuumed early, so that they stay as small as what they hold."""

from typing import ClassVar

from django.db import migrations

VACUUMED_EARLY = "autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000"
WITH_ROOM = f"{VACUUMED_EARLY}, fillfactor = 80"
"""Room on each page, so that a row that is updated stays there and no index is touched."""

TABLES = {
    "authenticate_app_accesstoken": VACUUMED_EARLY,
    "authenticate_app_grant": WITH_ROOM,
    "authenticate_app_refreshtoken": WITH_ROOM,
}


def _set(table: str, options: str) -> migrations.RunSQL:
    names = ", ".join(option.partition(" =")[0] for option in options.split(", "))
    return migrations.RunSQL(
        sql=f"ALTER TABLE {table} SET ({options})", reverse_sql=f"ALTER TABLE {table} RESET ({names})"
    )


class Migration(migrations.Migration):
    dependencies: ClassVar = [("authenticate_app", "0006_passwords_asked_for")]

    operations: ClassVar = [_set(table, options) for table, options in TABLES.items()]
