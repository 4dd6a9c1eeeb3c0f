-- Notifications and search are outside the contract: their created_at stays as it is.
CREATE TABLE notifications (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    text TEXT NOT NULL,
    read INTEGER NOT NULL DEFAULT 0,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE task_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    task_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    created_at TEXT
);

CREATE TABLE task_search (task_id TEXT PRIMARY KEY, words TEXT NOT NULL);
CREATE TRIGGER tasks_to_search AFTER INSERT ON tasks BEGIN
    INSERT INTO task_search(task_id, words) VALUES (new.id, lower(new.title));
END;
CREATE TRIGGER tasks_from_search AFTER DELETE ON tasks BEGIN
    DELETE FROM task_search WHERE task_id = old.id;
END;

-- Whoever changes a task need not remember to say when.
CREATE TRIGGER tasks_touched AFTER UPDATE OF title, status ON tasks BEGIN
    UPDATE tasks SET updated_at = CURRENT_TIMESTAMP WHERE id = new.id;
END;

INSERT INTO schema_version(version) VALUES ('0.43.0');
