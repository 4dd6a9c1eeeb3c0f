"""What the sync triggers write into a legacy column has the shape of the column's own writer."""

import json
import sqlite3
from contextlib import closing

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ts_contract.contract import ContractError
from ts_contract.loading import parse_contract
from ts_contract.migration import Refused, migrate, plan, rollback, verify
from ts_contract.migration.engines.sqlite.connection import SqliteSession
from ts_contract.migration.engines.sqlite.survey import provide_zones
from ts_contract.migration.engines.sqlite.written import written_expression
from ts_contract.migration.forms import DATED, NUMBERS, Reading, convert
from ts_contract.migration.script import script
from ts_contract.migration.telling import template_like, template_of
from ts_contract.migration.template_records import from_record, is_record, to_record
from ts_contract.migration.templates import PLAIN, precision_of, write

from ..conftest import Store

WHOLE = 1_700_000_000_000  # 2023-11-14T22:13:20.000Z
HALF = WHOLE + 500
EVER = {"valid-range": ["0001-01-01", "9999-12-31"]}


def contract(spec=None, **keys):
    return parse_contract({**EVER, **keys, "tables": {"t": {"at": spec or {}}}})


def written(build, rows, spec=None, kind="TEXT", **keys) -> list[object]:
    """Return what a new-style writer leaves in the legacy column for both instants.

    Whatever it is, verify finds no difference, and rollback nothing to lose.
    """
    store: Store = build(f"CREATE TABLE t (id INTEGER PRIMARY KEY, at {kind});")
    store.run_many("INSERT INTO t (at) VALUES (?)", [(row,) for row in rows])
    ours = contract(spec, **keys)
    assert migrate(store.url, ours).correct
    store.run_many("INSERT INTO t (at_ms) VALUES (?)", [(WHOLE,), (HALF,)])
    found = store.run("SELECT at, at_ms FROM t ORDER BY id DESC LIMIT 2")[::-1]
    assert [ms for _, ms in found] == [WHOLE, HALF]
    report = verify(store.url, ours)
    assert (report.differences, report.problems) == (0, ())
    rollback(store.url)
    kept = store.run("SELECT at FROM t ORDER BY id DESC LIMIT 2")[::-1]
    assert kept == [(value,) for value, _ in found]
    return [value for value, _ in found]


# --- texts -----------------------------------------------------------------------------------

