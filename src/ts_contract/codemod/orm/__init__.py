"""Rewrites of ORM models, and of the queries that name their columns.

`plan` is the entry, `definitions` reads how a model defines a column, `columns` rewrites the
definitions, `queries` what Python names in a query.
"""
