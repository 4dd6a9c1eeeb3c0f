"""Findings in Python code and in the SQL inside it.

Data flows one way: `source` (what a file says) -> `rules` (a module per rule) -> `engine.check`, a
pure function from text, contract and schema to findings. flake8, `ts-contract lint` and the codemod
all stand on it.

- `findings`: what a rule reports.
- `gate`: what a text must hold for a rule to be tried.
- `rules/`: the rules; `engine`: checks one file with them; `finders`: who finds what they look at.
- `noqa`, `baseline`: which findings pass.
- `settings`, `files`: many files, and how they are checked.
- `report`: findings as text, JSON, SARIF and GitHub annotations.
- `flake8_plugin`: the adapter for flake8.
"""
