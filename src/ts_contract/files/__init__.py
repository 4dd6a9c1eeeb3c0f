"""The file system, one place for each use of it.

- `find`: which files are read.
- `write`: a file is written whole or not at all.
"""
