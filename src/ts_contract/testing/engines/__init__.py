"""What differs between databases: a package for each, and in `base` what they tell a watch."""
