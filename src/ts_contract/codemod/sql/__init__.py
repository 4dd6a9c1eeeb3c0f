"""Rewrites of SQL statements: what reads and writes a legacy column goes on to its epoch column."""
