"""The hooks of a run that uses the plugin: header, summary, report; registered only then."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from . import fixtures
from .allow_file import write_allow_file
from .report import describe_set_ups, header, summarize, write_report
from .settings import RunSettings
from .tally import TALLY, Tally

if TYPE_CHECKING:
    from .judging import TestWatch

__all__ = ["begin"]

_WORKER_KEY = "ts_contract"


def begin(config: pytest.Config, settings: RunSettings) -> None:
    """Register what the run needs."""
    config.stash[TALLY] = Tally(config.invocation_params.dir)
    judge = None
    if settings.reads != "off":
        from .judging import TestWatch  # noqa: PLC0415

        fixtures_of_watched_run = import_module(".watch", __package__)
        config.pluginmanager.register(fixtures_of_watched_run, "ts_contract_watch")
        judge = TestWatch(config, settings)
        config.pluginmanager.register(judge, "ts_contract_test_watch")
    config.pluginmanager.register(_RunHooks(config, settings, judge), "ts_contract_run")


class _RunHooks:
    def __init__(
        self, config: pytest.Config, settings: RunSettings, judge: TestWatch | None
    ) -> None:
        self._config = config
        self._judge = judge
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

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Add what no report has carried, and write the files of a run that has run a test."""
        if self._judge is not None:
            self._tally.merge(self._judge.last_page())
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[_WORKER_KEY] = self._tally.dumps()
            return
        if self._settings.reads in {"fail", "deny"} and self._settings.update_allow is None:
            self._fail_for_set_ups(session)
        if self._tally.tests:
            self._write_files(session)

    def _fail_for_set_ups(self, session: pytest.Session) -> None:
        """Fail the run, and no test, for what wide fixtures have read."""
        failing = {key: times for key, times in self._tally.set_ups.items() if times.fails}
        if not failing:
            return
        text = "\n".join(("legacy columns are read", *describe_set_ups(failing)))
        report = pytest.TestReport(
            nodeid="set-up",
            location=("set-up", None, "set-up"),
            keywords={},
            outcome="failed",
            longrepr=text,
            when="call",
        )
        self._config.hook.pytest_runtest_logreport(report=report)
        if session.exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _write_files(self, session: pytest.Session) -> None:
        tally, settings = self._tally, self._settings
        option, path = "--ts-report", settings.report
        try:
            if settings.report is not None:
                write_report(settings.report, tally)
            if settings.update_allow is not None:
                option, path = "--ts-update-allow", settings.update_allow
                write_allow_file(settings.update_allow, settings.allowed, tally)
        except OSError as error:
            self._problem = f"{option}: {path}: {error.strerror}"
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
    from ..contract import ContractError  # noqa: PLC0415
    from ..loading import load_contract  # noqa: PLC0415
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
