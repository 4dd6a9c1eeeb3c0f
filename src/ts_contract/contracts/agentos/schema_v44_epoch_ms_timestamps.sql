-- ts-contract sql all --contract agentos
-- For SQLite 3.35 or newer: from the legacy to the migrated schema, in one transaction.
-- Values that cannot be converted are listed in _ts_contract_quarantine.
-- Triggers that change other tables after an update fire once per row: drop them
-- before and create them afterwards. Rows are addressed by rowid, which a table
-- WITHOUT ROWID has not. Indexes and keys on the old columns have no successors:
-- `ts-contract plan DB --sql` prints them. `ts-contract migrate` has none of these limits.

CREATE TEMP TABLE IF NOT EXISTS _ts_contract_done (step INTEGER PRIMARY KEY, CONSTRAINT "the script was not done as a whole; nothing is changed" CHECK (step > 0));

BEGIN IMMEDIATE;

SAVEPOINT _ts_contract;
DELETE FROM temp._ts_contract_done;

SELECT "chat_sessions"."created_at", "chat_sessions"."updated_at" FROM "chat_sessions" LIMIT 0;

INSERT INTO temp._ts_contract_done SELECT 1 WHERE EXISTS (SELECT 1 FROM pragma_table_xinfo('chat_sessions') WHERE name = 'created_at' COLLATE NOCASE) AND EXISTS (SELECT 1 FROM pragma_table_xinfo('chat_sessions') WHERE name = 'updated_at' COLLATE NOCASE);

SELECT "chat_messages"."created_at" FROM "chat_messages" LIMIT 0;

INSERT INTO temp._ts_contract_done SELECT 2 WHERE EXISTS (SELECT 1 FROM pragma_table_xinfo('chat_messages') WHERE name = 'created_at' COLLATE NOCASE);

SELECT "tasks"."created_at", "tasks"."updated_at" FROM "tasks" LIMIT 0;

INSERT INTO temp._ts_contract_done SELECT 3 WHERE EXISTS (SELECT 1 FROM pragma_table_xinfo('tasks') WHERE name = 'created_at' COLLATE NOCASE) AND EXISTS (SELECT 1 FROM pragma_table_xinfo('tasks') WHERE name = 'updated_at' COLLATE NOCASE);

SELECT "task_lineage"."created_at" FROM "task_lineage" LIMIT 0;

INSERT INTO temp._ts_contract_done SELECT 4 WHERE EXISTS (SELECT 1 FROM pragma_table_xinfo('task_lineage') WHERE name = 'created_at' COLLATE NOCASE);

SELECT "task_audits"."created_at" FROM "task_audits" LIMIT 0;

INSERT INTO temp._ts_contract_done SELECT 5 WHERE EXISTS (SELECT 1 FROM pragma_table_xinfo('task_audits') WHERE name = 'created_at' COLLATE NOCASE);

SELECT "projects"."added_at" FROM "projects" LIMIT 0;

INSERT INTO temp._ts_contract_done SELECT 6 WHERE EXISTS (SELECT 1 FROM pragma_table_xinfo('projects') WHERE name = 'added_at' COLLATE NOCASE);

SELECT "artifacts"."created_at" FROM "artifacts" LIMIT 0;

INSERT INTO temp._ts_contract_done SELECT 7 WHERE EXISTS (SELECT 1 FROM pragma_table_xinfo('artifacts') WHERE name = 'created_at' COLLATE NOCASE);

SELECT "task_agents"."started_at", "task_agents"."ended_at" FROM "task_agents" LIMIT 0;

INSERT INTO temp._ts_contract_done SELECT 8 WHERE EXISTS (SELECT 1 FROM pragma_table_xinfo('task_agents') WHERE name = 'started_at' COLLATE NOCASE) AND EXISTS (SELECT 1 FROM pragma_table_xinfo('task_agents') WHERE name = 'ended_at' COLLATE NOCASE);

SELECT "runs"."started_at", "runs"."completed_at", "runs"."lease_until" FROM "runs" LIMIT 0;

INSERT INTO temp._ts_contract_done SELECT 9 WHERE EXISTS (SELECT 1 FROM pragma_table_xinfo('runs') WHERE name = 'started_at' COLLATE NOCASE) AND EXISTS (SELECT 1 FROM pragma_table_xinfo('runs') WHERE name = 'completed_at' COLLATE NOCASE) AND EXISTS (SELECT 1 FROM pragma_table_xinfo('runs') WHERE name = 'lease_until' COLLATE NOCASE);

SELECT "schema_version"."applied_at" FROM "schema_version" LIMIT 0;

