"""Python itself.

- `source`: a parsed file: its text, tree, positions and scopes, and what a name means.
- `bindings`: what binds a name.
- `names`: the last name of what is called, and where a variable is read.
- `branches`: what can have happened before a name is used.
- `constants`: constant expressions, folded.
- `literals`: where each character of a string stands in the file.
- `strings`: what string an expression builds.
"""
