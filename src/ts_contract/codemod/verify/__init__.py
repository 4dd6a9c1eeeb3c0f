"""Checks rewrites against a real database: the one part of the codemod that knows the migration.

`rewrites` is the entry, `statements` finds what changed and prepares it, `databases` makes the
migrated copy and the one without legacy columns, `parameters` draws what is bound, `rows` compares
what a SELECT gives, by the keys that `order` adds also in which order, `writes` what others leave.
"""
