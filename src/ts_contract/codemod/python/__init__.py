"""Rewrites of Python around SQL: the values that are bound, and what reads the rows."""