DAY = "2023-11-14"
TEXTS = {
    # who writes so: the latest rows, what is written for a whole second and for half a one
    "SQLAlchemy": (
        ["2023-07-26 04:30:44.492095"],
        f"{DAY} 22:13:20.000000",
        f"{DAY} 22:13:20.500000",
    ),
    "Python's adapter": (
        ["2023-07-26 04:30:44", "2023-07-26 04:30:44.492095"],
        f"{DAY} 22:13:20",
        f"{DAY} 22:13:20.500000",
    ),
    "CURRENT_TIMESTAMP": (["2023-07-26 04:30:44"], f"{DAY} 22:13:20", f"{DAY} 22:13:20"),
    "Sequelize": (
        ["2023-07-26 04:30:44.492 +00:00"],
        f"{DAY} 22:13:20.000 +00:00",
        f"{DAY} 22:13:20.500 +00:00",
    ),
    "toISOString": (
        ["2023-07-26T04:30:44.492Z"],
        f"{DAY}T22:13:20.000Z",
        f"{DAY}T22:13:20.500Z",
    ),
    "go-sqlite3": (
        [
            "2023-07-26 04:30:44+00:00",
            "2023-07-26 04:30:44.5+00:00",
            "2023-07-26 04:30:44.492095+00:00",
        ],
        f"{DAY} 22:13:20+00:00",
        f"{DAY} 22:13:20.5+00:00",
    ),
    "six digits and an offset": (
        ["2023-07-26 04:30:44.492095+00:00"] * 2,
        f"{DAY} 22:13:20.000000+00:00",
        f"{DAY} 22:13:20.500000+00:00",
    ),
    "sqlx": (
        ["2023-07-26T04:30:44.492095+00:00"],
        f"{DAY}T22:13:20.000000+00:00",
        f"{DAY}T22:13:20.500000+00:00",
    ),
    "Jackson": (
        ["2023-07-26T04:30:44.492+0000"],
        f"{DAY}T22:13:20.000+0000",
        f"{DAY}T22:13:20.500+0000",
    ),
    "PostgreSQL": (
        ["2023-07-26 04:30:44.492095+00"],
        f"{DAY} 22:13:20.000000+00",
        f"{DAY} 22:13:20.500000+00",
    ),
    "EF Core": (["2023-07-26 04:30:44.4920951"], f"{DAY} 22:13:20", f"{DAY} 22:13:20.5"),
    "EF Core, trimmed": (
        ["2023-07-26 04:30:44.4920951", "2023-07-26 04:30:44.49209"],
        f"{DAY} 22:13:20",
        f"{DAY} 22:13:20.5",
    ),
    "seven digits always": (
        ["2023-07-26 04:30:44.4920951"] * 50,
        f"{DAY} 22:13:20.0000000",
        f"{DAY} 22:13:20.5000000",
    ),
    ".NET, round trip": (
        ["2023-07-26T04:30:44.4920951Z"],
        f"{DAY}T22:13:20.0000000Z",
        f"{DAY}T22:13:20.5000000Z",
    ),
    "Ecto": (["2023-07-26T04:30:44.492095"], f"{DAY}T22:13:20.000000", f"{DAY}T22:13:20.500000"),
    "T and milliseconds": (
        ["2023-07-26T04:30:44.492"],
        f"{DAY}T22:13:20.000",
        f"{DAY}T22:13:20.500",
    ),
    "Java's Instant": (
        ["2023-07-26T04:30:44.492095Z", "2023-07-26T04:30:44.492Z", "2023-07-26T04:30:44Z"],
        f"{DAY}T22:13:20Z",
        f"{DAY}T22:13:20.500Z",
    ),
    "Java's Timestamp": (
        ["2023-07-26 04:30:44.492", "2023-07-26 04:30:44.0", "2023-07-26 04:30:44.49"],
        f"{DAY} 22:13:20.0",
        f"{DAY} 22:13:20.5",
    ),
    "Ruby": (["2023-07-26 04:30:44 UTC"], f"{DAY} 22:13:20 UTC", f"{DAY} 22:13:20 UTC"),
    "logging": (["2023-07-26 04:30:44,492"], f"{DAY} 22:13:20,000", f"{DAY} 22:13:20,500"),
    "the same offset": (
        ["2023-07-26 10:00:44.492095+05:30"] * 3,
        "2023-11-15 03:43:20.000000+05:30",
        "2023-11-15 03:43:20.500000+05:30",
    ),
    "offsets that differ": (
        ["2023-07-26 10:00:44.492095+05:30", "2023-07-26 06:30:44.492095+02:00"],
        f"{DAY} 22:13:20.000000+00:00",
        f"{DAY} 22:13:20.500000+00:00",
    ),
    "HTTP": (
        ["Wed, 26 Jul 2023 04:30:44 GMT"],
        *["Tue, 14 Nov 2023 22:13:20 GMT"] * 2,
    ),
    "mail": (
        ["Wed, 26 Jul 2023 04:30:44 +0000"],
        *["Tue, 14 Nov 2023 22:13:20 +0000"] * 2,
    ),
    "ctime": (["Wed Jul 26 04:30:44 2023"], *["Tue Nov 14 22:13:20 2023"] * 2),
    "basic": (["20230726T043044Z"], *["20231114T221320Z"] * 2),
    "a date": (["2023-07-26"], DAY, DAY),
    "a week": (["2023-W30-3"], "2023-W46-2", "2023-W46-2"),
    "a day of the year": (["2023-207"], "2023-318", "2023-318"),
    "minutes": (["2023-07-26T04:30"], f"{DAY}T22:13", f"{DAY}T22:13"),
    "Decimal": (["1690345844.492095"], "1700000000.000000", "1700000000.500000"),
    "whole seconds as a text": (["1690345844"], "1700000000", "1700000000"),
    "Go's String": (
        ["2021-05-02 10:51:37.527095 +0000 UTC m=+0.010000001"],
        f"{DAY} 22:13:20 +0000 UTC",
        f"{DAY} 22:13:20.5 +0000 UTC",
    ),
    "Go's String, elsewhere": (
        ["2021-05-02 12:51:37.527095 +0200 CEST"],
        f"{DAY} 22:13:20 +0000 UTC",
        f"{DAY} 22:13:20.5 +0000 UTC",
    ),
    "JavaScript's String": (
        ["Sun May 02 2021 12:51:37 GMT+0200 (Central European Summer Time)"],
        *["Tue Nov 14 2023 22:13:20 GMT+0000 (Coordinated Universal Time)"] * 2,
    ),
    "java.util.Date": (
        ["Sun May 02 10:51:37 UTC 2021", "Fri May 14 10:51:37 UTC 2021"],
        *["Tue Nov 14 22:13:20 UTC 2023"] * 2,
    ),
    "Twitter": (["Sun May 02 10:51:37 +0000 2021"], *["Tue Nov 14 22:13:20 +0000 2023"] * 2),
    "JSON.stringify": (
        ['"2021-05-02T10:51:37.527Z"'],
        f'"{DAY}T22:13:20.000Z"',
        f'"{DAY}T22:13:20.500Z"',
    ),
    "mongoexport": (
        ['{"$date":{"$numberLong":"1619952697527"}}'],
        '{"$date":{"$numberLong":"1700000000000"}}',
        '{"$date":{"$numberLong":"1700000000500"}}',
    ),
    "ASP.NET": (["/Date(1619952697527)/"], "/Date(1700000000000)/", "/Date(1700000000500)/"),
    "a zone in brackets": (
        ["2021-05-02T12:51:37.527+02:00[Europe/Paris]"],
        f"{DAY}T22:13:20.000+00:00[UTC]",
        f"{DAY}T22:13:20.500+00:00[UTC]",
    ),
    "EXIF": (["2021:05:02 10:51:37"], *["2023:11:14 22:13:20"] * 2),
    "PHP": (["2021/05/02 10:51:37"], *["2023/11/14 22:13:20"] * 2),
    "DB2": (
        ["2021-05-02-10.51.37.527095"],
        "2023-11-14-22.13.20.000000",
        "2023-11-14-22.13.20.500000",
    ),
    "LDAP": (["20210502105137.0Z"] * 3, "20231114221320.0Z", "20231114221320.5Z"),
}


