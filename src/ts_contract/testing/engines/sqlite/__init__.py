"""SQLite under test: the only package of `testing` that imports sqlite3.

- `connections`: sees every connection that is opened.
- `authorizer`: tells which columns a statement reads, when it is prepared.
- `views`: which of those columns a statement uses that only names a view.
- `parameters`: tells of naive datetimes that are bound.
- `clock`: lets CURRENT_TIMESTAMP stand still.
- `tables`: reads tables and their schema, and fills them, through an open connection.
"""
