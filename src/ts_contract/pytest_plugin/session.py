"""The hooks of a run that uses the plugin: header, summary, report; registered only then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from . import fixtures
from .report import TALLY, Tally, header, summarize, write_report
from .settings import RunSettings

__all__ = ["begin"]

_WORKER_KEY = "ts_contract"


def begin(config: pytest.Config, settings: RunSettings) -> None:
    """Register what the run needs."""
    config.stash[TALLY] = Tally(config.invocation_params.dir)
    config.pluginmanager.register(_RunHooks(config, settings), "ts_contract_run")
    if settings.reads != "off":
        from . import watch  # noqa: PLC0415

        config.pluginmanager.register(watch, "ts_contract_watch")
        config.pluginmanager.register(watch.TestWatch(config, settings), "ts_contract_test_watch")


class _RunHooks:
    def __init__(self, config: pytest.Config, settings: RunSettings) -> None:
        self._config = config
        self._settings = settings
        self._tally = config.stash[TALLY]
        self._shown: set[str] = set()
        self._problem = ""

    def pytest_report_header(self) -> list[str]:
        templates = _prepare(self._config, self._settings)
        self._shown.update(template.schema for template in templates)
        return header(self._settings, templates)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what an xdist worker has seen."""
        dumped = getattr(node, "workeroutput", {}).get(_WORKER_KEY)
        if dumped is None:
            self._tally.lost += 1
        else:
            self._tally.merge(dumped)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[_WORKER_KEY] = self._tally.dumps()
        elif self._settings.report is not None:
            try:
                write_report(self._settings.report, self._tally)
            except OSError as error:
                self._problem = f"--ts-report: {self._settings.report}: {error.strerror}"
                session.exitstatus = pytest.ExitCode.INTERNAL_ERROR

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for schema in self._shown:
            self._tally.templates.pop(schema, None)
        summarize(terminalreporter, self._tally, self._settings)
        if self._problem:
            terminalreporter.line(self._problem, red=True)


def _prepare(config: pytest.Config, settings: RunSettings) -> list[Any]:
    """Make the templates before the first test, where the configuration alone decides about them.

    Then the header can say how they came, and xdist's workers find them.
    """
    from .. import ContractError, load_contract  # noqa: PLC0415
    from .sources import SchemaError, SqlFiles  # noqa: PLC0415
    from .templates import cache_directory, open_templates  # noqa: PLC0415

    paths = config.getini("ts_contract_migrations")
    if not paths or config.option.collectonly or _is_overridden(config):
        return []
    if cache_directory(config) is None:
        return []  # nowhere to keep them before the first test
    try:
        contract = load_contract(start=config.rootpath)
        templates = open_templates(config, SqlFiles(tuple(paths)), contract, Path())
        return [templates.template(schema) for schema in settings.schemas]
    except (ContractError, SchemaError) as error:
        raise pytest.UsageError(str(error)) from None


def _is_overridden(config: pytest.Config) -> bool:
    """Tell whether a plugin has fixtures of its own in place of those that decide the templates."""
    own = {name: getattr(fixtures, name) for name in ("ts_contract", "ts_legacy_builder")}
    return any(
        getattr(plugin, name, fixture) is not fixture
        for plugin in config.pluginmanager.get_plugins()
        for name, fixture in own.items()
    )
