"""A business of Apple Messages with its messages, stored in the database of the environment: run as a program."""

import argparse
import base64
from datetime import UTC, datetime, timedelta

import django

MSP_ID = "benchmark-msp"
BUSINESS = "benchmark-business"
API_SECRET = bytes(range(32))
BYTES_OF_A_MESSAGE = 300


def store(messages: int) -> None:
    """Store an account, a business, and so many messages that were processed during the last week."""
    from django.db import connection

    from authenticate_app.keys.encryption import encrypt
    from authenticate_app.messages.models import Business, MspAccount

    secret = encrypt(base64.b64encode(API_SECRET))
    account = MspAccount.objects.create(name="Benchmark", msp_id=MSP_ID, encrypted_api_secret=secret)
    business = Business.objects.create(
        account=account, name="Benchmark", business_id=BUSINESS, provider="other", request_title="a", reply_title="b"
    )
    began = datetime.now(UTC) - timedelta(days=6)
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute(_WITHOUT_INDEX)  # to sort the ids once is faster than to find each its place
        cursor.execute(_FILL, [business.pk, began, began, BYTES_OF_A_MESSAGE, messages])
        cursor.execute(_WITH_INDEX)
        cursor.execute("VACUUM ANALYZE authenticate_app_inboundmessage")  # as it would have been during a week
        cursor.execute("CHECKPOINT")


_WITHOUT_INDEX = "ALTER TABLE authenticate_app_inboundmessage DROP CONSTRAINT inbound_message_once"
_WITH_INDEX = """
    ALTER TABLE authenticate_app_inboundmessage ADD CONSTRAINT inbound_message_once UNIQUE (business_id, message_id)
"""
_FILL = """
    INSERT INTO authenticate_app_inboundmessage
        (business_id, message_id, customer_id, capabilities, device_agent, received_at, processed_at, body)
    SELECT %s, gen_random_uuid()::text, 'urn:mbid:' || number %% 100000, 'AUTH,AUTH2', 'benchmark',
        %s::timestamptz + number * interval '10 ms', %s::timestamptz + number * interval '10 ms',
        convert_to(repeat('x', %s), 'UTF8')
    FROM generate_series(1, %s) AS number
"""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, required=True)
    options = parser.parse_args()
    django.setup()
    store(options.messages)
