"""Judges the tests of a watched run: whose a read is, and whether it may be made.

What a phase of a test has seen travels on its report, so that it survives a process that forks for
each test, and a worker that dies later.
"""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ..files.find import is_excluded
from ..testing.sites import Site
from ..testing.watching import LegacyRead, Seen
from .allowances import Allowance, ini_allowances, marker_allowances
from .report import describe_reads
from .schemas import pinned_schema
from .settings import RunSettings
from .tally import TALLY, Tally
from .watch import COLLECT, WATCH

__all__ = ["JUDGE", "TestWatch"]

JUDGE = pytest.StashKey["TestWatch"]()

_ON_REPORT = "_ts_contract"  # the attribute of a report that carries what was seen
_DRIVERS = frozenset({"apsw", "libsql", "pysqlcipher3", "pysqlite3", "sqlcipher3"})
_XUNIT = re.compile(r"_(?:xunit|unittest)_(\w+?)_fixture_(.*)")


@dataclass(slots=True)
class _Account:
    """What was seen on behalf of a test, of a wide fixture, or of nobody."""

    who: str
    fixture: object = None
    reads: Counter[LegacyRead] = field(default_factory=Counter)
    naive: Counter[Site] = field(default_factory=Counter)
    definitions: Counter[LegacyRead] = field(default_factory=Counter)
    callers: defaultdict[Site, frozenset[tuple[Site, ...]]] = field(
        default_factory=lambda: defaultdict(frozenset)
    )

    def add(self, seen: Seen) -> None:
        self.reads.update(seen.reads)
        self.naive.update(seen.naive)
        self.definitions.update(seen.definitions)
        for site, chains in seen.callers.items():
            self.callers[site] |= chains

    def seen(self) -> Seen:
        return Seen(self.reads, self.naive, self.definitions, self.callers)


