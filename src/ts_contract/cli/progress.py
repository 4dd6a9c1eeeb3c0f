"""Progress on standard error: a bar for each phase, with rows, rate and time left."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any

from ..progress import Progress, ProgressCallback, silent
from .common import console, is_quiet, printable

if TYPE_CHECKING:
    import rich.progress

__all__ = ["progress", "progress_in_files"]

_PHASES_IN_ROWS = frozenset(("survey", "backfill", "verify"))
_LABEL_WIDTH = 24


@contextmanager
def progress() -> Iterator[ProgressCallback]:
    """Show how far long work is while the block runs.

    Nothing is shown where standard error is not a terminal, or --quiet was given.

    Yields:
        The callback to hand to a function of `ts_contract.migration`.
    """
    if is_quiet() or not sys.stderr.isatty():
        yield silent
        return
    from rich.progress import BarColumn, TextColumn  # noqa: PLC0415 - most runs do without
    from rich.progress import Progress as Bars  # noqa: PLC0415

    def field(name: str) -> TextColumn:
        return TextColumn(f"{{task.fields[{name}]}}", markup=False)

    columns = (field("label"), BarColumn(10), field("rows"), field("rate"), field("time"))
    with Bars(*columns, console=console(stderr=True)) as bars:
        shown = _Shown(bars)
        yield shown.update
        shown.end_phase()


@contextmanager
def progress_in_files(phase: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show how many of `total` files are done while the block runs, as `progress` does.

    Yields:
        A function to call with how many are done.
    """
    with progress() as show:
        yield lambda done: show(Progress(phase, "", done, total))


class _Shown:
    """The bars: one a phase, which begins anew with each table and ends with their sum."""

    def __init__(self, bars: rich.progress.Progress) -> None:
        self._bars = bars
        self._task: rich.progress.TaskID | None = None
        self._now: Progress | None = None
        self._before = 0
        self._began = 0.0

    def update(self, now: Progress) -> None:
        """Show one message."""
        last = self._now
        if last is None or last.phase != now.phase:
            self.end_phase()
            self._task, self._began = None, monotonic()
        elif last.table != now.table and now.phase in _PHASES_IN_ROWS:
            self._before += last.done
        self._now = now
        rate = (self._before + now.done) / max(monotonic() - self._began, 0.001)
        left = (now.total - now.done) / rate if rate else None
        time = "" if left is None else f"{_duration(left)} left"
        self._show(f"{now.phase} {now.table}", now.done, now.total, rate, time)

    def end_phase(self) -> None:
        """Let the bar of the last phase show all of its tables."""
        if self._now is not None:
            done, total = self._before + self._now.done, self._before + self._now.total
            seconds = monotonic() - self._began
            rate = done / max(seconds, 0.001)
            self._show(self._now.phase, done, total, rate, f"in {_duration(seconds)}")
        self._now, self._before = None, 0

    def _show(self, label: str, done: int, total: int, rate: float, time: str) -> None:
        assert self._now is not None
        fields: dict[str, Any] = {
            "label": f"{printable(label)[:_LABEL_WIDTH]:{_LABEL_WIDTH}}",
            "rows": f"{done:,}/{total:,}",
            "rate": f"{rate:,.0f} rows/s" if rate and self._now.phase in _PHASES_IN_ROWS else "",
            "time": time,
        }
        if self._task is None:
            self._task = self._bars.add_task("", total=total, completed=done, **fields)
        else:
            self._bars.update(self._task, total=total, completed=done, **fields)


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 10 else f"{timedelta(seconds=round(seconds))}"
