"""For tests of code that keeps instants: assertions, matchers, a frozen clock, ready-made tests.

- `assertions`: a database is migrated, its values agree, a block reads no legacy column.
- `matchers`: values that compare equal to any right instant.
- `causes`: the likely cause of a wrong value, which the messages of both name.
- `clock`: one frozen clock for the code and its database.
- `suite`: ready-made tests of a project's own migration; the only room that needs pytest.
- `samples`: rows of many storage forms for them.
- `watching`: which legacy columns are read, and by which line of the user's code (`sites`).
- `engines`: what differs between databases.

The public names are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .assertions import assert_epoch_ms as assert_epoch_ms
    from .assertions import assert_migrated as assert_migrated
    from .assertions import assert_ms_matches as assert_ms_matches
    from .assertions import assert_no_legacy_reads as assert_no_legacy_reads
    from .assertions import assert_no_null_ms as assert_no_null_ms
    from .clock import FrozenClock as FrozenClock
    from .matchers import IsEpochMs as IsEpochMs
    from .matchers import IsNowMs as IsNowMs

_HOME = {
    "FrozenClock": "clock",
    "IsEpochMs": "matchers",
    "IsNowMs": "matchers",
    "assert_epoch_ms": "assertions",
    "assert_migrated": "assertions",
    "assert_ms_matches": "assertions",
    "assert_no_legacy_reads": "assertions",
    "assert_no_null_ms": "assertions",
}

__all__ = [*_HOME]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    """Load a public name from its module, once."""
    try:
        module = _HOME[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = globals()[name] = getattr(import_module(f".{module}", __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
