INSERT INTO projects(id, path, name, added_at) VALUES
    ('p1', '/srv/alpha', 'Alpha', '2024-01-10 08:00:00'),
    ('p2', '/srv/beta', 'Beta', '2024-02-20T09:30:00Z');

INSERT INTO chat_sessions(id, title, project_id, created_at, updated_at) VALUES
    ('s1', 'First steps', 'p1', '2024-01-10 08:05:00', '2024-01-12 10:00:00'),
    ('s2', 'Planning', 'p1', '2024-01-11T09:00:00.250Z', '2024-03-01T12:00:00Z'),
    ('s3', 'Review', 'p2', '2024-02-21 07:45:00', '2024-02-22 18:30:00');

INSERT INTO chat_messages(id, session_id, role, content, created_at) VALUES
    ('m1', 's1', 'user', 'Hello', '2024-01-10 08:05:01'),
    ('m2', 's1', 'assistant', 'Good morning', '2024-01-10 08:05:04'),
    ('m3', 's1', 'user', 'What next?', '2024-01-12T10:00:00+00:00'),
    ('m4', 's2', 'user', 'Plan the release', '2024-01-11T09:00:00.250Z');

INSERT INTO tasks(id, title, status, session_id, created_at, updated_at) VALUES
    ('t1', 'Write the docs', 'done', 's1', '2024-01-10 09:00:00', '2024-01-14 16:00:00'),
    ('t2', 'Plan the release', 'open', 's2', '2024-01-11T09:10:00Z', NULL),
    ('t3', 'Review the plan', 'open', 's3', '2024-02-21 08:00:00', '2024-02-22 18:30:00.125');

INSERT INTO task_lineage(task_id, kind, ref_id, created_at) VALUES
    ('t1', 'session', 's1', '2024-01-10 09:00:00'),
    ('t1', 'run', 'r1', '2024-01-10 09:01:00'),
    ('t3', 'session', 's3', '2024-02-21 08:00:00');

INSERT INTO task_audits(task_id, level, message, created_at) VALUES
    ('t1', 'info', 'created', '2024-01-10 09:00:00'),
    ('t1', 'warning', 'slow tool', '2024-01-10 09:03:00'),
    ('t2', 'info', 'created', '2024-01-11T09:10:00Z');

INSERT INTO task_agents(task_id, agent, started_at, ended_at) VALUES
    ('t1', 'writer', '2024-01-10 09:00:30', '2024-01-10 09:30:00'),
    ('t3', 'reviewer', '2024-02-21 08:00:10', NULL);

INSERT INTO runs(id, task_id, status, total_latency_ms, started_at, completed_at, lease_until) VALUES
    ('r1', 't1', 'completed', 1250, '2024-01-10 09:01:00', '2024-01-10 09:04:30', 1704877500),
    ('r2', 't3', 'running', 0, '2024-02-21 08:01:00', NULL, 1708502760);

INSERT INTO artifacts(task_id, path, created_at) VALUES
    ('t1', 'docs/index.md', '2024-01-10 09:20:00'),
    ('t1', 'docs/api.md', '2024-01-10 09:25:00');

INSERT INTO task_events(task_id, kind, created_at) VALUES
    ('t1', 'opened', '2024-01-10T09:00:00.000000Z'),
    ('t1', 'closed', '2024-01-14T16:00:00.000000Z');

INSERT INTO notifications(text, created_at) VALUES ('Welcome', '2024-01-10 08:00:00');
