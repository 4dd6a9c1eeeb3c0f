"""Checks rewrites against a real database."""
