"""The file system, one place for each use of it.

- `find`: which Python files are read.
- `migrations`: which SQL files make a schema, and in which order.
- `git`: what git says about a directory.
- `read`: how their bytes become text, and what reports call them.
- `write`: a file is written whole or not at all.
- `pool`: one piece of work for many files, in processes.
- `limit`: how long the work on one file may take.
- `failure`: what is said of a file that could not be worked on.
"""
