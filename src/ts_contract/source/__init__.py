"""What Python source says about contract columns and instants. It judges nothing.

From the bottom up:

- `cache`: the last result of a function, for the very same arguments.
- `edits`: replacements in a file's text, and the fixes made of them.
- `python/`: positions, names, constants, strings and branches of a file.
- `project/`: what the files of a project tell each other: models, tables, names over imports.
- `file`: one parsed file under one contract; `File.part(find)` asks a finder, and remembers.
- `sql/`: the SQL in a file, from text to columns that have found their tables.
- `columns/`: which contract columns a file names, in SQL, in rows, in models, as data.
- `instants/`: the clocks of a file, and which values are seconds, which milliseconds.

A finder is a function from a `File` to what it finds there: `find_queries`, `find_references`,
`find_row_reads`. The linter judges what is found here, the codemod rewrites it.
"""
