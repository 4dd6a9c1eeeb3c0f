"""Rewrites of SQL statements: what reads and writes a legacy column goes on to its epoch column.

- `plan` is the entry: from the SQL of a file to verdicts. `rewrites` holds what is collected for a
  column and for the file, `groups` what is made together or not at all.
- `statements` works out one statement after the other: `operands` makes what a column is compared
  with milliseconds, `placeholders` what Python binds, `outputs` follows result columns to their
  readers, `dual_writes` collapses writes of both columns, `stars` treats `SELECT *`.
- `named` rewrites column names that Python holds as data.
- `tokens` says where things are in a statement, `usage` how an expression is used, `spot` holds a
  statement, its tokens and a place together; `spelling` is what each dialect calls a time.
"""
