"""What Python source says about contract columns and instants. It judges nothing.

- `file`: one parsed file under one contract.
- `python/`: its names, constants, strings and branches.
- `sql/`: the SQL in it, from text to columns that have found their tables.
- `columns/`: which contract columns it names, in SQL, in rows, in models, as data.
- `instants/`: its clocks, and which values are seconds, which milliseconds.

The linter judges what is found here, the codemod rewrites it.
"""