@pytest.mark.parametrize(("rows", "whole", "half"), TEXTS.values(), ids=TEXTS)
def test_a_text_is_written_as_its_own_writer_writes_it(build, rows, whole, half):
    assert written(build, rows) == [whole, half]


@pytest.mark.parametrize("form", DATED, ids=lambda form: form.name)
def test_every_form_of_texts_is_written_in_itself(build, form):
    """Also in the week of Sunday, 5 May 2024, whose day is one digit long."""
    for value in written(build, [form.example]):
        assert convert(value).form == form.name
        assert convert(value).ms in (
            WHOLE,
            HALF,
            WHOLE - WHOLE % 60_000,
            WHOLE - WHOLE % 86_400_000,
        )


@pytest.mark.parametrize(
    ("row", "first_of_may"),
    [
        ("Thu Jul  6 04:30:44 2023", "Wed May  1 00:00:00 2024"),
        ("Wed Jul 26 04:30:44 2023", "Wed May  1 00:00:00 2024"),
        ("Thu Jul 06 04:30:44 2023", "Wed May 01 00:00:00 2024"),
        ("Sun May  2 10:51:37 UTC 2021", "Wed May  1 00:00:00 UTC 2024"),
        ("Thu, 06 Jul 2023 04:30:44 GMT", "Wed, 01 May 2024 00:00:00 GMT"),
        ("Thu, 6 Jul 2023 04:30:44 GMT", "Wed, 1 May 2024 00:00:00 GMT"),
        ("6 Jul 2023 04:30:44 +0000", "1 May 2024 00:00:00 +0000"),
        ("2023-W01-1", "2024-W18-3"),
        ("2023-007", "2024-122"),
    ],
)
def test_a_day_of_one_digit_is_padded_as_it_is(build, row, first_of_may):
    template = template_of([row], Reading())
    assert write(1_714_521_600_000, template, Reading()) == first_of_may
    with closing(sqlite3.connect(":memory:")) as db:
        sql = written_expression("1714521600000", template, Reading())
        assert db.execute(f"SELECT {sql}").fetchone() == (first_of_may,)


# --- which rows tell -------------------------------------------------------------------------

ISO = ["2023-07-26T04:30:44.492Z"]
SPACED = ["2023-07-26 04:30:44.492095"]


