"""Instants in Python source: the clocks they come from, and the units they are in."""
