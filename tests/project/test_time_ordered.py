from datetime import UTC, datetime, timedelta

from authenticate_app.time_ordered import new_time_ordered_id

NOW = datetime(2026, 5, 4, 12, 30, 15, 123000, tzinfo=UTC)


def test_an_id_is_a_uuid_of_version_7() -> None:
    token_id = new_time_ordered_id(at=NOW)
    assert (token_id.version, token_id.variant) == (7, "specified in RFC 4122")
    assert token_id.int >> 80 == int(NOW.timestamp() * 1000)


def test_ids_rise_with_time() -> None:
    ids = [new_time_ordered_id(at=NOW + timedelta(milliseconds=n)) for n in range(50)]
    assert ids == sorted(ids)


def test_ids_of_one_moment_differ_in_all_random_bits() -> None:
    ids = [new_time_ordered_id(at=NOW).int for _ in range(2000)]
    assert len(set(ids)) == len(ids)
    ever_set = ever_clear = 0
    for value in ids:
        ever_set |= value
        ever_clear |= ~value
    random_bits = ((1 << 12) - 1) << 64 | ((1 << 62) - 1)
    assert ever_set & ever_clear & random_bits == random_bits