@pytest.mark.parametrize(
    ("rows", "spec"),
    [
        (ISO * 9 + SPACED * 3, {}),  # a new writer, of whom there are some rows
        (SPACED * 9 + ISO, {}),  # somebody corrected a row by hand
        (ISO + SPACED, {}),
        (SPACED + [None] * 300, {}),
        ([*SPACED, *["soon"] * 9], {}),
        ([*SPACED, *["0001-01-01T00:00:00Z"] * 300], {"null-values": ["0001-01-01T00:00:00Z"]}),
        (["2023-07-26 04:30:44"] * 9 + SPACED * 3, {}),  # fractions are new
    ],
)
def test_the_latest_rows_that_agree_tell(build, rows, spec):
    assert written(build, rows, spec) == [f"{DAY} 22:13:20.000000", f"{DAY} 22:13:20.500000"]


def test_the_latest_rows_are_those_of_the_greatest_key(build):
    """Whatever names the key has, and in whatever order the rows were written."""
    store = build('CREATE TABLE "t" ("sel ect" TEXT PRIMARY KEY, "a""t\'" TEXT) WITHOUT ROWID;')
    store.run_many("INSERT INTO t VALUES (?, ?)", [("b", SPACED[0]), ("a", ISO[0])])
    ours = parse_contract({"tables": {"t": {"a\"t'": "ms"}}})
    migrate(store.url, ours)

    store.run("INSERT INTO t (\"sel ect\", ms) VALUES ('c', ?)", HALF)

    assert store.value('SELECT "a""t\'" FROM t WHERE ms = ?', HALF) == f"{DAY} 22:13:20.500000"


# --- numbers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["INTEGER", "BIGINT", "TIMESTAMP", "NUMERIC", ""])
def test_whole_seconds_stay_whole(build, kind):
    found = written(build, [1_690_345_844], kind=kind)

    assert found == [1_700_000_000, 1_700_000_000]
    assert [type(value) for value in found] == [int, int]


@pytest.mark.parametrize(
    ("kind", "row", "half"),
    [
        ("REAL", 1_690_345_844.492095, 1_700_000_000.5),
        ("", 1_690_345_844.492095, 1_700_000_000.5),
        ("REAL", 1_690_345_844.0, 1_700_000_000.0),
        ("INTEGER", 1_690_345_844_492, HALF),
        ("TEXT", "1690345844492", str(HALF)),
        ("REAL", 1_690_345_844_492.0, float(HALF)),
        ("", 1_690_345_844_492.0, float(HALF)),
        ("INTEGER", 1_690_345_844_492_095, HALF * 1_000),
        ("TEXT", "1690345844492095", str(HALF * 1_000)),
    ],
)
def test_a_number_is_stored_as_it_was(build, kind, row, half):
    found = written(build, [row], kind=kind)[1]

    assert (found, type(found)) == (half, type(row))


EXAMPLES = {form.name: form.example for form in NUMBERS if form.name != "ticks"}


@pytest.mark.parametrize("storage", EXAMPLES)
@pytest.mark.parametrize("kind", ["", "TEXT"])
def test_every_storage_is_written_in_itself(build, storage, kind):
    row: str | float = EXAMPLES[storage]
    if not kind:
        row = float(row) if "." in row else int(row)
    found = written(build, [row], {"storage": storage}, kind)
    for value, ms in zip(found, (WHOLE, HALF), strict=True):
        back = convert(value, Reading(storage)).ms
        assert type(value) is type(row)
        assert back == (ms - ms % 1_000 if storage in WHOLE_STORAGES else ms)


WHOLE_STORAGES = ("seconds", "apple-seconds", "packed")


def test_a_column_of_whole_seconds_tells_what_it_cut_from_what_is_wrong(build):
    store = build("CREATE TABLE t (id INTEGER PRIMARY KEY, at TEXT);")
    store.run_many("INSERT INTO t (at) VALUES (?)", [("2023-07-26 04:30:44",)] * 3)
    migrate(store.url, contract())
    store.run("INSERT INTO t (at_ms) VALUES (?)", WHOLE + 999)
    assert verify(store.url, contract()).differences == 0

    store.run_past_triggers("t", "UPDATE t SET at_ms = at_ms + 1 WHERE id = 4")  # a second more
    store.run_past_triggers("t", "UPDATE t SET at_ms = at_ms - 1 WHERE id = 1")
    store.run_past_triggers("t", "UPDATE t SET at = '2023-07-26T04:30:44', at_ms = at_ms + 1"
                            " WHERE id = 2")  # fmt: skip

    report = verify(store.url, contract())
    assert [d.row_key for d in report.tables[0].columns[0].examples] == [
        '{"id":1}', '{"id":2}', '{"id":4}',
    ]  # fmt: skip


