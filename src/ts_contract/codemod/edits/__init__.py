"""Edits of a file: of SQL inside literals, of lists, of imports, and the comments that are left."""
