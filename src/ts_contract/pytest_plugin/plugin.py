"""The hooks. Until an option or a fixture of the plugin is used, nothing else is imported."""

from __future__ import annotations

import argparse
from collections.abc import Generator

import pytest

from .fixtures import *  # noqa: F403 - pytest finds the fixtures in the plugin's module

__all__: list[str] = []

_MARKERS = (
    'ts_schema(schema): run the test on one schema only: "legacy", "migrated" or "finalized"',
    'allow_legacy_reads(*columns, reason): let the test read legacy columns, "tasks.created_at"',
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options and ini keys."""
    group = parser.getgroup("ts-contract", "legacy, migrated and finalized databases (ts-contract)")
    group.addoption(
        "--migrated-db",
        action="store_true",
        help="contract_db is migrated, and a test that reads a legacy column fails "
        "(the same as --ts-schema=migrated)",
    )
    group.addoption(
        "--ts-schema",
        choices=("legacy", "migrated", "finalized", "both"),
        help="schema of contract_db; both: each test on legacy and on migrated",
    )
    group.addoption(
        "--ts-legacy-reads",
        choices=("fail", "warn", "off", "deny"),
        help="what a read of a legacy column does: fail its test, be listed, nothing, or fail its "
        "statement "
        "(default: fail, on a schema that has epoch columns)",
    )
    group.addoption(
        "--ts-report", metavar="FILE", help="write the places of all legacy reads as JSON"
    )
    group.addoption(
        "--ts-update-allow",
        metavar="FILE",
        help="write the legacy reads of this run as allowed ones, and fail no test for them",
    )
    parser.addini(
        "ts_contract_migrations",
        "the legacy schema: a directory of numbered SQL files, SQL files, or a database file",
        type="paths",
        default=[],
    )
    parser.addini(
        "ts_contract_seed", "SQL files with rows for the test databases", type="paths", default=[]
    )
    parser.addini(
        "ts_contract_before_finalize",
        "SQL files that a migrated database needs before it can be finalized: the triggers and "
        "views that name legacy columns, written anew",
        type="paths",
        default=[],
    )
    parser.addini(
        "ts_contract_allow",
        "legacy reads that are allowed, one a line: TEST TABLE.COLUMN REASON; * is any test, "
        "path:GLOB any test in these files",
        type="linelist",
        default=[],
    )
    parser.addini(
        "ts_contract_allow_file",
        "file of legacy reads that are allowed, written by --ts-update-allow",
        type="paths",
        default=[],
    )
    parser.addini(
        "ts_contract_helpers",
        "functions that run the SQL of others, so that a read is told at the line that calls "
        "them, one a line: a glob of files, or of module.qualified_name",
        type="linelist",
        default=[],
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config,
) -> Generator[None, object, object]:
    """Begin to watch before a conftest can say `from sqlite3 import connect`."""
    options = early_config.known_args_namespace
    if _is_used(options):
        _start(early_config, options)
    return (yield)


def _is_used(options: argparse.Namespace) -> bool:
    names = ("ts_schema", "ts_legacy_reads", "ts_report", "ts_update_allow")
    return options.migrated_db or any(getattr(options, name) is not None for name in names)


def _start(config: pytest.Config, options: argparse.Namespace) -> None:
    from .settings import SETTINGS, read_settings  # noqa: PLC0415

    settings = config.stash[SETTINGS] = read_settings(config, options)
    if settings.reads != "off":
        from .watch import start_watch  # noqa: PLC0415

        start_watch(config)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers, and register the hooks of a watched run."""
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    if not _is_used(config.option):
        return
    from .session import begin  # noqa: PLC0415
    from .settings import SETTINGS  # noqa: PLC0415

    if SETTINGS not in config.stash:  # a conftest has loaded the plugin, by pytest_plugins
        _start(config, config.option)
    begin(config, config.stash[SETTINGS])


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Under --ts-schema=both, run each test that uses a contract_* fixture on both schemas."""
    if metafunc.config.option.ts_schema == "both":
        from .schemas import parametrize  # noqa: PLC0415

        parametrize(metafunc)