def test_old_and_new_code_write_a_column_of_dates(build):
    store = build("CREATE TABLE t (id INTEGER PRIMARY KEY, at DATE, note);")
    store.run("INSERT INTO t VALUES (1, '2023-07-26', '')")
    migrate(store.url, contract())

    store.run("UPDATE t SET at_ms = ?", HALF)
    store.run("UPDATE t SET note = 'x', at = at")
    assert store.run("SELECT at, at_ms FROM t") == [(DAY, HALF)]
    store.run("UPDATE t SET at = '2023-11-15'")
    assert store.run("SELECT at, at_ms FROM t") == [("2023-11-15", 1_700_006_400_000)]
    assert verify(store.url, contract()).ok


# --- where no row tells ----------------------------------------------------------------------

SIBLINGS = [
    ("INTEGER", 1_619_952_697_527, 1_700_000_000_527),
    ("BIGINT", 1_619_952_697_527_095, 1_700_000_000_527_000),
    ("TIMESTAMP", 1_619_952_697, 1_700_000_000),
    ("REAL", 1_619_952_697.5, 1_700_000_000.527),
    ("TEXT", "2021-05-02T10:51:37.527Z", f"{DAY}T22:13:20.527Z"),
    ("DATETIME", "2021-05-02 10:51:37.527 +00:00", f"{DAY} 22:13:20.527 +00:00"),
]
TWO = 'CREATE TABLE t (id INTEGER PRIMARY KEY, created_at {0}, deleted_at {0}, "or \'der" {1});'


@pytest.mark.parametrize(("kind", "created_at", "deleted_at"), SIBLINGS)
def test_a_column_that_is_null_everywhere_follows_its_table(build, kind, created_at, deleted_at):
    store = build(TWO.format(kind, kind))
    store.run("INSERT INTO t (created_at) VALUES (?)", created_at)
    ours = parse_contract({**EVER, "tables": {"t": ["created_at", "deleted_at", "or 'der"]}})
    migrate(store.url, ours)

    store.run("UPDATE t SET deleted_at_ms = 1700000000527")
    store.run('UPDATE t SET "or \'der_ms" = 1700000000527')

    found = store.run('SELECT deleted_at, "or \'der" FROM t')
    assert found == [(deleted_at, deleted_at)]
    assert type(found[0][0]) is type(deleted_at)
    assert verify(store.url, ours).ok


def test_columns_of_the_same_type_tell_first(build):
    store = build(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b DATETIME, c DATETIME, d INTEGER);"
    )
    store.run("INSERT INTO t (a, b) VALUES (?, ?)", ISO[0], SPACED[0])
    ours = parse_contract({"tables": {"t": ["a", "b", "c", "d"]}})
    migrate(store.url, ours)

    store.run("UPDATE t SET c_ms = ?, d_ms = ?", HALF, HALF)

    assert store.run("SELECT c, d FROM t") == [(f"{DAY} 22:13:20.500000", 1_700_000_000)]


def test_what_the_contract_declares_goes_before_the_table(build):
    store = build(TWO.format("", ""))
    store.run("INSERT INTO t (created_at) VALUES (?)", ISO[0])
    ours = parse_contract(
        {
            "tables": {
                "t": {
                    "created_at": {},
                    "deleted_at": {"storage": "milliseconds"},
                    "or 'der": {"written-as": "2024-01-15"},
                }
            }
        }
    )
    migrate(store.url, ours)

    store.run('UPDATE t SET deleted_at_ms = ?, "or \'der_ms" = ?', HALF, HALF)

    assert store.run('SELECT deleted_at, "or \'der" FROM t') == [(HALF, DAY)]


def test_a_template_that_would_be_read_otherwise_is_not_followed(build):
    """Undeclared numbers are those of 1970, whatever the storage of their neighbour."""
    store = build(TWO.format("INTEGER", "INTEGER"))
    store.run("INSERT INTO t (created_at) VALUES (13264426297527095)")
    ours = parse_contract(
        {"tables": {"t": {"created_at": {"storage": "webkit-microseconds"}, "deleted_at": {}}}}
    )
    migrate(store.url, ours)

    store.run("UPDATE t SET deleted_at_ms = ?", HALF)

    assert store.run("SELECT deleted_at FROM t") == [(1_700_000_000,)]
    assert verify(store.url, ours).differences == 0


