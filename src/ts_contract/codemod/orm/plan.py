"""From the ORM queries and models of a file to verdicts: what `plan` does for SQL."""

from __future__ import annotations

from ...source.columns.model import ModelColumn, ModelUse
from ...source.file import File
from ..changes import NotProvedError, Options, Verdict, joined
from ..python.bound_values import Rewrite
from ..sql.rewrites import Key
from .columns import OrmColumns
from .definitions import EpochsOfModels
from .queries import OrmQueries

__all__ = ["plan_models", "verdict_of"]


def plan_models(file: File, options: Options, models: EpochsOfModels) -> dict[Key, Verdict]:
    """Decide about every legacy column that an ORM query names or a model defines.

    Args:
        file: the file under its contract.
        options: what the run may do.
        models: the epoch columns that models of other files define.

    Returns:
        Verdicts by the span of a finding.
    """
    columns, queries = OrmColumns(file), OrmQueries(file, models)
    verdicts: dict[Key, Verdict] = {}
    parts: list[ModelColumn | ModelUse] = [
        *file.analysis.model_columns,
        *file.analysis.model_uses,
    ]
    for part in parts:
        try:
            verdicts[part.span] = verdict_of(_rewrite(part, columns, queries), options)
        except NotProvedError as error:
            verdicts[part.span] = Verdict(reason=error.reason)
    return verdicts


def _rewrite(part: ModelColumn | ModelUse, columns: OrmColumns, queries: OrmQueries) -> Rewrite:
    return columns.rewrite(part) if isinstance(part, ModelColumn) else queries.rewrite(part)


def verdict_of(rewrite: Rewrite, options: Options) -> Verdict:
    """Return what is to be done with a rewrite: all of it, or an offer where it is unsafe."""
    if not rewrite.reasons:
        return Verdict(tuple(rewrite.edits), tuple(rewrite.imports), "safe")
    reason = joined(rewrite.reasons)
    if not options.unsafe:
        return Verdict(safety="unsafe", reason=reason)
    return Verdict(tuple(rewrite.edits), tuple(rewrite.imports), "unsafe", reason)