INSERT INTO temp._ts_contract_done SELECT 10 WHERE EXISTS (SELECT 1 FROM pragma_table_xinfo('schema_version') WHERE name = 'applied_at' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 11 WHERE 1;

SAVEPOINT _ts_contract;
CREATE TABLE IF NOT EXISTS "_ts_contract_state" (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

SAVEPOINT _ts_contract;
CREATE TABLE IF NOT EXISTS "_ts_contract_quarantine" (table_name TEXT NOT NULL, column_name TEXT NOT NULL, row_key TEXT NOT NULL, value, form TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (table_name, row_key, column_name)) WITHOUT ROWID;

SAVEPOINT _ts_contract;
INSERT OR REPLACE INTO "_ts_contract_state" VALUES ('contract', '{"name": "agentos", "fingerprint": "405631d7670ce753903e3a874f64e4d81dcfcbefa419d7d8f2294e14c4b44df3", "decisive": {"tables": [{"name": "chat_sessions", "columns": [{"legacy": "created_at", "epoch": "created_at_ms", "index": true, "storage": "auto", "timezone": "UTC"}, {"legacy": "updated_at", "epoch": "updated_at_ms", "index": true, "storage": "auto", "timezone": "UTC"}], "optional": false}, {"name": "chat_messages", "columns": [{"legacy": "created_at", "epoch": "created_at_ms", "index": true, "storage": "auto", "timezone": "UTC"}], "optional": false}, {"name": "tasks", "columns": [{"legacy": "created_at", "epoch": "created_at_ms", "index": true, "storage": "auto", "timezone": "UTC"}, {"legacy": "updated_at", "epoch": "updated_at_ms", "index": true, "storage": "auto", "timezone": "UTC"}], "optional": false}, {"name": "task_lineage", "columns": [{"legacy": "created_at", "epoch": "created_at_ms", "index": true, "storage": "auto", "timezone": "UTC"}], "optional": false}, {"name": "task_audits", "columns": [{"legacy": "created_at", "epoch": "created_at_ms", "index": true, "storage": "auto", "timezone": "UTC"}], "optional": false}, {"name": "projects", "columns": [{"legacy": "added_at", "epoch": "added_at_ms", "index": true, "storage": "auto", "timezone": "UTC"}], "optional": false}, {"name": "artifacts", "columns": [{"legacy": "created_at", "epoch": "created_at_ms", "index": true, "storage": "auto", "timezone": "UTC"}], "optional": false}, {"name": "task_events", "columns": [{"legacy": "created_at", "epoch": "created_at_ms", "index": true, "storage": "auto", "timezone": "UTC"}], "optional": true}, {"name": "decision_records", "columns": [{"legacy": "timestamp", "epoch": "timestamp_ms", "index": true, "storage": "auto", "timezone": "UTC"}, {"legacy": "sign_timestamp", "epoch": "sign_timestamp_ms", "index": true, "storage": "auto", "timezone": "UTC"}], "optional": true}, {"name": "decision_candidates", "columns": [{"legacy": "timestamp", "epoch": "timestamp_ms", "index": true, "storage": "auto", "timezone": "UTC"}], "optional": true}, {"name": "improvement_proposals", "columns": [{"legacy": "created_at", "epoch": "created_at_ms", "index": true, "storage": "auto", "timezone": "UTC"}, {"legacy": "reviewed_at", "epoch": "reviewed_at_ms", "index": true, "storage": "auto", "timezone": "UTC"}, {"legacy": "implemented_at", "epoch": "implemented_at_ms", "index": true, "storage": "auto", "timezone": "UTC"}], "optional": true}, {"name": "classifier_versions", "columns": [{"legacy": "created_at", "epoch": "created_at_ms", "index": true, "storage": "auto", "timezone": "UTC"}, {"legacy": "deprecated_at", "epoch": "deprecated_at_ms", "index": true, "storage": "auto", "timezone": "UTC"}], "optional": true}, {"name": "info_need_judgments", "columns": [{"legacy": "timestamp", "epoch": "timestamp_ms", "index": true, "storage": "auto", "timezone": "UTC"}, {"legacy": "outcome_timestamp", "epoch": "outcome_timestamp_ms", "index": true, "storage": "auto", "timezone": "UTC"}], "optional": true}, {"name": "info_need_patterns", "columns": [{"legacy": "first_seen", "epoch": "first_seen_ms", "index": true, "storage": "auto", "timezone": "UTC"}, {"legacy": "last_seen", "epoch": "last_seen_ms", "index": true, "storage": "auto", "timezone": "UTC"}, {"legacy": "last_updated", "epoch": "last_updated_ms", "index": true, "storage": "auto", "timezone": "UTC"}], "optional": true}, {"name": "task_agents", "columns": [{"legacy": "started_at", "epoch": "started_at_ms", "index": true, "storage": "auto", "timezone": "UTC"}, {"legacy": "ended_at", "epoch": "ended_at_ms", "index": false, "storage": "auto", "timezone": "UTC"}], "optional": false}, {"name": "runs", "columns": [{"legacy": "started_at", "epoch": "started_at_ms", "index": true, "storage": "auto", "timezone": "UTC"}, {"legacy": "completed_at", "epoch": "completed_at_ms", "index": false, "storage": "auto", "timezone": "UTC"}, {"legacy": "lease_until", "epoch": "lease_until_ms", "index": false, "storage": "auto", "timezone": "UTC"}], "optional": false}, {"name": "schema_version", "columns": [{"legacy": "applied_at", "epoch": "applied_at_ms", "index": false, "storage": "auto", "timezone": "UTC"}], "optional": false}], "on": ["reject", "reject"], "range": [1577836800000, 1893456000000], "version": {"table": "schema_version", "value": "0.44.0", "column": "version"}}}'), ('format', '2');

INSERT INTO temp._ts_contract_done SELECT 12 WHERE EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '_ts_contract_state' COLLATE NOCASE) AND EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '_ts_contract_quarantine' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 13 WHERE 1;

SAVEPOINT _ts_contract;
INSERT INTO "_ts_contract_state" SELECT 'table:' || name, json_object('sql', sql, 'columns', json('[["created_at", "created_at_ms", true], ["updated_at", "updated_at_ms", true]]')) FROM sqlite_schema WHERE type = 'table' AND name = 'chat_sessions' COLLATE NOCASE;

INSERT INTO temp._ts_contract_done SELECT 14 WHERE EXISTS (SELECT 1 FROM "_ts_contract_state" WHERE name = 'table:chat_sessions' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 15 WHERE NOT EXISTS (SELECT 1 FROM pragma_table_xinfo('chat_sessions') WHERE name = 'created_at_ms' COLLATE NOCASE);

SAVEPOINT _ts_contract;
ALTER TABLE "chat_sessions" ADD COLUMN "created_at_ms" INTEGER;

INSERT INTO temp._ts_contract_done SELECT 16 WHERE EXISTS (SELECT 1 FROM pragma_table_xinfo('chat_sessions') WHERE name = 'created_at_ms' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 17 WHERE NOT EXISTS (SELECT 1 FROM pragma_table_xinfo('chat_sessions') WHERE name = 'updated_at_ms' COLLATE NOCASE);

SAVEPOINT _ts_contract;
ALTER TABLE "chat_sessions" ADD COLUMN "updated_at_ms" INTEGER;

INSERT INTO temp._ts_contract_done SELECT 18 WHERE EXISTS (SELECT 1 FROM pragma_table_xinfo('chat_sessions') WHERE name = 'updated_at_ms' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 19 WHERE 1;

SAVEPOINT _ts_contract;
INSERT INTO "_ts_contract_state" SELECT 'table:' || name, json_object('sql', sql, 'columns', json('[["created_at", "created_at_ms", true]]')) FROM sqlite_schema WHERE type = 'table' AND name = 'chat_messages' COLLATE NOCASE;

INSERT INTO temp._ts_contract_done SELECT 20 WHERE EXISTS (SELECT 1 FROM "_ts_contract_state" WHERE name = 'table:chat_messages' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 21 WHERE NOT EXISTS (SELECT 1 FROM pragma_table_xinfo('chat_messages') WHERE name = 'created_at_ms' COLLATE NOCASE);

SAVEPOINT _ts_contract;
ALTER TABLE "chat_messages" ADD COLUMN "created_at_ms" INTEGER;

INSERT INTO temp._ts_contract_done SELECT 22 WHERE EXISTS (SELECT 1 FROM pragma_table_xinfo('chat_messages') WHERE name = 'created_at_ms' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 23 WHERE 1;

SAVEPOINT _ts_contract;
INSERT INTO "_ts_contract_state" SELECT 'table:' || name, json_object('sql', sql, 'columns', json('[["created_at", "created_at_ms", true], ["updated_at", "updated_at_ms", true]]')) FROM sqlite_schema WHERE type = 'table' AND name = 'tasks' COLLATE NOCASE;

INSERT INTO temp._ts_contract_done SELECT 24 WHERE EXISTS (SELECT 1 FROM "_ts_contract_state" WHERE name = 'table:tasks' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 25 WHERE NOT EXISTS (SELECT 1 FROM pragma_table_xinfo('tasks') WHERE name = 'created_at_ms' COLLATE NOCASE);

SAVEPOINT _ts_contract;
ALTER TABLE "tasks" ADD COLUMN "created_at_ms" INTEGER;

INSERT INTO temp._ts_contract_done SELECT 26 WHERE EXISTS (SELECT 1 FROM pragma_table_xinfo('tasks') WHERE name = 'created_at_ms' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 27 WHERE NOT EXISTS (SELECT 1 FROM pragma_table_xinfo('tasks') WHERE name = 'updated_at_ms' COLLATE NOCASE);

SAVEPOINT _ts_contract;
ALTER TABLE "tasks" ADD COLUMN "updated_at_ms" INTEGER;

INSERT INTO temp._ts_contract_done SELECT 28 WHERE EXISTS (SELECT 1 FROM pragma_table_xinfo('tasks') WHERE name = 'updated_at_ms' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 29 WHERE 1;

SAVEPOINT _ts_contract;
INSERT INTO "_ts_contract_state" SELECT 'table:' || name, json_object('sql', sql, 'columns', json('[["created_at", "created_at_ms", true]]')) FROM sqlite_schema WHERE type = 'table' AND name = 'task_lineage' COLLATE NOCASE;

INSERT INTO temp._ts_contract_done SELECT 30 WHERE EXISTS (SELECT 1 FROM "_ts_contract_state" WHERE name = 'table:task_lineage' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 31 WHERE NOT EXISTS (SELECT 1 FROM pragma_table_xinfo('task_lineage') WHERE name = 'created_at_ms' COLLATE NOCASE);

SAVEPOINT _ts_contract;
ALTER TABLE "task_lineage" ADD COLUMN "created_at_ms" INTEGER;

INSERT INTO temp._ts_contract_done SELECT 32 WHERE EXISTS (SELECT 1 FROM pragma_table_xinfo('task_lineage') WHERE name = 'created_at_ms' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 33 WHERE 1;

SAVEPOINT _ts_contract;
INSERT INTO "_ts_contract_state" SELECT 'table:' || name, json_object('sql', sql, 'columns', json('[["created_at", "created_at_ms", true]]')) FROM sqlite_schema WHERE type = 'table' AND name = 'task_audits' COLLATE NOCASE;

INSERT INTO temp._ts_contract_done SELECT 34 WHERE EXISTS (SELECT 1 FROM "_ts_contract_state" WHERE name = 'table:task_audits' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 35 WHERE NOT EXISTS (SELECT 1 FROM pragma_table_xinfo('task_audits') WHERE name = 'created_at_ms' COLLATE NOCASE);

SAVEPOINT _ts_contract;
ALTER TABLE "task_audits" ADD COLUMN "created_at_ms" INTEGER;

INSERT INTO temp._ts_contract_done SELECT 36 WHERE EXISTS (SELECT 1 FROM pragma_table_xinfo('task_audits') WHERE name = 'created_at_ms' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 37 WHERE 1;

SAVEPOINT _ts_contract;
INSERT INTO "_ts_contract_state" SELECT 'table:' || name, json_object('sql', sql, 'columns', json('[["added_at", "added_at_ms", true]]')) FROM sqlite_schema WHERE type = 'table' AND name = 'projects' COLLATE NOCASE;

INSERT INTO temp._ts_contract_done SELECT 38 WHERE EXISTS (SELECT 1 FROM "_ts_contract_state" WHERE name = 'table:projects' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 39 WHERE NOT EXISTS (SELECT 1 FROM pragma_table_xinfo('projects') WHERE name = 'added_at_ms' COLLATE NOCASE);

SAVEPOINT _ts_contract;
ALTER TABLE "projects" ADD COLUMN "added_at_ms" INTEGER;

INSERT INTO temp._ts_contract_done SELECT 40 WHERE EXISTS (SELECT 1 FROM pragma_table_xinfo('projects') WHERE name = 'added_at_ms' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 41 WHERE 1;

SAVEPOINT _ts_contract;
INSERT INTO "_ts_contract_state" SELECT 'table:' || name, json_object('sql', sql, 'columns', json('[["created_at", "created_at_ms", true]]')) FROM sqlite_schema WHERE type = 'table' AND name = 'artifacts' COLLATE NOCASE;

INSERT INTO temp._ts_contract_done SELECT 42 WHERE EXISTS (SELECT 1 FROM "_ts_contract_state" WHERE name = 'table:artifacts' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 43 WHERE NOT EXISTS (SELECT 1 FROM pragma_table_xinfo('artifacts') WHERE name = 'created_at_ms' COLLATE NOCASE);

SAVEPOINT _ts_contract;
ALTER TABLE "artifacts" ADD COLUMN "created_at_ms" INTEGER;

INSERT INTO temp._ts_contract_done SELECT 44 WHERE EXISTS (SELECT 1 FROM pragma_table_xinfo('artifacts') WHERE name = 'created_at_ms' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 45 WHERE 1;

SAVEPOINT _ts_contract;
INSERT INTO "_ts_contract_state" SELECT 'table:' || name, json_object('sql', sql, 'columns', json('[["started_at", "started_at_ms", true], ["ended_at", "ended_at_ms", false]]')) FROM sqlite_schema WHERE type = 'table' AND name = 'task_agents' COLLATE NOCASE;

INSERT INTO temp._ts_contract_done SELECT 46 WHERE EXISTS (SELECT 1 FROM "_ts_contract_state" WHERE name = 'table:task_agents' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 47 WHERE NOT EXISTS (SELECT 1 FROM pragma_table_xinfo('task_agents') WHERE name = 'started_at_ms' COLLATE NOCASE);

SAVEPOINT _ts_contract;
ALTER TABLE "task_agents" ADD COLUMN "started_at_ms" INTEGER;

INSERT INTO temp._ts_contract_done SELECT 48 WHERE EXISTS (SELECT 1 FROM pragma_table_xinfo('task_agents') WHERE name = 'started_at_ms' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 49 WHERE NOT EXISTS (SELECT 1 FROM pragma_table_xinfo('task_agents') WHERE name = 'ended_at_ms' COLLATE NOCASE);

SAVEPOINT _ts_contract;
ALTER TABLE "task_agents" ADD COLUMN "ended_at_ms" INTEGER;

INSERT INTO temp._ts_contract_done SELECT 50 WHERE EXISTS (SELECT 1 FROM pragma_table_xinfo('task_agents') WHERE name = 'ended_at_ms' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 51 WHERE 1;

SAVEPOINT _ts_contract;
INSERT INTO "_ts_contract_state" SELECT 'table:' || name, json_object('sql', sql, 'columns', json('[["started_at", "started_at_ms", true], ["completed_at", "completed_at_ms", false], ["lease_until", "lease_until_ms", false]]')) FROM sqlite_schema WHERE type = 'table' AND name = 'runs' COLLATE NOCASE;

INSERT INTO temp._ts_contract_done SELECT 52 WHERE EXISTS (SELECT 1 FROM "_ts_contract_state" WHERE name = 'table:runs' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 53 WHERE NOT EXISTS (SELECT 1 FROM pragma_table_xinfo('runs') WHERE name = 'started_at_ms' COLLATE NOCASE);

SAVEPOINT _ts_contract;
ALTER TABLE "runs" ADD COLUMN "started_at_ms" INTEGER;

INSERT INTO temp._ts_contract_done SELECT 54 WHERE EXISTS (SELECT 1 FROM pragma_table_xinfo('runs') WHERE name = 'started_at_ms' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 55 WHERE NOT EXISTS (SELECT 1 FROM pragma_table_xinfo('runs') WHERE name = 'completed_at_ms' COLLATE NOCASE);

SAVEPOINT _ts_contract;
ALTER TABLE "runs" ADD COLUMN "completed_at_ms" INTEGER;

INSERT INTO temp._ts_contract_done SELECT 56 WHERE EXISTS (SELECT 1 FROM pragma_table_xinfo('runs') WHERE name = 'completed_at_ms' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 57 WHERE NOT EXISTS (SELECT 1 FROM pragma_table_xinfo('runs') WHERE name = 'lease_until_ms' COLLATE NOCASE);

SAVEPOINT _ts_contract;
ALTER TABLE "runs" ADD COLUMN "lease_until_ms" INTEGER;

INSERT INTO temp._ts_contract_done SELECT 58 WHERE EXISTS (SELECT 1 FROM pragma_table_xinfo('runs') WHERE name = 'lease_until_ms' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 59 WHERE 1;

SAVEPOINT _ts_contract;
INSERT INTO "_ts_contract_state" SELECT 'table:' || name, json_object('sql', sql, 'columns', json('[["applied_at", "applied_at_ms", false]]')) FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version' COLLATE NOCASE;

INSERT INTO temp._ts_contract_done SELECT 60 WHERE EXISTS (SELECT 1 FROM "_ts_contract_state" WHERE name = 'table:schema_version' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 61 WHERE NOT EXISTS (SELECT 1 FROM pragma_table_xinfo('schema_version') WHERE name = 'applied_at_ms' COLLATE NOCASE);

SAVEPOINT _ts_contract;
ALTER TABLE "schema_version" ADD COLUMN "applied_at_ms" INTEGER;

INSERT INTO temp._ts_contract_done SELECT 62 WHERE EXISTS (SELECT 1 FROM pragma_table_xinfo('schema_version') WHERE name = 'applied_at_ms' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 63 WHERE 1;

SAVEPOINT _ts_contract;
CREATE TRIGGER "_ts_contract_chat_sessions_guard" BEFORE UPDATE ON "chat_sessions" WHEN old."created_at_ms" IS new."created_at_ms" AND old."updated_at_ms" IS new."updated_at_ms" BEGIN SELECT RAISE(IGNORE); END;

SAVEPOINT _ts_contract;
CREATE TRIGGER "_ts_contract_chat_messages_guard" BEFORE UPDATE ON "chat_messages" WHEN old."created_at_ms" IS new."created_at_ms" BEGIN SELECT RAISE(IGNORE); END;

SAVEPOINT _ts_contract;
CREATE TRIGGER "_ts_contract_tasks_guard" BEFORE UPDATE ON "tasks" WHEN old."created_at_ms" IS new."created_at_ms" AND old."updated_at_ms" IS new."updated_at_ms" BEGIN SELECT RAISE(IGNORE); END;

SAVEPOINT _ts_contract;
CREATE TRIGGER "_ts_contract_task_lineage_guard" BEFORE UPDATE ON "task_lineage" WHEN old."created_at_ms" IS new."created_at_ms" BEGIN SELECT RAISE(IGNORE); END;

SAVEPOINT _ts_contract;
CREATE TRIGGER "_ts_contract_task_audits_guard" BEFORE UPDATE ON "task_audits" WHEN old."created_at_ms" IS new."created_at_ms" BEGIN SELECT RAISE(IGNORE); END;

SAVEPOINT _ts_contract;
CREATE TRIGGER "_ts_contract_projects_guard" BEFORE UPDATE ON "projects" WHEN old."added_at_ms" IS new."added_at_ms" BEGIN SELECT RAISE(IGNORE); END;

SAVEPOINT _ts_contract;
CREATE TRIGGER "_ts_contract_artifacts_guard" BEFORE UPDATE ON "artifacts" WHEN old."created_at_ms" IS new."created_at_ms" BEGIN SELECT RAISE(IGNORE); END;

SAVEPOINT _ts_contract;
CREATE TRIGGER "_ts_contract_task_agents_guard" BEFORE UPDATE ON "task_agents" WHEN old."started_at_ms" IS new."started_at_ms" AND old."ended_at_ms" IS new."ended_at_ms" BEGIN SELECT RAISE(IGNORE); END;

SAVEPOINT _ts_contract;
CREATE TRIGGER "_ts_contract_runs_guard" BEFORE UPDATE ON "runs" WHEN old."started_at_ms" IS new."started_at_ms" AND old."completed_at_ms" IS new."completed_at_ms" AND old."lease_until_ms" IS new."lease_until_ms" BEGIN SELECT RAISE(IGNORE); END;

SAVEPOINT _ts_contract;
CREATE TRIGGER "_ts_contract_schema_version_guard" BEFORE UPDATE ON "schema_version" WHEN old."applied_at_ms" IS new."applied_at_ms" BEGIN SELECT RAISE(IGNORE); END;

SAVEPOINT _ts_contract;
UPDATE "chat_sessions" SET
  "created_at_ms" = CASE WHEN +"chat_sessions"."created_at">='0001-01-01' THEN CASE CASE length(CAST("chat_sessions"."created_at" AS BLOB)) WHEN 19 THEN 2 WHEN 26 THEN "chat_sessions"."created_at" GLOB '*.?????[0-9]' WHEN 32 THEN "chat_sessions"."created_at" GLOB '*.?????[0-9]+00:00' WHEN 25 THEN "chat_sessions"."created_at" GLOB '*+00:00' WHEN 20 THEN "chat_sessions"."created_at" GLOB '*Z' WHEN 23 THEN "chat_sessions"."created_at" GLOB '*.??[0-9]' WHEN 24 THEN "chat_sessions"."created_at" GLOB '*.??[0-9]Z' WHEN 27 THEN "chat_sessions"."created_at" GLOB '*.?????[0-9]Z' WHEN 29 THEN "chat_sessions"."created_at" GLOB '*.??[0-9]+00:00' END WHEN 2 THEN CASE +"chat_sessions"."created_at" WHEN datetime(julianday("chat_sessions"."created_at")) THEN CAST(julianday("chat_sessions"."created_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000 WHEN replace(datetime(julianday("chat_sessions"."created_at")),' ','T') THEN CAST(julianday("chat_sessions"."created_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000 END WHEN 1 THEN CASE substr("chat_sessions"."created_at",1,19) WHEN datetime(julianday("chat_sessions"."created_at")) THEN CAST(julianday("chat_sessions"."created_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("chat_sessions"."created_at",21,3) AS INTEGER) WHEN replace(datetime(julianday("chat_sessions"."created_at")),' ','T') THEN CAST(julianday("chat_sessions"."created_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("chat_sessions"."created_at",21,3) AS INTEGER) ELSE CASE WHEN typeof("chat_sessions"."created_at")='text' AND julianday("chat_sessions"."created_at") AND replace(substr("chat_sessions"."created_at",1,19),'T',' ')=datetime(julianday(substr("chat_sessions"."created_at",1,19))) THEN CAST(julianday(substr("chat_sessions"."created_at",1,19))*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("chat_sessions"."created_at",21,3) AS INTEGER) END END END END,
  "updated_at_ms" = CASE WHEN +"chat_sessions"."updated_at">='0001-01-01' THEN CASE CASE length(CAST("chat_sessions"."updated_at" AS BLOB)) WHEN 19 THEN 2 WHEN 26 THEN "chat_sessions"."updated_at" GLOB '*.?????[0-9]' WHEN 32 THEN "chat_sessions"."updated_at" GLOB '*.?????[0-9]+00:00' WHEN 25 THEN "chat_sessions"."updated_at" GLOB '*+00:00' WHEN 20 THEN "chat_sessions"."updated_at" GLOB '*Z' WHEN 23 THEN "chat_sessions"."updated_at" GLOB '*.??[0-9]' WHEN 24 THEN "chat_sessions"."updated_at" GLOB '*.??[0-9]Z' WHEN 27 THEN "chat_sessions"."updated_at" GLOB '*.?????[0-9]Z' WHEN 29 THEN "chat_sessions"."updated_at" GLOB '*.??[0-9]+00:00' END WHEN 2 THEN CASE +"chat_sessions"."updated_at" WHEN datetime(julianday("chat_sessions"."updated_at")) THEN CAST(julianday("chat_sessions"."updated_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000 WHEN replace(datetime(julianday("chat_sessions"."updated_at")),' ','T') THEN CAST(julianday("chat_sessions"."updated_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000 END WHEN 1 THEN CASE substr("chat_sessions"."updated_at",1,19) WHEN datetime(julianday("chat_sessions"."updated_at")) THEN CAST(julianday("chat_sessions"."updated_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("chat_sessions"."updated_at",21,3) AS INTEGER) WHEN replace(datetime(julianday("chat_sessions"."updated_at")),' ','T') THEN CAST(julianday("chat_sessions"."updated_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("chat_sessions"."updated_at",21,3) AS INTEGER) ELSE CASE WHEN typeof("chat_sessions"."updated_at")='text' AND julianday("chat_sessions"."updated_at") AND replace(substr("chat_sessions"."updated_at",1,19),'T',' ')=datetime(julianday(substr("chat_sessions"."updated_at",1,19))) THEN CAST(julianday(substr("chat_sessions"."updated_at",1,19))*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("chat_sessions"."updated_at",21,3) AS INTEGER) END END END END;

SAVEPOINT _ts_contract;
UPDATE "chat_messages" SET
  "created_at_ms" = CASE WHEN +"chat_messages"."created_at">='0001-01-01' THEN CASE CASE length(CAST("chat_messages"."created_at" AS BLOB)) WHEN 19 THEN 2 WHEN 26 THEN "chat_messages"."created_at" GLOB '*.?????[0-9]' WHEN 32 THEN "chat_messages"."created_at" GLOB '*.?????[0-9]+00:00' WHEN 25 THEN "chat_messages"."created_at" GLOB '*+00:00' WHEN 20 THEN "chat_messages"."created_at" GLOB '*Z' WHEN 23 THEN "chat_messages"."created_at" GLOB '*.??[0-9]' WHEN 24 THEN "chat_messages"."created_at" GLOB '*.??[0-9]Z' WHEN 27 THEN "chat_messages"."created_at" GLOB '*.?????[0-9]Z' WHEN 29 THEN "chat_messages"."created_at" GLOB '*.??[0-9]+00:00' END WHEN 2 THEN CASE +"chat_messages"."created_at" WHEN datetime(julianday("chat_messages"."created_at")) THEN CAST(julianday("chat_messages"."created_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000 WHEN replace(datetime(julianday("chat_messages"."created_at")),' ','T') THEN CAST(julianday("chat_messages"."created_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000 END WHEN 1 THEN CASE substr("chat_messages"."created_at",1,19) WHEN datetime(julianday("chat_messages"."created_at")) THEN CAST(julianday("chat_messages"."created_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("chat_messages"."created_at",21,3) AS INTEGER) WHEN replace(datetime(julianday("chat_messages"."created_at")),' ','T') THEN CAST(julianday("chat_messages"."created_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("chat_messages"."created_at",21,3) AS INTEGER) ELSE CASE WHEN typeof("chat_messages"."created_at")='text' AND julianday("chat_messages"."created_at") AND replace(substr("chat_messages"."created_at",1,19),'T',' ')=datetime(julianday(substr("chat_messages"."created_at",1,19))) THEN CAST(julianday(substr("chat_messages"."created_at",1,19))*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("chat_messages"."created_at",21,3) AS INTEGER) END END END END;

SAVEPOINT _ts_contract;
UPDATE "tasks" SET
  "created_at_ms" = CASE WHEN +"tasks"."created_at">='0001-01-01' THEN CASE CASE length(CAST("tasks"."created_at" AS BLOB)) WHEN 19 THEN 2 WHEN 26 THEN "tasks"."created_at" GLOB '*.?????[0-9]' WHEN 32 THEN "tasks"."created_at" GLOB '*.?????[0-9]+00:00' WHEN 25 THEN "tasks"."created_at" GLOB '*+00:00' WHEN 20 THEN "tasks"."created_at" GLOB '*Z' WHEN 23 THEN "tasks"."created_at" GLOB '*.??[0-9]' WHEN 24 THEN "tasks"."created_at" GLOB '*.??[0-9]Z' WHEN 27 THEN "tasks"."created_at" GLOB '*.?????[0-9]Z' WHEN 29 THEN "tasks"."created_at" GLOB '*.??[0-9]+00:00' END WHEN 2 THEN CASE +"tasks"."created_at" WHEN datetime(julianday("tasks"."created_at")) THEN CAST(julianday("tasks"."created_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000 WHEN replace(datetime(julianday("tasks"."created_at")),' ','T') THEN CAST(julianday("tasks"."created_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000 END WHEN 1 THEN CASE substr("tasks"."created_at",1,19) WHEN datetime(julianday("tasks"."created_at")) THEN CAST(julianday("tasks"."created_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("tasks"."created_at",21,3) AS INTEGER) WHEN replace(datetime(julianday("tasks"."created_at")),' ','T') THEN CAST(julianday("tasks"."created_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("tasks"."created_at",21,3) AS INTEGER) ELSE CASE WHEN typeof("tasks"."created_at")='text' AND julianday("tasks"."created_at") AND replace(substr("tasks"."created_at",1,19),'T',' ')=datetime(julianday(substr("tasks"."created_at",1,19))) THEN CAST(julianday(substr("tasks"."created_at",1,19))*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("tasks"."created_at",21,3) AS INTEGER) END END END END,
  "updated_at_ms" = CASE WHEN +"tasks"."updated_at">='0001-01-01' THEN CASE CASE length(CAST("tasks"."updated_at" AS BLOB)) WHEN 19 THEN 2 WHEN 26 THEN "tasks"."updated_at" GLOB '*.?????[0-9]' WHEN 32 THEN "tasks"."updated_at" GLOB '*.?????[0-9]+00:00' WHEN 25 THEN "tasks"."updated_at" GLOB '*+00:00' WHEN 20 THEN "tasks"."updated_at" GLOB '*Z' WHEN 23 THEN "tasks"."updated_at" GLOB '*.??[0-9]' WHEN 24 THEN "tasks"."updated_at" GLOB '*.??[0-9]Z' WHEN 27 THEN "tasks"."updated_at" GLOB '*.?????[0-9]Z' WHEN 29 THEN "tasks"."updated_at" GLOB '*.??[0-9]+00:00' END WHEN 2 THEN CASE +"tasks"."updated_at" WHEN datetime(julianday("tasks"."updated_at")) THEN CAST(julianday("tasks"."updated_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000 WHEN replace(datetime(julianday("tasks"."updated_at")),' ','T') THEN CAST(julianday("tasks"."updated_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000 END WHEN 1 THEN CASE substr("tasks"."updated_at",1,19) WHEN datetime(julianday("tasks"."updated_at")) THEN CAST(julianday("tasks"."updated_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("tasks"."updated_at",21,3) AS INTEGER) WHEN replace(datetime(julianday("tasks"."updated_at")),' ','T') THEN CAST(julianday("tasks"."updated_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("tasks"."updated_at",21,3) AS INTEGER) ELSE CASE WHEN typeof("tasks"."updated_at")='text' AND julianday("tasks"."updated_at") AND replace(substr("tasks"."updated_at",1,19),'T',' ')=datetime(julianday(substr("tasks"."updated_at",1,19))) THEN CAST(julianday(substr("tasks"."updated_at",1,19))*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("tasks"."updated_at",21,3) AS INTEGER) END END END END;

SAVEPOINT _ts_contract;
UPDATE "task_lineage" SET
  "created_at_ms" = CASE WHEN +"task_lineage"."created_at">='0001-01-01' THEN CASE CASE length(CAST("task_lineage"."created_at" AS BLOB)) WHEN 19 THEN 2 WHEN 26 THEN "task_lineage"."created_at" GLOB '*.?????[0-9]' WHEN 32 THEN "task_lineage"."created_at" GLOB '*.?????[0-9]+00:00' WHEN 25 THEN "task_lineage"."created_at" GLOB '*+00:00' WHEN 20 THEN "task_lineage"."created_at" GLOB '*Z' WHEN 23 THEN "task_lineage"."created_at" GLOB '*.??[0-9]' WHEN 24 THEN "task_lineage"."created_at" GLOB '*.??[0-9]Z' WHEN 27 THEN "task_lineage"."created_at" GLOB '*.?????[0-9]Z' WHEN 29 THEN "task_lineage"."created_at" GLOB '*.??[0-9]+00:00' END WHEN 2 THEN CASE +"task_lineage"."created_at" WHEN datetime(julianday("task_lineage"."created_at")) THEN CAST(julianday("task_lineage"."created_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000 WHEN replace(datetime(julianday("task_lineage"."created_at")),' ','T') THEN CAST(julianday("task_lineage"."created_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000 END WHEN 1 THEN CASE substr("task_lineage"."created_at",1,19) WHEN datetime(julianday("task_lineage"."created_at")) THEN CAST(julianday("task_lineage"."created_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("task_lineage"."created_at",21,3) AS INTEGER) WHEN replace(datetime(julianday("task_lineage"."created_at")),' ','T') THEN CAST(julianday("task_lineage"."created_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("task_lineage"."created_at",21,3) AS INTEGER) ELSE CASE WHEN typeof("task_lineage"."created_at")='text' AND julianday("task_lineage"."created_at") AND replace(substr("task_lineage"."created_at",1,19),'T',' ')=datetime(julianday(substr("task_lineage"."created_at",1,19))) THEN CAST(julianday(substr("task_lineage"."created_at",1,19))*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("task_lineage"."created_at",21,3) AS INTEGER) END END END END;

SAVEPOINT _ts_contract;
UPDATE "task_audits" SET
  "created_at_ms" = CASE WHEN +"task_audits"."created_at">='0001-01-01' THEN CASE CASE length(CAST("task_audits"."created_at" AS BLOB)) WHEN 19 THEN 2 WHEN 26 THEN "task_audits"."created_at" GLOB '*.?????[0-9]' WHEN 32 THEN "task_audits"."created_at" GLOB '*.?????[0-9]+00:00' WHEN 25 THEN "task_audits"."created_at" GLOB '*+00:00' WHEN 20 THEN "task_audits"."created_at" GLOB '*Z' WHEN 23 THEN "task_audits"."created_at" GLOB '*.??[0-9]' WHEN 24 THEN "task_audits"."created_at" GLOB '*.??[0-9]Z' WHEN 27 THEN "task_audits"."created_at" GLOB '*.?????[0-9]Z' WHEN 29 THEN "task_audits"."created_at" GLOB '*.??[0-9]+00:00' END WHEN 2 THEN CASE +"task_audits"."created_at" WHEN datetime(julianday("task_audits"."created_at")) THEN CAST(julianday("task_audits"."created_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000 WHEN replace(datetime(julianday("task_audits"."created_at")),' ','T') THEN CAST(julianday("task_audits"."created_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000 END WHEN 1 THEN CASE substr("task_audits"."created_at",1,19) WHEN datetime(julianday("task_audits"."created_at")) THEN CAST(julianday("task_audits"."created_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("task_audits"."created_at",21,3) AS INTEGER) WHEN replace(datetime(julianday("task_audits"."created_at")),' ','T') THEN CAST(julianday("task_audits"."created_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("task_audits"."created_at",21,3) AS INTEGER) ELSE CASE WHEN typeof("task_audits"."created_at")='text' AND julianday("task_audits"."created_at") AND replace(substr("task_audits"."created_at",1,19),'T',' ')=datetime(julianday(substr("task_audits"."created_at",1,19))) THEN CAST(julianday(substr("task_audits"."created_at",1,19))*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("task_audits"."created_at",21,3) AS INTEGER) END END END END;

SAVEPOINT _ts_contract;
UPDATE "projects" SET
  "added_at_ms" = CASE WHEN +"projects"."added_at">='0001-01-01' THEN CASE CASE length(CAST("projects"."added_at" AS BLOB)) WHEN 19 THEN 2 WHEN 26 THEN "projects"."added_at" GLOB '*.?????[0-9]' WHEN 32 THEN "projects"."added_at" GLOB '*.?????[0-9]+00:00' WHEN 25 THEN "projects"."added_at" GLOB '*+00:00' WHEN 20 THEN "projects"."added_at" GLOB '*Z' WHEN 23 THEN "projects"."added_at" GLOB '*.??[0-9]' WHEN 24 THEN "projects"."added_at" GLOB '*.??[0-9]Z' WHEN 27 THEN "projects"."added_at" GLOB '*.?????[0-9]Z' WHEN 29 THEN "projects"."added_at" GLOB '*.??[0-9]+00:00' END WHEN 2 THEN CASE +"projects"."added_at" WHEN datetime(julianday("projects"."added_at")) THEN CAST(julianday("projects"."added_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000 WHEN replace(datetime(julianday("projects"."added_at")),' ','T') THEN CAST(julianday("projects"."added_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000 END WHEN 1 THEN CASE substr("projects"."added_at",1,19) WHEN datetime(julianday("projects"."added_at")) THEN CAST(julianday("projects"."added_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("projects"."added_at",21,3) AS INTEGER) WHEN replace(datetime(julianday("projects"."added_at")),' ','T') THEN CAST(julianday("projects"."added_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("projects"."added_at",21,3) AS INTEGER) ELSE CASE WHEN typeof("projects"."added_at")='text' AND julianday("projects"."added_at") AND replace(substr("projects"."added_at",1,19),'T',' ')=datetime(julianday(substr("projects"."added_at",1,19))) THEN CAST(julianday(substr("projects"."added_at",1,19))*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("projects"."added_at",21,3) AS INTEGER) END END END END;

SAVEPOINT _ts_contract;
UPDATE "artifacts" SET
  "created_at_ms" = CASE WHEN +"artifacts"."created_at">='0001-01-01' THEN CASE CASE length(CAST("artifacts"."created_at" AS BLOB)) WHEN 19 THEN 2 WHEN 26 THEN "artifacts"."created_at" GLOB '*.?????[0-9]' WHEN 32 THEN "artifacts"."created_at" GLOB '*.?????[0-9]+00:00' WHEN 25 THEN "artifacts"."created_at" GLOB '*+00:00' WHEN 20 THEN "artifacts"."created_at" GLOB '*Z' WHEN 23 THEN "artifacts"."created_at" GLOB '*.??[0-9]' WHEN 24 THEN "artifacts"."created_at" GLOB '*.??[0-9]Z' WHEN 27 THEN "artifacts"."created_at" GLOB '*.?????[0-9]Z' WHEN 29 THEN "artifacts"."created_at" GLOB '*.??[0-9]+00:00' END WHEN 2 THEN CASE +"artifacts"."created_at" WHEN datetime(julianday("artifacts"."created_at")) THEN CAST(julianday("artifacts"."created_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000 WHEN replace(datetime(julianday("artifacts"."created_at")),' ','T') THEN CAST(julianday("artifacts"."created_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000 END WHEN 1 THEN CASE substr("artifacts"."created_at",1,19) WHEN datetime(julianday("artifacts"."created_at")) THEN CAST(julianday("artifacts"."created_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("artifacts"."created_at",21,3) AS INTEGER) WHEN replace(datetime(julianday("artifacts"."created_at")),' ','T') THEN CAST(julianday("artifacts"."created_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("artifacts"."created_at",21,3) AS INTEGER) ELSE CASE WHEN typeof("artifacts"."created_at")='text' AND julianday("artifacts"."created_at") AND replace(substr("artifacts"."created_at",1,19),'T',' ')=datetime(julianday(substr("artifacts"."created_at",1,19))) THEN CAST(julianday(substr("artifacts"."created_at",1,19))*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("artifacts"."created_at",21,3) AS INTEGER) END END END END;

SAVEPOINT _ts_contract;
UPDATE "task_agents" SET
  "started_at_ms" = CASE WHEN +"task_agents"."started_at">='0001-01-01' THEN CASE CASE length(CAST("task_agents"."started_at" AS BLOB)) WHEN 19 THEN 2 WHEN 26 THEN "task_agents"."started_at" GLOB '*.?????[0-9]' WHEN 32 THEN "task_agents"."started_at" GLOB '*.?????[0-9]+00:00' WHEN 25 THEN "task_agents"."started_at" GLOB '*+00:00' WHEN 20 THEN "task_agents"."started_at" GLOB '*Z' WHEN 23 THEN "task_agents"."started_at" GLOB '*.??[0-9]' WHEN 24 THEN "task_agents"."started_at" GLOB '*.??[0-9]Z' WHEN 27 THEN "task_agents"."started_at" GLOB '*.?????[0-9]Z' WHEN 29 THEN "task_agents"."started_at" GLOB '*.??[0-9]+00:00' END WHEN 2 THEN CASE +"task_agents"."started_at" WHEN datetime(julianday("task_agents"."started_at")) THEN CAST(julianday("task_agents"."started_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000 WHEN replace(datetime(julianday("task_agents"."started_at")),' ','T') THEN CAST(julianday("task_agents"."started_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000 END WHEN 1 THEN CASE substr("task_agents"."started_at",1,19) WHEN datetime(julianday("task_agents"."started_at")) THEN CAST(julianday("task_agents"."started_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("task_agents"."started_at",21,3) AS INTEGER) WHEN replace(datetime(julianday("task_agents"."started_at")),' ','T') THEN CAST(julianday("task_agents"."started_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("task_agents"."started_at",21,3) AS INTEGER) ELSE CASE WHEN typeof("task_agents"."started_at")='text' AND julianday("task_agents"."started_at") AND replace(substr("task_agents"."started_at",1,19),'T',' ')=datetime(julianday(substr("task_agents"."started_at",1,19))) THEN CAST(julianday(substr("task_agents"."started_at",1,19))*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("task_agents"."started_at",21,3) AS INTEGER) END END END END,
  "ended_at_ms" = CASE WHEN +"task_agents"."ended_at">='0001-01-01' THEN CASE CASE length(CAST("task_agents"."ended_at" AS BLOB)) WHEN 19 THEN 2 WHEN 26 THEN "task_agents"."ended_at" GLOB '*.?????[0-9]' WHEN 32 THEN "task_agents"."ended_at" GLOB '*.?????[0-9]+00:00' WHEN 25 THEN "task_agents"."ended_at" GLOB '*+00:00' WHEN 20 THEN "task_agents"."ended_at" GLOB '*Z' WHEN 23 THEN "task_agents"."ended_at" GLOB '*.??[0-9]' WHEN 24 THEN "task_agents"."ended_at" GLOB '*.??[0-9]Z' WHEN 27 THEN "task_agents"."ended_at" GLOB '*.?????[0-9]Z' WHEN 29 THEN "task_agents"."ended_at" GLOB '*.??[0-9]+00:00' END WHEN 2 THEN CASE +"task_agents"."ended_at" WHEN datetime(julianday("task_agents"."ended_at")) THEN CAST(julianday("task_agents"."ended_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000 WHEN replace(datetime(julianday("task_agents"."ended_at")),' ','T') THEN CAST(julianday("task_agents"."ended_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000 END WHEN 1 THEN CASE substr("task_agents"."ended_at",1,19) WHEN datetime(julianday("task_agents"."ended_at")) THEN CAST(julianday("task_agents"."ended_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("task_agents"."ended_at",21,3) AS INTEGER) WHEN replace(datetime(julianday("task_agents"."ended_at")),' ','T') THEN CAST(julianday("task_agents"."ended_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("task_agents"."ended_at",21,3) AS INTEGER) ELSE CASE WHEN typeof("task_agents"."ended_at")='text' AND julianday("task_agents"."ended_at") AND replace(substr("task_agents"."ended_at",1,19),'T',' ')=datetime(julianday(substr("task_agents"."ended_at",1,19))) THEN CAST(julianday(substr("task_agents"."ended_at",1,19))*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("task_agents"."ended_at",21,3) AS INTEGER) END END END END;

SAVEPOINT _ts_contract;
UPDATE "runs" SET
  "started_at_ms" = CASE WHEN +"runs"."started_at">='0001-01-01' THEN CASE CASE length(CAST("runs"."started_at" AS BLOB)) WHEN 19 THEN 2 WHEN 26 THEN "runs"."started_at" GLOB '*.?????[0-9]' WHEN 32 THEN "runs"."started_at" GLOB '*.?????[0-9]+00:00' WHEN 25 THEN "runs"."started_at" GLOB '*+00:00' WHEN 20 THEN "runs"."started_at" GLOB '*Z' WHEN 23 THEN "runs"."started_at" GLOB '*.??[0-9]' WHEN 24 THEN "runs"."started_at" GLOB '*.??[0-9]Z' WHEN 27 THEN "runs"."started_at" GLOB '*.?????[0-9]Z' WHEN 29 THEN "runs"."started_at" GLOB '*.??[0-9]+00:00' END WHEN 2 THEN CASE +"runs"."started_at" WHEN datetime(julianday("runs"."started_at")) THEN CAST(julianday("runs"."started_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000 WHEN replace(datetime(julianday("runs"."started_at")),' ','T') THEN CAST(julianday("runs"."started_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000 END WHEN 1 THEN CASE substr("runs"."started_at",1,19) WHEN datetime(julianday("runs"."started_at")) THEN CAST(julianday("runs"."started_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("runs"."started_at",21,3) AS INTEGER) WHEN replace(datetime(julianday("runs"."started_at")),' ','T') THEN CAST(julianday("runs"."started_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("runs"."started_at",21,3) AS INTEGER) ELSE CASE WHEN typeof("runs"."started_at")='text' AND julianday("runs"."started_at") AND replace(substr("runs"."started_at",1,19),'T',' ')=datetime(julianday(substr("runs"."started_at",1,19))) THEN CAST(julianday(substr("runs"."started_at",1,19))*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("runs"."started_at",21,3) AS INTEGER) END END END END,
  "completed_at_ms" = CASE WHEN +"runs"."completed_at">='0001-01-01' THEN CASE CASE length(CAST("runs"."completed_at" AS BLOB)) WHEN 19 THEN 2 WHEN 26 THEN "runs"."completed_at" GLOB '*.?????[0-9]' WHEN 32 THEN "runs"."completed_at" GLOB '*.?????[0-9]+00:00' WHEN 25 THEN "runs"."completed_at" GLOB '*+00:00' WHEN 20 THEN "runs"."completed_at" GLOB '*Z' WHEN 23 THEN "runs"."completed_at" GLOB '*.??[0-9]' WHEN 24 THEN "runs"."completed_at" GLOB '*.??[0-9]Z' WHEN 27 THEN "runs"."completed_at" GLOB '*.?????[0-9]Z' WHEN 29 THEN "runs"."completed_at" GLOB '*.??[0-9]+00:00' END WHEN 2 THEN CASE +"runs"."completed_at" WHEN datetime(julianday("runs"."completed_at")) THEN CAST(julianday("runs"."completed_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000 WHEN replace(datetime(julianday("runs"."completed_at")),' ','T') THEN CAST(julianday("runs"."completed_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000 END WHEN 1 THEN CASE substr("runs"."completed_at",1,19) WHEN datetime(julianday("runs"."completed_at")) THEN CAST(julianday("runs"."completed_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("runs"."completed_at",21,3) AS INTEGER) WHEN replace(datetime(julianday("runs"."completed_at")),' ','T') THEN CAST(julianday("runs"."completed_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("runs"."completed_at",21,3) AS INTEGER) ELSE CASE WHEN typeof("runs"."completed_at")='text' AND julianday("runs"."completed_at") AND replace(substr("runs"."completed_at",1,19),'T',' ')=datetime(julianday(substr("runs"."completed_at",1,19))) THEN CAST(julianday(substr("runs"."completed_at",1,19))*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("runs"."completed_at",21,3) AS INTEGER) END END END END,
  "lease_until_ms" = CASE WHEN +"runs"."lease_until">='0001-01-01' THEN CASE CASE length(CAST("runs"."lease_until" AS BLOB)) WHEN 19 THEN 2 WHEN 26 THEN "runs"."lease_until" GLOB '*.?????[0-9]' WHEN 32 THEN "runs"."lease_until" GLOB '*.?????[0-9]+00:00' WHEN 25 THEN "runs"."lease_until" GLOB '*+00:00' WHEN 20 THEN "runs"."lease_until" GLOB '*Z' WHEN 23 THEN "runs"."lease_until" GLOB '*.??[0-9]' WHEN 24 THEN "runs"."lease_until" GLOB '*.??[0-9]Z' WHEN 27 THEN "runs"."lease_until" GLOB '*.?????[0-9]Z' WHEN 29 THEN "runs"."lease_until" GLOB '*.??[0-9]+00:00' END WHEN 2 THEN CASE +"runs"."lease_until" WHEN datetime(julianday("runs"."lease_until")) THEN CAST(julianday("runs"."lease_until")*86400.0+0.0002 AS INTEGER)*1000-210866760000000 WHEN replace(datetime(julianday("runs"."lease_until")),' ','T') THEN CAST(julianday("runs"."lease_until")*86400.0+0.0002 AS INTEGER)*1000-210866760000000 END WHEN 1 THEN CASE substr("runs"."lease_until",1,19) WHEN datetime(julianday("runs"."lease_until")) THEN CAST(julianday("runs"."lease_until")*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("runs"."lease_until",21,3) AS INTEGER) WHEN replace(datetime(julianday("runs"."lease_until")),' ','T') THEN CAST(julianday("runs"."lease_until")*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("runs"."lease_until",21,3) AS INTEGER) ELSE CASE WHEN typeof("runs"."lease_until")='text' AND julianday("runs"."lease_until") AND replace(substr("runs"."lease_until",1,19),'T',' ')=datetime(julianday(substr("runs"."lease_until",1,19))) THEN CAST(julianday(substr("runs"."lease_until",1,19))*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("runs"."lease_until",21,3) AS INTEGER) END END END END;

SAVEPOINT _ts_contract;
UPDATE "schema_version" SET
  "applied_at_ms" = CASE WHEN +"schema_version"."applied_at">='0001-01-01' THEN CASE CASE length(CAST("schema_version"."applied_at" AS BLOB)) WHEN 19 THEN 2 WHEN 26 THEN "schema_version"."applied_at" GLOB '*.?????[0-9]' WHEN 32 THEN "schema_version"."applied_at" GLOB '*.?????[0-9]+00:00' WHEN 25 THEN "schema_version"."applied_at" GLOB '*+00:00' WHEN 20 THEN "schema_version"."applied_at" GLOB '*Z' WHEN 23 THEN "schema_version"."applied_at" GLOB '*.??[0-9]' WHEN 24 THEN "schema_version"."applied_at" GLOB '*.??[0-9]Z' WHEN 27 THEN "schema_version"."applied_at" GLOB '*.?????[0-9]Z' WHEN 29 THEN "schema_version"."applied_at" GLOB '*.??[0-9]+00:00' END WHEN 2 THEN CASE +"schema_version"."applied_at" WHEN datetime(julianday("schema_version"."applied_at")) THEN CAST(julianday("schema_version"."applied_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000 WHEN replace(datetime(julianday("schema_version"."applied_at")),' ','T') THEN CAST(julianday("schema_version"."applied_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000 END WHEN 1 THEN CASE substr("schema_version"."applied_at",1,19) WHEN datetime(julianday("schema_version"."applied_at")) THEN CAST(julianday("schema_version"."applied_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("schema_version"."applied_at",21,3) AS INTEGER) WHEN replace(datetime(julianday("schema_version"."applied_at")),' ','T') THEN CAST(julianday("schema_version"."applied_at")*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("schema_version"."applied_at",21,3) AS INTEGER) ELSE CASE WHEN typeof("schema_version"."applied_at")='text' AND julianday("schema_version"."applied_at") AND replace(substr("schema_version"."applied_at",1,19),'T',' ')=datetime(julianday(substr("schema_version"."applied_at",1,19))) THEN CAST(julianday(substr("schema_version"."applied_at",1,19))*86400.0+0.0002 AS INTEGER)*1000-210866760000000+CAST(substr("schema_version"."applied_at",21,3) AS INTEGER) END END END END;

SAVEPOINT _ts_contract;
CREATE TABLE temp._ts_contract_rest (table_name TEXT, column_name TEXT, row_id INTEGER, value, form TEXT, ms INTEGER, PRIMARY KEY (table_name, column_name, row_id)) WITHOUT ROWID;

SAVEPOINT _ts_contract;
INSERT INTO temp._ts_contract_rest SELECT table_name, column_name, row_id, v, form, ms FROM (
WITH _ts_contract_0 AS (SELECT table_name,column_name,row_id,v AS v,CASE typeof(v) WHEN 'text' THEN trim(v,char(9,10,11,12,13,32)) END AS t FROM (SELECT 'chat_sessions' AS table_name, 'created_at' AS column_name, rowid AS row_id, "chat_sessions"."created_at" AS v FROM "chat_sessions" WHERE NOT ("chat_sessions"."created_at" IS NULL) AND "chat_sessions"."created_at_ms" IS NULL
  UNION ALL SELECT 'chat_sessions' AS table_name, 'updated_at' AS column_name, rowid AS row_id, "chat_sessions"."updated_at" AS v FROM "chat_sessions" WHERE NOT ("chat_sessions"."updated_at" IS NULL) AND "chat_sessions"."updated_at_ms" IS NULL
  UNION ALL SELECT 'chat_messages' AS table_name, 'created_at' AS column_name, rowid AS row_id, "chat_messages"."created_at" AS v FROM "chat_messages" WHERE NOT ("chat_messages"."created_at" IS NULL) AND "chat_messages"."created_at_ms" IS NULL
  UNION ALL SELECT 'tasks' AS table_name, 'created_at' AS column_name, rowid AS row_id, "tasks"."created_at" AS v FROM "tasks" WHERE NOT ("tasks"."created_at" IS NULL) AND "tasks"."created_at_ms" IS NULL
  UNION ALL SELECT 'tasks' AS table_name, 'updated_at' AS column_name, rowid AS row_id, "tasks"."updated_at" AS v FROM "tasks" WHERE NOT ("tasks"."updated_at" IS NULL) AND "tasks"."updated_at_ms" IS NULL
  UNION ALL SELECT 'task_lineage' AS table_name, 'created_at' AS column_name, rowid AS row_id, "task_lineage"."created_at" AS v FROM "task_lineage" WHERE NOT ("task_lineage"."created_at" IS NULL) AND "task_lineage"."created_at_ms" IS NULL
  UNION ALL SELECT 'task_audits' AS table_name, 'created_at' AS column_name, rowid AS row_id, "task_audits"."created_at" AS v FROM "task_audits" WHERE NOT ("task_audits"."created_at" IS NULL) AND "task_audits"."created_at_ms" IS NULL
  UNION ALL SELECT 'projects' AS table_name, 'added_at' AS column_name, rowid AS row_id, "projects"."added_at" AS v FROM "projects" WHERE NOT ("projects"."added_at" IS NULL) AND "projects"."added_at_ms" IS NULL
  UNION ALL SELECT 'artifacts' AS table_name, 'created_at' AS column_name, rowid AS row_id, "artifacts"."created_at" AS v FROM "artifacts" WHERE NOT ("artifacts"."created_at" IS NULL) AND "artifacts"."created_at_ms" IS NULL
  UNION ALL SELECT 'task_agents' AS table_name, 'started_at' AS column_name, rowid AS row_id, "task_agents"."started_at" AS v FROM "task_agents" WHERE NOT ("task_agents"."started_at" IS NULL) AND "task_agents"."started_at_ms" IS NULL
  UNION ALL SELECT 'task_agents' AS table_name, 'ended_at' AS column_name, rowid AS row_id, "task_agents"."ended_at" AS v FROM "task_agents" WHERE NOT ("task_agents"."ended_at" IS NULL) AND "task_agents"."ended_at_ms" IS NULL
  UNION ALL SELECT 'runs' AS table_name, 'started_at' AS column_name, rowid AS row_id, "runs"."started_at" AS v FROM "runs" WHERE NOT ("runs"."started_at" IS NULL) AND "runs"."started_at_ms" IS NULL
  UNION ALL SELECT 'runs' AS table_name, 'completed_at' AS column_name, rowid AS row_id, "runs"."completed_at" AS v FROM "runs" WHERE NOT ("runs"."completed_at" IS NULL) AND "runs"."completed_at_ms" IS NULL
  UNION ALL SELECT 'runs' AS table_name, 'lease_until' AS column_name, rowid AS row_id, "runs"."lease_until" AS v FROM "runs" WHERE NOT ("runs"."lease_until" IS NULL) AND "runs"."lease_until_ms" IS NULL
  UNION ALL SELECT 'schema_version' AS table_name, 'applied_at' AS column_name, rowid AS row_id, "schema_version"."applied_at" AS v FROM "schema_version" WHERE NOT ("schema_version"."applied_at" IS NULL) AND "schema_version"."applied_at_ms" IS NULL) LIMIT -1),
_ts_contract_1 AS (SELECT table_name,column_name,row_id,v,CASE WHEN t GLOB '["{/]*' THEN CASE WHEN t GLOB '"*"' THEN substr(t,2,length(t)-2) WHEN replace(t,' ','') GLOB '{"$date":"*"}' THEN substr(replace(t,' ',''),11,length(replace(t,' ',''))-12) WHEN replace(t,' ','') GLOB '{"$date":{"$numberLong":"*"}}' THEN substr(replace(t,' ',''),26,length(replace(t,' ',''))-28) WHEN replace(t,' ','') GLOB '{"$date":*}' THEN substr(replace(t,' ',''),10,length(replace(t,' ',''))-10) WHEN t GLOB '/Date(*[0-9][+-][0-9][0-9][0-9][0-9])/' THEN substr(t,7,length(t)-13) WHEN t GLOB '/Date(*)/' THEN substr(t,7,length(t)-8) ELSE t END ELSE t END AS t,CASE WHEN t GLOB '["{/]*' THEN CASE WHEN t GLOB '"*"' THEN 'json' WHEN replace(t,' ','') GLOB '{"$date":"*"}' THEN 'json' WHEN replace(t,' ','') GLOB '{"$date":{"$numberLong":"*"}}' THEN 'json-ms' WHEN replace(t,' ','') GLOB '{"$date":*}' THEN 'json-ms' WHEN t GLOB '/Date(*[0-9][+-][0-9][0-9][0-9][0-9])/' THEN 'asp-net' WHEN t GLOB '/Date(*)/' THEN 'asp-net' END END AS j FROM _ts_contract_0 LIMIT -1),
_ts_contract_2 AS (SELECT table_name,column_name,row_id,v,CASE WHEN t GLOB '*[+-][0-9][0-9][0-9][0-9] (*)' AND substr(t,instr(t,' (')+2,length(t)-instr(t,' (')-2) NOT GLOB '*[()]*' THEN substr(t,1,instr(t,' (')-1) ELSE t END AS t,j FROM _ts_contract_1 LIMIT -1),
_ts_contract_3 AS (SELECT table_name,column_name,row_id,v,CASE WHEN upper(substr(t,-4)) IN (' UTC',' GMT') AND t NOT GLOB '*[+-][0-9][0-9][0-9][0-9] ???' THEN rtrim(substr(t,1,length(t)-4),char(9,10,11,12,13,32))||'Z' ELSE t END AS t,j FROM _ts_contract_2 LIMIT -1),
_ts_contract_4 AS (SELECT table_name,column_name,row_id,v,t,j,replace(replace(replace(replace(replace(replace(replace(replace(replace(t,'0','9'),'1','9'),'2','9'),'3','9'),'4','9'),'5','9'),'6','9'),'7','9'),'8','9') AS p FROM _ts_contract_3 LIMIT -1),
_ts_contract_5 AS (SELECT table_name,column_name,row_id,v,t,j,p,CASE  WHEN typeof(v)='blob' THEN CASE WHEN length(v)>0 AND instr(v,x'00')=0 AND CAST(v AS TEXT) NOT GLOB '*[^ -~]*' THEN 'text-blob' ELSE 'blob' END ELSE CASE typeof(v) WHEN 'null' THEN 'null' WHEN 'integer' THEN 'number' WHEN 'real' THEN 'number' ELSE CASE WHEN instr(v,char(0)) THEN 'garbage' WHEN j IN ('json-ms','asp-net') THEN CASE WHEN substr(t,1+(t GLOB '-*')) NOT GLOB '*[^0-9]*' AND length(ltrim(t,'-')) BETWEEN 1 AND 18 THEN 'ms' ELSE 'garbage' END WHEN j='json' THEN CASE WHEN p GLOB '9999-99-99*' THEN 'json' ELSE 'garbage' END WHEN p GLOB '9999-99-99 99:99:99* [+-]9999 *' THEN 'go' WHEN p GLOB '9999-99-99[Tt ]99:99*[[]*[]]' THEN 'rfc-9557' WHEN p GLOB '9999-99-99-99.99.99*' THEN 'db2' WHEN p GLOB '9999-99-99*' THEN 'extended' WHEN (substr(p,1+(p GLOB '[+-]*')) GLOB '9*' AND (substr(p,1+(p GLOB '[+-]*')) NOT GLOB '*[^9.]*' AND substr(p,1+(p GLOB '[+-]*')) NOT GLOB '*.*.*' OR instr(lower(substr(p,1+(p GLOB '[+-]*'))),'e')>3 AND substr(substr(p,1+(p GLOB '[+-]*')),1,2)='9.' AND rtrim(substr(substr(p,1+(p GLOB '[+-]*')),3,instr(lower(substr(p,1+(p GLOB '[+-]*'))),'e')-3),'9')='' AND substr(substr(p,1+(p GLOB '[+-]*')),instr(lower(substr(p,1+(p GLOB '[+-]*'))),'e')+1) IN ('9','99','+9','+99'))) THEN 'number' WHEN p GLOB '99999999[Tt]999999*' THEN 'basic' WHEN p GLOB '99999999999999*[Zz]' OR p GLOB '99999999999999*[+-]99*' THEN 'ldap' WHEN p GLOB '9999-W99-9*' THEN 'week' WHEN p='9999-999' OR p GLOB '9999-999[Tt ]*' THEN 'ordinal' WHEN p GLOB '9999/99/99*' THEN 'slashes' WHEN p GLOB '9999:99:99 99:99:99*' THEN 'exif' WHEN p GLOB '[A-Za-z][A-Za-z][A-Za-z] [A-Za-z][A-Za-z][A-Za-z] [9 ]9 99:99:99 9999' THEN 'ctime' WHEN p GLOB '[A-Za-z][A-Za-z][A-Za-z] [A-Za-z][A-Za-z][A-Za-z] [9 ]9 99:99:99 [Uu][Tt][Cc] 9999' OR p GLOB '[A-Za-z][A-Za-z][A-Za-z] [A-Za-z][A-Za-z][A-Za-z] [9 ]9 99:99:99 [Gg][Mm][Tt] 9999' THEN 'unix-date' WHEN p GLOB '[A-Za-z][A-Za-z][A-Za-z] [A-Za-z][A-Za-z][A-Za-z] [9 ]9 99:99:99 [+-]9999 9999' THEN 'ruby-date' WHEN p GLOB '[A-Za-z][A-Za-z][A-Za-z] [A-Za-z][A-Za-z][A-Za-z] 99 9999 99:99:99 GMT[+-]9999' THEN 'javascript' WHEN p GLOB '99 [A-Za-z][A-Za-z][A-Za-z] 9999 99:99:99*' OR p GLOB '9 [A-Za-z][A-Za-z][A-Za-z] 9999 99:99:99*' OR p GLOB '[A-Za-z][A-Za-z][A-Za-z], 99 [A-Za-z][A-Za-z][A-Za-z] 9999 99:99:99*' OR p GLOB '[A-Za-z][A-Za-z][A-Za-z], 9 [A-Za-z][A-Za-z][A-Za-z] 9999 99:99:99*' THEN 'rfc-2822' ELSE 'garbage' END END END AS s,p AS w FROM _ts_contract_4 LIMIT -1),
_ts_contract_6 AS (SELECT table_name,column_name,row_id,v,t,j,p,s,w,CASE WHEN s='number' AND t IS NOT NULL THEN substr(t,1+(t GLOB '[+-]*')) END AS a FROM _ts_contract_5 LIMIT -1),
_ts_contract_7 AS (SELECT table_name,column_name,row_id,v,t,j,p,s,w,a,ltrim(CASE instr(lower(a),'e') WHEN 0 THEN substr(a,1,instr(a||'.','.')-1) ELSE substr(substr(a,1,1)||substr(a,3,instr(lower(a),'e')-3)||'00000000000000000000',1,1+CAST(substr(a,instr(lower(a),'e')+1) AS INTEGER)) END,'0') AS i,rtrim(CASE instr(lower(a),'e') WHEN 0 THEN substr(a,instr(a||'.','.')+1) ELSE substr(substr(a,1,1)||substr(a,3,instr(lower(a),'e')-3),1+CAST(substr(a,instr(lower(a),'e')+1) AS INTEGER)+1) END,'0') AS k FROM _ts_contract_6 LIMIT -1),
_ts_contract_8 AS (SELECT table_name,column_name,row_id,v,t,j,p,s,w,a,i,k,CASE s WHEN 'number' THEN CASE typeof(v) WHEN 'text' THEN CASE WHEN length(i)<19 OR length(i)=19 AND i<='9223372036854775807' THEN CASE WHEN t GLOB '-*' THEN -CAST(i AS INTEGER) ELSE CAST(i AS INTEGER) END END WHEN 'real' THEN CASE WHEN v>-9.2e18 AND v<9.2e18 AND v=CAST(v AS INTEGER) THEN CAST(v AS INTEGER) ELSE v END ELSE v END WHEN 'ms' THEN CAST(t AS INTEGER) END AS n FROM _ts_contract_7 LIMIT -1),
_ts_contract_9 AS (SELECT table_name,column_name,row_id,v,t,j,p,s,w,a,i,k,n,CASE WHEN s IN ('ctime','unix-date','ruby-date','javascript') THEN CASE s WHEN 'javascript' THEN substr(t,12,4) ELSE substr(t,-4) END||'-'||CASE instr('janfebmaraprmayjunjulaugsepoctnovdec',lower(substr(t,5,3)))%3 WHEN 1 THEN substr('0'||((instr('janfebmaraprmayjunjulaugsepoctnovdec',lower(substr(t,5,3)))+2)/3),-2) ELSE '99' END||'-'||replace(substr(t,9,2),' ','0')||' '||CASE s WHEN 'javascript' THEN substr(t,17,8)||substr(t,29,5) ELSE substr(t,12,8)||CASE s WHEN 'ruby-date' THEN substr(t,21,5) WHEN 'unix-date' THEN 'Z' ELSE '' END END ELSE CASE s WHEN 'extended' THEN t WHEN 'json' THEN t WHEN 'go' THEN (SELECT CASE WHEN (name IN (' +99',' -99',' +9999',' -9999') OR name GLOB ' [A-Za-z]*' AND ltrim(substr(name,2),'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz')='' AND length(name)<8) AND m GLOB '[+-]9*' AND substr(m,2) NOT GLOB '*[^9.]*' AND m NOT GLOB '*.*.*' AND m NOT GLOB '*.' THEN f ELSE '' END FROM (SELECT f,CASE instr(b,' m=') WHEN 0 THEN b ELSE substr(b,1,instr(b,' m=')-1) END AS name,CASE instr(b,' m=') WHEN 0 THEN '+9' ELSE substr(b,instr(b,' m=')+3) END AS m FROM (SELECT substr(t,1,24+i) AS f,substr(p,25+i) AS b FROM (SELECT instr(substr(t,20),' ') AS i LIMIT 1) LIMIT 1) LIMIT 1) LIMIT 1) WHEN 'rfc-9557' THEN CASE WHEN instr(substr(t,instr(t,'[')),'[]')=0 AND replace(substr(substr(t,instr(t,'[')),2,length(substr(t,instr(t,'[')))-2),'][','') NOT GLOB '*[][]*' THEN substr(t,1,instr(t,'[')-1) ELSE '' END WHEN 'slashes' THEN replace(substr(t,1,10),'/','-')||substr(t,11) WHEN 'exif' THEN replace(substr(t,1,10),':','-')||substr(t,11) WHEN 'db2' THEN substr(t,1,10)||' '||replace(substr(t,12,8),'.',':')||substr(t,20) WHEN 'packed' THEN substr(t,1,4)||'-'||substr(t,5,2)||'-'||substr(t,7,2)||' '||substr(t||'000000',9,2)||':'||substr(t||'000000',11,2)||':'||substr(t||'000000',13,2)||CASE WHEN length(t)>14 THEN '.'||substr(t,15) ELSE '' END WHEN 'basic' THEN substr(t,1,4)||'-'||substr(t,5,2)||'-'||substr(t,7,2)||' '||substr(t,10,2)||':'||substr(t,12,2)||':'||substr(t,14) WHEN 'ldap' THEN substr(t,1,4)||'-'||substr(t,5,2)||'-'||substr(t,7,2)||' '||substr(t,9,2)||':'||substr(t,11,2)||':'||substr(t,13) WHEN 'week' THEN CASE WHEN strftime('%Y',date(substr(t,1,4)||'-01-04',((substr(t,7,2)-1)*7-(strftime('%w',substr(t,1,4)||'-01-04')+6)%7)||' days'),'3 days')=substr(t,1,4) AND substr(t,10,1) BETWEEN '1' AND '7' THEN date(date(substr(t,1,4)||'-01-04',((substr(t,7,2)-1)*7-(strftime('%w',substr(t,1,4)||'-01-04')+6)%7)||' days'),(substr(t,10,1)-1)||' days') ELSE '0001-99-99' END||substr(t,11) WHEN 'ordinal' THEN CASE WHEN substr(date(substr(t,1,4)||'-01-01',(substr(t,6,3)-1)||' days'),1,4)=substr(t,1,4) THEN date(substr(t,1,4)||'-01-01',(substr(t,6,3)-1)||' days') ELSE '0001-99-99' END||substr(t,9) WHEN 'rfc-2822' THEN (SELECT substr(q,8,4)||'-'||CASE instr('janfebmaraprmayjunjulaugsepoctnovdec',lower(substr(q,4,3)))%3 WHEN 1 THEN substr('0'||((instr('janfebmaraprmayjunjulaugsepoctnovdec',lower(substr(q,4,3)))+2)/3),-2) ELSE '99' END||'-'||substr(q,1,2)||substr(q,12) FROM (SELECT substr('0'||CASE WHEN p GLOB '9*' THEN t ELSE substr(t,6) END,1+(p GLOB '99 *' OR p GLOB '???, 99 *')) AS q LIMIT 1) LIMIT 1) END END AS u FROM _ts_contract_8 LIMIT -1),
_ts_contract_10 AS (SELECT table_name,column_name,row_id,v,t,j,replace(replace(replace(replace(replace(replace(replace(replace(replace(substr(u,11),'0','9'),'1','9'),'2','9'),'3','9'),'4','9'),'5','9'),'6','9'),'7','9'),'8','9') AS p,s,w,a,i,k,n,u,substr(u,1,10) AS d,substr(u,11) AS r FROM _ts_contract_9 LIMIT -1),
_ts_contract_11 AS (SELECT table_name,column_name,row_id,v,t,j,p,s,w,a,i,k,n,u,d,r,substr(r,length(r)+1-CASE WHEN p GLOB '* [Zz]' THEN 2 WHEN p GLOB '*[Zz]' THEN 1 WHEN p GLOB '* [+-]99:99:99' THEN 10 WHEN p GLOB '*[+-]99:99:99' THEN 9 WHEN p GLOB '* [+-]999999' THEN 8 WHEN p GLOB '*[+-]999999' THEN 7 WHEN p GLOB '* [+-]99:99' THEN 7 WHEN p GLOB '*[+-]99:99' THEN 6 WHEN p GLOB '* [+-]9999' THEN 6 WHEN p GLOB '*[+-]9999' THEN 5 WHEN p GLOB '* [+-]99' THEN 4 WHEN p GLOB '*[+-]99' THEN 3 ELSE 0 END) AS z FROM _ts_contract_10 LIMIT -1),
_ts_contract_12 AS (SELECT table_name,column_name,row_id,v,t,j,substr(p,2,length(p)-length(z)-1) AS p,s,w,a,i,k,n,u,d,r,replace(ltrim(z),':','') AS z,substr(r,2,length(r)-length(z)-1) AS x,substr(r,1,length(r)>length(z)) AS g FROM _ts_contract_11 LIMIT -1),
_ts_contract_13 AS (SELECT table_name,column_name,row_id,v,t,j,p,s,w,a,i,k,n,u,d,r,z,x,g,CASE s WHEN 'number' THEN CASE WHEN v NOT GLOB '*-*' AND coalesce(k,'')='' AND (SELECT length(q) IN (8,10,12,14,17,20) AND substr(q,1,4) BETWEEN '1900' AND '2199' AND substr(q,9,2)<='23' AND substr(q,11,2)<='59' AND substr(q,13,2)<='59' AND date(substr(q,1,4)||'-'||substr(q,5,2)||'-'||substr(q,7,2),'0 days')=substr(q,1,4)||'-'||substr(q,5,2)||'-'||substr(q,7,2) FROM (SELECT CASE WHEN typeof(v)='text' THEN i WHEN typeof(n)='integer' THEN CAST(n AS TEXT) END AS q LIMIT 1) LIMIT 1) THEN 'digits' WHEN n IS NULL OR NOT (n>-1e17 AND n<1e17) THEN 'out-of-range' WHEN n>-1e8 AND n<1e8 THEN 'bare-number' WHEN n>-1e11 AND n<1e11 THEN 'seconds' WHEN n>=19e12 AND n<21e12 THEN 'digits' WHEN n>-1e14 AND n<1e14 THEN 'milliseconds' ELSE 'microseconds' END WHEN 'ms' THEN replace(j,'-ms','') ELSE CASE WHEN u IS NULL THEN s WHEN NOT CASE WHEN s IN ('basic','packed') THEN (p='99:99:99' OR p GLOB '99:99:99[.,]9*' AND rtrim(substr(p,10),'9')='') WHEN s IN ('go','ldap','exif','db2') THEN (p='99:99:99' OR p GLOB '99:99:99[.,]9*' AND rtrim(substr(p,10),'9')='') AND CASE s WHEN 'exif' THEN g=' ' WHEN 'db2' THEN z='' ELSE z<>'' END WHEN s='rfc-9557' THEN (p='99:99' OR (p='99:99:99' OR p GLOB '99:99:99[.,]9*' AND rtrim(substr(p,10),'9')='')) AND z<>'' WHEN s='rfc-2822' THEN p='99:99:99' WHEN s='ctime' THEN p='99:99:99' AND z='' WHEN s IN ('unix-date','ruby-date','javascript') THEN p='99:99:99' AND z<>'' ELSE g||z='' OR g IN ('T','t',' ') AND (p='99:99' OR (p='99:99:99' OR p GLOB '99:99:99[.,]9*' AND rtrim(substr(p,10),'9')='')) END THEN 'garbage' WHEN substr(d,1,4)='0000' THEN 'out-of-range' WHEN date(d,'0 days') IS NOT d THEN 'impossible-date' WHEN substr(x,1,2)>'23' OR substr(x,4,2)>'59' OR substr(x,7,2)>'59' OR substr(z,2,2)>'23' OR substr(z,4,2)>'59' OR substr(z,6,2)>'59' THEN 'impossible-time' WHEN s<>'extended' THEN s WHEN g='' THEN 'date' WHEN p='99:99' THEN 'minutes' WHEN z<>'' THEN 'iso-zone' WHEN g=' ' THEN 'datetime' ELSE 'iso-local' END END AS form FROM _ts_contract_12 LIMIT -1),
_ts_contract_14 AS (SELECT table_name,column_name,row_id,v,t,j,p,s,w,a,i,k,n,u,d,r,z,x,g,CASE form WHEN 'garbage' THEN CASE WHEN instr(v,char(0)) OR j IS NOT NULL THEN 'garbage' WHEN t='' THEN 'empty' WHEN lower(t) IN ('null','none','nat','nan','nil','undefined') THEN 'null-word' WHEN lower(t)='now' THEN 'now' WHEN lower(t) IN ('infinity','-infinity') THEN 'infinity' WHEN w GLOB '99:99*' THEN 'time-only' WHEN (w GLOB '[-+9]9*' AND rtrim(substr(w,2,instr(substr(w,2),'-')-1),'9')='' AND (substr(w,instr(substr(w,2),'-')+1)='-99-99' OR substr(w,instr(substr(w,2),'-')+1) GLOB '-99-99[Tt ]*') AND CASE WHEN w GLOB '-*' THEN length(substr(w,2,instr(substr(w,2),'-')-1))>3 ELSE length(ltrim(ltrim(substr(t,1,instr(substr(t,2),'-')),'+'),'0'))>4 END) THEN 'out-of-range' WHEN length(w)-length(rtrim(w,'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz')) BETWEEN 3 AND 5 AND (rtrim(w,'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz') GLOB '9999-99-99[Tt ]99:99*[9 ]' OR rtrim(w,'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz') GLOB '* 9999 99:99:99 ') OR w GLOB '* 9999' AND length(w) BETWEEN 28 AND 30 AND rtrim(substr(w,1,length(w)-5),'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz') GLOB '[A-Za-z][A-Za-z][A-Za-z] [A-Za-z][A-Za-z][A-Za-z] [9 ]9 99:99:99 ' OR w GLOB '9999-99-99[Tt ]99:99*[[]?*[]]' THEN 'zone-name' WHEN w GLOB '9[/.-]9[/.-]99*' OR w GLOB '9[/.-]99[/.-]99*' OR w GLOB '99[/.-]9[/.-]99*' OR w GLOB '99[/.-]99[/.-]99*' THEN 'day-month' WHEN ltrim(w,'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz, ')||' ' GLOB '9-[A-Za-z][A-Za-z][A-Za-z]-99[^9]*' OR ltrim(w,'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz, ')||' ' GLOB '99-[A-Za-z][A-Za-z][A-Za-z]-99[^9]*' THEN 'century' WHEN length(t)=36 AND t GLOB '????????-????-????-????-????????????' AND length(replace(t,'-',''))=32 AND replace(t,'-','') NOT GLOB '*[^0-9A-Fa-f]*' OR length(t)=24 AND t NOT GLOB '*[^0-9A-Fa-f]*' OR length(t)=26 AND t GLOB '[0-7]*' AND t NOT GLOB '*[^0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]*' THEN 'id' ELSE 'garbage' END ELSE form END AS form,CASE WHEN u IS NOT NULL AND form NOT IN ('garbage','out-of-range','impossible-date','impossible-time') THEN CAST(ROUND((julianday(d||' '||substr(x||substr('00:00:00',length(x)+1),1,8))-2440587.5)*86400.0) AS INTEGER) END AS l,CAST(substr(substr(x,10,3)||'000',1,3) AS INTEGER) AS m FROM _ts_contract_13 LIMIT -1),
_ts_contract_15 AS (SELECT table_name,column_name,row_id,v,t,j,p,s,w,a,i,k,n,u,d,r,z,x,g,form,l,m,CASE WHEN z='' THEN 0 WHEN z IN ('Z','z') THEN 0 ELSE (substr(z,2,2)*3600+substr(z,4,2)*60+substr(z,6,2))*CASE substr(z,1,1) WHEN '-' THEN -1 ELSE 1 END END AS o FROM _ts_contract_14 LIMIT -1),
_ts_contract_16 AS (SELECT table_name,column_name,row_id,v,t,j,p,s,w,a,i,k,n,u,d,r,z,x,g,form AS form,l,m,o,CASE WHEN s='ms' THEN n ELSE CASE form WHEN 'seconds' THEN CASE typeof(n) WHEN 'integer' THEN n*1000+CASE WHEN coalesce(k,'')='' THEN 0 WHEN t GLOB '-*' THEN -CAST(substr(k||'00',1,3) AS INTEGER)-(length(k)>3) ELSE CAST(substr(k||'00',1,3) AS INTEGER) END ELSE (CAST(ROUND(n*1000000.0) AS INTEGER)/1000-(CAST(ROUND(n*1000000.0) AS INTEGER)%1000<0)) END+0 WHEN 'milliseconds' THEN CASE typeof(n) WHEN 'integer' THEN n-coalesce(k<>'' AND t GLOB '-*',0) ELSE (CAST(ROUND(n*1000.0) AS INTEGER)/1000-(CAST(ROUND(n*1000.0) AS INTEGER)%1000<0)) END+0 WHEN 'microseconds' THEN CASE typeof(n) WHEN 'integer' THEN CASE WHEN coalesce(k,'')='' THEN (n/1000-(n%1000<0)) ELSE ((n-(k<>'' AND t GLOB '-*'))/1000-((n-(k<>'' AND t GLOB '-*'))%1000<0)) END ELSE (CAST(ROUND(n*1.0) AS INTEGER)/1000-(CAST(ROUND(n*1.0) AS INTEGER)%1000<0)) END+0 ELSE (l-o)*1000+m END END AS ms FROM _ts_contract_15 LIMIT -1),
_ts_contract_17 AS (SELECT table_name,column_name,row_id,v,t,j,p,s,w,a,i,k,n,u,d,r,z,x,g,CASE WHEN ms NOT BETWEEN -62135596800000 AND 253402300799999 THEN 'out-of-range' ELSE form END AS form,l,m,o,CASE WHEN ms NOT BETWEEN -62135596800000 AND 253402300799999 THEN NULL ELSE ms END AS ms FROM _ts_contract_16 LIMIT -1) SELECT table_name,column_name,row_id,v,form,ms FROM _ts_contract_17 LIMIT -1
);

SAVEPOINT _ts_contract;
UPDATE "chat_sessions" SET "created_at_ms" = (SELECT ms FROM temp._ts_contract_rest WHERE table_name = 'chat_sessions' AND column_name = 'created_at' AND ms IS NOT NULL AND row_id = "chat_sessions".rowid) WHERE rowid IN (SELECT row_id FROM temp._ts_contract_rest WHERE table_name = 'chat_sessions' AND column_name = 'created_at' AND ms IS NOT NULL);

SAVEPOINT _ts_contract;
UPDATE "chat_sessions" SET "updated_at_ms" = (SELECT ms FROM temp._ts_contract_rest WHERE table_name = 'chat_sessions' AND column_name = 'updated_at' AND ms IS NOT NULL AND row_id = "chat_sessions".rowid) WHERE rowid IN (SELECT row_id FROM temp._ts_contract_rest WHERE table_name = 'chat_sessions' AND column_name = 'updated_at' AND ms IS NOT NULL);

SAVEPOINT _ts_contract;
UPDATE "chat_messages" SET "created_at_ms" = (SELECT ms FROM temp._ts_contract_rest WHERE table_name = 'chat_messages' AND column_name = 'created_at' AND ms IS NOT NULL AND row_id = "chat_messages".rowid) WHERE rowid IN (SELECT row_id FROM temp._ts_contract_rest WHERE table_name = 'chat_messages' AND column_name = 'created_at' AND ms IS NOT NULL);

SAVEPOINT _ts_contract;
UPDATE "tasks" SET "created_at_ms" = (SELECT ms FROM temp._ts_contract_rest WHERE table_name = 'tasks' AND column_name = 'created_at' AND ms IS NOT NULL AND row_id = "tasks".rowid) WHERE rowid IN (SELECT row_id FROM temp._ts_contract_rest WHERE table_name = 'tasks' AND column_name = 'created_at' AND ms IS NOT NULL);

SAVEPOINT _ts_contract;
UPDATE "tasks" SET "updated_at_ms" = (SELECT ms FROM temp._ts_contract_rest WHERE table_name = 'tasks' AND column_name = 'updated_at' AND ms IS NOT NULL AND row_id = "tasks".rowid) WHERE rowid IN (SELECT row_id FROM temp._ts_contract_rest WHERE table_name = 'tasks' AND column_name = 'updated_at' AND ms IS NOT NULL);

SAVEPOINT _ts_contract;
UPDATE "task_lineage" SET "created_at_ms" = (SELECT ms FROM temp._ts_contract_rest WHERE table_name = 'task_lineage' AND column_name = 'created_at' AND ms IS NOT NULL AND row_id = "task_lineage".rowid) WHERE rowid IN (SELECT row_id FROM temp._ts_contract_rest WHERE table_name = 'task_lineage' AND column_name = 'created_at' AND ms IS NOT NULL);

SAVEPOINT _ts_contract;
UPDATE "task_audits" SET "created_at_ms" = (SELECT ms FROM temp._ts_contract_rest WHERE table_name = 'task_audits' AND column_name = 'created_at' AND ms IS NOT NULL AND row_id = "task_audits".rowid) WHERE rowid IN (SELECT row_id FROM temp._ts_contract_rest WHERE table_name = 'task_audits' AND column_name = 'created_at' AND ms IS NOT NULL);

SAVEPOINT _ts_contract;
UPDATE "projects" SET "added_at_ms" = (SELECT ms FROM temp._ts_contract_rest WHERE table_name = 'projects' AND column_name = 'added_at' AND ms IS NOT NULL AND row_id = "projects".rowid) WHERE rowid IN (SELECT row_id FROM temp._ts_contract_rest WHERE table_name = 'projects' AND column_name = 'added_at' AND ms IS NOT NULL);

SAVEPOINT _ts_contract;
UPDATE "artifacts" SET "created_at_ms" = (SELECT ms FROM temp._ts_contract_rest WHERE table_name = 'artifacts' AND column_name = 'created_at' AND ms IS NOT NULL AND row_id = "artifacts".rowid) WHERE rowid IN (SELECT row_id FROM temp._ts_contract_rest WHERE table_name = 'artifacts' AND column_name = 'created_at' AND ms IS NOT NULL);

SAVEPOINT _ts_contract;
UPDATE "task_agents" SET "started_at_ms" = (SELECT ms FROM temp._ts_contract_rest WHERE table_name = 'task_agents' AND column_name = 'started_at' AND ms IS NOT NULL AND row_id = "task_agents".rowid) WHERE rowid IN (SELECT row_id FROM temp._ts_contract_rest WHERE table_name = 'task_agents' AND column_name = 'started_at' AND ms IS NOT NULL);

SAVEPOINT _ts_contract;
UPDATE "task_agents" SET "ended_at_ms" = (SELECT ms FROM temp._ts_contract_rest WHERE table_name = 'task_agents' AND column_name = 'ended_at' AND ms IS NOT NULL AND row_id = "task_agents".rowid) WHERE rowid IN (SELECT row_id FROM temp._ts_contract_rest WHERE table_name = 'task_agents' AND column_name = 'ended_at' AND ms IS NOT NULL);

SAVEPOINT _ts_contract;
UPDATE "runs" SET "started_at_ms" = (SELECT ms FROM temp._ts_contract_rest WHERE table_name = 'runs' AND column_name = 'started_at' AND ms IS NOT NULL AND row_id = "runs".rowid) WHERE rowid IN (SELECT row_id FROM temp._ts_contract_rest WHERE table_name = 'runs' AND column_name = 'started_at' AND ms IS NOT NULL);

SAVEPOINT _ts_contract;
UPDATE "runs" SET "completed_at_ms" = (SELECT ms FROM temp._ts_contract_rest WHERE table_name = 'runs' AND column_name = 'completed_at' AND ms IS NOT NULL AND row_id = "runs".rowid) WHERE rowid IN (SELECT row_id FROM temp._ts_contract_rest WHERE table_name = 'runs' AND column_name = 'completed_at' AND ms IS NOT NULL);

SAVEPOINT _ts_contract;
UPDATE "runs" SET "lease_until_ms" = (SELECT ms FROM temp._ts_contract_rest WHERE table_name = 'runs' AND column_name = 'lease_until' AND ms IS NOT NULL AND row_id = "runs".rowid) WHERE rowid IN (SELECT row_id FROM temp._ts_contract_rest WHERE table_name = 'runs' AND column_name = 'lease_until' AND ms IS NOT NULL);

SAVEPOINT _ts_contract;
UPDATE "schema_version" SET "applied_at_ms" = (SELECT ms FROM temp._ts_contract_rest WHERE table_name = 'schema_version' AND column_name = 'applied_at' AND ms IS NOT NULL AND row_id = "schema_version".rowid) WHERE rowid IN (SELECT row_id FROM temp._ts_contract_rest WHERE table_name = 'schema_version' AND column_name = 'applied_at' AND ms IS NOT NULL);

SAVEPOINT _ts_contract;
INSERT OR REPLACE INTO "_ts_contract_quarantine" SELECT table_name, column_name, json_object((SELECT CASE WHEN total(pk > 0) = 1 AND max(CASE WHEN pk > 0 THEN upper(type) END) = 'INTEGER' THEN max(CASE WHEN pk > 0 THEN name END) ELSE 'rowid' END FROM pragma_table_info(table_name)), row_id), value, form,
  CASE form WHEN 'empty' THEN 'an empty text' WHEN 'null-word' THEN 'a word for NULL instead of NULL' WHEN 'now' THEN 'the word now names no instant' WHEN 'infinity' THEN 'infinity is not an instant; list it in null-values' WHEN 'time-only' THEN 'a time without a date' WHEN 'zone-name' THEN 'the abbreviation or name of a zone does not tell the offset; write the offset' WHEN 'day-month' THEN 'the order of day and month is not told; write 2024-02-01' WHEN 'century' THEN 'the century is not told; write the year with four digits' WHEN 'id' THEN 'an id, not a timestamp' WHEN 'bare-number' THEN 'a number too small for an epoch in 1970; declare its storage: seconds, apple-seconds, julian-day, ole-days, or a unit and an epoch' WHEN 'digits' THEN 'either an epoch or a packed date like YYYYMMDDHHMMSS; declare its storage: packed, seconds, milliseconds or microseconds' WHEN 'unpacked' THEN 'not the digits of a packed date, YYYYMMDD to YYYYMMDDHHMMSSffffff' WHEN 'like-seconds' THEN 'looks like seconds, but another storage is declared; correct it, or declare unit and epoch instead of a name' WHEN 'like-milliseconds' THEN 'looks like milliseconds, but another storage is declared; correct it, or declare unit and epoch instead of a name' WHEN 'like-microseconds' THEN 'looks like microseconds, but another storage is declared; correct it, or declare unit and epoch instead of a name' WHEN 'impossible-date' THEN 'a day that the calendar does not have' WHEN 'impossible-time' THEN 'a time that the clock does not have' WHEN 'overlap' THEN 'a local time that happened twice; set on-overlap' WHEN 'gap' THEN 'a local time that never happened; set on-gap' WHEN 'far-future' THEN 'the zone''s rules after 2199 are open' WHEN 'out-of-range' THEN 'outside the years 1 to 9999; declare the storage of a number of 17 to 19 digits: nanoseconds, apple-nanoseconds, webkit-microseconds, filetime or dotnet-ticks' WHEN 'implausible' THEN 'outside valid-range, which a CHECK enforces' WHEN 'text-blob' THEN 'a blob that holds text; CAST it to TEXT' WHEN 'blob' THEN 'a blob' WHEN 'garbage' THEN 'no date-time form that is known' ELSE 'not converted' END
  FROM temp._ts_contract_rest WHERE ms IS NULL;

SAVEPOINT _ts_contract;
DROP TABLE temp._ts_contract_rest;

SAVEPOINT _ts_contract;
DROP TRIGGER "_ts_contract_chat_sessions_guard";

SAVEPOINT _ts_contract;
DROP TRIGGER "_ts_contract_chat_messages_guard";

SAVEPOINT _ts_contract;
DROP TRIGGER "_ts_contract_tasks_guard";

SAVEPOINT _ts_contract;
DROP TRIGGER "_ts_contract_task_lineage_guard";

SAVEPOINT _ts_contract;
DROP TRIGGER "_ts_contract_task_audits_guard";

SAVEPOINT _ts_contract;
DROP TRIGGER "_ts_contract_projects_guard";

SAVEPOINT _ts_contract;
DROP TRIGGER "_ts_contract_artifacts_guard";

SAVEPOINT _ts_contract;
DROP TRIGGER "_ts_contract_task_agents_guard";

SAVEPOINT _ts_contract;
DROP TRIGGER "_ts_contract_runs_guard";

SAVEPOINT _ts_contract;
DROP TRIGGER "_ts_contract_schema_version_guard";

INSERT INTO temp._ts_contract_done SELECT 64 WHERE (SELECT count(*) FROM "chat_sessions" WHERE "chat_sessions"."created_at_ms" IS NULL AND NOT ("chat_sessions"."created_at" IS NULL)) <= (SELECT count(*) FROM "_ts_contract_quarantine" WHERE table_name = 'chat_sessions' AND column_name = 'created_at') AND (SELECT count(*) FROM "chat_sessions" WHERE "chat_sessions"."updated_at_ms" IS NULL AND NOT ("chat_sessions"."updated_at" IS NULL)) <= (SELECT count(*) FROM "_ts_contract_quarantine" WHERE table_name = 'chat_sessions' AND column_name = 'updated_at') AND (SELECT count(*) FROM "chat_messages" WHERE "chat_messages"."created_at_ms" IS NULL AND NOT ("chat_messages"."created_at" IS NULL)) <= (SELECT count(*) FROM "_ts_contract_quarantine" WHERE table_name = 'chat_messages' AND column_name = 'created_at') AND (SELECT count(*) FROM "tasks" WHERE "tasks"."created_at_ms" IS NULL AND NOT ("tasks"."created_at" IS NULL)) <= (SELECT count(*) FROM "_ts_contract_quarantine" WHERE table_name = 'tasks' AND column_name = 'created_at') AND (SELECT count(*) FROM "tasks" WHERE "tasks"."updated_at_ms" IS NULL AND NOT ("tasks"."updated_at" IS NULL)) <= (SELECT count(*) FROM "_ts_contract_quarantine" WHERE table_name = 'tasks' AND column_name = 'updated_at') AND (SELECT count(*) FROM "task_lineage" WHERE "task_lineage"."created_at_ms" IS NULL AND NOT ("task_lineage"."created_at" IS NULL)) <= (SELECT count(*) FROM "_ts_contract_quarantine" WHERE table_name = 'task_lineage' AND column_name = 'created_at') AND (SELECT count(*) FROM "task_audits" WHERE "task_audits"."created_at_ms" IS NULL AND NOT ("task_audits"."created_at" IS NULL)) <= (SELECT count(*) FROM "_ts_contract_quarantine" WHERE table_name = 'task_audits' AND column_name = 'created_at') AND (SELECT count(*) FROM "projects" WHERE "projects"."added_at_ms" IS NULL AND NOT ("projects"."added_at" IS NULL)) <= (SELECT count(*) FROM "_ts_contract_quarantine" WHERE table_name = 'projects' AND column_name = 'added_at') AND (SELECT count(*) FROM "artifacts" WHERE "artifacts"."created_at_ms" IS NULL AND NOT ("artifacts"."created_at" IS NULL)) <= (SELECT count(*) FROM "_ts_contract_quarantine" WHERE table_name = 'artifacts' AND column_name = 'created_at') AND (SELECT count(*) FROM "task_agents" WHERE "task_agents"."started_at_ms" IS NULL AND NOT ("task_agents"."started_at" IS NULL)) <= (SELECT count(*) FROM "_ts_contract_quarantine" WHERE table_name = 'task_agents' AND column_name = 'started_at') AND (SELECT count(*) FROM "task_agents" WHERE "task_agents"."ended_at_ms" IS NULL AND NOT ("task_agents"."ended_at" IS NULL)) <= (SELECT count(*) FROM "_ts_contract_quarantine" WHERE table_name = 'task_agents' AND column_name = 'ended_at') AND (SELECT count(*) FROM "runs" WHERE "runs"."started_at_ms" IS NULL AND NOT ("runs"."started_at" IS NULL)) <= (SELECT count(*) FROM "_ts_contract_quarantine" WHERE table_name = 'runs' AND column_name = 'started_at') AND (SELECT count(*) FROM "runs" WHERE "runs"."completed_at_ms" IS NULL AND NOT ("runs"."completed_at" IS NULL)) <= (SELECT count(*) FROM "_ts_contract_quarantine" WHERE table_name = 'runs' AND column_name = 'completed_at') AND (SELECT count(*) FROM "runs" WHERE "runs"."lease_until_ms" IS NULL AND NOT ("runs"."lease_until" IS NULL)) <= (SELECT count(*) FROM "_ts_contract_quarantine" WHERE table_name = 'runs' AND column_name = 'lease_until') AND (SELECT count(*) FROM "schema_version" WHERE "schema_version"."applied_at_ms" IS NULL AND NOT ("schema_version"."applied_at" IS NULL)) <= (SELECT count(*) FROM "_ts_contract_quarantine" WHERE table_name = 'schema_version' AND column_name = 'applied_at');

INSERT INTO temp._ts_contract_done SELECT 65 WHERE NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = 'idx_chat_sessions_created_at_ms' COLLATE NOCASE);

SAVEPOINT _ts_contract;
CREATE INDEX "idx_chat_sessions_created_at_ms" ON "chat_sessions" (`created_at_ms` DESC);

INSERT INTO temp._ts_contract_done SELECT 66 WHERE EXISTS (SELECT 1 FROM pragma_index_info('idx_chat_sessions_created_at_ms') WHERE name = 'created_at_ms' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 67 WHERE NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = 'idx_chat_sessions_updated_at_ms' COLLATE NOCASE);

SAVEPOINT _ts_contract;
CREATE INDEX "idx_chat_sessions_updated_at_ms" ON "chat_sessions" (`updated_at_ms` DESC);

INSERT INTO temp._ts_contract_done SELECT 68 WHERE EXISTS (SELECT 1 FROM pragma_index_info('idx_chat_sessions_updated_at_ms') WHERE name = 'updated_at_ms' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 69 WHERE NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = 'idx_chat_messages_created_at_ms' COLLATE NOCASE);

SAVEPOINT _ts_contract;
CREATE INDEX "idx_chat_messages_created_at_ms" ON "chat_messages" (`created_at_ms` DESC);

INSERT INTO temp._ts_contract_done SELECT 70 WHERE EXISTS (SELECT 1 FROM pragma_index_info('idx_chat_messages_created_at_ms') WHERE name = 'created_at_ms' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 71 WHERE NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = 'idx_tasks_created_at_ms' COLLATE NOCASE);

SAVEPOINT _ts_contract;
CREATE INDEX "idx_tasks_created_at_ms" ON "tasks" (`created_at_ms` DESC);

INSERT INTO temp._ts_contract_done SELECT 72 WHERE EXISTS (SELECT 1 FROM pragma_index_info('idx_tasks_created_at_ms') WHERE name = 'created_at_ms' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 73 WHERE NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = 'idx_tasks_updated_at_ms' COLLATE NOCASE);

SAVEPOINT _ts_contract;
CREATE INDEX "idx_tasks_updated_at_ms" ON "tasks" (`updated_at_ms` DESC);

INSERT INTO temp._ts_contract_done SELECT 74 WHERE EXISTS (SELECT 1 FROM pragma_index_info('idx_tasks_updated_at_ms') WHERE name = 'updated_at_ms' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 75 WHERE NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = 'idx_task_lineage_created_at_ms' COLLATE NOCASE);

SAVEPOINT _ts_contract;
CREATE INDEX "idx_task_lineage_created_at_ms" ON "task_lineage" (`created_at_ms` DESC);

INSERT INTO temp._ts_contract_done SELECT 76 WHERE EXISTS (SELECT 1 FROM pragma_index_info('idx_task_lineage_created_at_ms') WHERE name = 'created_at_ms' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 77 WHERE NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = 'idx_task_audits_created_at_ms' COLLATE NOCASE);

SAVEPOINT _ts_contract;
CREATE INDEX "idx_task_audits_created_at_ms" ON "task_audits" (`created_at_ms` DESC);

INSERT INTO temp._ts_contract_done SELECT 78 WHERE EXISTS (SELECT 1 FROM pragma_index_info('idx_task_audits_created_at_ms') WHERE name = 'created_at_ms' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 79 WHERE NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = 'idx_projects_added_at_ms' COLLATE NOCASE);

SAVEPOINT _ts_contract;
CREATE INDEX "idx_projects_added_at_ms" ON "projects" (`added_at_ms` DESC);

INSERT INTO temp._ts_contract_done SELECT 80 WHERE EXISTS (SELECT 1 FROM pragma_index_info('idx_projects_added_at_ms') WHERE name = 'added_at_ms' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 81 WHERE NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = 'idx_artifacts_created_at_ms' COLLATE NOCASE);

SAVEPOINT _ts_contract;
CREATE INDEX "idx_artifacts_created_at_ms" ON "artifacts" (`created_at_ms` DESC);

INSERT INTO temp._ts_contract_done SELECT 82 WHERE EXISTS (SELECT 1 FROM pragma_index_info('idx_artifacts_created_at_ms') WHERE name = 'created_at_ms' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 83 WHERE NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = 'idx_task_agents_started_at_ms' COLLATE NOCASE);

SAVEPOINT _ts_contract;
CREATE INDEX "idx_task_agents_started_at_ms" ON "task_agents" (`started_at_ms` DESC);

INSERT INTO temp._ts_contract_done SELECT 84 WHERE EXISTS (SELECT 1 FROM pragma_index_info('idx_task_agents_started_at_ms') WHERE name = 'started_at_ms' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 85 WHERE NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = 'idx_runs_started_at_ms' COLLATE NOCASE);

SAVEPOINT _ts_contract;
CREATE INDEX "idx_runs_started_at_ms" ON "runs" (`started_at_ms` DESC);

INSERT INTO temp._ts_contract_done SELECT 86 WHERE EXISTS (SELECT 1 FROM pragma_index_info('idx_runs_started_at_ms') WHERE name = 'started_at_ms' COLLATE NOCASE);

INSERT INTO temp._ts_contract_done SELECT 87 WHERE 1;

SAVEPOINT _ts_contract;
INSERT INTO "_ts_contract_state" SELECT 'version', '{}' WHERE NOT EXISTS (SELECT 1 FROM "schema_version" WHERE "schema_version"."version" = '0.44.0');

SAVEPOINT _ts_contract;
INSERT INTO "schema_version" ("version", "applied_at", "applied_at_ms") SELECT '0.44.0', (datetime((CAST(strftime('%s','now') AS INTEGER)*1000/1000-(CAST(strftime('%s','now') AS INTEGER)*1000%1000<0)),'unixepoch')||CASE ((CAST(strftime('%s','now') AS INTEGER)*1000%1000+1000)%1000) WHEN 0 THEN '' ELSE printf('.%03d',((CAST(strftime('%s','now') AS INTEGER)*1000%1000+1000)%1000)) END), CAST(strftime('%s','now') AS INTEGER)*1000 WHERE NOT EXISTS (SELECT 1 FROM "schema_version" WHERE "schema_version"."version" = '0.44.0');

INSERT INTO temp._ts_contract_done SELECT 88 WHERE EXISTS (SELECT 1 FROM "schema_version" WHERE "schema_version"."version" = '0.44.0');

INSERT OR ROLLBACK INTO temp._ts_contract_done SELECT 0 WHERE (SELECT count(*) FROM temp._ts_contract_done) <> 88;

COMMIT;

DROP TABLE temp._ts_contract_done;