def test_plan_says_what_it_will_write_where_nothing_tells(build):
    store = build("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b DATETIME, c BIGINT, d REAL);")
    ours = parse_contract({"tables": {"t": ["a", "b", "c", "d"]}})

    found = plan(store.url, ours)

    notes = [n.message for n in found.notices if "written-as" in n.message]
    assert [note.partition(": ")[0] for note in notes] == ["t.a, t.b", "t.c", "t.d"]
    assert "like '2024-01-15 12:00:00.500'" in notes[0]
    assert {c.pair.told_by for c in found.tables[0].columns} == {"type"}
    assert not any("written-as" in n.message for n in plan(store.url, ours, sync=False).notices)


@pytest.mark.parametrize(("rows", "whole", "half"), TEXTS.values(), ids=TEXTS)
def test_plan_names_the_template_by_an_example(build, rows, whole, half):
    store = build("CREATE TABLE t (id INTEGER PRIMARY KEY, at TEXT);", t=list(enumerate(rows)))
    pair = plan(store.url, contract()).tables[0].columns[0].pair

    assert pair.told_by == "rows"
    has_all_digits = len(whole) == len(half)
    noon = 1_705_320_000_000 + (0 if has_all_digits else 500)
    assert convert(pair.example).ms in (
        noon,
        1_705_320_000_000,
        1_705_320_000_500,
        1_705_276_800_000,
    )
    assert len(str(pair.example)) == len(half)


# --- zones -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "row", "at"),
    [
        ("Europe/Paris", "2021-05-02T10:51:37.527Z", "2021-05-02T10:51:37.527Z"),
        ("Europe/Paris", "2021-05-02 10:51:37.527+00:00", "2021-05-02 10:51:37.527+00:00"),
        ("Europe/Paris", "20210502T105137Z", "20210502T105137Z"),
        (
            "Europe/Paris",
            "2021-05-02 10:51:37.527095 +0000 UTC",
            "2021-05-02 10:51:37.527 +0000 UTC",
        ),
        ("America/New_York", "Sun, 02 May 2021 10:51:37 GMT", "Sun, 02 May 2021 10:51:37 GMT"),
        ("Europe/Paris", "2021-05-02 10:51:37.527095", "2021-05-02 12:51:37.527000"),
        ("Europe/Paris", "2021-05-02T10:51:37", "2021-05-02T12:51:37"),
        ("America/New_York", "Sun May  2 10:51:37 2021", "Sun May  2 06:51:37 2021"),
        ("Europe/Paris", 1_619_952_697_527, 1_619_952_697_527),
    ],
)
def test_a_text_that_names_its_zone_needs_no_zone_of_the_contract(build, zone, row, at):
    store = build("CREATE TABLE t (id INTEGER PRIMARY KEY, at);", t=[(1, row)])
    ours = contract({"timezone": zone})
    migrate(store.url, ours)

    store.run("INSERT INTO t (at_ms) VALUES (1619952697527)")

    assert store.run("SELECT at FROM t WHERE id = 2") == [(at,)]
    assert verify(store.url, ours).ok


@pytest.mark.parametrize(
    ("row", "first", "second"),
    [
        (SPACED[0], "2024-11-03 01:30:00.000000-04:00", "2024-11-03 01:30:00.000000-05:00"),
        ("2023-07-26T04:30", "2024-11-03T01:30-04:00", "2024-11-03T01:30-05:00"),
        ("Wed Jul 26 04:30:44 2023", "2024-11-03 01:30:00-04:00", "2024-11-03 01:30:00-05:00"),
        ("2023-07-26", "2024-11-03", "2024-11-03"),
    ],
)
def test_the_offset_stands_behind_a_local_time_that_is_ambiguous(build, row, first, second):
    store = build("CREATE TABLE t (id INTEGER PRIMARY KEY, at);", t=[(1, row)])
    ours = contract({"timezone": "America/New_York"})
    migrate(store.url, ours)

    store.run("INSERT INTO t (at_ms) VALUES (1730611800000), (1730615400000)")

    assert store.run("SELECT at FROM t WHERE id > 1") == [(first,), (second,)]
    assert verify(store.url, ours).ok


# --- the contract and the state --------------------------------------------------------------


