"""Everything that differs between engines, a module (or a family of modules) for each."""
