"""SQLite under test: the only package of `testing` that imports sqlite3.

- `connections`: sees every connection that is opened.
- `authorizer`: tells which columns a statement reads, when it is prepared.
- `definitions`: which of those a definition names, and no statement reads.
- `views`: which of those columns a statement uses that only names a view.
- `parameters`: tells of naive datetimes that are bound.
- `clock`: lets CURRENT_TIMESTAMP stand still.
- `targets`: the connection behind a path, a URL, or what SQLAlchemy and Django have.
- `tables`: reads tables and their schema, and fills them, through an open connection.
"""
