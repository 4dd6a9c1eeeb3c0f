"""What a configuration may hold, and what is said of each mistake."""

import tomllib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ts_contract import ColumnContract, Contract, ContractError, to_epoch_ms
from ts_contract.checking import ConfigPlace
from ts_contract.contract import NAMED_TICKS, Ticks, VersionRow
from ts_contract.loading import parse_contract


def parse(toml: str) -> Contract:
    return parse_contract(tomllib.loads(toml), where="my.toml")


def only_column(toml: str) -> ColumnContract:
    ((_, column),) = parse(toml).columns()
    return column


class TestMeaning:
    def test_an_empty_configuration_is_a_contract_without_tables(self):
        assert parse("") == Contract("contract")

    def test_a_list_names_columns_whose_epoch_columns_end_in_ms(self):
        assert only_column('tables.tasks = ["created_at"]') == ColumnContract(
            "created_at", "created_at_ms", index=True, storage="auto", timezone="UTC"
        )

    def test_a_string_is_the_name_of_the_epoch_column(self):
        column = only_column('tables.projects = { added_at = "added_ms" }')
        assert (column.legacy, column.epoch) == ("added_at", "added_ms")

    def test_a_table_says_everything_of_a_column(self):
        column = only_column(
            "[tables.runs]\n"
            'lease_until = { epoch = "lease_ms", index = false, storage = "seconds",'
            ' timezone = "America/New_York" }'
        )
        assert column == ColumnContract(
            "lease_until", "lease_ms", index=False, storage="seconds", timezone="America/New_York"
        )

    def test_a_storage_is_a_name_or_a_unit_and_an_epoch(self):
        named = only_column("[tables.t]\na = { storage = 'filetime' }").storage
        written = only_column(
            '[tables.t]\na = { storage = { unit = "100ns", epoch = "1601-01-01" } }'
        ).storage
        as_date = only_column(
            "[tables.t]\na = { storage = { unit = '100ns', epoch = 1601-01-01 } }"
        )

        assert NAMED_TICKS[named] == written == as_date.storage
        assert written == Ticks("100ns", date(1601, 1, 1))

    def test_null_values_are_texts_and_numbers(self):
        column = only_column("[tables.t]\na = { null-values = ['0001-01-01 00:00:00', 0, -1, 0] }")
        assert column.null_values == ("0001-01-01 00:00:00", 0, -1)

    @pytest.mark.parametrize(
        ("toml", "value"),
        [
            ('"2024-01-15 12:00:00.000 +00:00"', "2024-01-15 12:00:00.000 +00:00"),
            ('"1690345844.492095"', "1690345844.492095"),
            ("1690345844", 1_690_345_844),
            ("1690345844.5", 1_690_345_844.5),
        ],
    )
    def test_an_example_says_how_a_column_is_written(self, toml, value):
        assert only_column(f"[tables.t]\na = {{ written-as = {toml} }}").written_as == value

    def test_the_zone_of_the_contract_holds_for_columns_that_name_none(self):
        contract = parse(
            'timezone = "Asia/Tokyo"\n[tables.t]\na = {}\nb = { timezone = "Europe/Paris" }'
        )
        assert [column.timezone for _, column in contract.columns()] == [
            "Asia/Tokyo",
            "Europe/Paris",
        ]

    def test_optional_tables_are_named_whatever_their_case(self):
        contract = parse('optional-tables = ["EVENTS"]\ntables = {events = ["a"], tasks = ["a"]}')
        assert [table.optional for table in contract.tables] == [True, False]

    def test_the_version_row(self):
        assert parse('version = {table = "v", value = "7"}').version == VersionRow("v", "7")
        assert parse('version = {table = "v", value = "7", column = "no"}').version == VersionRow(
            "v", "7", "no"
        )

    @pytest.mark.parametrize(
        ("toml", "expected"),
        [
            ('["2021-01-01", "2022-01-01"]', ("2021-01-01", "2022-01-01")),
            ("[2021-01-01, 2022-01-01]", ("2021-01-01", "2022-01-01")),
            ("[2021-01-01T00:00:00Z, 2022-01-01]", ("2021-01-01", "2022-01-01")),
            ('["2021-01-01T01:00:00+01:00", "2022-01-01"]', ("2021-01-01", "2022-01-01")),
        ],
    )
    def test_the_valid_range_as_text_date_or_date_time(self, toml, expected):
        first, last = expected
        assert parse(f"valid-range = {toml}").valid_range == (
            to_epoch_ms(f"{first} 00:00:00"),
            to_epoch_ms(f"{last} 00:00:00"),
        )

    def test_what_the_linter_is_told(self):
        contract = parse(
            'phase = "enforce"\non-overlap = "second"\non-gap = "shift"\nclock = "myapp.time"\n'
            'schema = ["db"]\ndialect = "postgresql"\nexclude = ["db/**"]\n'
            'helpers = ["myapp.time.aware"]\n[models]\nTask = "tasks"\nRun = "runs"'
        )
        assert contract == Contract(
            "contract",
            phase="enforce",
            on_overlap="second",
            on_gap="shift",
            clock="myapp.time",
            schema=("db",),
            dialect="postgresql",
            exclude=("db/**",),
            helpers=("myapp.time.aware",),
            models=(("Run", "runs"), ("Task", "tasks")),
        )

    @pytest.mark.parametrize("name", ["order", 'say "hi"', "a; DROP TABLE x", "naïve", "a b", "1"])
    def test_any_name_that_a_database_can_have_is_an_identifier(self, name):
        contract = parse_contract({"tables": {name: {name: {"epoch": f"{name}_ms"}}}})
        assert contract.tables[0].name == contract.tables[0].columns[0].legacy == name


