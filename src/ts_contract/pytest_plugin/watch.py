"""Watches the tests of a run: which legacy columns each one reads, and whether it may."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import overload

import pytest

from ..contract import Contract, ContractError
from ..loading import find_config, load_contract
from ..testing.sites import Site
from ..testing.watching import LegacyRead, Watch
from .allowances import Allowance, ini_allowances, marker_allowances
from .report import TALLY, describe_reads
from .schemas import pinned_schema
from .settings import SETTINGS, RunSettings, Schema

__all__ = ["SeenReads", "TestWatch", "exempt_legacy", "seen_reads", "start_watch"]

WATCH = pytest.StashKey[Watch]()
TEST_WATCH = pytest.StashKey["TestWatch"]()


def start_watch(config: pytest.Config) -> None:
    """Watch every connection from now on, before any conftest is imported."""
    watch = Watch(_configured_contract(config.rootpath))
    config.stash[WATCH] = watch
    watch.__enter__()
    config.add_cleanup(lambda: watch.__exit__(None, None, None))


def _configured_contract(rootpath: Path) -> Contract:
    """Return the contract that the project's configuration holds; the fixture may give another."""
    try:
        return load_contract(start=rootpath) if find_config(rootpath) else Contract("none")
    except ContractError as error:
        raise pytest.UsageError(str(error)) from None


@pytest.fixture(scope="session", autouse=True)
def _ts_contract_watched(pytestconfig: pytest.Config, ts_contract: Contract) -> None:
    """Look for the legacy columns of the project's contract, which a conftest may override."""
    pytestconfig.stash[WATCH].look_for(ts_contract)


@contextmanager
def exempt_legacy(config: pytest.Config, path: Path, schema: Schema) -> Iterator[None]:
    """Leave out a database of the legacy schema: there is nothing else to read in it.

    Unless the whole run is on the legacy schema, and is watched to see what lies ahead.
    """
    watch = config.stash.get(WATCH, None)
    if watch is None or schema != "legacy" or config.stash[SETTINGS].schemas == ("legacy",):
        yield
        return
    resolved = str(path.resolve())
    watch.exempt_paths.add(resolved)
    yield
    watch.exempt_paths.discard(resolved)


class SeenReads(Sequence[LegacyRead]):
    """The legacy reads of a test so far, in the order in which they were found."""

    def __init__(self, collect: Callable[[], Sequence[LegacyRead]]) -> None:
        self._collect = collect

    @overload
    def __getitem__(self, index: int) -> LegacyRead: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[LegacyRead]: ...
    def __getitem__(self, index: int | slice) -> LegacyRead | Sequence[LegacyRead]:
        return self._collect()[index]

    def __len__(self) -> int:
        return len(self._collect())

    def __eq__(self, other: object) -> bool:
        return list(self._collect()) == other

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr([str(read) for read in self._collect()])


@contextmanager
def seen_reads(request: pytest.FixtureRequest) -> Iterator[SeenReads]:
    """Give the reads of one test; where the run is not watched, watch the test alone."""
    test_watch = request.config.stash.get(TEST_WATCH, None)
    if test_watch is not None:
        yield SeenReads(test_watch.collect)
        return
    found: list[LegacyRead] = []
    with Watch(request.getfixturevalue("ts_contract")) as watch:

        def collect() -> list[LegacyRead]:
            found.extend(read for read in sorted(watch.take().reads) if read not in found)
            return found

        yield SeenReads(collect)


class TestWatch:
    """The hooks of a watched run; registered only then.

    Args:
        config: pytest's configuration.
        settings: what the command line asks for.
    """

    __test__ = False

    def __init__(self, config: pytest.Config, settings: RunSettings) -> None:
        self._fails = settings.reads == "fail"
        self._watch = config.stash[WATCH]
        self._tally = config.stash[TALLY]
        self._for_all = ini_allowances(config)
        self._allowances: tuple[Allowance, ...] = ()
        self._on_legacy = False
        self._reads: Counter[LegacyRead] = Counter()
        self._naive: Counter[Site] = Counter()
        config.stash[TEST_WATCH] = self

    def collect(self) -> list[LegacyRead]:
        """Return the current test's reads so far."""
        seen = self._watch.take()
        self._reads.update(seen.reads)
        self._naive.update(seen.naive)
        return list(self._reads)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        """Attribute to no test what was read before this one, and let cached statements tell."""
        self._close_account("")
        self._watch.rearm()
        self._allowances, self._on_legacy = (), False
        mistake = None
        try:
            self._on_legacy = _is_on_legacy(item)
            for_it = (allowance for allowance in self._for_all if allowance.concerns(item.nodeid))
            self._allowances = (*for_it, *marker_allowances(item))
        except pytest.fail.Exception as error:
            mistake = error
        result = yield
        if mistake is not None:  # only now, because the teardown relies on every plugin's setup
            raise mistake
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Fail a test that has read a legacy column, in its fixtures or itself."""
        self._tally.tests += 1
        try:
            result = yield
        except BaseException:
            refused = self._refused(item)
            if refused:
                item.add_report_section("call", "legacy reads", refused)
            raise
        self._fail_if(self._refused(item))
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Judge what the fixtures read afterwards, too."""
        result = yield
        self._fail_if(self._refused(item))
        return result

    def pytest_sessionfinish(self) -> None:
        """Close the last account."""
        self._close_account("")
        self._tally.opened += self._watch.opened
        self._tally.watched += self._watch.watched
        self._tally.exempt += self._watch.exempt

    def _refused(self, item: pytest.Item) -> str:
        """Close the account of a test; return what to say of reads that it may not make."""
        self.collect()
        if self._on_legacy:  # where no allowance is needed, nor can one be used
            self._reads.clear()
        refused = Counter(self._reads)
        for allowance in () if self._on_legacy else self._allowances:
            allowed = [read for read in self._reads if allowance.allows(read)]
            self._tally.note_allowance(str(allowance), used=bool(allowed))
            for read in allowed:
                refused.pop(read, None)
        self._close_account(item.nodeid)
        return describe_reads(refused, item.config.invocation_params.dir)

    def _close_account(self, nodeid: str) -> None:
        self.collect()
        self._tally.add(nodeid, self._reads, self._naive)
        self._reads.clear()
        self._naive.clear()

    def _fail_if(self, refused: str) -> None:
        __tracebackhide__ = True
        if refused and self._fails:
            pytest.fail(refused, pytrace=False)


def _is_on_legacy(item: pytest.Item) -> bool:
    """Tell whether a test was put on the legacy schema, where there is nothing else to read."""
    callspec = getattr(item, "callspec", None)
    chosen = callspec.params.get("ts_schema") if callspec is not None else None
    return (chosen or pinned_schema(item)) == "legacy"
