"""The pytest plugin: a test suite on the legacy, the migrated and the finalized schema."""
