"""What differs from engine to engine, behind one dataclass.

- `base`: `Engine`, `Session`, and a Protocol for each facet that shared code asks.
- `choose`: which engine a database needs, and how it is opened, without importing other drivers.
- `sqlite`: SQLite. Each engine is a package of its own, whose `ENGINE` fills the facets.
"""
