"""The pytest plugin: a test suite on the legacy, the migrated and the finalized schema.

- `plugin`: the hooks, and the only module that every run of pytest imports, with `fixtures`.
- `settings`: what the command line asks for.
- `schemas`: on which schema a test runs.
- `sources`: where the legacy schema comes from, and what decides about it.
- `inputs`: what a builder reads, and whether it has changed.
- `templates`: a template database for each schema, and a copy for each test.
- `session`: header, summary and files of a run, worded by `report`.
- `watch`: what is opened and read; `judging`: by which test, and whether it may (`allowances`, and
  `allow_file`, which only shrinks); `tally`: what was seen, as data that travels on reports.
- `engines`: what differs between databases.
"""
