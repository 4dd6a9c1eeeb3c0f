"""Contract columns in Python source: in SQL, in rows, in models, and as data."""
