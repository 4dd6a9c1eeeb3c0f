"""The pytest plugin: a test suite on the legacy, the migrated and the finalized schema.

- `plugin`: the hooks, and the only module that every run of pytest imports, with `fixtures`.
- `settings`: what the command line asks for.
- `schemas`: on which schema a test runs.
- `sources`: where the legacy schema comes from, and what decides about it.
- `inputs`: what a builder reads, and whether it has changed.
- `templates`: a template database for each schema, and a copy for each test.
- `session`: header, summary and report of a run, made of what `report` tallies.
- `watch`: which legacy columns each test reads, and whether it may (`allowances`).
- `engines`: what differs between databases.
"""
