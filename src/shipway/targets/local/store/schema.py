"""The tables of the store's index."""

MIGRATIONS = (
    """
CREATE TABLE bucket (
    name TEXT PRIMARY KEY,
    created REAL NOT NULL,
    versioning TEXT NOT NULL,
    lifecycle TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE TABLE version (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    bucket TEXT NOT NULL REFERENCES bucket (name),
    key TEXT NOT NULL,
    version TEXT NOT NULL,
    latest INTEGER NOT NULL,
    delete_marker INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    modified REAL NOT NULL,
    content_type TEXT NOT NULL,
    about TEXT NOT NULL,
    upload TEXT
);
CREATE UNIQUE INDEX version_id ON version (bucket, key, version);
CREATE UNIQUE INDEX version_latest ON version (bucket, key) WHERE latest = 1;
CREATE INDEX version_order ON version (bucket, key, sequence);
CREATE INDEX version_blob ON version (sha256);
CREATE INDEX version_upload ON version (upload) WHERE upload IS NOT NULL;
CREATE TABLE upload (
    id TEXT PRIMARY KEY,
    bucket TEXT NOT NULL REFERENCES bucket (name),
    key TEXT NOT NULL,
    started REAL NOT NULL,
    content_type TEXT NOT NULL,
    about TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX upload_order ON upload (bucket, key, id);
CREATE TABLE part (
    upload TEXT NOT NULL REFERENCES upload (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    modified REAL NOT NULL,
    algorithm TEXT NOT NULL,
    checksum TEXT NOT NULL,
    PRIMARY KEY (upload, number)
) WITHOUT ROWID;
CREATE INDEX part_blob ON part (sha256);
CREATE TABLE event (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    version TEXT NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    at REAL NOT NULL
);
""",
)
