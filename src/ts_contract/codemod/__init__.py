"""The source side of a change: findings become new source, safely or not at all.

- `decide` gives each finding a verdict; `changes` holds such data. `rewrite` applies verdicts to a
  source, round after round, and checks the result; `outcomes` tells what became of each finding.
- `sql/` rewrites statements, `python/` what is bound to them and what reads their rows, `orm/`
  models and their queries; `edits/` turns all that into edits of the text.
- `files` reads and writes many files, `taken` is what they take from each other, `report` shows the
  results, `command` serves LibCST's tool, `verify/` asks a real database.

A *safe* rewrite leaves a program that does the same on a migrated database. What "the same" means:

- Each legacy column holds texts of one form, so that they order like their instants. Where a
  column mixes forms, the old statement compared texts and the new one compares instants, which is
  what the migration is for; `--verify` tells where the rows differ.
- A value that is bound to a column is in the form of the column.
- Instants are milliseconds. Rows within one millisecond are equal, and their order is open, as is
  the order of rows that no ORDER BY decides.
- A value that Python gives away keeps its type: text stays text, a naive datetime stays naive.
  Where that is not certain the rewrite is unsafe.
- A value that is None only at run time is not recognised. In an INSERT into a column with a DEFAULT
  it would get the DEFAULT while the legacy column is there; where NULL is visible, the rewrite is
  unsafe.
- The model of an ORM is what its class says, in the same file or in another one of the run. What
  reads the attributes of its objects is not visible, so that changing a model is never safe.
- Code in other files that takes rows, fills in statements, or imports a constant with SQL is not
  visible either. A row that is handed on is never safe to change; a text that is only imported is.
"""
