"""The journal's tables. A released migration is never edited, only followed by another."""

COMPONENT = "engine"

MIGRATIONS = (
    """
CREATE TABLE workflow_document (
    digest TEXT PRIMARY KEY,
    body TEXT NOT NULL
);
CREATE TABLE workflow_machine (
    name TEXT PRIMARY KEY,
    document TEXT NOT NULL REFERENCES workflow_document (digest)
);
CREATE TABLE workflow_resource (
    handler TEXT PRIMARY KEY
);
CREATE TABLE workflow_execution (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    machine TEXT NOT NULL,
    document TEXT NOT NULL REFERENCES workflow_document (digest),
    status TEXT NOT NULL,
    queue TEXT,
    supersede INTEGER NOT NULL DEFAULT 0,
    interruptible TEXT NOT NULL DEFAULT '[]',
    tags TEXT NOT NULL DEFAULT '{}',
    input TEXT NOT NULL,
    output TEXT,
    error TEXT NOT NULL DEFAULT '',
    cause TEXT NOT NULL DEFAULT '',
    created REAL NOT NULL,
    started REAL,
    ended REAL,
    deadline REAL,
    parent TEXT REFERENCES workflow_execution (id),
    parent_visit INTEGER,
    redrives INTEGER NOT NULL DEFAULT 0,
    states INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX workflow_execution_queue ON workflow_execution (queue, status, number);
CREATE INDEX workflow_execution_parent ON workflow_execution (parent) WHERE parent IS NOT NULL;
CREATE INDEX workflow_execution_deadline ON workflow_execution (deadline) WHERE deadline IS NOT NULL;
CREATE TABLE workflow_frame (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    execution TEXT NOT NULL REFERENCES workflow_execution (id),
    parent INTEGER REFERENCES workflow_visit (id),
    position INTEGER NOT NULL,
    label TEXT NOT NULL,
    machine TEXT NOT NULL,
    status TEXT NOT NULL,
    input TEXT NOT NULL,
    context TEXT NOT NULL,
    variables TEXT NOT NULL,
    output TEXT,
    error TEXT NOT NULL DEFAULT '',
    cause TEXT NOT NULL DEFAULT '',
    ended INTEGER
);
CREATE INDEX workflow_frame_execution ON workflow_frame (execution);
CREATE INDEX workflow_frame_parent ON workflow_frame (parent, status);
CREATE TABLE workflow_visit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    execution TEXT NOT NULL REFERENCES workflow_execution (id),
    frame INTEGER NOT NULL REFERENCES workflow_frame (id),
    state TEXT NOT NULL,
    type TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    retries TEXT NOT NULL DEFAULT '[]',
    status TEXT NOT NULL,
    input TEXT NOT NULL,
    parameters TEXT,
    result TEXT,
    output TEXT,
    error TEXT,
    cause TEXT,
    entered REAL NOT NULL,
    started REAL,
    ended REAL,
    due REAL,
    beat REAL,
    timeout REAL,
    heartbeat REAL,
    handler TEXT,
    resource TEXT,
    token TEXT UNIQUE,
    key TEXT NOT NULL DEFAULT '',
    claim TEXT,
    child TEXT,
    concurrency INTEGER NOT NULL DEFAULT 0,
    tolerance INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX workflow_visit_execution ON workflow_visit (execution);
CREATE INDEX workflow_visit_frame ON workflow_visit (frame);
CREATE INDEX workflow_visit_open ON workflow_visit (status, id) WHERE ended IS NULL;
CREATE INDEX workflow_visit_due ON workflow_visit (due) WHERE due IS NOT NULL;
CREATE INDEX workflow_visit_beat ON workflow_visit (beat) WHERE beat IS NOT NULL;
CREATE TABLE workflow_event (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    execution TEXT NOT NULL REFERENCES workflow_execution (id),
    at REAL NOT NULL,
    kind TEXT NOT NULL,
    visit INTEGER,
    path TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL DEFAULT '',
    attempt INTEGER NOT NULL DEFAULT 0,
    detail TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX workflow_event_execution ON workflow_event (execution, number);
CREATE TABLE workflow_schedule (
    name TEXT PRIMARY KEY,
    cron TEXT NOT NULL,
    zone TEXT NOT NULL,
    document TEXT NOT NULL REFERENCES workflow_document (digest),
    input TEXT NOT NULL,
    queue TEXT,
    supersede INTEGER NOT NULL,
    interruptible TEXT NOT NULL,
    tags TEXT NOT NULL,
    catch_up TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    next REAL,
    last TEXT
);
CREATE INDEX workflow_schedule_next ON workflow_schedule (next) WHERE next IS NOT NULL;
""",
)
