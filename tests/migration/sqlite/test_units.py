"""Units, epochs and packed dates on their whole way: backfill, triggers, verify and back."""

import sqlite3
from contextlib import closing
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ts_contract.loading import parse_contract
from ts_contract.migration import migrate, rollback, verify

BASE = 1_619_952_697_000  # 2021-05-02 10:51:37 UTC
NEW = 1_700_000_000_500  # 2023-11-14 22:13:20.5 UTC
CREATE = "CREATE TABLE t (id INTEGER PRIMARY KEY, at {type});\n"
LATER = "INSERT INTO t (at_ms) VALUES (?)"


def contract(spec, **keys):
    return parse_contract(
        {"tables": {"t": {"at": spec}}, "valid-range": ["0001-01-01", "9999-12-31"], **keys}
    )


STORED = [
    # storage, type, what is stored, its instant, what a trigger writes for NEW
    ("apple-seconds", "REAL", 641_645_497.527095, BASE + 527, 721_692_800.5),
    ("apple-seconds", "INTEGER", 641_645_497, BASE, 721_692_800),
    ("apple-nanoseconds", "INTEGER", 641_645_497_527_095_000, BASE + 527, 721_692_800_500_000_000),
    ("webkit-microseconds", "BIGINT", 13_264_426_297_527_095, BASE + 527, 13_344_473_600_500_000),
    ("filetime", "INTEGER", 132_644_262_975_270_951, BASE + 527, 133_444_736_005_000_000),
    ("dotnet-ticks", "BIGINT", 637_555_494_975_270_951, BASE + 527, 638_355_968_005_000_000),
    ("nanoseconds", "INTEGER", 1_619_952_697_527_095_000, BASE + 527, NEW * 10**6),
    ("nanoseconds", "TEXT", "1619952697527095000", BASE + 527, str(NEW * 10**6)),
    ("ole-days", "REAL", 44_318.45251767361, BASE + 527, 45_244.92593171296),
    ({"unit": "s", "epoch": "1904-01-01"}, "INTEGER", 3_702_797_497, BASE, 3_782_844_800),
    ({"unit": "100ns", "epoch": "1601-01-01"}, "", 132_644_262_975_270_951, BASE + 527,
     133_444_736_005_000_000),
    ("packed", "INTEGER", 20_210_502_105_137, BASE, 20_231_114_221_320),
    ("packed", "TEXT", "20210502105137", BASE, "20231114221320"),
    ("packed", "", "20210502105137", BASE, "20231114221320"),
    ("packed", "BIGINT", 20_210_502_105_137_527, BASE + 527, 20_231_114_221_320_500),
    ("packed", "TEXT", "20210502105137527095", BASE + 527, "20231114221320500000"),
    ("packed", "INTEGER", 202_105_021_051, BASE - 37_000, 202_311_142_213),
    ("packed", "INTEGER", 2_021_050_210, BASE - 3_097_000, 2_023_111_422),
    ("packed", "DATE", 20_210_502, BASE - 39_097_000, 20_231_114),
]  # fmt: skip


@pytest.mark.parametrize("case", STORED, ids=str)
@pytest.mark.parametrize("offline", [False, True])
def test_a_declared_number_on_its_whole_way(build, offline, case):
    storage, kind, stored, ms, written = case
    path = build(CREATE.format(type=kind), t=[(1, stored), (2, None)]).path
    ours = contract({"storage": storage})

    assert migrate(path, ours, pause=0, offline=offline).ok

    with closing(sqlite3.connect(path)) as db:
        db.execute("INSERT INTO t (at) VALUES (?)", (stored,))
        db.execute(LATER, (NEW,))
        db.execute("UPDATE t SET at_ms = ? WHERE id = 2", (NEW,))
        db.commit()
        found = db.execute("SELECT at, at_ms FROM t ORDER BY id").fetchall()
        assert found == [(stored, ms), (written, NEW), (stored, ms), (written, NEW)]
        assert db.execute("SELECT count(*) FROM _ts_contract_quarantine").fetchone() == (0,)
    assert verify(path, ours).ok
    rollback(path, ours)
    with closing(sqlite3.connect(path)) as db:
        assert [at for (at,) in db.execute("SELECT at FROM t ORDER BY id")] == [
            stored, written, stored, written,
        ]  # fmt: skip


