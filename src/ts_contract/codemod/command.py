"""The codemod as a LibCST command: `python -m libcst.tool codemod`.

    python -m libcst.tool codemod -x ts_contract.codemod.command.ApplyContract --unsafe src

The contract is the nearest one, as for `ts-contract codemod`, which is faster: it parses only
files that hold one of the contract's words.
"""

from __future__ import annotations

import argparse
from typing import Any

import libcst as cst
from libcst.codemod import CodemodCommand, CodemodContext, SkipFile

from ..files.read import SourceError
from ..lint.settings import schema_of, selected
from ..loading import find_config, load_contract
from .changes import Options
from .rewrite import RewriteSettings, rewrite

__all__ = ["ApplyContract"]


class ApplyContract(CodemodCommand):
    """Rewrites one module after the contract.

    Args:
        context: LibCST's context.
        contract: name or file of the contract; None for the nearest one.
        options: what the run may do.
    """

    DESCRIPTION = "Rewrite code that uses naive TIMESTAMP columns for their epoch columns."

    def __init__(
        self, context: CodemodContext, contract: str | None = None, **options: bool
    ) -> None:
        super().__init__(context)
        found = load_contract(contract) if contract or find_config() else None
        self._settings = RewriteSettings(
            found, schema_of(found), selected((), ()), Options(**options)
        )

    @staticmethod
    def add_args(arg_parser: argparse.ArgumentParser) -> None:
        """Add the options of the command line."""
        arg_parser.add_argument("--contract", help="a shipped contract, or a TOML file")
        arg_parser.add_argument("--unsafe", action="store_true", help="unsafe rewrites too")
        arg_parser.add_argument(
            "--compat-reads", action="store_true", help="let queries give the old text"
        )
        arg_parser.add_argument(
            "--no-markers", dest="markers", action="store_false", help="no comments for the rest"
        )

    def transform_module_impl(self, tree: cst.Module) -> cst.Module:
        """Return the rewritten module."""
        name: Any = self.context.filename or "<string>"
        try:
            rewritten = rewrite(tree.code, str(name), self._settings)
        except SourceError as error:
            raise SkipFile(f"cannot be parsed: {error}") from error
        return cst.parse_module(rewritten.text, tree.config_for_parsing)
