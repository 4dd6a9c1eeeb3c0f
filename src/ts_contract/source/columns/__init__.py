"""Contract columns in Python source.

- `model`: what is found outside of SQL, as data.
- `analysis`: the SQL of a file, resolved: statements, references, stars, unsure names.
- `rows`: which statement a row comes from; `row_reads`: legacy columns taken out of rows.
- `models`: the models that a file defines and names; `definitions`: their columns.
- `meanings`: which expression is a model, a query of it, an object of it.
- `orm`: the columns that queries name, and those that objects are asked for.
- `named`: column names held as data that reach SQL.
- `words`: what a text must hold for the last two to be worth a look.
"""
