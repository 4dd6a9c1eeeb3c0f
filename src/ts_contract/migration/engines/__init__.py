"""Everything that differs between databases, a package for each."""