@pytest.mark.parametrize(
    ("example", "whole", "half"),
    [
        ("2023-07-26 04:30:44.492 +00:00", f"{DAY} 22:13:20.000 +00:00",
         f"{DAY} 22:13:20.500 +00:00"),
        ("2023-07-26 04:30:44.5", f"{DAY} 22:13:20.0", f"{DAY} 22:13:20.5"),
        ("2023-07-26 04:30:44.4920951", f"{DAY} 22:13:20.0000000", f"{DAY} 22:13:20.5000000"),
        ("2023-07-26 04:30:44", f"{DAY} 22:13:20", f"{DAY} 22:13:20"),
        ("2023-07-26 10:00:44+05:30", "2023-11-15 03:43:20+05:30", "2023-11-15 03:43:20+05:30"),
        ("2021-05-02 10:51:37.527 +0000 UTC", f"{DAY} 22:13:20 +0000 UTC",
         f"{DAY} 22:13:20.5 +0000 UTC"),
        (1_690_345_844, 1_700_000_000, 1_700_000_000),
        (1_690_345_844.5, 1_700_000_000.0, 1_700_000_000.5),
        (1_690_345_844_000, WHOLE, HALF),
        ("1690345844.492", "1700000000.000", "1700000000.500"),
    ],
)  # fmt: skip
def test_an_example_in_the_contract_sets_the_shape_to_the_digit(build, example, whole, half):
    found = written(build, ISO * 5, {"written-as": example}, kind="")

    assert found == [whole, half]
    assert [type(value) for value in found] == [type(whole), type(half)]


@pytest.mark.parametrize("example", [1_984, 20_240_115_120_000, "1984", "x'00'"])
def test_an_example_of_no_form_is_refused_by_its_key(build, example):
    store = build("CREATE TABLE t (id INTEGER PRIMARY KEY, at);", t=[(1, ISO[0])])
    with store.unchanged(), pytest.raises(ContractError) as raised:
        migrate(store.url, contract({"written-as": example}))
    assert "tables.t.at.written-as" in str(raised.value)
    assert repr(example) in str(raised.value)


@pytest.mark.parametrize("example", ["2024-01-15 12:00:00", 1_705_320_000.5])
def test_an_example_that_a_strict_table_refuses_is_refused_beforehand(build, example):
    store = build("CREATE TABLE t (id INTEGER PRIMARY KEY, at INTEGER) STRICT;")
    with store.unchanged(), pytest.raises(Refused, match=r"t\.at is INTEGER of a STRICT table"):
        migrate(store.url, contract({"written-as": example}))


def test_a_later_run_writes_as_the_first_one_did(build):
    """The rows that tell may be gone; the triggers are made anew in the same shape."""
    store = build("CREATE TABLE t (id INTEGER PRIMARY KEY, at TEXT);", t=[(1, SPACED[0])])
    migrate(store.url, contract())
    recorded = json.loads(store.value("SELECT value FROM _ts_contract_state WHERE name='table:t'"))
    store.run("DELETE FROM t")
    store.run("INSERT INTO t (at) VALUES (?)", ISO[0])
    store.run("DROP TRIGGER _ts_contract_t_insert")

    assert plan(store.url, contract()).tables[0].columns[0].pair.told_by == "state"
    migrate(store.url, contract())
    store.run("INSERT INTO t (at_ms) VALUES (?)", HALF)

    assert store.run("SELECT at FROM t WHERE at_ms = ?", HALF) == [(f"{DAY} 22:13:20.500000",)]
    assert recorded["templates"]["at"]["fraction"]["digits"] == 6
    assert verify(store.url, contract()).ok


def test_an_example_that_is_set_midway_is_taken_over(build):
    store = build("CREATE TABLE t (id INTEGER PRIMARY KEY, at TEXT);", t=[(1, ISO[0])])
    migrate(store.url, contract())
    ours = contract({"written-as": "2023-07-26 04:30:44.492 +00:00"})
    assert migrate(store.url, ours).correct

    store.run("INSERT INTO t (at_ms) VALUES (?)", HALF)

    assert store.run("SELECT at FROM t WHERE id = 2") == [(f"{DAY} 22:13:20.500 +00:00",)]
    assert verify(store.url, ours).ok
    assert not plan(store.url, ours).steps


@pytest.mark.parametrize(
    ("spec", "half"),
    [
        ({}, f"{DAY} 22:13:20.500"),
        ({"written-as": "2023-07-26T04:30:44.492Z"}, f"{DAY}T22:13:20.500Z"),
        ({"storage": "milliseconds"}, HALF),
        ({"storage": "seconds"}, 1_700_000_000),
    ],
)
def test_a_script_writes_what_the_contract_says(build, spec, half):
    store = build("CREATE TABLE t (id INTEGER PRIMARY KEY, at);")
    for phase in ("expand", "sync"):
        store.run_script(script(contract(spec), phase))

    store.run("INSERT INTO t (at_ms) VALUES (?)", HALF)

    assert store.run("SELECT at FROM t") == [(half,)]
    assert plan(store.url, contract(spec)).tables[0].columns[0].pair.told_by != "rows"
    store.run_script(script(contract(spec), "rollback"))
    assert store.run("SELECT at FROM t") == [(half,)]


