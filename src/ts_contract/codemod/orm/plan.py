"""From the ORM queries and models of a file to verdicts, as `sql/plan` does for SQL."""

from __future__ import annotations

from ...source.columns.definitions import find_model_columns
from ...source.columns.model import ModelColumn, ModelUse
from ...source.columns.orm import find_model_uses
from ...source.file import File
from ..changes import NotProvedError, Options, Rewrite, Span, Verdict, verdict_of
from .columns import OrmColumns
from .definitions import EpochsOfModels
from .queries import OrmQueries

__all__ = ["plan_models"]


def plan_models(file: File, options: Options, models: EpochsOfModels) -> dict[Span, Verdict]:
    """Decide about every legacy column that an ORM query names or a model defines.

    Args:
        file: the file under its contract.
        options: what the run may do.
        models: the epoch columns that models of other files define.

    Returns:
        Verdicts by the span of a finding.
    """
    columns, queries = OrmColumns(file), OrmQueries(file, models)
    verdicts: dict[Span, Verdict] = {}
    parts: list[ModelColumn | ModelUse] = [
        *file.part(find_model_columns),
        *file.part(find_model_uses),
    ]
    for part in parts:
        try:
            verdicts[part.span] = verdict_of(_rewrite(part, columns, queries), options)
        except NotProvedError as error:
            verdicts[part.span] = Verdict(reason=error.reason)
    return verdicts


def _rewrite(part: ModelColumn | ModelUse, columns: OrmColumns, queries: OrmQueries) -> Rewrite:
    return columns.rewrite(part) if isinstance(part, ModelColumn) else queries.rewrite(part)
