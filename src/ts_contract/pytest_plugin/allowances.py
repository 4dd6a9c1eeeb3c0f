"""Legacy reads that are allowed for now, with a reason: the marker and the ini key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from ..contract import Contract
from ..files.find import is_excluded
from ..testing.watching import LegacyRead

if TYPE_CHECKING:
    from _pytest.nodes import Node
    from _pytest.python import CallSpec2

__all__ = ["Allowance", "ini_allowances", "marker_allowances"]

_MARKER = 'write @pytest.mark.allow_legacy_reads("tasks.created_at", reason="...")'
_COLUMN = re.compile(r"[^.\s]+\.[^.\s]+")


@dataclass(frozen=True, slots=True)
class Allowance:
    """One legacy column that one test, or any test, may read, everywhere or in some files.

    Attributes:
        path: glob of the files that may read it, from the rootdir; empty for any.
        test: node id of a test, class or file, without parameters if all are meant; `*` is any.
        column: `table.column`, as in the contract.
        reason: why, in words.
        origin: where it is written: the ini key, or the marker of a test.
    """

    test: str
    column: str
    reason: str
    origin: str
    path: str = ""

    def concerns(self, nodeid: str) -> bool:
        """Tell whether it is for the test `nodeid`."""
        return self.test in {"*", nodeid} or nodeid.startswith((f"{self.test}::", f"{self.test}["))

    def allows(self, read: LegacyRead, root: Path) -> bool:
        """Tell whether it allows a read, in a test that it is for.

        Args:
            read: the read.
            root: the rootdir, which its path is relative to.
        """
        if self.column.lower() != f"{read.table}.{read.column}".lower():
            return False
        files = Contract("allowed", exclude=(self.path,), root=root)
        return not self.path or is_excluded(Path(read.site.path), files)

    def __str__(self) -> str:
        whose = f"path:{self.path}" if self.path else self.test
        return f"{self.origin}: {whose} {self.column} ({self.reason})"


def ini_allowances(config: pytest.Config) -> tuple[Allowance, ...]:
    """Return the allowances of the ini key `ts_contract_allow`.

    Raises:
        pytest.UsageError: a line is not of the form `TEST TABLE.COLUMN REASON`.
    """
    return tuple(_parse(line) for line in config.getini("ts_contract_allow"))


def _parse(line: str) -> Allowance:
    # Parameters in a node id may hold blanks, so the column is looked for, and not counted to.
    words = line.split()
    for place in range(1, len(words) - 1):
        if _COLUMN.fullmatch(words[place]) and "::" not in words[place]:
            whose, reason = " ".join(words[:place]), " ".join(words[place + 1 :])
            path = whose.removeprefix("path:") if whose.startswith("path:") else ""
            test = "*" if path else whose
            return Allowance(test, words[place], reason, "ts_contract_allow", path)
    raise pytest.UsageError(
        f"ts_contract_allow: {line!r} is not of the form TEST TABLE.COLUMN REASON, for example "
        "'tests/test_x.py::test_name tasks.created_at reason in words', with * for any test, or "
        "path:GLOB for any test in these files"
    )


def marker_allowances(item: pytest.Item) -> Iterator[Allowance]:
    """Yield the allowances of a test's `allow_legacy_reads` markers.

    Each is for what the marker stands at: the test in all of its cases, its class or its module.

    Raises:
        pytest.fail.Exception: a marker names no column, or gives no reason.
    """
    for node, marker in item.iter_markers_with_node("allow_legacy_reads"):
        reason = marker.kwargs.get("reason")
        columns = marker.args
        if not reason or not columns or marker.kwargs.keys() != {"reason"}:
            _refuse(f"{item.nodeid}: allow_legacy_reads is incomplete")
        for column in columns:
            if not isinstance(column, str) or not _COLUMN.fullmatch(column):
                _refuse(
                    f"{item.nodeid}: allow_legacy_reads: {column!r} is not of the form TABLE.COLUMN"
                )
            yield Allowance(_without_case(node), column, str(reason), "allow_legacy_reads")


def _refuse(problem: str) -> NoReturn:
    pytest.fail(f"{problem}; {_MARKER}", pytrace=False)


def _without_case(node: Node) -> str:
    callspec: CallSpec2 | None = getattr(node, "callspec", None)
    return node.nodeid if callspec is None else node.nodeid.removesuffix(f"[{callspec.id}]")
