"""The project index: what the files of a project tell each other.

- `facts`: what one file says of classes, tables, constants and imports, as data.
- `outline`: the classes and imports of a file, read from its bytes without a parser.
- `naming`: the tables that frameworks give to classes that name none.
- `modules`: what a name means, followed through the imports of all files.
- `models`: the classes and Core tables of the project, each with its table and columns.
- `build`: reads the files of a project, few of them whole.
- `stored`: facts as JSON can hold them, for the cache.

Nothing of a project is ever imported or run. What cannot be told is not guessed.
"""
