-- ts-contract sql all --contract agentos
-- For SQLite 3.35 or newer: from the legacy to the migrated schema, in one transaction.
-- Values that cannot be converted are listed in _ts_contract_quarantine.
-- Triggers that change other tables after an update fire once per row: drop them
-- before and create them afterwards. Rows are addressed by rowid, which a table
-- WITHOUT ROWID has not. `ts-contract migrate` has neither limit.

BEGIN IMMEDIATE;

CREATE TABLE IF NOT EXISTS "_ts_contract_state" (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS "_ts_contract_quarantine" (table_name TEXT NOT NULL, column_name TEXT NOT NULL, row_key TEXT NOT NULL, value, form TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (table_name, row_key, column_name)) WITHOUT ROWID;

INSERT OR REPLACE INTO "_ts_contract_state" VALUES ('contract', '{"name": "agentos", "fingerprint": "405631d7670ce753903e3a874f64e4d81dcfcbefa419d7d8f2294e14c4b44df3"}');

INSERT INTO "_ts_contract_state" SELECT 'table:' || name, json_object('sql', sql, 'columns', json('[["created_at", "created_at_ms", true], ["updated_at", "updated_at_ms", true]]')) FROM sqlite_schema WHERE type = 'table' AND name = 'chat_sessions' COLLATE NOCASE;

ALTER TABLE "chat_sessions" ADD COLUMN "created_at_ms" INTEGER;

ALTER TABLE "chat_sessions" ADD COLUMN "updated_at_ms" INTEGER;

INSERT INTO "_ts_contract_state" SELECT 'table:' || name, json_object('sql', sql, 'columns', json('[["created_at", "created_at_ms", true]]')) FROM sqlite_schema WHERE type = 'table' AND name = 'chat_messages' COLLATE NOCASE;

ALTER TABLE "chat_messages" ADD COLUMN "created_at_ms" INTEGER;

INSERT INTO "_ts_contract_state" SELECT 'table:' || name, json_object('sql', sql, 'columns', json('[["created_at", "created_at_ms", true], ["updated_at", "updated_at_ms", true]]')) FROM sqlite_schema WHERE type = 'table' AND name = 'tasks' COLLATE NOCASE;

ALTER TABLE "tasks" ADD COLUMN "created_at_ms" INTEGER;

ALTER TABLE "tasks" ADD COLUMN "updated_at_ms" INTEGER;

INSERT INTO "_ts_contract_state" SELECT 'table:' || name, json_object('sql', sql, 'columns', json('[["created_at", "created_at_ms", true]]')) FROM sqlite_schema WHERE type = 'table' AND name = 'task_lineage' COLLATE NOCASE;

ALTER TABLE "task_lineage" ADD COLUMN "created_at_ms" INTEGER;

INSERT INTO "_ts_contract_state" SELECT 'table:' || name, json_object('sql', sql, 'columns', json('[["created_at", "created_at_ms", true]]')) FROM sqlite_schema WHERE type = 'table' AND name = 'task_audits' COLLATE NOCASE;

ALTER TABLE "task_audits" ADD COLUMN "created_at_ms" INTEGER;

INSERT INTO "_ts_contract_state" SELECT 'table:' || name, json_object('sql', sql, 'columns', json('[["added_at", "added_at_ms", true]]')) FROM sqlite_schema WHERE type = 'table' AND name = 'projects' COLLATE NOCASE;

ALTER TABLE "projects" ADD COLUMN "added_at_ms" INTEGER;

INSERT INTO "_ts_contract_state" SELECT 'table:' || name, json_object('sql', sql, 'columns', json('[["created_at", "created_at_ms", true]]')) FROM sqlite_schema WHERE type = 'table' AND name = 'artifacts' COLLATE NOCASE;

ALTER TABLE "artifacts" ADD COLUMN "created_at_ms" INTEGER;

INSERT INTO "_ts_contract_state" SELECT 'table:' || name, json_object('sql', sql, 'columns', json('[["started_at", "started_at_ms", true], ["ended_at", "ended_at_ms", false]]')) FROM sqlite_schema WHERE type = 'table' AND name = 'task_agents' COLLATE NOCASE;

ALTER TABLE "task_agents" ADD COLUMN "started_at_ms" INTEGER;

ALTER TABLE "task_agents" ADD COLUMN "ended_at_ms" INTEGER;

INSERT INTO "_ts_contract_state" SELECT 'table:' || name, json_object('sql', sql, 'columns', json('[["started_at", "started_at_ms", true], ["completed_at", "completed_at_ms", false], ["lease_until", "lease_until_ms", false]]')) FROM sqlite_schema WHERE type = 'table' AND name = 'runs' COLLATE NOCASE;

ALTER TABLE "runs" ADD COLUMN "started_at_ms" INTEGER;

ALTER TABLE "runs" ADD COLUMN "completed_at_ms" INTEGER;

ALTER TABLE "runs" ADD COLUMN "lease_until_ms" INTEGER;

INSERT INTO "_ts_contract_state" SELECT 'table:' || name, json_object('sql', sql, 'columns', json('[["applied_at", "applied_at_ms", false]]')) FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version' COLLATE NOCASE;

ALTER TABLE "schema_version" ADD COLUMN "applied_at_ms" INTEGER;

CREATE TRIGGER "_ts_contract_chat_sessions_guard" BEFORE UPDATE ON "chat_sessions" WHEN old."created_at_ms" IS new."created_at_ms" AND old."updated_at_ms" IS new."updated_at_ms" BEGIN SELECT RAISE(IGNORE); END;

CREATE TRIGGER "_ts_contract_chat_messages_guard" BEFORE UPDATE ON "chat_messages" WHEN old."created_at_ms" IS new."created_at_ms" BEGIN SELECT RAISE(IGNORE); END;

CREATE TRIGGER "_ts_contract_tasks_guard" BEFORE UPDATE ON "tasks" WHEN old."created_at_ms" IS new."created_at_ms" AND old."updated_at_ms" IS new."updated_at_ms" BEGIN SELECT RAISE(IGNORE); END;

CREATE TRIGGER "_ts_contract_task_lineage_guard" BEFORE UPDATE ON "task_lineage" WHEN old."created_at_ms" IS new."created_at_ms" BEGIN SELECT RAISE(IGNORE); END;

CREATE TRIGGER "_ts_contract_task_audits_guard" BEFORE UPDATE ON "task_audits" WHEN old."created_at_ms" IS new."created_at_ms" BEGIN SELECT RAISE(IGNORE); END;

CREATE TRIGGER "_ts_contract_projects_guard" BEFORE UPDATE ON "projects" WHEN old."added_at_ms" IS new."added_at_ms" BEGIN SELECT RAISE(IGNORE); END;

CREATE TRIGGER "_ts_contract_artifacts_guard" BEFORE UPDATE ON "artifacts" WHEN old."created_at_ms" IS new."created_at_ms" BEGIN SELECT RAISE(IGNORE); END;

CREATE TRIGGER "_ts_contract_task_agents_guard" BEFORE UPDATE ON "task_agents" WHEN old."started_at_ms" IS new."started_at_ms" AND old."ended_at_ms" IS new."ended_at_ms" BEGIN SELECT RAISE(IGNORE); END;

CREATE TRIGGER "_ts_contract_runs_guard" BEFORE UPDATE ON "runs" WHEN old."started_at_ms" IS new."started_at_ms" AND old."completed_at_ms" IS new."completed_at_ms" AND old."lease_until_ms" IS new."lease_until_ms" BEGIN SELECT RAISE(IGNORE); END;

CREATE TRIGGER "_ts_contract_schema_version_guard" BEFORE UPDATE ON "schema_version" WHEN old."applied_at_ms" IS new."applied_at_ms" BEGIN SELECT RAISE(IGNORE); END;

UPDATE "chat_sessions" SET
  "created_at_ms" = CASE WHEN +"created_at">='0001-01-01' THEN CASE CASE length(CAST("created_at" AS BLOB)) WHEN 19 THEN 2 WHEN 26 THEN "created_at" GLOB '*.?????[0-9]' WHEN 32 THEN "created_at" GLOB '*.?????[0-9]+00:00' WHEN 25 THEN "created_at" GLOB '*+00:00' WHEN 20 THEN "created_at" GLOB '*Z' WHEN 23 THEN "created_at" GLOB '*.??[0-9]' WHEN 24 THEN "created_at" GLOB '*.??[0-9]Z' WHEN 27 THEN "created_at" GLOB '*.?????[0-9]Z' WHEN 29 THEN "created_at" GLOB '*.??[0-9]+00:00' END WHEN 2 THEN CASE +"created_at" WHEN datetime(julianday("created_at")) THEN unixepoch("created_at")*1000 WHEN replace(datetime(julianday("created_at")),' ','T') THEN unixepoch("created_at")*1000 END WHEN 1 THEN CASE substr("created_at",1,19) WHEN datetime(julianday("created_at")) THEN unixepoch("created_at")*1000+CAST(substr("created_at",21,3) AS INTEGER) WHEN replace(datetime(julianday("created_at")),' ','T') THEN unixepoch("created_at")*1000+CAST(substr("created_at",21,3) AS INTEGER) ELSE CASE WHEN typeof("created_at")='text' AND julianday("created_at") AND replace(substr("created_at",1,19),'T',' ')=datetime(julianday(substr("created_at",1,19))) THEN unixepoch(substr("created_at",1,19))*1000+CAST(substr("created_at",21,3) AS INTEGER) END END END END,
  "updated_at_ms" = CASE WHEN +"updated_at">='0001-01-01' THEN CASE CASE length(CAST("updated_at" AS BLOB)) WHEN 19 THEN 2 WHEN 26 THEN "updated_at" GLOB '*.?????[0-9]' WHEN 32 THEN "updated_at" GLOB '*.?????[0-9]+00:00' WHEN 25 THEN "updated_at" GLOB '*+00:00' WHEN 20 THEN "updated_at" GLOB '*Z' WHEN 23 THEN "updated_at" GLOB '*.??[0-9]' WHEN 24 THEN "updated_at" GLOB '*.??[0-9]Z' WHEN 27 THEN "updated_at" GLOB '*.?????[0-9]Z' WHEN 29 THEN "updated_at" GLOB '*.??[0-9]+00:00' END WHEN 2 THEN CASE +"updated_at" WHEN datetime(julianday("updated_at")) THEN unixepoch("updated_at")*1000 WHEN replace(datetime(julianday("updated_at")),' ','T') THEN unixepoch("updated_at")*1000 END WHEN 1 THEN CASE substr("updated_at",1,19) WHEN datetime(julianday("updated_at")) THEN unixepoch("updated_at")*1000+CAST(substr("updated_at",21,3) AS INTEGER) WHEN replace(datetime(julianday("updated_at")),' ','T') THEN unixepoch("updated_at")*1000+CAST(substr("updated_at",21,3) AS INTEGER) ELSE CASE WHEN typeof("updated_at")='text' AND julianday("updated_at") AND replace(substr("updated_at",1,19),'T',' ')=datetime(julianday(substr("updated_at",1,19))) THEN unixepoch(substr("updated_at",1,19))*1000+CAST(substr("updated_at",21,3) AS INTEGER) END END END END;

UPDATE "chat_messages" SET
  "created_at_ms" = CASE WHEN +"created_at">='0001-01-01' THEN CASE CASE length(CAST("created_at" AS BLOB)) WHEN 19 THEN 2 WHEN 26 THEN "created_at" GLOB '*.?????[0-9]' WHEN 32 THEN "created_at" GLOB '*.?????[0-9]+00:00' WHEN 25 THEN "created_at" GLOB '*+00:00' WHEN 20 THEN "created_at" GLOB '*Z' WHEN 23 THEN "created_at" GLOB '*.??[0-9]' WHEN 24 THEN "created_at" GLOB '*.??[0-9]Z' WHEN 27 THEN "created_at" GLOB '*.?????[0-9]Z' WHEN 29 THEN "created_at" GLOB '*.??[0-9]+00:00' END WHEN 2 THEN CASE +"created_at" WHEN datetime(julianday("created_at")) THEN unixepoch("created_at")*1000 WHEN replace(datetime(julianday("created_at")),' ','T') THEN unixepoch("created_at")*1000 END WHEN 1 THEN CASE substr("created_at",1,19) WHEN datetime(julianday("created_at")) THEN unixepoch("created_at")*1000+CAST(substr("created_at",21,3) AS INTEGER) WHEN replace(datetime(julianday("created_at")),' ','T') THEN unixepoch("created_at")*1000+CAST(substr("created_at",21,3) AS INTEGER) ELSE CASE WHEN typeof("created_at")='text' AND julianday("created_at") AND replace(substr("created_at",1,19),'T',' ')=datetime(julianday(substr("created_at",1,19))) THEN unixepoch(substr("created_at",1,19))*1000+CAST(substr("created_at",21,3) AS INTEGER) END END END END;

UPDATE "tasks" SET
  "created_at_ms" = CASE WHEN +"created_at">='0001-01-01' THEN CASE CASE length(CAST("created_at" AS BLOB)) WHEN 19 THEN 2 WHEN 26 THEN "created_at" GLOB '*.?????[0-9]' WHEN 32 THEN "created_at" GLOB '*.?????[0-9]+00:00' WHEN 25 THEN "created_at" GLOB '*+00:00' WHEN 20 THEN "created_at" GLOB '*Z' WHEN 23 THEN "created_at" GLOB '*.??[0-9]' WHEN 24 THEN "created_at" GLOB '*.??[0-9]Z' WHEN 27 THEN "created_at" GLOB '*.?????[0-9]Z' WHEN 29 THEN "created_at" GLOB '*.??[0-9]+00:00' END WHEN 2 THEN CASE +"created_at" WHEN datetime(julianday("created_at")) THEN unixepoch("created_at")*1000 WHEN replace(datetime(julianday("created_at")),' ','T') THEN unixepoch("created_at")*1000 END WHEN 1 THEN CASE substr("created_at",1,19) WHEN datetime(julianday("created_at")) THEN unixepoch("created_at")*1000+CAST(substr("created_at",21,3) AS INTEGER) WHEN replace(datetime(julianday("created_at")),' ','T') THEN unixepoch("created_at")*1000+CAST(substr("created_at",21,3) AS INTEGER) ELSE CASE WHEN typeof("created_at")='text' AND julianday("created_at") AND replace(substr("created_at",1,19),'T',' ')=datetime(julianday(substr("created_at",1,19))) THEN unixepoch(substr("created_at",1,19))*1000+CAST(substr("created_at",21,3) AS INTEGER) END END END END,
  "updated_at_ms" = CASE WHEN +"updated_at">='0001-01-01' THEN CASE CASE length(CAST("updated_at" AS BLOB)) WHEN 19 THEN 2 WHEN 26 THEN "updated_at" GLOB '*.?????[0-9]' WHEN 32 THEN "updated_at" GLOB '*.?????[0-9]+00:00' WHEN 25 THEN "updated_at" GLOB '*+00:00' WHEN 20 THEN "updated_at" GLOB '*Z' WHEN 23 THEN "updated_at" GLOB '*.??[0-9]' WHEN 24 THEN "updated_at" GLOB '*.??[0-9]Z' WHEN 27 THEN "updated_at" GLOB '*.?????[0-9]Z' WHEN 29 THEN "updated_at" GLOB '*.??[0-9]+00:00' END WHEN 2 THEN CASE +"updated_at" WHEN datetime(julianday("updated_at")) THEN unixepoch("updated_at")*1000 WHEN replace(datetime(julianday("updated_at")),' ','T') THEN unixepoch("updated_at")*1000 END WHEN 1 THEN CASE substr("updated_at",1,19) WHEN datetime(julianday("updated_at")) THEN unixepoch("updated_at")*1000+CAST(substr("updated_at",21,3) AS INTEGER) WHEN replace(datetime(julianday("updated_at")),' ','T') THEN unixepoch("updated_at")*1000+CAST(substr("updated_at",21,3) AS INTEGER) ELSE CASE WHEN typeof("updated_at")='text' AND julianday("updated_at") AND replace(substr("updated_at",1,19),'T',' ')=datetime(julianday(substr("updated_at",1,19))) THEN unixepoch(substr("updated_at",1,19))*1000+CAST(substr("updated_at",21,3) AS INTEGER) END END END END;

UPDATE "task_lineage" SET
  "created_at_ms" = CASE WHEN +"created_at">='0001-01-01' THEN CASE CASE length(CAST("created_at" AS BLOB)) WHEN 19 THEN 2 WHEN 26 THEN "created_at" GLOB '*.?????[0-9]' WHEN 32 THEN "created_at" GLOB '*.?????[0-9]+00:00' WHEN 25 THEN "created_at" GLOB '*+00:00' WHEN 20 THEN "created_at" GLOB '*Z' WHEN 23 THEN "created_at" GLOB '*.??[0-9]' WHEN 24 THEN "created_at" GLOB '*.??[0-9]Z' WHEN 27 THEN "created_at" GLOB '*.?????[0-9]Z' WHEN 29 THEN "created_at" GLOB '*.??[0-9]+00:00' END WHEN 2 THEN CASE +"created_at" WHEN datetime(julianday("created_at")) THEN unixepoch("created_at")*1000 WHEN replace(datetime(julianday("created_at")),' ','T') THEN unixepoch("created_at")*1000 END WHEN 1 THEN CASE substr("created_at",1,19) WHEN datetime(julianday("created_at")) THEN unixepoch("created_at")*1000+CAST(substr("created_at",21,3) AS INTEGER) WHEN replace(datetime(julianday("created_at")),' ','T') THEN unixepoch("created_at")*1000+CAST(substr("created_at",21,3) AS INTEGER) ELSE CASE WHEN typeof("created_at")='text' AND julianday("created_at") AND replace(substr("created_at",1,19),'T',' ')=datetime(julianday(substr("created_at",1,19))) THEN unixepoch(substr("created_at",1,19))*1000+CAST(substr("created_at",21,3) AS INTEGER) END END END END;

UPDATE "task_audits" SET
  "created_at_ms" = CASE WHEN +"created_at">='0001-01-01' THEN CASE CASE length(CAST("created_at" AS BLOB)) WHEN 19 THEN 2 WHEN 26 THEN "created_at" GLOB '*.?????[0-9]' WHEN 32 THEN "created_at" GLOB '*.?????[0-9]+00:00' WHEN 25 THEN "created_at" GLOB '*+00:00' WHEN 20 THEN "created_at" GLOB '*Z' WHEN 23 THEN "created_at" GLOB '*.??[0-9]' WHEN 24 THEN "created_at" GLOB '*.??[0-9]Z' WHEN 27 THEN "created_at" GLOB '*.?????[0-9]Z' WHEN 29 THEN "created_at" GLOB '*.??[0-9]+00:00' END WHEN 2 THEN CASE +"created_at" WHEN datetime(julianday("created_at")) THEN unixepoch("created_at")*1000 WHEN replace(datetime(julianday("created_at")),' ','T') THEN unixepoch("created_at")*1000 END WHEN 1 THEN CASE substr("created_at",1,19) WHEN datetime(julianday("created_at")) THEN unixepoch("created_at")*1000+CAST(substr("created_at",21,3) AS INTEGER) WHEN replace(datetime(julianday("created_at")),' ','T') THEN unixepoch("created_at")*1000+CAST(substr("created_at",21,3) AS INTEGER) ELSE CASE WHEN typeof("created_at")='text' AND julianday("created_at") AND replace(substr("created_at",1,19),'T',' ')=datetime(julianday(substr("created_at",1,19))) THEN unixepoch(substr("created_at",1,19))*1000+CAST(substr("created_at",21,3) AS INTEGER) END END END END;

UPDATE "projects" SET
  "added_at_ms" = CASE WHEN +"added_at">='0001-01-01' THEN CASE CASE length(CAST("added_at" AS BLOB)) WHEN 19 THEN 2 WHEN 26 THEN "added_at" GLOB '*.?????[0-9]' WHEN 32 THEN "added_at" GLOB '*.?????[0-9]+00:00' WHEN 25 THEN "added_at" GLOB '*+00:00' WHEN 20 THEN "added_at" GLOB '*Z' WHEN 23 THEN "added_at" GLOB '*.??[0-9]' WHEN 24 THEN "added_at" GLOB '*.??[0-9]Z' WHEN 27 THEN "added_at" GLOB '*.?????[0-9]Z' WHEN 29 THEN "added_at" GLOB '*.??[0-9]+00:00' END WHEN 2 THEN CASE +"added_at" WHEN datetime(julianday("added_at")) THEN unixepoch("added_at")*1000 WHEN replace(datetime(julianday("added_at")),' ','T') THEN unixepoch("added_at")*1000 END WHEN 1 THEN CASE substr("added_at",1,19) WHEN datetime(julianday("added_at")) THEN unixepoch("added_at")*1000+CAST(substr("added_at",21,3) AS INTEGER) WHEN replace(datetime(julianday("added_at")),' ','T') THEN unixepoch("added_at")*1000+CAST(substr("added_at",21,3) AS INTEGER) ELSE CASE WHEN typeof("added_at")='text' AND julianday("added_at") AND replace(substr("added_at",1,19),'T',' ')=datetime(julianday(substr("added_at",1,19))) THEN unixepoch(substr("added_at",1,19))*1000+CAST(substr("added_at",21,3) AS INTEGER) END END END END;

UPDATE "artifacts" SET
  "created_at_ms" = CASE WHEN +"created_at">='0001-01-01' THEN CASE CASE length(CAST("created_at" AS BLOB)) WHEN 19 THEN 2 WHEN 26 THEN "created_at" GLOB '*.?????[0-9]' WHEN 32 THEN "created_at" GLOB '*.?????[0-9]+00:00' WHEN 25 THEN "created_at" GLOB '*+00:00' WHEN 20 THEN "created_at" GLOB '*Z' WHEN 23 THEN "created_at" GLOB '*.??[0-9]' WHEN 24 THEN "created_at" GLOB '*.??[0-9]Z' WHEN 27 THEN "created_at" GLOB '*.?????[0-9]Z' WHEN 29 THEN "created_at" GLOB '*.??[0-9]+00:00' END WHEN 2 THEN CASE +"created_at" WHEN datetime(julianday("created_at")) THEN unixepoch("created_at")*1000 WHEN replace(datetime(julianday("created_at")),' ','T') THEN unixepoch("created_at")*1000 END WHEN 1 THEN CASE substr("created_at",1,19) WHEN datetime(julianday("created_at")) THEN unixepoch("created_at")*1000+CAST(substr("created_at",21,3) AS INTEGER) WHEN replace(datetime(julianday("created_at")),' ','T') THEN unixepoch("created_at")*1000+CAST(substr("created_at",21,3) AS INTEGER) ELSE CASE WHEN typeof("created_at")='text' AND julianday("created_at") AND replace(substr("created_at",1,19),'T',' ')=datetime(julianday(substr("created_at",1,19))) THEN unixepoch(substr("created_at",1,19))*1000+CAST(substr("created_at",21,3) AS INTEGER) END END END END;

UPDATE "task_agents" SET
  "started_at_ms" = CASE WHEN +"started_at">='0001-01-01' THEN CASE CASE length(CAST("started_at" AS BLOB)) WHEN 19 THEN 2 WHEN 26 THEN "started_at" GLOB '*.?????[0-9]' WHEN 32 THEN "started_at" GLOB '*.?????[0-9]+00:00' WHEN 25 THEN "started_at" GLOB '*+00:00' WHEN 20 THEN "started_at" GLOB '*Z' WHEN 23 THEN "started_at" GLOB '*.??[0-9]' WHEN 24 THEN "started_at" GLOB '*.??[0-9]Z' WHEN 27 THEN "started_at" GLOB '*.?????[0-9]Z' WHEN 29 THEN "started_at" GLOB '*.??[0-9]+00:00' END WHEN 2 THEN CASE +"started_at" WHEN datetime(julianday("started_at")) THEN unixepoch("started_at")*1000 WHEN replace(datetime(julianday("started_at")),' ','T') THEN unixepoch("started_at")*1000 END WHEN 1 THEN CASE substr("started_at",1,19) WHEN datetime(julianday("started_at")) THEN unixepoch("started_at")*1000+CAST(substr("started_at",21,3) AS INTEGER) WHEN replace(datetime(julianday("started_at")),' ','T') THEN unixepoch("started_at")*1000+CAST(substr("started_at",21,3) AS INTEGER) ELSE CASE WHEN typeof("started_at")='text' AND julianday("started_at") AND replace(substr("started_at",1,19),'T',' ')=datetime(julianday(substr("started_at",1,19))) THEN unixepoch(substr("started_at",1,19))*1000+CAST(substr("started_at",21,3) AS INTEGER) END END END END,
  "ended_at_ms" = CASE WHEN +"ended_at">='0001-01-01' THEN CASE CASE length(CAST("ended_at" AS BLOB)) WHEN 19 THEN 2 WHEN 26 THEN "ended_at" GLOB '*.?????[0-9]' WHEN 32 THEN "ended_at" GLOB '*.?????[0-9]+00:00' WHEN 25 THEN "ended_at" GLOB '*+00:00' WHEN 20 THEN "ended_at" GLOB '*Z' WHEN 23 THEN "ended_at" GLOB '*.??[0-9]' WHEN 24 THEN "ended_at" GLOB '*.??[0-9]Z' WHEN 27 THEN "ended_at" GLOB '*.?????[0-9]Z' WHEN 29 THEN "ended_at" GLOB '*.??[0-9]+00:00' END WHEN 2 THEN CASE +"ended_at" WHEN datetime(julianday("ended_at")) THEN unixepoch("ended_at")*1000 WHEN replace(datetime(julianday("ended_at")),' ','T') THEN unixepoch("ended_at")*1000 END WHEN 1 THEN CASE substr("ended_at",1,19) WHEN datetime(julianday("ended_at")) THEN unixepoch("ended_at")*1000+CAST(substr("ended_at",21,3) AS INTEGER) WHEN replace(datetime(julianday("ended_at")),' ','T') THEN unixepoch("ended_at")*1000+CAST(substr("ended_at",21,3) AS INTEGER) ELSE CASE WHEN typeof("ended_at")='text' AND julianday("ended_at") AND replace(substr("ended_at",1,19),'T',' ')=datetime(julianday(substr("ended_at",1,19))) THEN unixepoch(substr("ended_at",1,19))*1000+CAST(substr("ended_at",21,3) AS INTEGER) END END END END;

UPDATE "runs" SET
  "started_at_ms" = CASE WHEN +"started_at">='0001-01-01' THEN CASE CASE length(CAST("started_at" AS BLOB)) WHEN 19 THEN 2 WHEN 26 THEN "started_at" GLOB '*.?????[0-9]' WHEN 32 THEN "started_at" GLOB '*.?????[0-9]+00:00' WHEN 25 THEN "started_at" GLOB '*+00:00' WHEN 20 THEN "started_at" GLOB '*Z' WHEN 23 THEN "started_at" GLOB '*.??[0-9]' WHEN 24 THEN "started_at" GLOB '*.??[0-9]Z' WHEN 27 THEN "started_at" GLOB '*.?????[0-9]Z' WHEN 29 THEN "started_at" GLOB '*.??[0-9]+00:00' END WHEN 2 THEN CASE +"started_at" WHEN datetime(julianday("started_at")) THEN unixepoch("started_at")*1000 WHEN replace(datetime(julianday("started_at")),' ','T') THEN unixepoch("started_at")*1000 END WHEN 1 THEN CASE substr("started_at",1,19) WHEN datetime(julianday("started_at")) THEN unixepoch("started_at")*1000+CAST(substr("started_at",21,3) AS INTEGER) WHEN replace(datetime(julianday("started_at")),' ','T') THEN unixepoch("started_at")*1000+CAST(substr("started_at",21,3) AS INTEGER) ELSE CASE WHEN typeof("started_at")='text' AND julianday("started_at") AND replace(substr("started_at",1,19),'T',' ')=datetime(julianday(substr("started_at",1,19))) THEN unixepoch(substr("started_at",1,19))*1000+CAST(substr("started_at",21,3) AS INTEGER) END END END END,
  "completed_at_ms" = CASE WHEN +"completed_at">='0001-01-01' THEN CASE CASE length(CAST("completed_at" AS BLOB)) WHEN 19 THEN 2 WHEN 26 THEN "completed_at" GLOB '*.?????[0-9]' WHEN 32 THEN "completed_at" GLOB '*.?????[0-9]+00:00' WHEN 25 THEN "completed_at" GLOB '*+00:00' WHEN 20 THEN "completed_at" GLOB '*Z' WHEN 23 THEN "completed_at" GLOB '*.??[0-9]' WHEN 24 THEN "completed_at" GLOB '*.??[0-9]Z' WHEN 27 THEN "completed_at" GLOB '*.?????[0-9]Z' WHEN 29 THEN "completed_at" GLOB '*.??[0-9]+00:00' END WHEN 2 THEN CASE +"completed_at" WHEN datetime(julianday("completed_at")) THEN unixepoch("completed_at")*1000 WHEN replace(datetime(julianday("completed_at")),' ','T') THEN unixepoch("completed_at")*1000 END WHEN 1 THEN CASE substr("completed_at",1,19) WHEN datetime(julianday("completed_at")) THEN unixepoch("completed_at")*1000+CAST(substr("completed_at",21,3) AS INTEGER) WHEN replace(datetime(julianday("completed_at")),' ','T') THEN unixepoch("completed_at")*1000+CAST(substr("completed_at",21,3) AS INTEGER) ELSE CASE WHEN typeof("completed_at")='text' AND julianday("completed_at") AND replace(substr("completed_at",1,19),'T',' ')=datetime(julianday(substr("completed_at",1,19))) THEN unixepoch(substr("completed_at",1,19))*1000+CAST(substr("completed_at",21,3) AS INTEGER) END END END END,
  "lease_until_ms" = CASE WHEN +"lease_until">='0001-01-01' THEN CASE CASE length(CAST("lease_until" AS BLOB)) WHEN 19 THEN 2 WHEN 26 THEN "lease_until" GLOB '*.?????[0-9]' WHEN 32 THEN "lease_until" GLOB '*.?????[0-9]+00:00' WHEN 25 THEN "lease_until" GLOB '*+00:00' WHEN 20 THEN "lease_until" GLOB '*Z' WHEN 23 THEN "lease_until" GLOB '*.??[0-9]' WHEN 24 THEN "lease_until" GLOB '*.??[0-9]Z' WHEN 27 THEN "lease_until" GLOB '*.?????[0-9]Z' WHEN 29 THEN "lease_until" GLOB '*.??[0-9]+00:00' END WHEN 2 THEN CASE +"lease_until" WHEN datetime(julianday("lease_until")) THEN unixepoch("lease_until")*1000 WHEN replace(datetime(julianday("lease_until")),' ','T') THEN unixepoch("lease_until")*1000 END WHEN 1 THEN CASE substr("lease_until",1,19) WHEN datetime(julianday("lease_until")) THEN unixepoch("lease_until")*1000+CAST(substr("lease_until",21,3) AS INTEGER) WHEN replace(datetime(julianday("lease_until")),' ','T') THEN unixepoch("lease_until")*1000+CAST(substr("lease_until",21,3) AS INTEGER) ELSE CASE WHEN typeof("lease_until")='text' AND julianday("lease_until") AND replace(substr("lease_until",1,19),'T',' ')=datetime(julianday(substr("lease_until",1,19))) THEN unixepoch(substr("lease_until",1,19))*1000+CAST(substr("lease_until",21,3) AS INTEGER) END END END END;

UPDATE "schema_version" SET
  "applied_at_ms" = CASE WHEN +"applied_at">='0001-01-01' THEN CASE CASE length(CAST("applied_at" AS BLOB)) WHEN 19 THEN 2 WHEN 26 THEN "applied_at" GLOB '*.?????[0-9]' WHEN 32 THEN "applied_at" GLOB '*.?????[0-9]+00:00' WHEN 25 THEN "applied_at" GLOB '*+00:00' WHEN 20 THEN "applied_at" GLOB '*Z' WHEN 23 THEN "applied_at" GLOB '*.??[0-9]' WHEN 24 THEN "applied_at" GLOB '*.??[0-9]Z' WHEN 27 THEN "applied_at" GLOB '*.?????[0-9]Z' WHEN 29 THEN "applied_at" GLOB '*.??[0-9]+00:00' END WHEN 2 THEN CASE +"applied_at" WHEN datetime(julianday("applied_at")) THEN unixepoch("applied_at")*1000 WHEN replace(datetime(julianday("applied_at")),' ','T') THEN unixepoch("applied_at")*1000 END WHEN 1 THEN CASE substr("applied_at",1,19) WHEN datetime(julianday("applied_at")) THEN unixepoch("applied_at")*1000+CAST(substr("applied_at",21,3) AS INTEGER) WHEN replace(datetime(julianday("applied_at")),' ','T') THEN unixepoch("applied_at")*1000+CAST(substr("applied_at",21,3) AS INTEGER) ELSE CASE WHEN typeof("applied_at")='text' AND julianday("applied_at") AND replace(substr("applied_at",1,19),'T',' ')=datetime(julianday(substr("applied_at",1,19))) THEN unixepoch(substr("applied_at",1,19))*1000+CAST(substr("applied_at",21,3) AS INTEGER) END END END END;

CREATE TABLE temp._ts_contract_rest (table_name TEXT, column_name TEXT, row_id INTEGER, value, form TEXT, ms INTEGER, PRIMARY KEY (table_name, column_name, row_id)) WITHOUT ROWID;

INSERT INTO temp._ts_contract_rest SELECT table_name, column_name, row_id, v, form, ms FROM (
WITH _ts_contract_0 AS (SELECT table_name,column_name,row_id,v AS v,CASE typeof(v) WHEN 'text' THEN trim(v,char(9,10,11,12,13,32)) END AS t FROM (SELECT 'chat_sessions' AS table_name, 'created_at' AS column_name, rowid AS row_id, "created_at" AS v FROM "chat_sessions" WHERE "created_at" IS NOT NULL AND "created_at_ms" IS NULL
  UNION ALL SELECT 'chat_sessions' AS table_name, 'updated_at' AS column_name, rowid AS row_id, "updated_at" AS v FROM "chat_sessions" WHERE "updated_at" IS NOT NULL AND "updated_at_ms" IS NULL
  UNION ALL SELECT 'chat_messages' AS table_name, 'created_at' AS column_name, rowid AS row_id, "created_at" AS v FROM "chat_messages" WHERE "created_at" IS NOT NULL AND "created_at_ms" IS NULL
  UNION ALL SELECT 'tasks' AS table_name, 'created_at' AS column_name, rowid AS row_id, "created_at" AS v FROM "tasks" WHERE "created_at" IS NOT NULL AND "created_at_ms" IS NULL
  UNION ALL SELECT 'tasks' AS table_name, 'updated_at' AS column_name, rowid AS row_id, "updated_at" AS v FROM "tasks" WHERE "updated_at" IS NOT NULL AND "updated_at_ms" IS NULL
  UNION ALL SELECT 'task_lineage' AS table_name, 'created_at' AS column_name, rowid AS row_id, "created_at" AS v FROM "task_lineage" WHERE "created_at" IS NOT NULL AND "created_at_ms" IS NULL
  UNION ALL SELECT 'task_audits' AS table_name, 'created_at' AS column_name, rowid AS row_id, "created_at" AS v FROM "task_audits" WHERE "created_at" IS NOT NULL AND "created_at_ms" IS NULL
  UNION ALL SELECT 'projects' AS table_name, 'added_at' AS column_name, rowid AS row_id, "added_at" AS v FROM "projects" WHERE "added_at" IS NOT NULL AND "added_at_ms" IS NULL
  UNION ALL SELECT 'artifacts' AS table_name, 'created_at' AS column_name, rowid AS row_id, "created_at" AS v FROM "artifacts" WHERE "created_at" IS NOT NULL AND "created_at_ms" IS NULL
  UNION ALL SELECT 'task_agents' AS table_name, 'started_at' AS column_name, rowid AS row_id, "started_at" AS v FROM "task_agents" WHERE "started_at" IS NOT NULL AND "started_at_ms" IS NULL
  UNION ALL SELECT 'task_agents' AS table_name, 'ended_at' AS column_name, rowid AS row_id, "ended_at" AS v FROM "task_agents" WHERE "ended_at" IS NOT NULL AND "ended_at_ms" IS NULL
  UNION ALL SELECT 'runs' AS table_name, 'started_at' AS column_name, rowid AS row_id, "started_at" AS v FROM "runs" WHERE "started_at" IS NOT NULL AND "started_at_ms" IS NULL
  UNION ALL SELECT 'runs' AS table_name, 'completed_at' AS column_name, rowid AS row_id, "completed_at" AS v FROM "runs" WHERE "completed_at" IS NOT NULL AND "completed_at_ms" IS NULL
  UNION ALL SELECT 'runs' AS table_name, 'lease_until' AS column_name, rowid AS row_id, "lease_until" AS v FROM "runs" WHERE "lease_until" IS NOT NULL AND "lease_until_ms" IS NULL
  UNION ALL SELECT 'schema_version' AS table_name, 'applied_at' AS column_name, rowid AS row_id, "applied_at" AS v FROM "schema_version" WHERE "applied_at" IS NOT NULL AND "applied_at_ms" IS NULL) LIMIT -1),
_ts_contract_1 AS (SELECT table_name,column_name,row_id,v,CASE WHEN upper(substr(t,-4)) IN (' UTC',' GMT') THEN rtrim(substr(t,1,length(t)-4),char(9,10,11,12,13,32))||'Z' ELSE t END AS t FROM _ts_contract_0 LIMIT -1),
_ts_contract_2 AS (SELECT table_name,column_name,row_id,v,t,replace(replace(replace(replace(replace(replace(replace(replace(replace(t,'0','9'),'1','9'),'2','9'),'3','9'),'4','9'),'5','9'),'6','9'),'7','9'),'8','9') AS p FROM _ts_contract_1 LIMIT -1),
_ts_contract_3 AS (SELECT table_name,column_name,row_id,v,t,p,CASE typeof(v) WHEN 'null' THEN 'null' WHEN 'blob' THEN 'blob' WHEN 'integer' THEN 'number' WHEN 'real' THEN 'number' ELSE CASE WHEN instr(v,char(0)) THEN 'garbage' WHEN p GLOB '9999-99-99*' THEN 'extended' WHEN p GLOB '99999999[Tt]999999*' THEN 'basic' WHEN p GLOB '9999-W99-9*' THEN 'week' WHEN p='9999-999' OR p GLOB '9999-999[Tt ]*' THEN 'ordinal' WHEN p GLOB '[A-Za-z][A-Za-z][A-Za-z] [A-Za-z][A-Za-z][A-Za-z] [9 ]9 99:99:99 9999' THEN 'ctime' WHEN p GLOB '99 [A-Za-z][A-Za-z][A-Za-z] 9999 99:99:99*' OR p GLOB '9 [A-Za-z][A-Za-z][A-Za-z] 9999 99:99:99*' OR p GLOB '[A-Za-z][A-Za-z][A-Za-z], 99 [A-Za-z][A-Za-z][A-Za-z] 9999 99:99:99*' OR p GLOB '[A-Za-z][A-Za-z][A-Za-z], 9 [A-Za-z][A-Za-z][A-Za-z] 9999 99:99:99*' THEN 'rfc-2822' WHEN p GLOB '9*' AND p NOT GLOB '*[^9.]*' AND p NOT GLOB '*.*.*' THEN 'number' WHEN p GLOB '[+-]9*' AND substr(p,2) NOT GLOB '*[^9.]*' AND p NOT GLOB '*.*.*' THEN 'number' WHEN t='' THEN 'empty' WHEN lower(t)='now' THEN 'now' WHEN lower(t) IN ('null','none','nat','nan','nil','undefined') THEN 'null-word' WHEN p GLOB '99:99*' THEN 'time-only' ELSE 'garbage' END END AS s FROM _ts_contract_2 LIMIT -1),
_ts_contract_4 AS (SELECT table_name,column_name,row_id,v,t,p,s,CASE s WHEN 'number' THEN CASE typeof(v) WHEN 'text' THEN CAST(t AS NUMERIC) ELSE v END END AS n,CASE s WHEN 'extended' THEN t WHEN 'basic' THEN substr(t,1,4)||'-'||substr(t,5,2)||'-'||substr(t,7,2)||'T'||substr(t,10,2)||':'||substr(t,12,2)||':'||substr(t,14) WHEN 'week' THEN CASE WHEN strftime('%Y',date(substr(t,1,4)||'-01-04',((substr(t,7,2)-1)*7-(strftime('%w',substr(t,1,4)||'-01-04')+6)%7)||' days'),'3 days')=substr(t,1,4) AND substr(t,10,1) BETWEEN '1' AND '7' THEN date(date(substr(t,1,4)||'-01-04',((substr(t,7,2)-1)*7-(strftime('%w',substr(t,1,4)||'-01-04')+6)%7)||' days'),(substr(t,10,1)-1)||' days') ELSE '0001-99-99' END||substr(t,11) WHEN 'ordinal' THEN CASE WHEN substr(date(substr(t,1,4)||'-01-01',(substr(t,6,3)-1)||' days'),1,4)=substr(t,1,4) THEN date(substr(t,1,4)||'-01-01',(substr(t,6,3)-1)||' days') ELSE '0001-99-99' END||substr(t,9) WHEN 'ctime' THEN substr(t,21,4)||'-'||CASE instr('janfebmaraprmayjunjulaugsepoctnovdec',lower(substr(t,5,3)))%3 WHEN 1 THEN substr('0'||((instr('janfebmaraprmayjunjulaugsepoctnovdec',lower(substr(t,5,3)))+2)/3),-2) ELSE '99' END||'-'||replace(substr(t,9,2),' ','0')||substr(t,11,9) WHEN 'rfc-2822' THEN (SELECT substr(q,8,4)||'-'||CASE instr('janfebmaraprmayjunjulaugsepoctnovdec',lower(substr(q,4,3)))%3 WHEN 1 THEN substr('0'||((instr('janfebmaraprmayjunjulaugsepoctnovdec',lower(substr(q,4,3)))+2)/3),-2) ELSE '99' END||'-'||substr(q,1,2)||substr(q,12) FROM (SELECT substr('0'||CASE WHEN p GLOB '9*' THEN t ELSE substr(t,6) END,1+(p GLOB '99 *' OR p GLOB '???, 99 *')) AS q LIMIT 1) LIMIT 1) END AS u FROM _ts_contract_3 LIMIT -1),
_ts_contract_5 AS (SELECT table_name,column_name,row_id,v,t,replace(replace(replace(replace(replace(replace(replace(replace(replace(substr(u,11),'0','9'),'1','9'),'2','9'),'3','9'),'4','9'),'5','9'),'6','9'),'7','9'),'8','9') AS p,s,n,u,substr(u,1,10) AS d,substr(u,11) AS r FROM _ts_contract_4 LIMIT -1),
_ts_contract_6 AS (SELECT table_name,column_name,row_id,v,t,p,s,n,u,d,r,substr(r,length(r)+1-CASE WHEN p GLOB '*[Zz]' THEN 1 WHEN p GLOB '* [+-]99:99' THEN 7 WHEN p GLOB '*[+-]99:99' THEN 6 WHEN p GLOB '* [+-]9999' THEN 6 WHEN p GLOB '*[+-]9999' THEN 5 WHEN p GLOB '* [+-]99' THEN 4 WHEN p GLOB '*[+-]99' THEN 3 ELSE 0 END) AS z FROM _ts_contract_5 LIMIT -1),
_ts_contract_7 AS (SELECT table_name,column_name,row_id,v,t,substr(p,2,length(p)-length(z)-1) AS p,s,n,u,d,r,replace(ltrim(z),':','') AS z,substr(r,2,length(r)-length(z)-1) AS x,substr(r,1,length(r)>length(z)) AS g FROM _ts_contract_6 LIMIT -1),
_ts_contract_8 AS (SELECT table_name,column_name,row_id,v,t,p,s,n,u,d,r,z,x,g,CASE WHEN s='number' THEN CASE WHEN n>-1e8 AND n<1e8 THEN 'bare-number' WHEN n>-1e11 AND n<1e11 THEN 'seconds' WHEN n>=19e12 AND n<21e12 THEN 'digits' WHEN n>-1e14 AND n<1e14 THEN 'milliseconds' WHEN n>-1e17 AND n<1e17 THEN 'microseconds' ELSE 'out-of-range' END WHEN u IS NULL THEN s WHEN NOT CASE s WHEN 'basic' THEN p='99:99:99' OR p GLOB '99:99:99[.,]9*' AND substr(p,10)=substr('999999999',1,length(p)-9) WHEN 'rfc-2822' THEN p='99:99:99' WHEN 'ctime' THEN p='99:99:99' AND z='' ELSE g||z='' OR g IN ('T','t',' ') AND (p IN ('99:99','99:99:99') OR p GLOB '99:99:99[.,]9*' AND substr(p,10)=substr('999999999',1,length(p)-9)) END THEN 'garbage' WHEN substr(d,1,4)='0000' THEN 'out-of-range' WHEN date(d,'0 days') IS NOT d THEN 'impossible-date' WHEN substr(x,1,2)>'23' OR substr(x,4,2)>'59' OR substr(x,7,2)>'59' OR substr(z,2,2)>'23' OR substr(z,4,2)>'59' THEN 'impossible-time' WHEN s<>'extended' THEN s WHEN g='' THEN 'date' WHEN p='99:99' THEN 'minutes' WHEN z<>'' THEN 'iso-zone' WHEN g=' ' THEN 'datetime' ELSE 'iso-local' END AS form FROM _ts_contract_7 LIMIT -1),
_ts_contract_9 AS (SELECT table_name,column_name,row_id,v,t,p,s,n,u,d,r,z,x,g,form,CASE WHEN u IS NOT NULL AND form NOT IN ('garbage','out-of-range','impossible-date','impossible-time') THEN CAST(ROUND((julianday(d||' '||substr(x||substr('00:00:00',length(x)+1),1,8))-2440587.5)*86400.0) AS INTEGER) END AS l,CAST(substr(substr(x,10,3)||'000',1,3) AS INTEGER) AS m FROM _ts_contract_8 LIMIT -1),
_ts_contract_10 AS (SELECT table_name,column_name,row_id,v,t,p,s,n,u,d,r,z,x,g,form,l,m,CASE WHEN z='' THEN 0 WHEN z IN ('Z','z') THEN 0 ELSE (substr(z,2,2)*3600+substr(z,4,2)*60)*CASE substr(z,1,1) WHEN '-' THEN -1 ELSE 1 END END AS o FROM _ts_contract_9 LIMIT -1),
_ts_contract_11 AS (SELECT table_name,column_name,row_id,v,t,p,s,n,u,d,r,z,x,g,form AS form,l,m,o,CASE form WHEN 'seconds' THEN CASE WHEN NOT (n>-26e10 AND n<26e10) THEN -621355968000000 WHEN n=CAST(n AS INTEGER) THEN CAST(n AS INTEGER)*1000 ELSE ((CAST(ROUND(n*1000000.0) AS INTEGER)-((CAST(ROUND(n*1000000.0) AS INTEGER)%1000+1000)%1000))/1000) END WHEN 'milliseconds' THEN CASE WHEN NOT (n>-26e13 AND n<26e13) THEN -621355968000000 WHEN n=CAST(n AS INTEGER) THEN CAST(n AS INTEGER) ELSE ((CAST(ROUND(n*1000.0) AS INTEGER)-((CAST(ROUND(n*1000.0) AS INTEGER)%1000+1000)%1000))/1000) END WHEN 'microseconds' THEN CASE WHEN NOT (n>-26e16 AND n<26e16) THEN -621355968000000 WHEN n=CAST(n AS INTEGER) THEN ((CAST(n AS INTEGER)-((CAST(n AS INTEGER)%1000+1000)%1000))/1000) ELSE ((CAST(ROUND(n*1.0) AS INTEGER)-((CAST(ROUND(n*1.0) AS INTEGER)%1000+1000)%1000))/1000) END WHEN 'julian-day' THEN CASE WHEN n>-1e8 AND n<1e8 THEN CAST(ROUND((n-2440587.5)*86400000.0) AS INTEGER) ELSE -621355968000000 END ELSE (l-o)*1000+m END AS ms FROM _ts_contract_10 LIMIT -1),
_ts_contract_12 AS (SELECT table_name,column_name,row_id,v,t,p,s,n,u,d,r,z,x,g,CASE WHEN ms NOT BETWEEN -62135596800000 AND 253402300799999 THEN 'out-of-range' ELSE form END AS form,l,m,o,CASE WHEN ms NOT BETWEEN -62135596800000 AND 253402300799999 THEN NULL ELSE ms END AS ms FROM _ts_contract_11 LIMIT -1) SELECT table_name,column_name,row_id,v,form,ms FROM _ts_contract_12 LIMIT -1
);

UPDATE "chat_sessions" SET "created_at_ms" = (SELECT ms FROM temp._ts_contract_rest WHERE table_name = 'chat_sessions' AND column_name = 'created_at' AND ms IS NOT NULL AND row_id = "chat_sessions".rowid) WHERE rowid IN (SELECT row_id FROM temp._ts_contract_rest WHERE table_name = 'chat_sessions' AND column_name = 'created_at' AND ms IS NOT NULL);

UPDATE "chat_sessions" SET "updated_at_ms" = (SELECT ms FROM temp._ts_contract_rest WHERE table_name = 'chat_sessions' AND column_name = 'updated_at' AND ms IS NOT NULL AND row_id = "chat_sessions".rowid) WHERE rowid IN (SELECT row_id FROM temp._ts_contract_rest WHERE table_name = 'chat_sessions' AND column_name = 'updated_at' AND ms IS NOT NULL);

UPDATE "chat_messages" SET "created_at_ms" = (SELECT ms FROM temp._ts_contract_rest WHERE table_name = 'chat_messages' AND column_name = 'created_at' AND ms IS NOT NULL AND row_id = "chat_messages".rowid) WHERE rowid IN (SELECT row_id FROM temp._ts_contract_rest WHERE table_name = 'chat_messages' AND column_name = 'created_at' AND ms IS NOT NULL);

UPDATE "tasks" SET "created_at_ms" = (SELECT ms FROM temp._ts_contract_rest WHERE table_name = 'tasks' AND column_name = 'created_at' AND ms IS NOT NULL AND row_id = "tasks".rowid) WHERE rowid IN (SELECT row_id FROM temp._ts_contract_rest WHERE table_name = 'tasks' AND column_name = 'created_at' AND ms IS NOT NULL);

UPDATE "tasks" SET "updated_at_ms" = (SELECT ms FROM temp._ts_contract_rest WHERE table_name = 'tasks' AND column_name = 'updated_at' AND ms IS NOT NULL AND row_id = "tasks".rowid) WHERE rowid IN (SELECT row_id FROM temp._ts_contract_rest WHERE table_name = 'tasks' AND column_name = 'updated_at' AND ms IS NOT NULL);

UPDATE "task_lineage" SET "created_at_ms" = (SELECT ms FROM temp._ts_contract_rest WHERE table_name = 'task_lineage' AND column_name = 'created_at' AND ms IS NOT NULL AND row_id = "task_lineage".rowid) WHERE rowid IN (SELECT row_id FROM temp._ts_contract_rest WHERE table_name = 'task_lineage' AND column_name = 'created_at' AND ms IS NOT NULL);

UPDATE "task_audits" SET "created_at_ms" = (SELECT ms FROM temp._ts_contract_rest WHERE table_name = 'task_audits' AND column_name = 'created_at' AND ms IS NOT NULL AND row_id = "task_audits".rowid) WHERE rowid IN (SELECT row_id FROM temp._ts_contract_rest WHERE table_name = 'task_audits' AND column_name = 'created_at' AND ms IS NOT NULL);

UPDATE "projects" SET "added_at_ms" = (SELECT ms FROM temp._ts_contract_rest WHERE table_name = 'projects' AND column_name = 'added_at' AND ms IS NOT NULL AND row_id = "projects".rowid) WHERE rowid IN (SELECT row_id FROM temp._ts_contract_rest WHERE table_name = 'projects' AND column_name = 'added_at' AND ms IS NOT NULL);

UPDATE "artifacts" SET "created_at_ms" = (SELECT ms FROM temp._ts_contract_rest WHERE table_name = 'artifacts' AND column_name = 'created_at' AND ms IS NOT NULL AND row_id = "artifacts".rowid) WHERE rowid IN (SELECT row_id FROM temp._ts_contract_rest WHERE table_name = 'artifacts' AND column_name = 'created_at' AND ms IS NOT NULL);

UPDATE "task_agents" SET "started_at_ms" = (SELECT ms FROM temp._ts_contract_rest WHERE table_name = 'task_agents' AND column_name = 'started_at' AND ms IS NOT NULL AND row_id = "task_agents".rowid) WHERE rowid IN (SELECT row_id FROM temp._ts_contract_rest WHERE table_name = 'task_agents' AND column_name = 'started_at' AND ms IS NOT NULL);

UPDATE "task_agents" SET "ended_at_ms" = (SELECT ms FROM temp._ts_contract_rest WHERE table_name = 'task_agents' AND column_name = 'ended_at' AND ms IS NOT NULL AND row_id = "task_agents".rowid) WHERE rowid IN (SELECT row_id FROM temp._ts_contract_rest WHERE table_name = 'task_agents' AND column_name = 'ended_at' AND ms IS NOT NULL);

UPDATE "runs" SET "started_at_ms" = (SELECT ms FROM temp._ts_contract_rest WHERE table_name = 'runs' AND column_name = 'started_at' AND ms IS NOT NULL AND row_id = "runs".rowid) WHERE rowid IN (SELECT row_id FROM temp._ts_contract_rest WHERE table_name = 'runs' AND column_name = 'started_at' AND ms IS NOT NULL);

UPDATE "runs" SET "completed_at_ms" = (SELECT ms FROM temp._ts_contract_rest WHERE table_name = 'runs' AND column_name = 'completed_at' AND ms IS NOT NULL AND row_id = "runs".rowid) WHERE rowid IN (SELECT row_id FROM temp._ts_contract_rest WHERE table_name = 'runs' AND column_name = 'completed_at' AND ms IS NOT NULL);

UPDATE "runs" SET "lease_until_ms" = (SELECT ms FROM temp._ts_contract_rest WHERE table_name = 'runs' AND column_name = 'lease_until' AND ms IS NOT NULL AND row_id = "runs".rowid) WHERE rowid IN (SELECT row_id FROM temp._ts_contract_rest WHERE table_name = 'runs' AND column_name = 'lease_until' AND ms IS NOT NULL);

UPDATE "schema_version" SET "applied_at_ms" = (SELECT ms FROM temp._ts_contract_rest WHERE table_name = 'schema_version' AND column_name = 'applied_at' AND ms IS NOT NULL AND row_id = "schema_version".rowid) WHERE rowid IN (SELECT row_id FROM temp._ts_contract_rest WHERE table_name = 'schema_version' AND column_name = 'applied_at' AND ms IS NOT NULL);

INSERT OR REPLACE INTO "_ts_contract_quarantine" SELECT table_name, column_name, json_object((SELECT CASE WHEN total(pk > 0) = 1 AND max(CASE WHEN pk > 0 THEN upper(type) END) = 'INTEGER' THEN max(CASE WHEN pk > 0 THEN name END) ELSE 'rowid' END FROM pragma_table_info(table_name)), row_id), value, form,
  CASE form WHEN 'empty' THEN 'an empty text' WHEN 'null-word' THEN 'a word for NULL instead of NULL' WHEN 'now' THEN 'the word now names no instant' WHEN 'time-only' THEN 'a time without a date' WHEN 'bare-number' THEN 'a number too small for an epoch; declare its storage' WHEN 'digits' THEN 'either milliseconds or YYYYMMDDHHMMSS; declare its storage' WHEN 'impossible-date' THEN 'a day that the calendar does not have' WHEN 'impossible-time' THEN 'a time that the clock does not have' WHEN 'overlap' THEN 'a local time that happened twice; set on-overlap' WHEN 'gap' THEN 'a local time that never happened; set on-gap' WHEN 'far-future' THEN 'the zone''s rules after 2199 are open' WHEN 'out-of-range' THEN 'outside the years 1 to 9999' WHEN 'implausible' THEN 'outside valid-range, which a CHECK enforces' WHEN 'blob' THEN 'a blob' WHEN 'garbage' THEN 'no date-time form that is known' ELSE 'not converted' END
  FROM temp._ts_contract_rest WHERE ms IS NULL;

DROP TABLE temp._ts_contract_rest;

DROP TRIGGER "_ts_contract_chat_sessions_guard";

DROP TRIGGER "_ts_contract_chat_messages_guard";

DROP TRIGGER "_ts_contract_tasks_guard";

DROP TRIGGER "_ts_contract_task_lineage_guard";

DROP TRIGGER "_ts_contract_task_audits_guard";

DROP TRIGGER "_ts_contract_projects_guard";

DROP TRIGGER "_ts_contract_artifacts_guard";

DROP TRIGGER "_ts_contract_task_agents_guard";

DROP TRIGGER "_ts_contract_runs_guard";

DROP TRIGGER "_ts_contract_schema_version_guard";

CREATE INDEX "idx_chat_sessions_created_at_ms" ON "chat_sessions" ("created_at_ms" DESC);

CREATE INDEX "idx_chat_sessions_updated_at_ms" ON "chat_sessions" ("updated_at_ms" DESC);

CREATE INDEX "idx_chat_messages_created_at_ms" ON "chat_messages" ("created_at_ms" DESC);

CREATE INDEX "idx_tasks_created_at_ms" ON "tasks" ("created_at_ms" DESC);

CREATE INDEX "idx_tasks_updated_at_ms" ON "tasks" ("updated_at_ms" DESC);

CREATE INDEX "idx_task_lineage_created_at_ms" ON "task_lineage" ("created_at_ms" DESC);

CREATE INDEX "idx_task_audits_created_at_ms" ON "task_audits" ("created_at_ms" DESC);

CREATE INDEX "idx_projects_added_at_ms" ON "projects" ("added_at_ms" DESC);

CREATE INDEX "idx_artifacts_created_at_ms" ON "artifacts" ("created_at_ms" DESC);

CREATE INDEX "idx_task_agents_started_at_ms" ON "task_agents" ("started_at_ms" DESC);

CREATE INDEX "idx_runs_started_at_ms" ON "runs" ("started_at_ms" DESC);

INSERT INTO "_ts_contract_state" SELECT 'version', '{}' WHERE NOT EXISTS (SELECT 1 FROM "schema_version" WHERE "version" = '0.44.0');

INSERT INTO "schema_version" ("version", "applied_at", "applied_at_ms") SELECT '0.44.0', (datetime(((CAST(strftime('%s','now') AS INTEGER)*1000-((CAST(strftime('%s','now') AS INTEGER)*1000%1000+1000)%1000))/1000),'unixepoch')||CASE ((CAST(strftime('%s','now') AS INTEGER)*1000%1000+1000)%1000) WHEN 0 THEN '' ELSE printf('.%03d',((CAST(strftime('%s','now') AS INTEGER)*1000%1000+1000)%1000)) END||''), CAST(strftime('%s','now') AS INTEGER)*1000 WHERE NOT EXISTS (SELECT 1 FROM "schema_version" WHERE "version" = '0.44.0');

COMMIT;
