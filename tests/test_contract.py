"""The model of a contract, and the agentos contract that ships with the package."""

import dataclasses
import json
from datetime import date

import pytest

from ts_contract import (
    EPOCH_2020_MS,
    EPOCH_2030_MS,
    ColumnContract,
    Contract,
    TableContract,
    load_contract,
)
from ts_contract.contract import Ticks, VersionRow, index_name, is_utc

CREATED = ColumnContract("created_at", "created_at_ms")
TICKS = Ticks("100ns", date(1601, 1, 1))
UPDATED = ColumnContract("updated_at", "updated_at_ms")
TASKS = TableContract("tasks", (CREATED, UPDATED))
RUNS = TableContract("runs", (CREATED,))
CONTRACT = Contract("mine", (TASKS, RUNS), version=VersionRow("schema_version", "2"))


def test_the_model_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        CONTRACT.phase = "enforce"


@pytest.mark.parametrize("name", ["tasks", "TASKS", "Tasks"])
def test_a_table_is_found_whatever_the_case_as_in_sql(name):
    assert CONTRACT.table(name) is TASKS


@pytest.mark.parametrize("name", ["created_at", "Created_At"])
def test_a_column_is_found_whatever_the_case_as_in_sql(name):
    assert TASKS.column(name) is CREATED


def test_what_is_not_in_the_contract_is_none():
    assert CONTRACT.table("other") is None
    assert TASKS.column("created_at_ms") is None


def test_tables_are_named_in_the_order_of_the_contract():
    assert CONTRACT.table_names == ("tasks", "runs")


def test_columns_come_in_the_order_of_the_contract():
    assert list(CONTRACT.columns()) == [(TASKS, CREATED), (TASKS, UPDATED), (RUNS, CREATED)]


@pytest.mark.parametrize(
    "change",
    [
        {"tables": (TASKS,)},
        {"tables": (dataclasses.replace(TASKS, optional=True), RUNS)},
        {"tables": (TASKS, TableContract("runs", (dataclasses.replace(CREATED, index=False),)))},
        {"tables": (TASKS, TableContract("runs", (dataclasses.replace(CREATED, epoch="x_ms"),)))},
        {
            "tables": (
                TASKS,
                TableContract("runs", (dataclasses.replace(CREATED, timezone="Asia/Tokyo"),)),
            )
        },
        {"on_overlap": "first"},
        {"on_gap": "shift"},
        {"valid_range": (0, 1)},
        {"version": None},
        {"version": VersionRow("schema_version", "3")},
    ],
)
def test_the_fingerprint_changes_with_what_the_migration_does(change):
    assert dataclasses.replace(CONTRACT, **change).fingerprint() != CONTRACT.fingerprint()


@pytest.mark.parametrize(
    "change",
    [{"name": "other"}, {"phase": "enforce"}, {"clock": "myapp.time"}, {"helpers": ("f",)}],
)
def test_the_fingerprint_is_the_same_whatever_the_linter_is_told(change):
    assert dataclasses.replace(CONTRACT, **change).fingerprint() == CONTRACT.fingerprint()


DECIDING = [
    CONTRACT,
    Contract("of numbers", (TableContract("t", (dataclasses.replace(CREATED, storage=TICKS),)),)),
    Contract(
        "of all",
        (
            TableContract(
                "t",
                (
                    dataclasses.replace(
                        CREATED,
                        storage="seconds",
                        timezone="Europe/Paris",
                        index=False,
                        null_values=("0001-01-01 00:00:00", 0, -1.5),
                        written_as="2024-01-15 12:00:00.000 +00:00",
                    ),
                ),
                optional=True,
            ),
        ),
        on_overlap="first",
        on_gap="shift",
        valid_range=(0, 1_000),
    ),
]


@pytest.mark.parametrize("contract", DECIDING, ids=lambda contract: contract.name)
def test_what_decides_comes_back_by_way_of_json(contract):
    stored = json.loads(json.dumps(contract.decisive()))

    again = Contract.of_decisive(contract.name, stored)

    assert again == contract
    assert again.fingerprint() == contract.fingerprint()


def test_a_count_of_ticks_says_of_what_and_since_when():
    assert str(TICKS) == "100ns since 1601-01-01"


def test_without_a_valid_range_a_decade_is_plausible():
    assert CONTRACT.plausible_range == (EPOCH_2020_MS, EPOCH_2030_MS)
    assert dataclasses.replace(CONTRACT, valid_range=(0, 1)).plausible_range == (0, 1)


class TestAgentOS:
    """The figures that the store's owners count."""

    @pytest.fixture
    def agentos(self):
        return load_contract("agentos")

    def test_ten_core_tables_with_fifteen_columns(self, agentos):
        core = [table for table in agentos.tables if not table.optional]
        assert len(core) == 10
        assert {table.name: tuple(c.legacy for c in table.columns) for table in core} == {
            "chat_sessions": ("created_at", "updated_at"),
            "chat_messages": ("created_at",),
            "tasks": ("created_at", "updated_at"),
            "task_lineage": ("created_at",),
            "task_agents": ("started_at", "ended_at"),
            "task_audits": ("created_at",),
            "projects": ("added_at",),
            "runs": ("started_at", "completed_at", "lease_until"),
            "artifacts": ("created_at",),
            "schema_version": ("applied_at",),
        }

    def test_eleven_indexes_on_them(self, agentos):
        indexes = {
            index_name(table.name, column.epoch)
            for table, column in agentos.columns()
            if column.index and not table.optional
        }
        assert indexes == {
            "idx_chat_sessions_created_at_ms",
            "idx_chat_sessions_updated_at_ms",
            "idx_chat_messages_created_at_ms",
            "idx_tasks_created_at_ms",
            "idx_tasks_updated_at_ms",
            "idx_task_lineage_created_at_ms",
            "idx_task_agents_started_at_ms",
            "idx_task_audits_created_at_ms",
            "idx_projects_added_at_ms",
            "idx_runs_started_at_ms",
            "idx_artifacts_created_at_ms",
        }

    def test_seven_optional_tables_with_fourteen_columns(self, agentos):
        optional = [table for table in agentos.tables if table.optional]
        assert {table.name: tuple(c.legacy for c in table.columns) for table in optional} == {
            "task_events": ("created_at",),
            "decision_records": ("timestamp", "sign_timestamp"),
            "decision_candidates": ("timestamp",),
            "improvement_proposals": ("created_at", "reviewed_at", "implemented_at"),
            "classifier_versions": ("created_at", "deprecated_at"),
            "info_need_judgments": ("timestamp", "outcome_timestamp"),
            "info_need_patterns": ("first_seen", "last_seen", "last_updated"),
        }

    def test_each_epoch_column_is_the_legacy_name_with_ms(self, agentos):
        assert all(column.epoch == f"{column.legacy}_ms" for _, column in agentos.columns())

    def test_the_version_row_and_the_valid_range(self, agentos):
        assert agentos.version == VersionRow("schema_version", "0.44.0", "version")
        assert agentos.valid_range == (1577836800000, 1893456000000)

    def test_a_shipped_contract_belongs_to_no_directory(self, agentos):
        assert (agentos.name, agentos.root) == ("agentos", None)


@pytest.mark.parametrize("name", ["UTC", "utc", "Etc/UTC", "etc/Zulu", "GMT+0"])
def test_a_name_of_utc_whatever_its_case(name):
    assert is_utc(name)


@pytest.mark.parametrize("name", ["Europe/London", "Etc/GMT+1", "Africa/Abidjan", ""])
def test_a_zone_that_is_or_was_another(name):
    assert not is_utc(name)
