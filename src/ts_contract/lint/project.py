"""The index of the project that a run is about: the same for lint, the codemod and flake8.

Not only the files of the run are looked at, since editors and pre-commit name one: all files below
the directory of the contract tell each other what their classes and tables are.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

from ..contract import Contract
from ..files.cache import read_cache, write_cache
from ..files.find import python_files
from ..files.limit import time_limit
from ..source.project.build import index_project
from ..source.project.modules import Project
from ..source.project.stored import dump_facts, load_facts

__all__ = ["project_of"]

_NAME = "project.json"
_WORTH_KEEPING = 20  # files; fewer are parsed as fast as they are read again


def project_of(
    contract: Contract | None,
    paths: Iterable[Path],
    *,
    seconds: float | None = None,
    is_cached: bool = True,
) -> Project | None:
    """Return the index of the project that some files are of.

    Args:
        contract: the contract; without tables there is nothing to know.
        paths: the files of the run, and directories of them; none for standard input.
        seconds: how long a look at one file may take; one that takes longer is passed over.
        is_cached: whether what was found out is kept for the next run.
    """
    if contract is None or not contract.tables:
        return None
    files = list(python_files((path for path in paths if path.exists()), contract))
    root = contract.root
    if root is None or not _any_below(root, files or [Path()]):
        root, is_cached = Path.cwd(), False
    else:
        files = [*python_files([root], contract), *files]
    known = load_facts(read_cache(root, _NAME)) if is_cached else {}
    before = frozenset(known)
    project = index_project(root, files, contract, known, partial(time_limit, seconds))
    if is_cached and known.keys() != before and len(known) >= _WORTH_KEEPING:
        write_cache(root, _NAME, dump_facts(known))
    return project


def _any_below(root: Path, paths: Iterable[Path]) -> bool:
    absolute = root.absolute()
    return any(path.absolute().is_relative_to(absolute) for path in paths)
