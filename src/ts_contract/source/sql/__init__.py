"""SQL in Python: found, joined, cut into statements, parsed, each column given to its table."""
