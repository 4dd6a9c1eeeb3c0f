"""Progress on standard error: a bar for each phase, with rows, rate and time left."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .common import console, is_quiet, printable

if TYPE_CHECKING:
    import rich.progress

    from ..migration.progress import Progress, ProgressCallback

__all__ = ["progress"]

_PHASES_IN_ROWS = frozenset(("survey", "backfill", "verify"))


@contextmanager
def progress() -> Iterator[ProgressCallback]:
    """Show how far long work is while the block runs.

    Nothing is shown where standard error is no terminal, or --quiet was given.

    Yields:
        The callback to hand to a function of `ts_contract.migration`.
    """
    if is_quiet() or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import Progress as Bars  # noqa: PLC0415 - most runs do without

    with Bars(*_columns(), console=console(stderr=True)) as bars:
        shown = _Shown(bars)
        yield shown.update
        shown.finish()


class _Shown:
    """The bars: one a phase, which begins anew with each table and ends with their sum."""

    def __init__(self, bars: rich.progress.Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, rich.progress.TaskID] = {}
        self._now: Progress | None = None
        self._sum = 0

    def update(self, now: Progress) -> None:
        before = self._now
        label = printable(f"{now.phase} {now.table}".rstrip())
        if before is None or before.phase != now.phase:
            self.finish()
            self._tasks[now.phase] = self._bars.add_task(label, phase=now.phase)
        elif before.table != now.table and now.phase in _PHASES_IN_ROWS:
            self._sum += before.total
            self._bars.reset(self._tasks[now.phase])
        self._bars.update(
            self._tasks[now.phase], description=label, completed=now.done, total=now.total
        )
        self._now = now

    def finish(self) -> None:
        """Let the bar of the last phase show all of its tables."""
        if self._now is not None:
            done, total = self._sum + self._now.done, self._sum + self._now.total
            task = self._tasks[self._now.phase]
            self._bars.update(task, description=self._now.phase, completed=done, total=total)
        self._now, self._sum = None, 0


def _columns() -> list[rich.progress.ProgressColumn]:
    """Return what a bar shows: what, bar, rows, rows a second, time left."""
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text  # noqa: PLC0415

    class Rows(ProgressColumn):
        def render(self, task: Task) -> Text:
            total = "?" if task.total is None else f"{task.total:,.0f}"
            return Text(f"{task.completed:,.0f}/{total}", justify="right")

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            in_rows = speed is not None and task.fields["phase"] in _PHASES_IN_ROWS
            return Text(f"{speed:,.0f} rows/s" if in_rows else "", justify="right")

    what = TextColumn("{task.description}", markup=False)
    return [what, BarColumn(bar_width=16), Rows(), Rate(), TimeRemainingColumn(compact=True)]
