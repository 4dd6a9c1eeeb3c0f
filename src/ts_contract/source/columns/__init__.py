"""Contract columns in Python source.

- `model`: what is found outside of SQL, as data.
- `analysis`: the SQL of a file, resolved: statements, references, stars, unsure names.
- `rows`: which statement a row comes from; `row_reads`: legacy columns taken out of rows.
- `orm`: classes that stand for tables, and the queries that use them.
- `named`: column names held as data that reach SQL.
- `words`: what a text must hold for the last two to be worth a look.
"""