ZONE = 'is not a time zone known on this machine; write one like "Europe/Paris"'
DATE = 'is not a date; write it like "2020-01-01"'
COLUMNS = 'write a list of legacy columns, for example ["created_at"]'

MISTAKES = [
    # unknown keys, with the likely one where there is a likely one
    ("tabels.t = ['a']", "tabels: is not a key of the contract; did you mean 'tables'?"),
    (
        "on_overlap = 'first'",
        "on_overlap: is not a key of the contract; did you mean 'on-overlap'?",
    ),
    (
        "[tables.t]\na = {zone = 'UTC'}",
        "tables.t.a.zone: is not a key of the contract; did you mean 'timezone'?",
    ),
    (
        "[tables.t]\na = {unit = 's'}",
        "tables.t.a.unit: is not a key of the contract; known are epoch, index, storage, timezone, "
        "null-values, written-as",
    ),
    (
        "version = {table = 'v', value = '1', name = 'x'}",
        "version.name: is not a key of the contract; known are table, value, column",
    ),
    # zones
    ("timezone = 'Mars/Base'", f"timezone: 'Mars/Base' {ZONE}"),
    ("timezone = 'Europe'", f"timezone: 'Europe' {ZONE}"),
    ("timezone = '../UTC'", f"timezone: '../UTC' {ZONE}"),
    ("timezone = ''", f"timezone: '' {ZONE}"),
    ("timezone = 3", "timezone: is 3; write a string in quotes"),
    ("[tables.t]\na = {timezone = 'nope'}", f"tables.t.a.timezone: 'nope' {ZONE}"),
    # choices
    ("phase = 'done'", "phase: is 'done'; write one of 'migrate', 'enforce', 'finalized'"),
    (
        "phase = ['migrate']",
        "phase: is ['migrate']; write one of 'migrate', 'enforce', 'finalized'",
    ),
    ("on-overlap = 1", "on-overlap: is 1; write one of 'first', 'second', 'reject'"),
    ("on-gap = true", "on-gap: is True; write one of 'shift', 'reject'"),
    ("dialect = 'mysql'", "dialect: is 'mysql'; write one of 'sqlite', 'postgresql'"),
    (
        "[tables.t]\na = {storage = 'filetimes'}",
        "tables.t.a.storage: is 'filetimes'; did you mean 'filetime'?",
    ),
    (
        "[tables.t]\na = {storage = {unit = 'us'}}",
        'tables.t.a.storage.epoch: is missing; write it like epoch = "1601-01-01"',
    ),
    (
        "[tables.t]\na = {storage = {unit = 'h', epoch = '1601-01-01'}}",
        "tables.t.a.storage.unit: is 'h'; write one of 's', 'ms', 'us', '100ns', 'ns'",
    ),
    (
        "[tables.t]\na = {storage = {units = 's', epoch = '1601-01-01'}}",
        "tables.t.a.storage.units: is not a key of the contract; did you mean 'unit'?",
    ),
    (
        "[tables.t]\na = {storage = {unit = 's', epoch = '1601-02-30'}}",
        "tables.t.a.storage.epoch: '1601-02-30' is not a day; write it like \"1601-01-01\"",
    ),
    (
        "[tables.t]\na = {storage = {unit = 's', epoch = 1601-01-01T12:00:00}}",
        "tables.t.a.storage.epoch: datetime.datetime(1601, 1, 1, 12, 0) is not a day; ",
    ),
    (
        "[tables.t]\na = {null-values = 0}",
        "tables.t.a.null-values: is 0; write a list in brackets",
    ),
    (
        "[tables.t]\na = {null-values = [true]}",
        "tables.t.a.null-values: True is not a text or number that a column can hold; write ",
    ),
    (
        "[tables.t]\na = {null-values = [9223372036854775808]}",
        "tables.t.a.null-values: 9223372036854775808 is not a text or number that a column can ",
    ),
    (
        "[tables.t]\na = {null-values = [nan]}",
        "tables.t.a.null-values: nan is not a text or number that a column can hold; ",
    ),
    (
        "[tables.t]\na = {null-values = [0001-01-01 00:00:00]}",
        "tables.t.a.null-values: 0001-01-01 00:00:00 has no quotes; write the text that is stored",
    ),
    (
        "[tables.t]\na = {written-as = 'soon'}",
        "tables.t.a.written-as: 'soon' is not a date and time of a known form; write one as it is",
    ),
    (
        "[tables.t]\na = {written-as = '2024-02-30 00:00:00'}",
        "tables.t.a.written-as: '2024-02-30 00:00:00' is not a date and time of a known form; ",
    ),
    (
        "[tables.t]\na = {written-as = 'nan'}",
        "tables.t.a.written-as: 'nan' is not a date and time of a known form; ",
    ),
    (
        "[tables.t]\na = {written-as = true}",
        "tables.t.a.written-as: is True; write an instant as it is stored, a text in quotes or a ",
    ),
    (
        "[tables.t]\na = {written-as = 2024-01-15 12:00:00}",
        "tables.t.a.written-as: is datetime.datetime(2024, 1, 15, 12, 0); write an instant as it ",
    ),
    (
        "[tables.t]\na = {storage = 'ms'}",
        "tables.t.a.storage: is 'ms'; write one of 'auto', 'seconds', 'milliseconds', ",
    ),
    # tables and columns
    ("tables = ['t']", "tables: is ['t']; write a table"),
    ("tables.t = 'created_at'", f"tables.t: is 'created_at'; {COLUMNS}"),
    ("tables.t = []", f"tables.t: is []; {COLUMNS}"),
    ("tables.t = {}", f"tables.t: is {{}}; {COLUMNS}"),
    ("tables.t = [1]", "tables.t: is 1; write a string in quotes"),
    ("tables.t.a = 1", "tables.t.a: is 1; write a table"),
    ("tables.t.a.epoch = 1", "tables.t.a.epoch: is 1; write a string in quotes"),
    ("tables.t.a.index = 'no'", "tables.t.a.index: is 'no'; write true or false"),
    ("tables.t.a.index = 0", "tables.t.a.index: is 0; write true or false"),
    (
        "tables = {T = ['a'], t = ['b']}",
        "tables: the table 't' stands there twice; name each one once",
    ),
    (
        "tables.t = ['a', 'A']",
        "tables.t: the legacy column 'A' stands there twice; name each one once",
    ),
    (
        "[tables.t]\na = 'x_ms'\nA = 'y_ms'",
        "tables.t: the legacy column 'A' stands there twice; name each one once",
    ),
    (
        "[tables.t]\na = 'x_ms'\nb = 'X_ms'",
        "tables.t: the epoch column 'X_ms' stands there twice; name each one once",
    ),
    (
        "tables.t.a = 'A'",
        "tables.t.a: its epoch column 'A' is a legacy column too; name another",
    ),
    (
        "[tables.t]\na = 'b'\nb = 'c'",
        "tables.t.a: its epoch column 'b' is a legacy column too; name another",
    ),
    (
        "tables = {a = ['b_c'], a_b = ['c']}",
        "tables.a_b.c: its index 'idx_a_b_c_ms' would have the name of one of table 'a'; write ",
    ),
    (
        "optional-tables = ['e']\ntables.t = ['a']",
        "optional-tables: 'e' is not in tables; add it there or remove it here",
    ),
    ("optional-tables = 'e'", "optional-tables: is 'e'; write a list in brackets"),
    # identifiers
    ("tables.'' = ['a']", "tables.: '' is not an identifier; write the name as in the database"),
    (
        'tables.t = ["a\\u0000b"]',
        "tables.t.a\0b: 'a\\x00b' is not an identifier; write the name as in the database",
    ),
    (
        'tables.t.a = "a\\nb"',
        "tables.t.a.epoch: 'a\\nb' is not an identifier; write the name as in the database",
    ),
    (
        "tables.sqlite_master = ['a']",
        "tables.sqlite_master: 'sqlite_master' begins with a reserved prefix; name one of your own",
    ),
    (
        "tables._TS_contract_state = ['a']",
        "tables._TS_contract_state: '_TS_contract_state' begins with a reserved prefix; name ",
    ),
    *(
        (
            f"tables.t.a = {{epoch = '{name}'}}",
            f"tables.t.a.epoch: '{name}' is SQLite's own name for the key of a row; name another",
        )
        for name in ("rowid", "_ROWID_", "Oid")
    ),
    # the version row
    ("version = '1'", "version: is '1'; write a table"),
    ("version = {value = '1'}", "version.table: is missing; add it, or remove [version]"),
    ("version = {table = 'v'}", "version.value: is missing; add it, or remove [version]"),
    ("version = {table = 'v', value = 1}", "version.value: is 1; write a string in quotes"),
    (
        "version = {table = '', value = '1'}",
        "version.table: '' is not an identifier; write the name as in the database",
    ),
    (
        "version = {table = 'v', value = '1', column = 2}",
        "version.column: is 2; write a string in quotes",
    ),
    # the valid range
    ("valid-range = '2020'", "valid-range: is '2020'; write a list in brackets"),
    (
        "valid-range = ['2020-01-01']",
        'valid-range: is [\'2020-01-01\']; write two dates: ["2020-01-01", "2030-01-01"]',
    ),
    ("valid-range = ['soon', '2020-01-01']", f"valid-range: 'soon' {DATE}"),
    ("valid-range = ['2020-02-30', '2021-01-01']", f"valid-range: '2020-02-30' {DATE}"),
    ("valid-range = [1577836800, 1893456000]", f"valid-range: 1577836800 {DATE}"),
    ("valid-range = [12:00:00, '2021-01-01']", f"valid-range: datetime.time(12, 0) {DATE}"),
    (
        "valid-range = ['2030-01-01', '2020-01-01']",
        "valid-range: 2030-01-01 is not before 2020-01-01; write the earlier one first",
    ),
    # lists of text, dotted names, models
    ("schema = 'db'", "schema: is 'db'; write a list in brackets"),
    ("exclude = [1]", "exclude: is 1; write a string in quotes"),
    (
        "clock = 'my-app'",
        "clock: 'my-app' is not a dotted Python name; write it like \"myapp.time\"",
    ),
    ("clock = ''", "clock: '' is not a dotted Python name; write it like \"myapp.time\""),
    ("helpers = ['a.']", "helpers: 'a.' is not a dotted Python name; write it like \"myapp.time\""),
    ("helpers = 'a'", "helpers: is 'a'; write a list in brackets"),
    ("models = ['Task']", "models: is ['Task']; write a table"),
    ("models = {Task = 1}", "models.Task: is 1; write a string in quotes"),
    (
        "models = {'1' = 't'}",
        "models: '1' is not a dotted Python name; write it like \"myapp.time\"",
    ),
    # values that are no text for a message
    ("phase = " + "[" * 9 + "]" * 9, "phase: is [[[[[[[...]]]]]]]; write one of "),
    (f"phase = 0x{'f' * 9999}", "phase: is a number; write one of "),
    (f"clock = {[1] * 99}", "clock: is [1, 1, 1, 1, 1, 1, ...]; write a string in quotes"),
]