@pytest.mark.parametrize("change", [
    {"format": "%Y'||(SELECT 1)||'%q"},
    {"fraction": {"digits": 3, "zeros": "kept", "point": "'"}},
    {"fraction": {"digits": -1, "zeros": "kept", "point": "."}},
    {"fraction": {"digits": 3, "zeros": "some", "point": "."}},
    {"offset": "0"},
    {"offset": 10**6},
    {"kind": "blob"},
    {"more": 1},
])  # fmt: skip
def test_a_record_that_nobody_wrote_is_not_believed(change):
    record = to_record(PLAIN)
    assert is_record(record)
    assert not is_record({**record, **change})
    assert not is_record({"storage": "weeks", "kind": "integer", "fraction": record["fraction"]})
    assert not is_record(None)


# --- whatever the instant --------------------------------------------------------------------

READINGS = [
    *((rows, Reading()) for rows, _, _ in TEXTS.values()),
    *(([form.example], Reading()) for form in DATED),
    *(
        ([float(text) if "." in text else int(text)], Reading(storage))
        for storage, text in EXAMPLES.items()
        if storage != "packed"
    ),
    (["1705320000.492"], Reading("seconds")),
    (["2460325.5"], Reading("julian-day")),
    *((["20240115120000123000"[:size]], Reading("packed")) for size in (8, 10, 12, 14, 17, 20)),
    *(
        ([row], Reading("auto", zone, policy, gap))
        for row in (SPACED[0], "Wed Jul 26 04:30:44 2023", "2023-07-26", "2023-07-26T04:30", ISO[0])
        for zone in ("Europe/Paris", "America/Sao_Paulo", "America/Havana")
        for policy, gap in (("reject", "reject"), ("second", "shift"))
    ),
]


@pytest.fixture(scope="module")
def db():
    from ts_contract.migration.engines.sqlite import ENGINE

    with closing(sqlite3.connect(":memory:")) as connection:
        yield SqliteSession(ENGINE, connection, "memory")


@given(
    told=st.sampled_from(READINGS),
    instants=st.lists(st.integers(220_000_000_000, 1_890_000_000_000), min_size=1, max_size=9),
)
@example(READINGS[0], [1_730_611_800_000, 1_730_615_400_000, 1_541_300_400_001])
def test_sql_and_python_write_the_same_and_it_is_read_as_the_same_instant(db, told, instants):
    rows, reading = told
    template = template_of(rows, reading)
    assert from_record(json.loads(json.dumps(to_record(template)))) == template
    provide_zones(db, reading)
    sql = written_expression("value", template, reading)
    by_sql = [
        value
        for (value,) in db.run(f"SELECT {sql} FROM json_each(?)", json.dumps(instants)).fetchall()
    ]
    by_python = [write(ms, template, reading) for ms in instants]

    assert by_sql == by_python
    assert list(map(type, by_sql)) == list(map(type, by_python))
    for ms, value in zip(instants, by_python, strict=True):
        back = convert(value, reading).ms
        assert back is not None
        assert 0 <= ms - back < precision_of(template, reading)


@given(
    told=st.sampled_from([rows for rows, _, _ in TEXTS.values() if rows[0][:4].isdigit()]),
    instants=st.lists(st.integers(1_000_000_000_000, 1_890_000_000_000), min_size=2),
)
def test_texts_of_one_template_are_in_the_order_of_their_instants(told, instants):
    """But for trimmed ones with something behind, which their own writer does not keep either."""
    template = template_of(told, Reading())
    if template.fraction.zeros != "kept" and not template.format.endswith("%f"):
        return
    texts = [write(ms, template, Reading()) for ms in sorted(instants)]
    assert texts == sorted(texts)


@pytest.mark.parametrize("text", ["soon", "2024-02-30", "", "05/02/2024"])
def test_what_has_no_instant_tells_nothing(text):
    assert template_of([text, None, b"2024", float("inf")], Reading()) is None
    assert template_like(text, Reading()) is None
