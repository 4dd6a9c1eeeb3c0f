"""The hooks. Until an option or a fixture of the plugin is used, nothing else is imported."""

from __future__ import annotations

import argparse
from collections.abc import Generator

import pytest

from .fixtures import *  # noqa: F403 - pytest finds the fixtures in the plugin's module
from .options import SETTINGS, add_options, read_settings

__all__: list[str] = []

_MARKERS = (
    'ts_schema(schema): run the test on one schema only: "legacy", "migrated" or "finalized"',
    'allow_legacy_reads(*columns, reason): let the test read legacy columns, "tasks.created_at"',
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options and ini keys."""
    add_options(parser)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config,
) -> Generator[None, object, object]:
    """Begin to watch before a conftest can say `from sqlite3 import connect`."""
    _start(early_config, early_config.known_args_namespace)
    return (yield)


def _start(config: pytest.Config, options: argparse.Namespace) -> None:
    settings = config.stash[SETTINGS] = read_settings(options)
    if settings.reads != "off":
        from .watch import start_watch  # noqa: PLC0415

        start_watch(config)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers, and register the hooks of a watched run."""
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    if SETTINGS not in config.stash:  # a conftest has loaded the plugin, by pytest_plugins
        _start(config, config.option)
    settings = config.stash[SETTINGS]
    if settings.active:
        from .session import begin  # noqa: PLC0415

        begin(config, settings)


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Under --ts-schema=both, run each test that uses a contract_* fixture on both schemas."""
    schemas = metafunc.config.stash[SETTINGS].schemas
    if len(schemas) > 1:
        from .schemas import parametrize  # noqa: PLC0415

        parametrize(metafunc, schemas)
