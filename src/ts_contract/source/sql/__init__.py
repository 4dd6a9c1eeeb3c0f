"""SQL in Python, on its way from a literal to columns that have found their tables.

Found, without sqlglot:

- `openings`: recognises text that may begin a statement or clause.
- `queries`: the SQL of a file, found and joined; `bound`: what is bound to its placeholders.
- `text`: the characters of a query, mapped to the file, and cut into statements.
- `tables`: the tables that a column name can belong to; `catalog`: all that are known, by name.
- `references`: what a statement says about contract columns, as data.

Parsed, and only for a candidate:

- `parse`: the tree of a statement; `tokens`: its tokens, with their nesting.
- `statements`: resolves a statement; `selects`: walks the SELECTs in it; `recorder`: records what
  is found.
- `values`: what is written into each column or compared with it; `sql_clock`: the clock in it.
- `schema`: loads the other tables, from SQL files and databases.
"""
