"""The store of an agent runtime: sessions, tasks, runs and projects in one SQLite file."""
