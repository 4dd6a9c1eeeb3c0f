"""Watches what is opened and read in a run, from before the first conftest on."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import overload

import pytest

from ..contract import Contract, ContractError
from ..files.find import is_excluded
from ..loading import find_config, load_contract
from ..testing.watching import LegacyRead, Watch
from .settings import SETTINGS, Schema

__all__ = ["COLLECT", "WATCH", "SeenReads", "lend", "seen_reads", "start_watch"]

WATCH = pytest.StashKey[Watch]()
COLLECT = pytest.StashKey[Callable[[], Sequence[LegacyRead]]]()
"""Gives the reads of the current test so far."""


def start_watch(config: pytest.Config) -> None:
    """Watch every connection from now on, before any conftest is imported."""
    patterns = tuple(config.getini("ts_contract_helpers"))
    helpers = Helpers(patterns, config.rootpath) if patterns else None
    watch = Watch(_configured_contract(config.rootpath), helpers)
    config.stash[WATCH] = watch
    watch.__enter__()
    config.add_cleanup(lambda: watch.__exit__(None, None, None))


class Helpers:
    """Tells which frames attribution passes over, by the ini key `ts_contract_helpers`.

    Args:
        patterns: globs of files from the rootdir, with a `/` or `.py`; and of qualified names.
        root: the rootdir.
    """

    def __init__(self, patterns: tuple[str, ...], root: Path) -> None:
        self._globs = tuple(each for each in patterns if "/" in each or each.endswith(".py"))
        self._names = tuple(each for each in patterns if each not in self._globs)
        self._files = Contract("helpers", exclude=self._globs, root=root)
        self._known: dict[tuple[str, str, str], bool] = {}

    def __call__(self, frame: FrameType) -> bool:
        """Tell whether a frame is a helper's."""
        module = str(frame.f_globals.get("__name__", ""))
        key = frame.f_code.co_filename, module, frame.f_code.co_qualname
        if key not in self._known:
            name = f"{module}.{key[2]}"
            self._known[key] = is_excluded(Path(key[0]), self._files) or any(
                fnmatch.fnmatchcase(name, pattern) for pattern in self._names
            )
        return self._known[key]


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
def lend(config: pytest.Config, path: Path, schema: Schema) -> Iterator[Callable[[], bool]]:
    """Take note of a database while a test, or a session, has it.

    One of the legacy schema is left out: there is nothing else to read in it. Unless the whole run
    is on the legacy schema, and is watched to see what lies ahead.

    Yields:
        A function that tells whether the database was opened by a watched connection.
    """
    watch = config.stash.get(WATCH, None)
    if watch is None:
        yield lambda: True
        return
    resolved = str(path.resolve())
    watch.lent[resolved] = False
    if schema == "legacy" and config.stash[SETTINGS].schemas != ("legacy",):
        watch.exempt_paths.add(resolved)
    yield lambda: watch.lent[resolved]
    del watch.lent[resolved]
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
    collect_of_run = request.config.stash.get(COLLECT, None)
    if collect_of_run is not None:
        yield SeenReads(collect_of_run)
        return
    found: list[LegacyRead] = []
    with Watch(request.getfixturevalue("ts_contract")) as watch:

        def collect() -> list[LegacyRead]:
            found.extend(read for read in sorted(watch.take().reads) if read not in found)
            return found

        yield SeenReads(collect)
