-- After the migration and before `ts-contract finalize`: what names a legacy column, written anew.
DROP TRIGGER tasks_touched;
CREATE TRIGGER tasks_touched AFTER UPDATE OF title, status ON tasks BEGIN
    UPDATE tasks SET updated_at_ms = CAST(strftime('%s', 'now') AS INTEGER) * 1000
    WHERE id = new.id;
END;
