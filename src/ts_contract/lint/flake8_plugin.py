"""The adapter for flake8: its options, its tree and lines in, findings out in its form.

flake8 parses each file, reads `# noqa`, and decides which codes are shown; here is only what it
cannot know: the contract. sqlglot is imported when a file first holds SQL that may matter.
"""

from __future__ import annotations

import ast
import logging
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, get_args

from .. import __version__
from ..contract import Contract, ContractError, Phase
from ..files.failure import failure
from ..files.find import is_excluded
from ..files.read import SourceError
from ..loading import find_config, load_contract
from ..source.file import Schema
from ..source.project.modules import Project
from ..source.sql.positions import is_stated, need_positions
from .engine import check
from .project import project_of
from .rules import all_rules
from .settings import schema_of

__all__ = ["Plugin"]

_LOG = logging.getLogger("flake8.ts_contract")


class Plugin:
    """What flake8 makes for each file.

    Args:
        tree: the parsed file.
        filename: its path as flake8 was given it; `-` for standard input.
        lines: its lines, decoded, with line ends.
    """

    name = "ts-contract"
    version = __version__

    contract: ClassVar[Contract | None] = None
    schema: ClassVar[Schema | None] = None
    project: ClassVar[Project | None] = None

    def __init__(self, tree: ast.Module, filename: str, lines: Sequence[str]) -> None:
        self._tree = tree
        self._path = filename
        self._lines = lines

    @staticmethod
    def add_options(manager: Any) -> None:
        """Add our options, and tell flake8 which codes are off unless they are asked for.

        Args:
            manager: flake8's `OptionManager`.
        """
        manager.add_option(
            "--ts-contract",
            metavar="NAME|FILE",
            parse_from_config=True,
            normalize_paths=True,
            help="A shipped contract, or a TOML file; by default the nearest ts-contract.toml or "
            "pyproject.toml with [tool.ts-contract]. Without one only the clock and unit rules "
            "(TSC1, TSC4) run.",
        )
        manager.add_option(
            "--ts-phase",
            choices=get_args(Phase),
            parse_from_config=True,
            help="How far the code base is, instead of the contract's own phase.",
        )
        manager.extend_default_ignore([rule.code for rule in all_rules() if not rule.default])

    @classmethod
    def parse_options(cls, manager: Any, options: Namespace, files: Sequence[str]) -> None:
        """Load the contract that the options name, or end flake8 with what is wrong in it.

        Args:
            manager: flake8's `OptionManager`.
            options: the parsed options.
            files: the paths of the command line.
        """
        try:
            contract = _contract(options.ts_contract, options.ts_phase)
            if contract and contract.tables and find_spec("sqlglot") is None:
                raise ContractError(
                    f"the contract {contract.name!r} cannot be checked without sqlglot; "
                    'pip install "ts-contract[flake8]"'
                )
            if contract and contract.tables and not is_stated():
                need_positions()
            cls.contract, cls.schema = contract, schema_of(contract)
            cls.project = project_of(contract, map(Path, files or ["."]))
        except ContractError as error:
            manager.parser.exit(2, f"flake8: ts-contract: {error}\n")

    def run(self) -> Iterator[tuple[int, int, str, type[Plugin]]]:
        """Yield line, column from 0, text with the code, and this class, for each finding.

        What flake8 cannot tell, that a file was not judged, is a finding too: TSC000.
        """
        if self.contract and is_excluded(Path(self._path), self.contract):
            return
        try:
            findings = check(
                "".join(self._lines),
                self._path,
                self.contract,
                self.schema,
                project=self.project,
                tree=self._tree,
            )
        except SourceError as error:  # flake8 itself says that it cannot be parsed
            _LOG.warning("%s: not checked by ts-contract: %s", self._path, error)
            return
        except Exception as error:  # of ours too: one file does not end the run
            yield 1, 0, f"TSC000 not checked: {failure(self._path, error)}", type(self)
            return
        for finding in findings:
            text = f"{finding.code} {finding.message}"
            yield finding.line, finding.column - 1, text, type(self)


def _contract(named: str | None, phase: Phase | None) -> Contract | None:
    if named is None and find_config() is None:
        return None
    contract = load_contract(named)
    return replace(contract, phase=phase) if phase else contract
