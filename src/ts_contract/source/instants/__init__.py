"""Instants in Python source.

- `clocks`: which calls read a clock, and what makes a naive one right.
- `spelling`: how a fix spells a clock or a zone in a file.
- `units`: which expression is seconds, which milliseconds.
- `sql_units`: the same for values in SQL, read without sqlglot.
- `assigned`: values assigned to names that imply a unit.
"""
