"""SQL for migrations: the triggers that raise the revision of a topic."""

from django.db.migrations import RunSQL

CHANNEL = "chatauth_revision"
"""The notification channel on which the name of a topic is sent when it changes."""

CREATE_FUNCTION = RunSQL(
    # A sequence, since it is not rolled back: a value that a process has seen, be it in a transaction
    # that came to nothing, never stands for other data later on.
    sql=f"""
    CREATE SEQUENCE chatauth_revision_value;

    CREATE FUNCTION chatauth_raise_revision() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO authenticate_app_revision (topic, value)
        VALUES (TG_ARGV[0], nextval('chatauth_revision_value'))
        ON CONFLICT (topic) DO UPDATE SET value = nextval('chatauth_revision_value');
        PERFORM pg_notify('{CHANNEL}', TG_ARGV[0]);
        RETURN NULL;
    END $$
    """,  # noqa: S608 - the channel is the constant above
    reverse_sql="DROP FUNCTION chatauth_raise_revision(); DROP SEQUENCE chatauth_revision_value",
)


def raises_revision(table: str, topic: str) -> RunSQL:
    """Make every change of ``table`` raise the revision of ``topic``; a statement raises it once."""
    name = f"{table}_raises_{topic}"
    return RunSQL(
        sql=f"""
        CREATE TRIGGER {name} AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION chatauth_raise_revision('{topic}')
        """,
        reverse_sql=f"DROP TRIGGER {name} ON {table}",
    )


def starts_topic(topic: str) -> RunSQL:
    """Give ``topic`` its row, so that a reader always finds one."""
    return RunSQL(
        sql=f"INSERT INTO authenticate_app_revision (topic, value) VALUES ('{topic}', 0)",  # noqa: S608 - migrations name topics, nobody else
        reverse_sql=f"DELETE FROM authenticate_app_revision WHERE topic = '{topic}'",  # noqa: S608 - as above
    )
