"""Checks rewrites against a real database: the one part of the codemod that knows the migration.

`rewrites` is the entry, `statements` finds what changed and prepares it, `databases` makes the
migrated copy and the one without legacy columns, `rows` compares what a SELECT gives.
"""
