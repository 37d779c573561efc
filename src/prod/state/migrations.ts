/**
 * How the database came to be what it is, oldest first. What is here has run on somebody's server: it is never changed,
 * only followed by another one.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE deployments (
    app TEXT NOT NULL,
    environment TEXT NOT NULL,
    scale INTEGER NOT NULL CHECK (scale >= 0),
    is_stopped INTEGER NOT NULL DEFAULT 0 CHECK (is_stopped IN (0, 1)),
    uid INTEGER UNIQUE,
    PRIMARY KEY (app, environment)
  ) STRICT;

  CREATE TABLE last_ids (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;

  CREATE TABLE releases (
    app TEXT NOT NULL,
    environment TEXT NOT NULL,
    id TEXT NOT NULL,
    manifest_hash TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('prepared', 'current', 'superseded', 'failed')),
    deployed_at INTEGER NOT NULL,
    deployed_by TEXT NOT NULL,
    commit_json TEXT,
    place INTEGER NOT NULL,
    PRIMARY KEY (app, environment, id),
    FOREIGN KEY (app, environment) REFERENCES deployments ON DELETE CASCADE
  ) STRICT;
  CREATE UNIQUE INDEX one_current_release ON releases (app, environment) WHERE state = 'current';

  CREATE TABLE routes (
    host TEXT NOT NULL,
    path TEXT NOT NULL,
    app TEXT NOT NULL,
    environment TEXT NOT NULL,
    PRIMARY KEY (host, path),
    FOREIGN KEY (app, environment) REFERENCES deployments ON DELETE CASCADE
  ) STRICT;

  CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    place INTEGER NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('deploy', 'rollback')),
    app TEXT NOT NULL,
    environment TEXT NOT NULL,
    release TEXT NOT NULL,
    manifest_hash TEXT NOT NULL,
    started_by TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    step TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'succeeded', 'failed')),
    owner TEXT NOT NULL,
    heartbeat_at INTEGER NOT NULL,
    result_json TEXT,
    FOREIGN KEY (app, environment) REFERENCES deployments ON DELETE CASCADE
  ) STRICT;
  CREATE UNIQUE INDEX one_running_job ON jobs (app, environment) WHERE state = 'running';

  CREATE TABLE job_events (
    job TEXT NOT NULL REFERENCES jobs ON DELETE CASCADE,
    sequence INTEGER NOT NULL,
    event_json TEXT NOT NULL,
    PRIMARY KEY (job, sequence)
  ) STRICT, WITHOUT ROWID;
  `,
  // They may be here before the deployment is: a first deploy sends them before it begins.
  `
  CREATE TABLE secrets (
    app TEXT NOT NULL,
    environment TEXT NOT NULL,
    digest TEXT NOT NULL,
    sealed TEXT NOT NULL,
    is_current INTEGER NOT NULL DEFAULT 0 CHECK (is_current IN (0, 1)),
    stored_at INTEGER NOT NULL,
    PRIMARY KEY (app, environment, digest)
  ) STRICT;
  CREATE UNIQUE INDEX one_current_secrets ON secrets (app, environment) WHERE is_current = 1;
  `,
];