class TestWatch:
    """The hooks of a watched run; registered only then.

    Args:
        config: pytest's configuration.
        settings: what the command line asks for.
    """

    __test__ = False

    def __init__(self, config: pytest.Config, settings: RunSettings) -> None:
        self._fails = settings.reads in {"fail", "deny"} and settings.update_allow is None
        self._watch = config.stash[WATCH]
        self._tally = config.stash[TALLY]
        self._is_worker = hasattr(config, "workerinput")
        self._root = config.rootpath
        self._for_all = ini_allowances(config)
        self._file = settings.allowed if settings.update_allow is None else None
        self._allowances: tuple[Allowance, ...] = ()
        self._on_legacy = self._is_running = False
        self._accounts = [_Account("")]
        self._counted = (0, 0, 0)
        self.page = Tally(self._tally.root)
        if self._fails and settings.reads == "deny":
            self._watch.refuses = self._refuses
        config.stash[COLLECT] = self.collect
        config.stash[JUDGE] = self

    def collect(self) -> Sequence[LegacyRead]:
        """Return the reads of the current test so far."""
        self._accounts[-1].add(self._watch.take())
        return list(self._accounts[0].reads)

    # --- a test ------------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        """Attribute to no test what was read before this one, and let cached statements tell."""
        mistake: BaseException | None = None
        try:
            self._begin(item)
        except (Exception, pytest.fail.Exception) as error:
            mistake = error
        result = yield
        if mistake is not None:  # only now, because the teardown relies on every plugin's setup
            raise mistake
        return result

    def _begin(self, item: pytest.Item) -> None:
        self._allowances, self._on_legacy = (), False
        try:
            self.collect()
            self._close()
            self._watch.rearm()
        finally:
            self._accounts = [_Account(item.nodeid)]
        self._on_legacy = _is_on_legacy(item)
        for_it = (allowance for allowance in self._for_all if allowance.concerns(item.nodeid))
        self._allowances = (*for_it, *marker_allowances(item))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Fail a test that has read a legacy column, in its fixtures or itself."""
        self.page.tests += 1
        self._is_running = True
        try:
            result = yield
        except BaseException:
            with suppress(Exception):  # the test has failed for a reason of its own
                refused = self._refused(item)
                if refused:
                    item.add_report_section("call", "legacy reads", refused)
            raise
        finally:
            self._is_running = False
        self._fail_if(self._refused(item))
        self.page.passed.add(item.nodeid)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Judge what the fixtures read afterwards, too."""
        result = yield
        refused = self._refused(item)
        self._accounts = [_Account("")]
        self._fail_if(refused)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Send along with a report what was seen until it is made."""
        report = yield
        if call.when != "setup" and not self._is_running:  # not in the middle, of a subtest
            setattr(report, _ON_REPORT, self._take_page())
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add up what was seen, where all reports arrive."""
        if self._is_worker:
            return
        page = report.__dict__.pop(_ON_REPORT, None)
        if page is not None:
            self._tally.merge(page)
            again: str = report.outcome  # pytest-rerunfailures has one outcome more
            if again == "rerun" and report.when == "call":
                self._tally.tests -= 1

    def last_page(self) -> str:
        """Return what was seen since the last report."""
        self.collect()
        self._close()
        return self._take_page()

    # --- fixtures that are wider than a test -------------------------------------------------

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any]
    ) -> Generator[None, object, object]:
        """Keep what a wide fixture reads off the test that happens to come first."""
        if fixturedef.scope == "function":
            return (yield)
        name = _XUNIT.sub(r"\1 of \2", fixturedef.argname)
        with self._on_behalf(f"in the set-up of {name}"):
            result = yield
        # The last finalizer that is added is the first that is called.
        fixturedef.addfinalizer(lambda: self._begin_tear_down(fixturedef, name))
        return result

    def _begin_tear_down(self, fixturedef: object, name: str) -> None:
        with suppress(Exception):
            self._accounts[-1].add(self._watch.take())
        self._accounts.append(_Account(f"in the tear-down of {name}", fixturedef))

    def pytest_fixture_post_finalizer(self, fixturedef: pytest.FixtureDef[Any]) -> None:
        """End what `_begin_tear_down` has begun."""
        if len(self._accounts) > 1 and self._accounts[-1].fixture is fixturedef:
            self._end_account()

    @contextmanager
    def _on_behalf(self, who: str) -> Iterator[None]:
        with suppress(Exception):
            self._accounts[-1].add(self._watch.take())
        self._accounts.append(_Account(who))
        try:
            yield
        finally:
            self._end_account()

    def _end_account(self) -> None:
        account = self._accounts.pop()
        with suppress(Exception):
            account.add(self._watch.take())
        reads = self._reported(account)
        for_any = [allowance for allowance in self._for_all if allowance.test == "*"]
        wanted = [read for read in reads if not self._is_allowed(read, for_any)]
        self.page.add_reads(set(reads) - set(wanted), account.seen(), account.who)
        self.page.add_reads(wanted, account.seen(), account.who, fails=True)
        self.page.add_others(account.seen(), account.who)
        self.page.passed.add(account.who)
        if account.reads:  # the test may make the same reads, of statements that are cached now
            self._watch.prepare_anew()

    # --- verdicts ----------------------------------------------------------------------------

    def _refuses(self, read: LegacyRead) -> bool:
        """Tell whether a statement that makes a read is to fail at its line."""
        account = self._accounts[-1]
        if not account.who or len(self._accounts) > 1 or self._on_legacy:
            return False
        return not self._is_excluded(read) and not self._is_allowed(read, self._allowances)

    def _refused(self, item: pytest.Item) -> str:
        """Close the account of a test; return what to say of reads that it may not make."""
        self.collect()
        account = self._accounts[0]
        if self._on_legacy:  # where no allowance is needed, nor can one be used
            account.reads.clear()
        reads = self._reported(account)
        for allowance in () if self._on_legacy else self._allowances:
            used = any(allowance.allows(read, self._root) for read in reads)
            self.page.note_allowance(str(allowance), used=used)
        refused = [read for read in reads if not self._is_allowed(read, self._allowances)]
        self._close(refused)
        return describe_reads(refused, item.config.invocation_params.dir)

    def _reported(self, account: _Account) -> list[LegacyRead]:
        return [read for read in account.reads if not self._is_excluded(read)]

    def _is_excluded(self, read: LegacyRead) -> bool:
        return is_excluded(Path(read.site.path), self._watch.contract)

    def _is_allowed(self, read: LegacyRead, allowances: Sequence[Allowance]) -> bool:
        key = self._tally.key_of(read)
        if self._file is not None and self._file.allows(key, self._tally.root):
            return True
        return any(allowance.allows(read, self._root) for allowance in allowances)

    def _close(self, refused: Sequence[LegacyRead] = ()) -> None:
        """Write down what the current account holds, and begin it anew."""
        account = self._accounts[0]
        self._accounts[0] = _Account(account.who)
        seen = account.seen()
        others = [read for read in self._reported(account) if read not in refused]
        self.page.add_reads(others, seen, account.who)
        self.page.add_reads(refused, seen, account.who, fails=True)
        self.page.add_others(seen, account.who)

    def _take_page(self) -> str:
        """Return what was seen since the last page."""
        page, self.page = self.page, Tally(self._tally.root)
        counted = self._watch.opened, self._watch.watched, self._watch.exempt
        differences = (now - before for now, before in zip(counted, self._counted, strict=True))
        page.opened, page.watched, page.exempt = differences
        self._counted = counted
        page.unarmed = {
            f"{site.path}:{site.line} in {site.function}" for site in self._watch.take_unarmed()
        }
        page.drivers = set(_DRIVERS & sys.modules.keys())
        return page.dumps()

    def _fail_if(self, refused: str) -> None:
        __tracebackhide__ = True
        if refused and self._fails:
            pytest.fail(refused, pytrace=False)


def _is_on_legacy(item: pytest.Item) -> bool:
    """Tell whether a test was put on the legacy schema, where there is nothing else to read."""
    callspec = getattr(item, "callspec", None)
    chosen = callspec.params.get("ts_schema") if callspec is not None else None
    return (chosen or pinned_schema(item)) == "legacy"
