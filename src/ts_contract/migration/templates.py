"""Templates: the exact shape in which a column's own writer writes, as data.

What the sync triggers write into a legacy column, its old readers have to find, sort and read as
what their own writer wrote. `write` is the reference, in Python; each engine says the same in SQL.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from ..contract import Storage
from .forms import Reading, convert
from .numbers import DAYS_SINCE, ms_to_number, scale_of
from .zones import is_utc, zone_steps

__all__ = [
    "DIRECTIVES",
    "MOST_DIGITS",
    "PACKED",
    "PLAIN",
    "TRIMMED",
    "DateTemplate",
    "Fraction",
    "Kind",
    "NumberTemplate",
    "Template",
    "example_of",
    "is_read_back",
    "precision_of",
    "write",
]

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - arithmetic on naive UTC
_NOON: Final = 1_705_320_000_000  # 2024-01-15T12:00:00Z
_MINUTE: Final = 60_000
_HOUR: Final = 3_600_000
_DAY: Final = 24 * _HOUR

MOST_DIGITS: Final = 100
"""Digits of a fraction that are kept."""

Kind = Literal["text", "integer", "real"]


@dataclass(frozen=True, slots=True)
class Fraction:
    """How the part of a second is written.

    Attributes:
        digits: how many digits; of trimmed ones, how many at least.
        zeros: whether zeros at the end are kept, or trimmed; or whether there are no digits at all
            on a whole second.
        point: what stands before the digits.
    """

    digits: int = 0
    zeros: Literal["kept", "trimmed", "unless-whole"] = "kept"
    point: str = "."

    @property
    def precision(self) -> int:
        """Milliseconds that it tells apart."""
        return 1 if self.zeros == "trimmed" else int(10 ** max(3 - self.digits, 0))

    def text(self, milli: int) -> str:
        """Return a number of milliseconds, less than 1000, as a fraction with its point."""
        if milli == 0 and self.zeros == "unless-whole":
            return ""
        digits = f"{milli:03}"
        if self.zeros == "trimmed":
            digits = digits.rstrip("0").ljust(self.digits, "0")
        else:
            digits = digits.ljust(self.digits, "0")[: self.digits]
        return digits and self.point + digits


@dataclass(frozen=True, slots=True)
class DateTemplate:
    """The shape of date-times: texts, or packed dates.

    Attributes:
        format: text with directives of strftime; besides, `%f` for a fraction with its point, and
            `%Q` for epoch milliseconds.
        fraction: how the part of a second is written.
        offset: seconds east of UTC of the clock; None for that of the column's zone.
        kind: a text, or an integer of its digits.
    """

    format: str
    fraction: Fraction = Fraction()
    offset: int | None = None
    kind: Kind = "text"

    @property
    def precision(self) -> int:
        """Milliseconds that it tells apart, on a clock that never turns."""
        if "%Q" in self.format:
            return 1
        if "%S" in self.format:
            return self.fraction.precision
        return _MINUTE if "%M" in self.format else _HOUR if "%H" in self.format else _DAY

    @property
    def directives(self) -> list[str]:
        """The format, taken apart into its directives and the texts between them."""
        return re.findall(r"%-?.|[^%]+", self.format)

    @property
    def takes_zone(self) -> bool:
        """Whether a zone may stand behind it."""
        return re.search(r"%H:%M(:%S(%f)?)?$|T%H%M%S(%f)?$", self.format) is not None


@dataclass(frozen=True, slots=True)
class NumberTemplate:
    """The shape of numbers.

    Attributes:
        storage: what they count.
        kind: how they are stored.
        fraction: how a part of a second is written, by what counts seconds; no digits for whole
            numbers.
    """

    storage: Storage
    kind: Kind = "integer"
    fraction: Fraction = Fraction()


Template = DateTemplate | NumberTemplate

_OF_THREE: Final = Fraction(3, "unless-whole")
TRIMMED: Final = Fraction(0, "trimmed")
PLAIN: Final = DateTemplate("%Y-%m-%d %H:%M:%S%f", _OF_THREE)
"""What is written where nothing tells."""
PACKED: Final = DateTemplate("%Y%m%d%H%M%S", kind="integer")


def precision_of(template: Template, reading: Reading) -> int:
    """Return the milliseconds that a column tells apart whose values are of a template."""
    if isinstance(template, NumberTemplate):
        scale = scale_of(template.storage)
        return template.fraction.precision if scale is not None and scale.multiply > 1 else 1
    if template.precision == _DAY and template.offset is None and not is_utc(reading.timezone):
        return _DAY + 2 * _HOUR  # some days are longer
    return template.precision


# --- writing ---------------------------------------------------------------------------------


def write(ms: int, template: Template, reading: Reading) -> str | int | float:
    """Return the legacy value of an instant.

    Read back it gives the same instant, to the precision of the template. A local time that would
    be read as another instant has its offset behind it, or is written plainly with one where the
    template has no room for it.

    Args:
        ms: epoch milliseconds.
        template: the shape to write in.
        reading: how the column is read.

    Example:
        >>> write(1_705_320_000_500, PLAIN, Reading())
        '2024-01-15 12:00:00.500'
    """
    if isinstance(template, NumberTemplate):
        return _number(ms, template)
    if template.offset is not None or is_utc(reading.timezone):
        return _stored(_dated(ms + 1_000 * (template.offset or 0), template), template)
    offset, note = _offset_and_note(ms, reading)
    local = ms + 1_000 * offset
    text = _dated(local, template)
    if template.takes_zone:
        return text + note
    value = _stored(text, template)
    back = convert(value, replace(reading, valid_range=None)).ms
    if back is not None and 0 <= ms - back < precision_of(template, reading):
        return value
    return _dated(local, PLAIN) + note


def _stored(text: str, template: DateTemplate) -> str | int:
    return text if template.kind == "text" else int(text)


def _offset_and_note(ms: int, reading: Reading) -> tuple[int, str]:
    """Return the offset of the clock at an instant, and what has to stand behind its time."""
    steps = zone_steps(reading.timezone, reading.on_overlap, reading.on_gap)
    step = [s for s in steps if s.clock == "utc" and s.start <= ms // 1_000][-1]
    return step.offset or 0, step.note


_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


DIRECTIVES: Final = (
    *("%Y", "%m", "%b", "%d", "%e", "%-d", "%j", "%G", "%V", "%u", "%a", "%H", "%M", "%S"),
    *("%f", "%Q", "%%"),
)


def _dated(local_ms: int, template: DateTemplate) -> str:
    seconds, milli = divmod(local_ms, 1_000)
    at = _EPOCH + timedelta(seconds=seconds)
    values = {
        "%Y": f"{at.year:04}",
        "%m": f"{at.month:02}",
        "%b": _MONTHS[at.month - 1],
        "%d": f"{at.day:02}",
        "%e": f"{at.day:2}",
        "%-d": f"{at.day}",
        "%j": f"{at.timetuple().tm_yday:03}",
        "%G": f"{at.isocalendar().year:04}",
        "%V": f"{at.isocalendar().week:02}",
        "%u": f"{at.isoweekday()}",
        "%a": _WEEKDAYS[at.weekday()],
        "%H": f"{at.hour:02}",
        "%M": f"{at.minute:02}",
        "%S": f"{at.second:02}",
        "%f": template.fraction.text(milli),
        "%Q": f"{local_ms}",
        "%%": "%",
    }
    return "".join(values.get(piece, piece) for piece in template.directives)


def _number(ms: int, template: NumberTemplate) -> str | int | float:
    if template.storage in DAYS_SINCE:
        if template.kind == "text":
            return _days(ms, template.storage)
        return ms_to_number(ms, template.storage)
    scale = scale_of(template.storage)
    assert scale is not None
    since = ms - scale.epoch_ms
    if scale.multiply > 1:
        since -= since % template.fraction.precision
        return _seconds(since, template)
    ticks = since * scale.divide
    if template.kind == "text":
        return f"{ticks}{template.fraction.text(0)}"
    return ticks if template.kind == "integer" else float(ticks)


def _days(ms: int, storage: Storage) -> str:
    """Return days to nine digits, of which each is a tenth of a millisecond or less."""
    first = DAYS_SINCE[storage]
    day, time = divmod(ms + int(first % 1 * _DAY), _DAY)
    return f"{day + int(first)}.{(time * 10**9 + _DAY // 2) // _DAY:09}"


def _seconds(since: int, template: NumberTemplate) -> str | int | float:
    if template.kind == "integer":
        return since // 1_000
    if template.kind == "real":
        return since / 1_000
    sign, (whole, milli) = "-" if since < 0 else "", divmod(abs(since), 1_000)
    return f"{sign}{whole}{template.fraction.text(milli)}"


def example_of(template: Template, reading: Reading) -> str | int | float:
    """Return 2024-01-15 12:00:00 UTC in a template, with a fraction where it has some.

    Example:
        >>> example_of(PLAIN, Reading())
        '2024-01-15 12:00:00.500'
    """
    has_all_digits = template.fraction.zeros == "kept" and template.fraction.digits > 0
    return write(_NOON if has_all_digits else _NOON + 500, template, reading)


def is_read_back(template: Template, reading: Reading) -> bool:
    """Return whether what is written in a template is read as the same instant."""
    reading = replace(reading, valid_range=None)
    for ms in (_NOON, _NOON + 527):
        back = convert(write(ms, template, reading), reading).ms
        if back is None or not 0 <= ms - back < precision_of(template, reading):
            return False
    return True
