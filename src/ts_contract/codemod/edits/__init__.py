"""Edits of one file's text.

`sql` edits inside string literals, `lists` removes items, `imports` adds and removes imports,
`markers` writes the comments for what is left, `offsets` maps rewritten text to the source before.
"""
