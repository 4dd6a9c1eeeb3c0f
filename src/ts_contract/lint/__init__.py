"""Findings in Python code and in the SQL inside it.

Data flows one way: `source` (what a file says) -> `rules` (a module per rule) -> `engine.check`, a
pure function from text, contract and schema to findings. flake8, `ts-contract lint` and the codemod
all stand on it.
"""
