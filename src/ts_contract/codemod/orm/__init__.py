"""Rewrites of ORM models and of the queries on them."""
