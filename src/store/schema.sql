CREATE TABLE checkpoint (
  id integer primary key check (id = 1),
  seq integer not null,
  -- Over the checksum of that event and `state`.
  digest text not null,
  state blob not null
) strict;

CREATE TABLE deployment (
  environment text not null,
  pipeline text not null,
  release integer not null,
  seq integer not null,
  run text not null,
  primary key (environment, pipeline, release, seq)
) strict, without rowid;

CREATE TABLE event (
  -- Counts from 1. Without gaps, but for what was lost or put away before the last `history.begins`.
  seq integer primary key,
  at integer not null,
  version integer not null,
  run text not null,
  type text not null,
  chain text not null,
  -- Last: SQLite skips the pages of large bodies when only the other columns are asked for.
  body text not null
) strict;

CREATE TABLE made (
  run text not null,
  -- An instance id: one leg of a matrix has a row of its own.
  job text not null,
  seq integer not null,
  primary key (run, job)
) strict, without rowid;

CREATE TABLE run (
  run text primary key,
  release integer not null unique,
  "commit" text not null,
  created_seq integer not null,
  created_at integer not null,
  -- Null while the run goes on (or goes on again after a retry).
  finished_seq integer,
  finished_at integer,
  conclusion text
) strict;

CREATE TABLE sqlite_sequence(name,seq);

CREATE INDEX event_begins on event (seq) where type = 'history.begins';

CREATE INDEX event_drift on event (seq) where type = 'drift.looked';

CREATE INDEX event_freezes on event (seq) where type in ('environment.frozen', 'environment.thawed');

CREATE INDEX event_moves on event (seq) where type = 'run.created' and instr(body, '"moves":');

CREATE INDEX event_tells on event (seq) where type = 'run.created'
  and (instr(body, '"notices":') or instr(body, '"moves":') or instr(body, '"pull-request"'));

CREATE INDEX run_commit on run ("commit", release);

CREATE INDEX run_created on run (created_seq);
