"""What the plugin does differently for each database: a module for each."""
