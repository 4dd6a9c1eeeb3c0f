"""What a type checker knows about the conversions: mypy reads this file, and pytest runs it."""

from datetime import datetime
from typing import assert_type

import ts_contract
from ts_contract import (
    epoch_ms_to_sqlite_timestamp,
    format_iso_z,
    format_timestamp,
    from_epoch_ms,
    sqlite_timestamp_to_epoch_ms,
    to_epoch_ms,
)


def test_a_value_gives_a_value() -> None:
    assert_type(to_epoch_ms("2024-01-15"), int)
    assert_type(to_epoch_ms(datetime(2024, 1, 15)), int)
    assert_type(sqlite_timestamp_to_epoch_ms("2024-01-15 12:00:00"), int)
    assert_type(from_epoch_ms(0, tz="Asia/Kolkata"), datetime)
    assert_type(format_iso_z(0), str)
    assert_type(epoch_ms_to_sqlite_timestamp(0), str)


def test_none_gives_none_except_for_people() -> None:
    assert_type(format_timestamp(None), str)
    assert from_epoch_ms(None) is None


def test_what_may_be_none_gives_what_may_be_none() -> None:
    def check(text: str | None, moment: datetime | str | None, ms: int | None) -> None:
        assert_type(to_epoch_ms(moment), int | None)
        assert_type(sqlite_timestamp_to_epoch_ms(text), int | None)
        assert_type(from_epoch_ms(ms), datetime | None)
        assert_type(format_iso_z(ms), str | None)
        assert_type(epoch_ms_to_sqlite_timestamp(ms), str | None)

    check(None, None, None)


def test_the_lazy_names_keep_their_types() -> None:
    assert_type(ts_contract.now_ms(), int)
    assert_type(ts_contract.utc_now(), datetime)
