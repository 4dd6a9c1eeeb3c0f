"""Rewrites of Python around SQL.

`bound_values` converts what is bound to a statement. `row_readers` finds who reads a column of its
rows, `row_uses` what is done with a row, `value_readers` rewrites what reads the value taken out.
"""
