"""Checks the rewrites of a run against a database: statements prepared, run and compared.

Nothing is done to the database itself, see `databases`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from ...contract import Contract
from ...files.failure import failure
from ...files.limit import time_limit
from ...migration import Refused
from ..files import Result
from ..rewrite import RewriteSettings
from .databases import finalized_copy, migrated_copy
from .rows import difference
from .statements import Pair, is_select, is_write, pairs_in, why_not_prepared
from .writes import write_difference

__all__ = ["Verified", "verify_rewrites"]


@dataclass(frozen=True, slots=True)
class Verified:
    """What the database says of a run.

    Attributes:
        statements: rewritten statements that are whole and meant for this schema.
        prepared: those of them that prepare without the legacy columns, and read the epoch ones.
        compared: those of them that gave, or left, the same rows as before.
        problems: one line for each that does not.
    """

    statements: int
    prepared: int
    compared: int
    problems: tuple[str, ...]


def verify_rewrites(
    database: Path, results: Iterable[Result], settings: RewriteSettings
) -> Verified:
    """Prepare and run the rewritten statements of some files.

    Args:
        database: a SQLite database of the program, legacy or migrated; it is only read.
        results: what became of each file.
        settings: how they were rewritten.

    Raises:
        Refused: the database cannot be copied or migrated.
    """
    if settings.contract is None:
        raise Refused(f"{database}: --verify needs a contract")
    pairs: list[Pair] = []
    problems: list[str] = []
    for result in results:
        try:
            with time_limit(settings.seconds):
                pairs += pairs_in(result, settings)
        except Exception as error:  # one file does not end the run
            problems.append(failure(result.path, error))
    with (
        closing(migrated_copy(database, settings.contract)) as migrated,
        closing(finalized_copy(migrated, settings.contract)) as finalized,
    ):
        judged = _judge(pairs, migrated, finalized, settings.contract)
    return replace(judged, problems=(*problems, *judged.problems))


def _judge(
    pairs: Sequence[Pair],
    migrated: sqlite3.Connection,
    finalized: sqlite3.Connection,
    contract: Contract,
) -> Verified:
    statements = prepared = compared = 0
    problems: list[str] = []
    for pair in pairs:
        if why_not_prepared(migrated, pair.old) is not None:
            continue  # another schema's
        alone = pair.new if pair.alone is None else pair.alone
        if any(not r.epoch for r in alone.references):
            continue  # a part of it is left, and marked
        statements += 1
        problem = why_not_prepared(finalized, alone)
        if problem is None:
            prepared += 1
            if is_write(pair.old):
                problem = write_difference(migrated, finalized, pair, contract)
                compared += problem is None
            elif pair.old.outputs is not None and is_select(pair.old):
                problem = difference(migrated, pair, contract)
                compared += problem is None
        if problem is not None:
            problems.append(f"{pair.place}: {problem}")
    return Verified(statements, prepared, compared, tuple(problems))
