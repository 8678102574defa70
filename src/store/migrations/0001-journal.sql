-- What happened, append-only. `seq` counts from 1 without gaps. `body` is the whole event as JSON; `run` and `type` repeat
-- two of its fields so that one run or one kind can be found without reading the bodies. `body` stays the last column:
-- SQLite then skips the pages of large bodies when only the others are asked for.
create table event (
  seq integer primary key,
  at integer not null,
  version integer not null,
  run text not null,
  type text not null,
  body text not null
) strict;

-- Derived from `event`, rebuilt from it at will: which events belong to a run and how it ended.
create table run (
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

-- Derived from `event`: every pipeline that a run deployed. The highest release is what is deployed, whichever ended last.
create table deployment (
  environment text not null,
  pipeline text not null,
  release integer not null,
  seq integer not null,
  run text not null,
  -- JSON: release, commit, outputs and artifacts that were handed over.
  deployed text not null,
  primary key (environment, pipeline, release, seq)
) strict, without rowid;

-- Asked of the Baton that holds the folder by another process. A row goes away in the transaction that journals its answer.
create table request (
  id integer primary key autoincrement,
  posted_at integer not null,
  body text not null
) strict;
