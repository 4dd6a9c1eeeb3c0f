"""Python itself: positions, names and what they are bound to, constants, strings, branches."""
