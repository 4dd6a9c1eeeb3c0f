"""How a migration tells how far it is: as all long work does."""

from __future__ import annotations

from ..progress import Progress, ProgressCallback, silent

__all__ = ["Progress", "ProgressCallback", "silent"]