@pytest.mark.parametrize(
    "value", [20_210_502_105_137_527, 202_105_021_051, "2021050210", 20_210_502]
)
def test_a_packed_date_that_nobody_declared_is_quarantined(build, value):
    path = build(CREATE.format(type=""), t=[(1, value)]).path

    migrate(path, contract({}), pause=0)

    with closing(sqlite3.connect(path)) as db:
        (found,) = db.execute("SELECT form, reason FROM _ts_contract_quarantine").fetchall()
    assert found[0] == "digits"
    assert "packed" in found[1]


def test_packed_dates_are_local_times_of_their_column(build):
    stored = [(1, 20_210_502_125_137), (2, 20_211_031_023_000), (3, 20_210_230_000_000)]
    path = build(CREATE.format(type="INTEGER"), t=stored).path
    ours = contract({"storage": "packed", "timezone": "Europe/Paris"}, **{"on-overlap": "first"})

    report = migrate(path, ours, pause=0)

    zone = ZoneInfo("Europe/Paris")
    second = datetime(2021, 10, 31, 2, 30, tzinfo=zone, fold=1)
    with closing(sqlite3.connect(path)) as db:
        db.execute(LATER, (int(second.timestamp()) * 1_000,))
        db.execute(LATER, (NEW,))
        db.commit()
        found = db.execute("SELECT at, at_ms FROM t ORDER BY id").fetchall()
    assert report.quarantined == 1
    assert found == [
        (20_210_502_125_137, BASE),
        (20_211_031_023_000, int(datetime(2021, 10, 31, 2, 30, tzinfo=zone).timestamp()) * 1_000),
        (20_210_230_000_000, None),
        ("2021-10-31 02:30:00+01:00", int(second.timestamp()) * 1_000),  # it happened twice
        (20_231_114_231_320, NEW),
    ]
    assert verify(path, ours).differences == 0


def test_a_day_of_a_zone_may_last_25_hours(build):
    path = build(CREATE.format(type="TEXT"), t=[(1, "20211031"), (2, "20211101")]).path
    ours = contract({"storage": "packed", "timezone": "Europe/Paris"})
    assert migrate(path, ours, pause=0).ok

    evening = int(datetime(2021, 10, 31, 23, 30, tzinfo=ZoneInfo("Europe/Paris")).timestamp())
    with closing(sqlite3.connect(path)) as db:
        db.execute(LATER, (evening * 1_000,))
        db.commit()
        assert db.execute("SELECT at FROM t WHERE id = 3").fetchone() == ("20211031",)
        db.execute("UPDATE t SET at = at WHERE id = 3")
        assert db.execute("SELECT at_ms FROM t WHERE id = 3").fetchone() == (evening * 1_000,)
    assert verify(path, ours).ok


def test_go_gets_back_what_its_driver_can_read(build):
    path = build(
        CREATE.format(type="TEXT"), t=[(1, "2021-05-02 12:51:37.5 +0200 CEST m=+0.01")]
    ).path
    assert migrate(path, contract({}), pause=0).ok

    with closing(sqlite3.connect(path)) as db:
        db.execute(LATER, (NEW,))
        db.execute(LATER, (NEW - 500,))
        db.commit()
        found = [at for (at,) in db.execute("SELECT at FROM t WHERE id > 1 ORDER BY id")]
    assert found == ["2023-11-14 22:13:20.5 +0000 UTC", "2023-11-14 22:13:20 +0000 UTC"]
    assert verify(path, contract({})).ok


def test_seconds_among_milliseconds_are_quarantined(build):
    path = build(CREATE.format(type="INTEGER"), t=[(1, BASE), (2, BASE // 1_000)]).path

    assert migrate(path, contract({"storage": "milliseconds"}), pause=0).quarantined == 1