@pytest.mark.parametrize(("toml", "message"), MISTAKES, ids=[m[:40] for _, m in MISTAKES])
def test_a_mistake_names_file_key_and_remedy(toml, message):
    with pytest.raises(ContractError) as caught:
        parse(toml)
    assert str(caught.value).startswith(f"my.toml: {message}")
    assert len(str(caught.value)) < 300


def test_a_place_without_a_key_is_the_file():
    assert str(ConfigPlace("a.toml").error("is empty")) == "a.toml: is empty"


# --- whatever TOML can hold ------------------------------------------------------------------

TEXT = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from(
        [
            "UTC",
            "migrate",
            "shift",
            "first",
            "sqlite",
            "seconds",
            "a.b",
            "t",
            "a",
            "a_ms",
            "2020-01-01",
        ]
    ),
)
SCALARS = st.one_of(
    TEXT,
    st.booleans(),
    st.integers(),
    st.floats(),
    st.dates(),
    st.times(),
    st.datetimes(timezones=st.none() | st.timezones()),
)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=10
)
COLUMN = st.one_of(
    TEXT,
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            ("epoch", "index", "storage", "timezone", "null-values", "written-as"), ANYTHING
        ),
    ),
    ANYTHING,
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "phase": ANYTHING,
            "timezone": ANYTHING,
            "on-overlap": ANYTHING,
            "clock": ANYTHING,
            "schema": ANYTHING,
            "helpers": ANYTHING,
            "valid-range": st.lists(SCALARS, min_size=2, max_size=2),
            "models": st.dictionaries(TEXT, TEXT),
            "optional-tables": st.lists(TEXT),
            "extends": TEXT | st.just("agentos") | TEXT.map("{}.toml".format),
            "version": st.dictionaries(st.sampled_from(["table", "value", "column"]), ANYTHING),
            "tables": st.dictionaries(
                TEXT, st.lists(TEXT) | st.dictionaries(TEXT, COLUMN) | ANYTHING
            ),
        },
    )
    | st.dictionaries(TEXT, ANYTHING)
)
def test_any_toml_gives_a_contract_or_a_contract_error(raw):
    try:
        contract = parse_contract(raw)
    except ContractError as error:
        assert str(error)  # noqa: PT017 - either outcome is right
    else:
        assert isinstance(contract, Contract)
